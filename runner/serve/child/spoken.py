"""A dialogue in which both speak: the caller's words by a voice, the agent's by its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.egress.secrets import Secrets
from runner.link.cases import TestCase
from runner.schema.tests import Test
from runner.schema.types.names import AgentName
from runner.testing.audio.talk import AudioTalk

if TYPE_CHECKING:
    from runner.egress.providers import ProviderNetwork
    from runner.link.release import AgentRelease
    from runner.secret import Secret
    from runner.session.conversation import Conversation

Event = dict[str, Any]


class SpokenDialogue(AudioTalk):
    """Its turns, each in the time that it takes to say it.

    Args:
        release: the agent.
        secrets: of its providers, by name.
        network: how these are reached.
        begin: makes the conversation, told who hears its events.
        file: where its sound is written after each turn.
        longest: seconds of it that are kept.
    """

    def __init__(  # noqa: PLR0913 - what a talk needs, by name
        self,
        release: AgentRelease,
        secrets: dict[str, Secret[str]],
        network: ProviderNetwork,
        *,
        begin: Callable[[Callable[[Event], None]], Conversation],
        file: Path,
        longest: float,
    ) -> None:
        spec = Test.model_construct(agent=AgentName(release.name), mode="audio")
        known = Secrets({name: value.reveal() for name, value in secrets.items()})
        super().__init__(TestCase(release.name, spec, "", 0), release, known, network)
        self._new, self._file, self._longest = begin, file, longest

    @property
    def conversation(self) -> Conversation:
        """What LiveKit has of it; it has been made."""
        return self._on

    @property
    def milliseconds(self) -> int:
        """How much of its sound is kept."""
        return round(self._line.kept * 1000)

    async def greeting(self) -> list[Event]:
        """Call the agent; its first words.

        Raises:
            CannotStartError: it cannot be built.
        """
        await self.start()
        return await self._told()

    async def say(self, words: str) -> list[Event]:
        """Say something aloud; what the agent did and said.

        Raises:
            CannotStartError: the caller's voice cannot be built.
            SoundError: it made no sound.
        """
        await self.user(words)
        return await self._told()

    async def keys(self, pressed: str) -> list[Event]:
        """Press keys; what the agent did and said."""
        await self.press(pressed)
        return await self._told()

    async def around(self, work: Callable[..., Awaitable[Any]]) -> list[Event]:
        """Have something done that the caller has not asked for; what the agent did and said."""
        self._begin()
        await work()
        await self._answered(True)
        return await self._told()

    async def aclose(self) -> None:
        """End it; its whole sound is kept."""
        await super().aclose()
        await self._line.keep(self._file)

    def _conversation(self) -> Conversation:
        self._line.keep_only(self._longest)
        return self._new(self._heard)

    async def _told(self) -> list[Event]:
        await asyncio.shield(self._line.keep(self._file))
        return [dict(event) for event in self.last.events]
