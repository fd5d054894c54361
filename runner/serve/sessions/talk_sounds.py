"""The sound of dialogues in which both speak: a file each, kept for a while."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from runner.serve.sessions.past import HOUR

MOST_BYTES: Final = 256 * 1024 * 1024
"""Bytes of all files; of more, the oldest talks are let go."""

LONGEST: Final = 600.0
"""Seconds of one talk that are kept; no more of it is written."""


class TalkSounds:
    """Where each talk's sound is, until its time is over.

    The files are written by the process of the talk, anew after each turn, and replaced at once.

    Args:
        folder: made when the first talk begins; goes with the runner.
        clock: seconds that only grow.
    """

    def __init__(self, folder: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._folder, self._clock = folder, clock
        self._ended: dict[str, float | None] = {}

    def begin(self, session: str) -> Path:
        """The file of a talk that begins.

        Raises:
            OSError: there is no place for it.
        """
        self._folder.mkdir(mode=0o700, exist_ok=True)
        self._ended[session] = None
        return self._file(session)

    def end(self, session: str) -> None:
        """Keep the sound of a talk that has ended for its time; of another there is none."""
        if session in self._ended:
            self._ended[session] = self._clock()

    def of(self, session: str) -> Path | None:
        """The file of a talk; None where there is none, or not any more."""
        file = self._file(session) if session in self._ended else None
        return file if file is not None and file.is_file() else None

    def look(self) -> None:
        """Delete what is too old, and the oldest where there is too much; every second or so."""
        old, room = self._clock() - HOUR, MOST_BYTES
        newest_first = sorted(
            ((session, when) for session, when in self._ended.items() if when is not None),
            key=lambda each: -each[1],
        )
        for session, when in newest_first:
            room -= self._size(session)
            if when < old or room < 0:
                del self._ended[session]
                self._file(session).unlink(missing_ok=True)

    def _file(self, session: str) -> Path:
        return self._folder / f"{session}.wav"

    def _size(self, session: str) -> int:
        with contextlib.suppress(OSError):
            return self._file(session).stat().st_size
        return 0
