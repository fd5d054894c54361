"""What happens in a call, told as it happens."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Literal

from runner.egress.mask import Mask

log = logging.getLogger("lkrun")


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened.

    Attributes:
        turn: the number of the caller's last turn; 0 until the caller has said something.
        persona: the one that speaks.
        hiding: its parts in which a private value could stand.
        unknown: those that are left out where they are None.
    """

    type: ClassVar[str]
    hiding: ClassVar[tuple[str, ...]] = ()
    unknown: ClassVar[frozenset[str]] = frozenset()

    turn: int = 0
    persona: str

    def to_json(self) -> dict[str, Any]:
        """The event as the objects of `lkrun chat --format json` have it."""
        values = {f.name: getattr(self, f.name) for f in fields(self)}
        data = {
            _KEYS.get(name, name): value
            for name, value in values.items()
            if value is not None or name not in self.unknown
        }
        return {"turn": data.pop("turn"), "type": self.type, **data}


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageEvent(Event):
    """Somebody has said or written something.

    Attributes:
        confidence: of speech: how sure the words are, from 0 to 1.
        start: seconds of the call's sound at which they began.
        end: and at which they ended.
        speaker: who said them, where speech recognition tells several people apart.
    """

    type: ClassVar[str] = "message"
    hiding: ClassVar[tuple[str, ...]] = ("text",)
    unknown: ClassVar[frozenset[str]] = frozenset({"confidence", "start", "end", "speaker"})

    role: Literal["user", "agent"]
    text: str
    confidence: float | None = None
    start: float | None = None
    end: float | None = None
    speaker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCallEvent(Event):
    """A tool is called; private arguments are masked."""

    type: ClassVar[str] = "tool_call"
    hiding: ClassVar[tuple[str, ...]] = ("arguments",)

    name: str
    arguments: Any
    call_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResultEvent(Event):
    """A tool has answered."""

    type: ClassVar[str] = "tool_result"
    hiding: ClassVar[tuple[str, ...]] = ("output",)

    name: str
    call_id: str
    output: str
    error: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class HandoffEvent(Event):
    """The call goes from one persona to another."""

    type: ClassVar[str] = "handoff"

    source: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentEvent(Event):
    """The caller's words were a certain phrase: it is acted on, and the model is not asked."""

    type: ClassVar[str] = "intent"

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class KeypadEvent(Event):
    """Keys of a telephone were pressed; None: they are private."""

    type: ClassVar[str] = "keypad"
    hiding: ClassVar[tuple[str, ...]] = ("keys",)

    role: Literal["user", "agent"]
    keys: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AppEvent(Event):
    """A method is called in the caller's app, or by it: `user` is the app; private parts masked."""

    type: ClassVar[str] = "app"
    hiding: ClassVar[tuple[str, ...]] = ("arguments",)

    role: Literal["user", "agent"]
    name: str
    arguments: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class ElsewhereEvent(Event):
    """Something has happened elsewhere, and the agent does what it has for that."""

    type: ClassVar[str] = "event"
    hiding: ClassVar[tuple[str, ...]] = ("arguments",)

    name: str
    arguments: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageEvent(Event):
    """The call goes on in another language."""

    type: ClassVar[str] = "language"

    source: str
    target: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundEvent(Event):
    """A sound is played; by text it is only told."""

    type: ClassVar[str] = "sound"

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OptOutEvent(Event):
    """The caller's number is never to be called; None: the call has none."""

    type: ClassVar[str] = "opt_out"

    number: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DialEvent(Event):
    """The agent has called somebody.

    Attributes:
        target: the number; None: there was none to call.
        outcome: `answered`, or why nobody is there: `busy`, `no_answer`, `opted_out`, ….
        answered_by: `person` `mailbox` `menu` `full` `unsure` `nobody`.
        telephone: no: there is none here, and it was pretended.
    """

    type: ClassVar[str] = "dial"

    target: str | None
    outcome: str
    answered_by: str
    telephone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferEvent(Event):
    """The caller is put through to a person on the telephone.

    Attributes:
        to: their number or SIP address.
        how: `cold` or `warm`.
        state: `calling`, `done` or `failed`; `shown`: there is no telephone here, and the call
            goes on as if they had answered.
        reason: why it failed.
    """

    type: ClassVar[str] = "transfer"
    hiding: ClassVar[tuple[str, ...]] = ("to",)
    unknown: ClassVar[frozenset[str]] = frozenset({"reason"})

    to: str
    how: str
    state: Literal["calling", "done", "failed", "shown"]
    reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndEvent(Event):
    """The call has ended."""

    type: ClassVar[str] = "end"

    reason: str


_KEYS = {"source": "from", "target": "to"}


class Events:
    """Numbers and hands on the events of a call.

    Attributes:
        turn: the number of the caller's last turn; 0 until the caller has said something.
        latest: the events of the current turn.
    """

    def __init__(self, on_event: Callable[[Event], None], mask: Callable[[], Mask] = Mask) -> None:
        """Take who is told, and what hides the private values that there are now."""
        self._on_event, self._mask = on_event, mask
        self.turn = 0
        self.latest: list[Event] = []

    def begin(self) -> list[Event]:
        """Begin the next turn.

        Returns:
            The list that its events will be in.
        """
        self.turn += 1
        self.latest = []
        return self.latest

    def tell(self, event: Event) -> None:
        """Tell one event, as one of this turn. What its receiver raises harms nobody."""
        mask = self._mask()
        hidden = {key: mask.data(getattr(event, key)) for key in event.hiding}
        event = replace(event, turn=self.turn, **hidden)
        self.latest.append(event)
        try:
            self._on_event(event)
        except Exception as error:  # noqa: BLE001 - a receiver's bug must not end a call
            log.error("an event could not be handed on: %s", type(error).__name__)  # noqa: TRY400 - no traceback may reach an author
