"""Agents: what a call is dispatched to."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from runner.provider_kinds import BY_KEY
from runner.schema.actions import Actions
from runner.schema.app import App
from runner.schema.background import BackgroundAudio
from runner.schema.dispatch import Dispatch
from runner.schema.event_hooks import EventHook
from runner.schema.hours import Hours
from runner.schema.intents import Intents
from runner.schema.keys import Keypad
from runner.schema.languages import Languages
from runner.schema.lifecycle import AfterCall, BeforeCall
from runner.schema.memory import Memory
from runner.schema.nodes import Nodes
from runner.schema.on_event import OnEvent
from runner.schema.outgoing import Dial, Voicemail
from runner.schema.personas import Handoff
from runner.schema.phone import Phone
from runner.schema.providers import AgentProviders
from runner.schema.recording import Record
from runner.schema.speaking import Speaking
from runner.schema.texts import NAMES, Texts
from runner.schema.turns import TurnTaking
from runner.schema.types.blocks import Before, Block, OneOrList, OrNo, any_of, key, together
from runner.schema.types.measures import Duration, SomeTime
from runner.schema.types.mistake import clash, mistake, none_of
from runner.schema.types.names import FieldKey, HookKey, PersonaName, ProviderName, ToolName
from runner.schema.types.texts import Plain, Stored, Told
from runner.schema.types.values import LanguageTag, TimeZone, YesNo, one_of, whole
from runner.schema.types.words import Words
from runner.schema.variables import Variable


class Idle(Block):
    """What happens when the caller says nothing."""

    noun: ClassVar[str] = "idle"
    rules: ClassVar[JsonSchemaValue] = any_of("say", "instructions", "then") | together(
        "say", "instructions"
    )

    after: Duration = key("after so much silence", 15.0)
    say: Words | None = key("words for the caller, spoken exactly", None)
    instructions: Told | None = key("what the model should say, in its own words", None)
    times: Annotated[int, whole(1, 20)] = key("so often, then `then`", 1)
    then: Actions = key("what is done when the caller still says nothing", ())

    @model_validator(mode="after")
    def _speaks_or_acts(self) -> Self:
        if self.say is not None and self.instructions is not None:
            raise clash("say", "instructions", self.noun)
        if self.say is None and self.instructions is None and not self.then:
            raise none_of(self.noun, ("say", "instructions", "then"))
        return self


class Limits(Block):
    """Bounds of a call and of the number of calls."""

    noun: ClassVar[str] = "limits"
    bare: ClassVar[str] = "max_duration"

    max_duration: Duration | None = key("the longest call", None)
    farewell: Words | None = key(
        "said when a call has lasted so long; without it lkrun's own goodbye of [texts](texts.md)",
        None,
    )
    max_tool_steps: Annotated[int, whole(1, 20)] = key("rounds of tools for one reply", 4)
    max_turn: SomeTime = key(
        "a reply that takes longer, its tools and all, is given up in words", 60.0
    )
    max_calls: Annotated[int, whole(1)] | None = key("calls of this agent at the same time", None)


@dataclass(frozen=True)
class _ForAll(Before):
    """A bare name is the provider for all callers."""

    def read(self, value: Any) -> Any:
        """Give the block."""
        return {"default": value} if isinstance(value, str) else value

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string", "pattern": r"\S"}, handler(schema)]}


class NoiseCancellation(Block):
    """What takes noise out of what the caller says."""

    noun: ClassVar[str] = "noise_cancellation"
    rules: ClassVar[JsonSchemaValue] = any_of("default", "telephone")

    default: ProviderName | None = key(
        "a provider for all callers, or those without one below", None
    )
    telephone: ProviderName | None = key("a provider for callers by telephone", None)

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if self.default is None and self.telephone is None:
            raise none_of(self.noun, ("default", "telephone"))
        return self


class Room(Block):
    """What of the LiveKit room the agent uses."""

    noun: ClassVar[str] = "the room"

    audio_in: YesNo = key("hear the caller", True)
    audio_out: YesNo = key("speak", True)
    text_in: YesNo = key("read what the caller writes", True)
    text_out: YesNo = key("write what is said", True)
    sync_text: YesNo = key("write as fast as is spoken", True)
    auto_gain: YesNo = key("even out the caller's loudness", True)
    close_on_disconnect: YesNo = key("end the call when the caller leaves", True)
    wait_for_return: Duration = key(
        "a caller who leaves and comes back within so long finds the agent; LiveKit closes a room "
        "that nobody has been in for 20s, unless it was made to wait longer",
        0.0,
    )
    video_in: YesNo = key("see the caller", False)
    delete_on_close: YesNo | None = key(
        "delete the room at the end of the call: where the agent ends it without this key; yes: "
        "also when the caller leaves; no: never, so that whoever else is there may stay",
        None,
    )
    noise_cancellation: Annotated[NoiseCancellation | None, _ForAll()] = key(
        "a provider that takes noise out of what the caller says, or default and telephone: one "
        "each; LiveKit's auto_gain is then off unless it is written",
        None,
    )
    participants: Annotated[
        tuple[Annotated[str, one_of("standard", "sip", "connector")], ...] | None,
        OneOrList(scalars=True),
    ] = key("kinds of participants that the agent talks with", None)
    identity: Stored | None = key("talk with this participant only", None)

    @property
    def cancelling(self) -> tuple[str, ...]:
        """Names of the providers that take noise out."""
        quiet = self.noise_cancellation
        names = (quiet.default, quiet.telephone) if quiet is not None else ()
        return tuple(str(name) for name in names if name is not None)


_OPTION = "it belongs to a provider: write it below providers:, a name of yours, and with:"


LISTENER: Final = PersonaName("transcriber")
"""Who writes down what is said in `mode: transcribe`; no author defines it."""

TRANSCRIBE: Final = "transcribe"
"""The mode of an agent that writes down what is said, and does not answer."""

_MODES = {"chat": "text", "phone": "voice", "transcription": TRANSCRIBE, "transcriber": TRANSCRIBE}


class _AgentBasics(Block):
    start: PersonaName | None = key(
        "the persona that answers; must be there, but with mode: transcribe", None, live="start"
    )
    description: Told | None = key("what the agent is for", None)
    enabled: YesNo = key("no: checked, but not served", True)
    mode: Annotated[
        str,
        one_of("voice", "text", TRANSCRIBE, meant=_MODES),
    ] = key(
        "voice; text: the caller writes and reads; transcribe: what is said is written down, and "
        "nobody answers",
        "voice",
        live="call",
    )
    instructions: Told | None = key("put before the instructions of each of its personas", None)


class Agent(AgentProviders, _AgentBasics):
    """An agent: the name that calls are dispatched to, its personas and its voice."""

    # its keys: the basics, the providers, then those below

    noun: ClassVar[str] = "an agent"
    stray: ClassVar[str] = "a value of your own belongs below variables:"
    rules: ClassVar[JsonSchemaValue] = {
        "anyOf": [
            {"required": ["start"]},
            {"required": ["mode"], "properties": {"mode": {"const": TRANSCRIBE}}},
        ]
    }
    elsewhere: ClassVar[dict[str, str]] = {
        "greeting": "a greeting belongs to a persona: write it in the persona that start: names",
        "on_handoff": "it belongs to a persona",
        "on_return": "it belongs to a persona",
        "personas": (
            "personas have a section of their own; start: names the first, handoffs: the others"
        ),
        "instructions_file": "it belongs to a persona; an agent has instructions:",
        "name": "the name of an agent stands before the colon, one level to the left",
        "temperature": _OPTION,
        **dict.fromkeys(
            ("webhook", "webhooks", "hooks", "callbacks"),
            "write events: and below it a name of your own, and url: below that",
        ),
    }

    avatar: ProviderName | None = key(BY_KEY["avatar"].choice, None, live="call")
    timezone: TimeZone | None = key("of now, today and hours; the machine's without it", None)
    hours: Hours | None = key("when the agent is open, and who answers outside", None)
    languages: Languages | None = key("the languages that are spoken", None)
    locale: LanguageTag | None = key(
        "the language of dates, numbers, lists and yes/no in templates, and of what lkrun says "
        "itself, such as de or pt-BR; the language that is spoken now, else English, without it",
        None,
    )
    texts: Texts = key(
        "name → words: your own for what lkrun says itself, such as an apology; "
        "[texts](texts.md) lists the names, and the words that are there for each language",
        {},
        names=NAMES,
    )
    variables: dict[FieldKey, Variable] = key("values of a call; a plain value is fixed", {})
    tools: tuple[ToolName, ...] = key("tools that each of its personas has", ())
    handoffs: dict[PersonaName, Handoff] = key("handoffs that each of its personas has", {})
    intents: Intents = key("certain phrases that hold with each of its personas", {})
    keypad: Keypad = key("keys that do something with each of its personas", {})
    nodes: Nodes | None = key(
        "plugins between speech recognition, model and voice, in order", None, live="visit"
    )
    idle: Annotated[Idle | Literal[False] | None, OrNo()] = key(
        "when the caller says nothing", None
    )
    limits: Limits | None = key("bounds of a call", None)
    turn_taking: TurnTaking | None = key("when the agent speaks, and when it stops", None)
    room: Room | None = key("what of the LiveKit room is used", None, live="call")
    before_call: BeforeCall | None = key(
        "what is done before the first word, such as to look the caller up", None, live="start"
    )
    after_call: AfterCall | None = key(
        "what is done once the call is over, however it ended", None, live="call"
    )
    app: App | None = key("the caller's app: what it sees of a call, and what it may do", None)
    on_event: OnEvent = key(
        "event type → what is done in a running call when `POST /agent/event` names its session; "
        "`args` is the event's data",
        {},
        names=("args",),
    )
    events: dict[HookKey, EventHook] = key(
        "name → address that is told what happens in a call, as it happens", {}, live="call"
    )
    record: Record | None = key(
        "what is kept of its calls, in what form, and how long", None, live="call"
    )
    memory: Memory | None = key(
        "what it remembers of a caller who calls again: `memory.calls`, `memory.last` and "
        "`memory.summary` in templates, and variables",
        None,
        live="call",
    )
    keyterms: tuple[Plain, ...] = key("words that speech recognition should expect", ())
    pronunciations: dict[str, Plain] = key(
        "written → spoken, in speech only: whole words; what is written small, in any case", {}
    )
    speech: Speaking | None = key("how the agent speaks", None)
    background_audio: Annotated[BackgroundAudio | Literal[False] | None, OrNo()] = key(
        "what is heard behind the agent's voice in LiveKit rooms, which are all calls by telephone "
        "and by an app; `lkrun chat` and the page have none",
        None,
        live="call",
    )
    suggestions: tuple[Plain, ...] = key("first lines that the page offers", ())
    labels: dict[str, Plain] = key("copied to records, events and metrics", {})
    phone: Phone | None = key("how it is reached by telephone, and calls by it", None, live="start")
    dial: Dial | None = key(
        "whom it calls: it is dispatched like any other agent, and dials; `call.answered_by` says "
        "who answered: `person` `mailbox` `menu` `full` `unsure` `nobody`",
        None,
        live="start",
    )
    voicemail: Annotated[Voicemail | bool | None, OrNo(yes=True)] = key(
        "who answered, which is found out before the greeting where an agent dials; no: whoever "
        "answers is greeted at once",
        None,
        live="start",
    )
    dispatch: Dispatch | None = key("which rooms it joins, and how often", None, live="start")
    reload: Annotated[str, one_of("new_calls", "next_turn")] = key(
        "who hears a change of the files: new_calls, or running calls too, from their next turn",
        "new_calls",
    )

    @model_validator(mode="after")
    def _is_answered(self) -> Self:
        if self.start is None and not self.only_listens:
            raise mistake(
                "E103",
                "an agent needs 'start'",
                "add start: and behind it the persona that answers",
                lacks=("start", "x"),
            )
        return self

    @property
    def only_listens(self) -> bool:
        """Whether it writes down what is said, and nobody answers."""
        return self.mode == TRANSCRIBE

    @property
    def first(self) -> PersonaName:
        """The persona that `start` names; `LISTENER` where nobody answers."""
        return LISTENER if self.start is None or self.only_listens else self.start

    @property
    def answering(self) -> tuple[PersonaName, ...]:
        """The personas that a call can begin with: at first the one that `start` names."""
        if self.only_listens:
            return ()
        closed = self.hours.closed if self.hours is not None else None
        return tuple(dict.fromkeys(filter(None, (self.start, closed))))

    @property
    def spoken(self) -> tuple[str, ...]:
        """The languages that it speaks, the first at the start; English where none is named."""
        if self.languages is not None:
            return self.languages.speak
        return (self.locale or "en",)

    def local(self, moment: datetime) -> datetime:
        """A moment as the clocks of the agent's time zone show it."""
        if self.timezone is None:
            return moment
        from zoneinfo import ZoneInfo  # noqa: PLC0415 - only agents that name a zone pay for it

        return moment.astimezone(ZoneInfo(self.timezone))

    def open_at(self, moment: datetime) -> bool:
        """Whether `hours` say open; an agent without hours always is."""
        return self.hours is None or self.hours.open_at(self.local(moment))

    def answers_at(self, moment: datetime) -> PersonaName:
        """The persona that answers a call of this moment; `LISTENER` where nobody does."""
        return self.answering[-1] if self.answering and not self.open_at(moment) else self.first
