"""The sound of a call, both sides of it, in one file: LiveKit's own recorder, begun when it may."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from livekit.agents import AgentSession
from livekit.agents.voice.recorder_io import RecorderIO

from runner.session.speech.samples import RATE

log = logging.getLogger("lkrun")

LARGEST: Final = 200 * 1024 * 1024
"""Bytes of one file: some four hours."""

LEAST_FREE: Final = 64 * 1024 * 1024
"""Bytes that a disk must have left, so that nothing else is in want of them."""

_LOOK: Final = 2.0
"""Seconds between two looks at the file and its disk."""


class _Recorder(RecorderIO):
    """LiveKit's recorder, silent as long as something private is asked for."""

    def __init__(self, session: AgentSession[Any], private: Callable[[], bool]) -> None:
        super().__init__(agent_session=session, sample_rate=RATE)
        self._private = private

    @property
    def recording(self) -> bool:
        """Whether what sounds now goes into the file."""
        return super().recording and not self._private()

    @property
    def broken(self) -> bool:
        """Whether it has ended by itself: its file could not be written."""
        return super().recording and not self._encoding


class CallSound:
    """The sound of one call: the caller on the left, the agent on the right.

    Args:
        file: where it is written.
        private: whether something private is being asked for: then nothing is.
    """

    def __init__(self, file: Path, private: Callable[[], bool]) -> None:
        """Nothing is heard yet."""
        self._file, self._private = file, private
        self._recorder: _Recorder | None = None
        self._watching: asyncio.Task[None] | None = None

    def attach(self, session: AgentSession[Any]) -> None:
        """Stand between a session and its ends, before anything is said; nothing is kept yet."""
        heard, spoken = session.input.audio, session.output.audio
        if heard is None or spoken is None:
            return
        self._recorder = _Recorder(session, self._private)
        session.input.audio = self._recorder.record_input(heard)
        session.output.audio = self._recorder.record_output(spoken)

    async def begin(self) -> None:
        """Keep what sounds from now on. Whatever the disk says, the call goes on."""
        if self._recorder is None or self._watching is not None:
            return
        try:
            if why := await asyncio.to_thread(self._prepare):
                self._tell(why)
                return
            await self._recorder.start(output_path=self._file)
        except OSError as error:
            self._tell(error.strerror or str(error))
            return
        self._watching = asyncio.get_running_loop().create_task(self._watch(self._recorder))

    def _prepare(self) -> str:
        """Make the folder; why nothing can be kept in it."""
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._file.touch(mode=0o600)
        return self._full()

    def _full(self) -> str:
        free = shutil.disk_usage(self._file.parent).free
        return "the disk is full" if free < LEAST_FREE else ""

    async def _watch(self, recorder: _Recorder) -> None:
        while True:
            await asyncio.sleep(_LOOK)
            if why := await asyncio.to_thread(self._trouble, recorder):
                self._tell(why)
                await recorder.aclose()
                return

    def _trouble(self, recorder: _Recorder) -> str:
        """Why nothing more is kept."""
        try:
            if recorder.broken:
                return "the file cannot be written"
            if self._file.stat().st_size >= LARGEST:
                return f"it has {LARGEST // 1024**2} MB"
            return self._full()
        except OSError as error:
            return error.strerror or str(error)

    def _tell(self, why: str) -> None:
        log.error("the sound of the call is kept no more: %s", why)

    async def close(self) -> None:
        """Write what is left of it."""
        if self._watching is not None:
            self._watching.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._watching
        if self._recorder is not None:
            await self._recorder.aclose()
