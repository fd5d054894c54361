"""Every message of the call socket: typed values, and how they are written and read.

A message is one JSON object on a line. What a side does not know, or what does not have the shape
that is said here, is refused where it is read.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field, fields, is_dataclass, replace
from typing import Annotated, Any, ClassVar, Final, Generic, Literal, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from runner.egress.port import ToolRequest, ToolResponse
from runner.secret import NONE, Secret

MAX_LINE: Final = 16 * 1024 * 1024
"""Bytes of a line. The largest answer of a service fits; whoever sends more is cut off."""

_SHORT: Final = 4000
"""Characters of a text of which only the beginning is sent, since the whole was too long."""

UNREACHED: Final = "unreached"
"""The `result` that stands for a runner that did not answer a command."""

_STRICT: Final = ConfigDict(extra="forbid")

_log = logging.getLogger("lkrun")


class TooLongError(ValueError):
    """A message that is longer than a line, and of which nothing shorter can be said."""


class MalformedError(ValueError):
    """A line that is no message here; the text says why.

    Attributes:
        id: the number that it carried, by which its sender may wait for an answer.
    """

    def __init__(self, why: str, number: int | None) -> None:
        super().__init__(why)
        self.id = number


class NotJsonError(ValueError):
    """A line that is no JSON: the other side speaks something else."""


@dataclass(frozen=True, slots=True)
class Message:
    """What all messages have in common."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    def shortened(self) -> Message:
        """What is said where this is longer than a line.

        Raises:
            TooLongError: there is nothing shorter to say.
        """
        raise TooLongError("the message is too long for the call socket")


# what a process says of itself, first of all


@dataclass(frozen=True, slots=True)
class CallHello(Message):
    """The process of a call by voice, or in a room."""

    call: str
    role: Literal["call"] = "call"


@dataclass(frozen=True, slots=True)
class HostHello(Message):
    """A text host, by its process id."""

    pid: int
    role: Literal["dialogues"] = "dialogues"


@dataclass(frozen=True, slots=True)
class ControlHello(Message):
    """A command of a person: `releases`, `preview`, or `rollback` to the release of an id."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(
        extra="ignore"
    )  # another lkrun may know more

    ask: str
    id: str = ""
    order: dict[str, Any] | None = None
    role: Literal["control"] = "control"


@dataclass(frozen=True, slots=True)
class Blocked(Message):
    """All that is said over a connection: one thing has kept a process busy for some seconds.

    Attributes:
        call: whose work it is.
        over: whether the process goes on again.
        provider: whose code it is, as `llm 'openai'`, and `package` with its version.
        module: the innermost one of that code.
    """

    pid: int
    call: str | None
    seconds: float
    provider: str | None
    package: str | None
    module: str | None
    over: bool = False
    role: Literal["blocked"] = "blocked"

    def after(self, seconds: float) -> Blocked:
        """The same, after more time."""
        return replace(self, seconds=seconds)

    def ended(self) -> Blocked:
        """The same, at its end."""
        return replace(self, over=True)


# what a process tells the main process of its calls


@dataclass(frozen=True, slots=True)
class Started(Message):
    """A conversation has begun."""

    call: str
    type: Literal["started"] = "started"


@dataclass(frozen=True, slots=True)
class Agreed(Message):
    """The caller was asked whether the call may be recorded, and has said yes."""

    call: str
    type: Literal["agreed"] = "agreed"


@dataclass(frozen=True, slots=True)
class SessionEvent(Message):
    """Something happened in a conversation; `event` is as `lkrun chat --format json` has it."""

    call: str
    event: dict[str, Any]
    type: Literal["event"] = "event"

    def shortened(self) -> SessionEvent:
        """The event with the beginnings of its texts alone."""
        return SessionEvent(self.call, {name: _brief(value) for name, value in self.event.items()})


@dataclass(frozen=True, slots=True)
class Known(Message):
    """The variables of a call that have a value now; private ones are masked."""

    call: str
    variables: dict[str, Any]
    type: Literal["known"] = "known"

    def shortened(self) -> Known:
        """The same with the beginnings of its texts alone."""
        return Known(self.call, {name: _brief(value) for name, value in self.variables.items()})


@dataclass(frozen=True, slots=True)
class Reported(Message):
    """What is known of a call, as a `CallReport` has it.

    It comes when the call begins and when it is over; where its agent has `after_call`, also as it
    goes on, and once models have read it.
    """

    call: str
    report: dict[str, Any]
    type: Literal["reported"] = "reported"

    def shortened(self) -> Reported:
        """The same without the first half of what was said."""
        lines = self.report["transcript"]
        return Reported(self.call, {**self.report, "transcript": lines[len(lines) // 2 :]})


@dataclass(frozen=True, slots=True)
class Ended(Message):
    """A call has ended."""

    call: str
    reason: str
    type: Literal["ended"] = "ended"


@dataclass(frozen=True, slots=True)
class Ask(Message):
    """The request of a tool is to be sent for a call."""

    call: str
    id: int
    ask: ToolRequest
    type: Literal["ask"] = "ask"


@dataclass(frozen=True, slots=True)
class GiveUp(Message):
    """Nobody waits for the answer to a request any more."""

    call: str
    id: int
    type: Literal["give_up"] = "give_up"


@dataclass(frozen=True, slots=True)
class Recall(Message):
    """What does the agent of a call remember of somebody? A `Recalled` answers."""

    call: str
    id: int
    who: str
    type: Literal["recall"] = "recall"


@dataclass(frozen=True, slots=True)
class Dial(Message):
    """A number is to be dialled, and who answers comes into a room. A `DialEnded` answers.

    Attributes:
        to: the number, as it was given.
        identity: of who answers, in the room.
        purpose: `call`: it is whom the agent calls; `transfer`: whom it asks to take over.
        ring_for: seconds.
        trunk: by which it goes out; the usual one without it.
        caller_id: the number that is seen; the trunk's own without it.
        keys: pressed once it is answered.
        headers: SIP headers that go with it.
        room: another room than that of the call.
    """

    call: str
    id: int
    to: str
    identity: str
    purpose: Literal["call", "transfer"] = "call"
    ring_for: float = 30.0
    trunk: str | None = None
    caller_id: str | None = None
    keys: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    room: str | None = None
    type: Literal["dial"] = "dial"


@dataclass(frozen=True, slots=True)
class PassOn(Message):
    """A caller by telephone is to be passed on to somebody. A `DialEnded` answers.

    Attributes:
        to: a number or SIP address, as it was given.
        identity: of the caller, in the room of the call.
        ring_for: seconds.
        headers: SIP headers that go with it.
    """

    call: str
    id: int
    to: str
    identity: str
    ring_for: float = 30.0
    headers: dict[str, str] = field(default_factory=dict)
    type: Literal["pass_on"] = "pass_on"


@dataclass(frozen=True, slots=True)
class Progress(Message):
    """How far a call has come that the agent makes, and who has answered it.

    Attributes:
        left: who is rung has left the room.
    """

    call: str
    state: Literal["dialing", "ringing", "answered"] | None = None
    left: bool = False
    answered_by: Literal["person", "mailbox", "menu", "full", "unsure", "nobody"] | None = None
    type: Literal["progress"] = "progress"


@dataclass(frozen=True, slots=True)
class CallRenewed(Message):
    """A call goes on with another release: paths of keys that count, and of those that wait."""

    call: str
    release: str
    live: tuple[str, ...]
    waiting: tuple[str, ...]
    type: Literal["renewed"] = "renewed"


@dataclass(frozen=True, slots=True)
class NotRenewed(Message):
    """A call keeps the release that it has."""

    call: str
    release: str
    why: str
    type: Literal["not_renewed"] = "not_renewed"


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one turn."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    input_tokens: int = 0
    output_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Reply(Message):
    """What came of a turn of a dialogue; of a spoken one, how much of its sound is written."""

    call: str
    id: int
    events: tuple[dict[str, Any], ...]
    text: str
    variables: dict[str, Any]
    persona: str
    ended: bool
    usage: Usage
    sound_ms: int | None = None
    type: Literal["reply"] = "reply"

    def shortened(self) -> Failed:
        """That it was too long."""
        why = f"the agent's answer was longer than {MAX_LINE // 1024**2} MB"
        return Failed(self.call, self.id, "agent_unavailable", why)


@dataclass(frozen=True, slots=True)
class Failed(Message):
    """A turn of a dialogue that came to nothing; `code` is one of `DialogueError`.

    Attributes:
        goes_on: the dialogue is as it was before.
    """

    call: str
    id: int
    code: str
    message: str
    goes_on: bool = False
    type: Literal["failed"] = "failed"


@dataclass(frozen=True, slots=True)
class Failure(Message):
    """Why an answer in a call or dialogue failed, for its owner alone; secrets are masked.

    `part` is what failed: `llm`, `stt`, `tts`, `realtime`, or `turn` for all else.
    """

    call: str
    reason: str
    part: str = "turn"
    type: Literal["failure"] = "failure"


@dataclass(frozen=True, slots=True)
class LogLine(Message):
    """A record of Python's logging, for the log that the main process writes."""

    level: str
    logger: str
    message: str
    type: Literal["log"] = "log"

    def shortened(self) -> LogLine:
        """Its beginning."""
        return LogLine(self.level, self.logger, _brief(self.message))


@dataclass(frozen=True, slots=True)
class Sound(Message):
    """What is heard of one end of a call by the front's WebSocket: either way.

    Attributes:
        pcm: samples of 16 bits, one channel, in Base64.
    """

    call: str
    pcm: str
    type: Literal["sound"] = "sound"


@dataclass(frozen=True, slots=True)
class Signal(Message):
    """What a caller by the front's WebSocket is told besides, as the wire has it."""

    call: str
    signal: dict[str, str]
    type: Literal["signal"] = "signal"


@dataclass(frozen=True, slots=True)
class Acting(Message):
    """What an `Act` or a `Mean` says is being done now; of the latter, which intent it is."""

    call: str
    id: int
    document: dict[str, Any] | None = None
    type: Literal["acting"] = "acting"


@dataclass(frozen=True, slots=True)
class Acted(Message):
    """What came of an `Act`, a `Mean` or a `UseTool`.

    Attributes:
        over: the call ended before it was done.
        problem: why it was not done.
        document: the answer, as the HTTP front gives it.
    """

    call: str
    id: int
    over: bool = False
    problem: str | None = None
    document: dict[str, Any] | None = None
    type: Literal["acted"] = "acted"


@dataclass(frozen=True, slots=True)
class Piece(Message):
    """A piece of the answer to a `TurnText`, as it is said."""

    call: str
    id: int
    text: str
    type: Literal["piece"] = "piece"

    def shortened(self) -> Piece:
        """Its beginning; the whole answer comes with the `Reply`."""
        return Piece(self.call, self.id, _brief(self.text))


@dataclass(frozen=True, slots=True)
class Pong(Message):
    """The answer to a `Ping`."""

    type: Literal["pong"] = "pong"


# what the main process tells a process


@dataclass(frozen=True, slots=True)
class CallNetwork:
    """How a call reaches services of speech and words.

    Attributes:
        allow: private hosts that may be reached.
        proxy: the address of a proxy, or nothing.
        folder: where files are that prove something, or are sent.
    """

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    allow: tuple[str, ...] = ()
    proxy: Secret[str] = NONE
    folder: str = ""


@dataclass(frozen=True, slots=True)
class Ordered:
    """What was ordered of a call that the agent makes; `to` without it is the agent's own."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    to: str | None = None
    variables: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Welcome(Message):
    """What a call begins with: the file of its agent, and the secrets of its providers.

    Attributes:
        order: of a call that the agent was ordered to make.
        sound: where its sound is kept; None where it is not.
    """

    call: str
    release: str
    file: str
    secrets: dict[str, Secret[str]]
    network: CallNetwork = CallNetwork()
    sound: str | None = None
    order: Ordered | None = None
    type: Literal["welcome"] = "welcome"


@dataclass(frozen=True, slots=True)
class Gone(Message):
    """There is no such call."""

    type: Literal["gone"] = "gone"


@dataclass(frozen=True, slots=True)
class End(Message):
    """A call is to end now."""

    call: str
    reason: str
    type: Literal["end"] = "end"


@dataclass(frozen=True, slots=True)
class Renew(Message):
    """A call may go on with another release."""

    call: str
    release: str
    file: str
    secrets: dict[str, Secret[str]]
    network: CallNetwork = CallNetwork()
    type: Literal["renew"] = "renew"


@dataclass(frozen=True, slots=True)
class Open(Message):
    """A dialogue begins with its first turn; with `idle`, who is silent in it is asked.

    Attributes:
        history: what was said before, role and text; with it nobody is greeted.
        sound: the file to which the sound of the dialogue is written; with it both speak.
        longest: seconds of it that are kept.
    """

    welcome: Welcome
    variables: dict[str, Any] | None
    metadata: Any
    idle: bool = False
    history: tuple[tuple[str, str], ...] | None = None
    sound: str | None = None
    longest: float = 0.0
    type: Literal["open"] = "open"


@dataclass(frozen=True, slots=True)
class TurnText(Message):
    """A text of the caller, keys that they press, or what they do in their app.

    The answer and its pieces carry its `id`.

    Attributes:
        app: a method of the agent's app, and `sent` is what comes with it.
    """

    call: str
    id: int
    text: str
    pieces: bool = False
    keys: str | None = None
    app: str | None = None
    sent: dict[str, Any] | None = None
    type: Literal["turn"] = "turn"


@dataclass(frozen=True, slots=True)
class Said(Message):
    """What a caller by the front's WebSocket writes beside speaking, or keys that they press."""

    call: str
    text: str
    keys: str | None = None
    type: Literal["said"] = "said"


@dataclass(frozen=True, slots=True)
class Act(Message):
    """What others want done in a call, between two turns.

    Attributes:
        actions: as JSON; they were read before.
        names: what their templates may name besides.
        event: the type of what has happened elsewhere.
    """

    call: str
    id: int
    actions: tuple[dict[str, Any], ...]
    names: dict[str, Any] | None = None
    event: str | None = None
    type: Literal["act"] = "act"


@dataclass(frozen=True, slots=True)
class Mean(Message):
    """Which intent is meant by a text? With `act`, what it does is done, between two turns."""

    call: str
    id: int
    text: str
    act: bool
    type: Literal["mean"] = "mean"


@dataclass(frozen=True, slots=True)
class UseTool(Message):
    """An HTTP tool is to ask its service, with the values of a call and these arguments."""

    call: str
    id: int
    tool: str
    arguments: dict[str, Any]
    type: Literal["use_tool"] = "use_tool"


@dataclass(frozen=True, slots=True)
class Cancel(Message):
    """Nobody waits for the answer to a `TurnText` any more."""

    call: str
    id: int
    type: Literal["cancel"] = "cancel"


@dataclass(frozen=True, slots=True)
class Ping(Message):
    """A text host says `Pong` as soon as it can."""

    type: Literal["ping"] = "ping"


@dataclass(frozen=True, slots=True)
class Answer(Message):
    """What came of an `Ask`."""

    id: int
    answer: ToolResponse
    type: Literal["answer"] = "answer"

    def shortened(self) -> Answer:
        """That it was too long."""
        why = "the answer is too long"
        return Answer(self.id, ToolResponse(ok=False, output=why, error=why))


@dataclass(frozen=True, slots=True)
class Recalled(Message):
    """What is remembered of whom a `Recall` named.

    Attributes:
        calls: how often they have called.
        last: when their last call ended, in seconds since 1970.
        summary: what the last calls were about.
        variables: name → value.
        problem: why it cannot be known now.
    """

    id: int
    calls: int = 0
    last: float | None = None
    summary: str = ""
    variables: dict[str, Any] = field(default_factory=dict)
    problem: str | None = None
    type: Literal["recalled"] = "recalled"

    def shortened(self) -> Recalled:
        """That it was too long."""
        return Recalled(self.id, problem="it is too long")


@dataclass(frozen=True, slots=True)
class DialEnded(Message):
    """What came of a `Dial`: `reason` is `answered`, or why nobody is there, which `words` say.

    Attributes:
        reached: whether the telephone network was asked.
        sip: the status that it gave.
    """

    id: int
    reason: str
    words: str = ""
    reached: bool = True
    sip: int | None = None
    type: Literal["dial_ended"] = "dial_ended"


@dataclass(frozen=True, slots=True)
class Refused(Message):
    """A message was none; `id` is the number that it carried."""

    id: int | None
    why: str
    type: Literal["refused"] = "refused"


# what a runner answers a command


@dataclass(frozen=True, slots=True)
class RunnerState(Message):
    """What a runner serves: releases by id, with their sessions, times and agents."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="ignore")  # as `ControlHello`

    pid: int
    current: str
    sessions: dict[str, int]
    times: dict[str, str]
    agents: dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class CommandResult(Message):
    """What came of a command: `ok`, `rejected`, `unchanged` or, without an answer, `unreached`."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="ignore")  # as `ControlHello`

    pid: int
    result: str
    release: str | None
    message: str


@dataclass(frozen=True, slots=True)
class PreviewShown(Message):
    """The link of a preview, until when it is good, and what is new in it for callers."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="ignore")  # as `ControlHello`

    pid: int
    release: str
    url: str
    expires: str
    changes: list[str]


@dataclass(frozen=True, slots=True)
class CallShown(Message):
    """A call that an agent makes, as `GET /v1/calls/{id}` shows it; `dial` and `dialled` ask it."""

    __pydantic_config__: ClassVar[ConfigDict] = ConfigDict(extra="ignore")  # as `ControlHello`

    pid: int
    call: dict[str, Any]


Hello = CallHello | HostHello | ControlHello | Blocked
FromCall = (
    Started
    | Agreed
    | SessionEvent
    | Known
    | Reported
    | Ended
    | Ask
    | Failure
    | GiveUp
    | Recall
    | Dial
    | PassOn
    | Progress
    | CallRenewed
    | NotRenewed
    | LogLine
    | Sound
    | Signal
    | Acting
    | Acted
    | Refused
)
FromHost = FromCall | Reply | Failed | Piece | Pong
FromOutside = Act | Mean | UseTool
ToCall = (
    Welcome
    | Gone
    | End
    | Renew
    | FromOutside
    | Answer
    | Recalled
    | DialEnded
    | Sound
    | Said
    | Refused
)
ToHost = End | Renew | FromOutside | Open | TurnText | Cancel | Ping | Answer | Recalled | Refused
ControlReply = RunnerState | PreviewShown | CallShown | CommandResult

T = TypeVar("T", bound=Message)


class Kinds(Generic[T]):
    """The messages that one side may send, and how they are read."""

    def __init__(self, union: Any) -> None:
        """Take the union of their classes."""
        self._adapter: TypeAdapter[T] = TypeAdapter(union)

    def read(self, line: bytes) -> T:
        """Read a line.

        Raises:
            NotJsonError: it is no JSON object.
            MalformedError: it is one, and none of these messages.
        """
        if not (line.startswith(b"{") and line.endswith(b"\n")):
            raise NotJsonError("the line is no object")
        try:
            data = json.loads(line)
        except RecursionError:
            raise MalformedError("it is nested too deeply", None) from None
        except ValueError as error:
            raise NotJsonError(str(error)) from None
        try:
            return self._adapter.validate_python(data)
        except ValidationError as error:
            raise MalformedError(_why(error), _number(data)) from None


def _tagged(union: Any, tag: str = "type") -> Any:
    return Annotated[union, Field(discriminator=tag)]


HELLO: Final = Kinds[Hello](_tagged(Hello, "role"))
FROM_CALL: Final = Kinds[FromCall](_tagged(FromCall))
FROM_HOST: Final = Kinds[FromHost](_tagged(FromHost))
TO_CALL: Final = Kinds[ToCall](_tagged(ToCall))
TO_HOST: Final = Kinds[ToHost](_tagged(ToHost))
CONTROL_REPLY: Final = Kinds[ControlReply](ControlReply)


def write(message: Message) -> bytes:
    """The line of a message; of one that is too long, or too deep for JSON, the shorter form.

    Raises:
        TooLongError: there is none.
    """
    line = _line(message)
    if line is not None:
        return line
    shorter = message.shortened()
    _log.warning("%s", _told(message))
    line = _line(shorter)
    if line is None:
        raise TooLongError("the message is too long for the call socket")
    return line


def _line(message: Message) -> bytes | None:
    try:
        text = json.dumps(message, ensure_ascii=False, default=_plain, separators=(",", ":"))
    except RecursionError:
        return None
    line = text.encode("utf-8", "replace") + b"\n"
    return line if len(line) <= MAX_LINE else None


def _plain(value: Any) -> Any:
    """What JSON does not know: our own values by their fields, secrets revealed, others as text."""
    if isinstance(value, Secret):
        return value.reveal()
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: getattr(value, each.name) for each in fields(value)}
    return str(value)


def _told(message: Message) -> str:
    whose = f" of session {call}" if (call := getattr(message, "call", "")) else ""
    kind = getattr(message, "type", "message")
    return f"a message '{kind}'{whose} is longer than {MAX_LINE // 1024**2} MB and was shortened"


def _brief(value: Any) -> Any:
    """A number as it is, a text's beginning, and of all else that it was left out."""
    if isinstance(value, str):
        return value if len(value) <= _SHORT else f"{value[:_SHORT]}…"
    return value if isinstance(value, int | float | None) else "…"


def _why(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    place = ".".join(map(str, first["loc"]))
    return f"{place}: {first['msg']}" if place else first["msg"]


def _number(data: Any) -> int | None:
    number = data.get("id") if isinstance(data, dict) else None
    return number if isinstance(number, int) else None
