"""`background_audio`: what is heard behind the agent's voice, in a LiveKit room."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from livekit import rtc
from livekit.agents import AgentSession, AudioConfig, BackgroundAudioPlayer

from runner.schema.background import BackgroundAudio, BackgroundSound
from runner.session.call import Call
from runner.session.speech.files import BROUGHT, written

log = logging.getLogger("lkrun")


class Background:
    """Plays LiveKit's background audio for one call.

    Args:
        call: the call.
        make: makes LiveKit's player.
    """

    def __init__(
        self, call: Call, make: Callable[..., BackgroundAudioPlayer] = BackgroundAudioPlayer
    ) -> None:
        """Play nothing yet."""
        self._call, self._make = call, make
        self._player: BackgroundAudioPlayer | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    async def begin(self, room: rtc.Room, session: AgentSession[Any]) -> None:
        """Play what the agent wants; a call whose background cannot be played goes on without."""
        wanted = self._call.bound.release.agent.background_audio
        if not isinstance(wanted, BackgroundAudio) or self._call.channel != "voice":
            return
        try:
            configs = await asyncio.to_thread(self._configs, wanted)
            self._player = self._make(**configs)
            await self._player.start(room=room, agent_session=session)
        except Exception as error:  # noqa: BLE001 - whatever LiveKit raises, the call goes on
            log.warning("background_audio cannot be played: %s", error)

    async def end(self) -> None:
        """Play no more."""
        player, self._player = self._player, None
        if player is not None:
            with contextlib.suppress(Exception):
                await player.aclose()
        if self._folder is not None:
            self._folder.cleanup()

    def _configs(self, wanted: BackgroundAudio) -> dict[str, Any]:
        """LiveKit's arguments."""
        configs: dict[str, Any] = {}
        for name in ("ambient", "thinking"):
            sound: BackgroundSound | None = getattr(wanted, name)
            if sound is not None:
                configs[f"{name}_sound"] = AudioConfig(
                    self._source(str(sound.sound)),
                    volume=sound.volume,
                    fade_in=sound.fade_in,
                    fade_out=sound.fade_out,
                )
        return configs

    def _source(self, name: str) -> Any:
        if name in BROUGHT:
            return BROUGHT[name]
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="lkrun-sounds-")
        return str(written(name, self._call.bound.release.sounds, Path(self._folder.name)))
