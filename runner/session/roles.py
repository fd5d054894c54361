"""What a call needs of those who work in it: the persona that speaks, and who listens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from livekit.agents import Agent, ChatMessage, TurnHandlingOptions, UserTurnExceededEvent
from livekit.agents.llm import RawFunctionTool

from runner.schema.actions import AnyAction
from runner.schema.needs import Need
from runner.session.action_outcome import ActionOutcome
from runner.session.pending import PendingHandoff
from runner.session.plan import PersonaPlan


class SpeechRole(Protocol):
    """What a call needs to know of a speech-to-speech model."""

    @property
    def takes_turns(self) -> bool:
        """Whether it finds the end of the caller's turn, and stops when they speak."""

    @property
    def mute(self) -> bool:
        """Whether nobody can speak given words."""


class UnaskedRole(Protocol):
    """What the persona that speaks does though no tool of the model asked for it."""

    async def act(self, actions: tuple[AnyAction, ...]) -> None:
        """Do actions."""

    async def do(self, deed: Any) -> None:
        """Do a deed, and go on from it."""

    async def follow(self, outcome: ActionOutcome) -> None:
        """Do what follows actions that were done elsewhere."""

    async def exceeded(self, event: UserTurnExceededEvent) -> None:
        """Cut in on a caller who talks without end."""


class SpeakingPersona(Protocol):
    """What a call needs of the persona that speaks.

    Attributes:
        came_from: the persona that handed the call over; None at the start.
        turns: the turn taking of its own, as LiveKit has it.
    """

    came_from: str | None
    turns: TurnHandlingOptions

    @property
    def plan(self) -> PersonaPlan:
        """What it is made of."""

    @property
    def unasked(self) -> UnaskedRole:
        """Does what no tool of the model asked for."""

    @property
    def speech(self) -> SpeechRole | None:
        """What there is to know of its speech-to-speech model; None where it has none."""

    async def refresh(self) -> None:
        """Render its instructions again where a variable that they use has changed."""

    async def speak_anew(self) -> None:
        """Go on as the language that is spoken now has it.

        Raises:
            CannotStartError: a provider of it cannot be built.
        """

    def enter(self, leave: PendingHandoff) -> Agent:
        """Make the persona that takes over from it."""


class Pressed(Protocol):
    """The keys that the caller presses."""

    def press(self, keys: str) -> None:
        """The caller presses keys, one after the other."""

    def cut_short(self) -> None:
        """Stop what is being said, where keys wait and it may be interrupted."""

    def asked(self, need: Need) -> None:
        """The caller is asked for something."""

    def stop(self) -> None:
        """Wait for the first key no more."""

    async def all(self, keys: str) -> None:
        """The caller presses these keys and no more; returns when all of them are taken."""


class CallersApp(Protocol):
    """The caller's app, where they have one."""

    async def ask(self, method: str, sent: Mapping[str, Any], seconds: float, tool: str) -> Any:
        """Call a method in it, for a tool or for an action; gives what it returns, as data.

        Raises:
            AppFailedError: there is no app, it cannot do it, or it takes too long.
        """

    def changed(self) -> None:
        """Something that it is shown may have changed."""


class Together(Protocol):
    """The caller and the person whom they were put through to."""

    async def parted(self) -> None:
        """Return when one of them has hung up."""

    def part(self) -> None:
        """Hang up."""


class Hearing(Protocol):
    """What the caller says while nothing can answer it."""

    def listen(self, reason: str) -> None:
        """Hear the caller over words that cannot be interrupted too."""

    def stop_listening(self, reason: str) -> None:
        """Go by what the agent says of it again, as far as this reason goes."""

    def turn(self, message: ChatMessage) -> None:
        """A turn of the caller has ended that is about to be answered."""

    def take(self) -> str:
        """What waits to be part of the talk; it waits no longer."""

    def tell(self, text: str) -> ChatMessage:
        """Put what nobody answers into the talk."""


class Opening(Protocol):
    """What is done before the first words of a call.

    Attributes:
        done: all that these may name is known.
    """

    done: bool

    async def finish(self) -> ActionOutcome:
        """Wait until it is done; gives what came of it."""

    def stop(self) -> None:
        """Give it up."""


class Outgoing(Protocol):
    """The call as one that the agent makes.

    Attributes:
        dialling: it rings.
        pending: it is not known yet who is there.
        reached: somebody was called, and is there.
    """

    dialling: bool
    pending: bool

    @property
    def reached(self) -> bool:
        """Whether somebody was called, and is there."""

    async def reach(self, persona: Any) -> bool:
        """Dial, where the agent makes the call; whether somebody is there who is greeted."""

    def stop(self) -> None:
        """Give it up."""


class Manner(Protocol):
    """How the personas speak."""

    def take(self, name: str) -> None:
        """Speak as a persona does."""


class Tongue(Protocol):
    """Which language is spoken."""

    def recognised(self, language: str | None) -> None:
        """Speech recognition has told the language of words that it has just understood."""

    async def heard(self, text: str) -> bool:
        """Go with the caller's words, about to be answered; whether the language has changed."""

    def tool(self) -> RawFunctionTool[..., Any] | None:
        """The tool by which the model changes it; None where it may not."""
