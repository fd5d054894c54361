"""Whether a call is recorded: once its caller has been told, and has agreed where that is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Protocol

from livekit.agents import AgentSession

from runner.schema.actions import Say
from runner.schema.recording import Consent, Record
from runner.schema.types.words import Words


class SoundRole(Protocol):
    """Keeps what is heard in a call."""

    def attach(self, session: AgentSession[Any]) -> None:
        """Stand between a session and its ends."""

    async def begin(self) -> None:
        """Keep what is heard from now on."""

    async def close(self) -> None:
        """Write what is left."""


TRIES: Final = 3
"""How often a caller is asked who answers neither yes nor no."""


class Recording:
    """What a caller is told of the recording of their call, and what they say to it.

    Attributes:
        asked: how often they were asked.
        agreed: whether what they say may be kept; None until they have answered.
        asks: the persona that waits for their answer; nothing where none does.
        words: those that they were asked in.
        sound: keeps what is heard; None where that is not kept.

    Args:
        record: what the agent keeps of its calls.
        heard: told that the caller has agreed, where they were asked.
    """

    def __init__(self, record: Record | None, heard: Callable[[], None]) -> None:
        """Nothing has been said."""
        self._record, self._heard = record, heard
        self.asked = 0
        self.sound: SoundRole | None = None
        self.asks = self.words = ""
        self.agreed: bool | None = None if self.consent is not None else True

    @property
    def consent(self) -> Consent | None:
        """The question; None where nobody is asked."""
        return self._record.consent if self._record is not None else None

    @property
    def kept(self) -> bool:
        """Whether what is said now may be kept and sent."""
        return self.agreed is True

    @property
    def notice(self) -> Say | None:
        """The words that the caller hears before all others."""
        record = self._record
        return None if record is None or record.announce is None else _exactly(record.announce)

    @property
    def question(self) -> Say | None:
        """The question, as words."""
        return None if self.consent is None else _exactly(self.consent.ask, interruptible=True)

    def attach(self, session: AgentSession[Any]) -> None:
        """Stand between a session and its ends, before anything is said."""
        if self.sound is not None:
            self.sound.attach(session)

    async def begin(self) -> None:
        """Keep what is heard from now on, where it may be kept."""
        if self.sound is not None and self.kept:
            await self.sound.begin()

    async def close(self) -> None:
        """The call is over: write what is left."""
        if self.sound is not None:
            await self.sound.close()

    def agree(self) -> None:
        """The caller has said yes."""
        self.agreed, self.asks = True, ""
        self._heard()

    def refuse(self) -> None:
        """The caller has said no, or will not answer."""
        self.agreed, self.asks = False, ""


def _exactly(words: Words, *, interruptible: bool = False) -> Say:
    return Say.model_construct(say=words, interruptible=interruptible, condition=None)
