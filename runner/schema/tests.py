"""Conversation tests: what a caller says, and what the agent must do then."""

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal, Self, TypeAlias

from pydantic import Discriminator, PlainValidator, Tag, WithJsonSchema, model_validator
from pydantic.json_schema import JsonSchemaValue

from runner.schema.test_speech import BY_TEXT, Noise, needs_audio
from runner.schema.types.blocks import Block, OneOrList, any_of, key, kinds, together
from runner.schema.types.call_targets import CalledTarget
from runner.schema.types.measures import Duration, SomeTime
from runner.schema.types.mistake import clash, mistake
from runner.schema.types.names import (
    AgentName,
    AttachedFile,
    DataFile,
    MethodName,
    PersonaName,
    ProviderName,
    ToolName,
    VariableName,
)
from runner.schema.types.pressed import PressedByCaller
from runner.schema.types.settings import Setting
from runner.schema.types.texts import Plain, Stored
from runner.schema.types.values import LanguageTag, Pattern, YesNo, one_of, whole

Texts = Annotated[tuple[Plain, ...], OneOrList(scalars=True)]
"""A text, or a list of texts."""


def _data(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _data(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_data(inner) for inner in value)
    return Stored(value)


Data = Annotated[Any, PlainValidator(_data), WithJsonSchema({})]
"""A text, list or mapping of texts, as deep as needed; one `{{ expression }}` keeps its type."""


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise mistake("E117", f"'{text}' is not a moment", "write it as 2026-12-01T10:00") from None


Moment = Annotated[
    datetime,
    Setting(_moment, {"type": "string", "pattern": r"^\s*\d{4}-\d\d-\d\d"}, "date and time"),
]


class CallerFacts(Block):
    """Who calls in the test."""

    noun: ClassVar[str] = "a caller"

    identity: Plain | None = key("caller.identity", None)
    name: Plain | None = key("caller.name", None)
    kind_: Plain | None = key("caller.kind", None, alias="kind")
    phone: Plain | None = key("caller.phone: their number", None)
    dialled: Plain | None = key("caller.dialled: the number they rang", None)
    attributes: dict[str, Plain] = key("caller.attributes: name → text", {})
    tts: ProviderName | None = key(
        "who speaks for them with mode: audio; without it espeak, or the agent's own voice", None
    )
    noise: Noise | None = key("what is heard around them with mode: audio", None)


class JobFacts(Block):
    """What the call's job carries in the test."""

    noun: ClassVar[str] = "a job"

    id: Plain | None = key("job.id", None)
    attributes: dict[str, Plain] = key("job.attributes: name → text", {})
    metadata: Data | None = key("job.metadata: a text, or keys", None)


class Match(Block):
    """A value that is not known to the letter."""

    noun: ClassVar[str] = "an expected value"
    rules: ClassVar[JsonSchemaValue] = any_of("matches", "missing") | together("matches", "missing")

    matches: Pattern | None = key("a regular expression that is found in it", None)
    missing: YesNo = key("yes: the value must not be there", False)

    @model_validator(mode="after")
    def _says_one(self) -> Self:
        if self.matches is not None and self.missing:
            raise clash("matches", "missing", self.noun)
        if self.matches is None and not self.missing:
            raise mistake(
                "E106", "needs one of: matches, missing", "write matches: or missing: yes"
            )
        return self


def _expected(value: Any) -> Any:
    if isinstance(value, dict) and value and set(value) <= {"matches", "missing"}:
        return Match.model_validate(value)
    if isinstance(value, dict):
        return {str(name): _expected(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_expected(inner) for inner in value)
    return Plain(value)


Expected = Annotated[Any, PlainValidator(_expected), WithJsonSchema({})]
"""What a value must be: a text, a block `matches:` or `missing: yes`, or lists and keys of such."""

Calls = Annotated[
    Annotated[Annotated[tuple[ToolName, ...], OneOrList(scalars=True)], Tag("<list>")]
    | Annotated[dict[ToolName, dict[str, Expected] | None], Tag("<arguments>")],
    Discriminator(lambda value: "<arguments>" if isinstance(value, dict) else "<list>"),
]
"""Names of tools, or *name → arguments*."""


class Checks(Block):
    """What must be true of one turn of the agent, or of the whole talk."""

    noun: ClassVar[str] = "a check"
    bare: ClassVar[str] = "says"
    elsewhere: ClassVar[dict[str, str]] = {
        "user": "it begins the next step: put a dash before it",
        "silence": "it begins the next step: put a dash before it",
        "say": "write says:",
        "contains": "write says:",
        "not_says": "write never_says:",
        "handoff": "write hands_off_to:",
        "transfer": "write transfers_to:",
        "transfers": "write transfers_to:",
        "tools": "write calls:",
    }

    says: Texts = key("all of these are said, in any case of letters", ())
    says_any: Texts = key("at least one of these is said", ())
    never_says: Texts = key("none of these is said", ())
    matches: Pattern | None = key("a regular expression that is found in what is said", None)
    max_words: Annotated[int, whole(1)] | None = key("so many words at most", None)
    language: LanguageTag | None = key(
        "the language of what is said; what is too short to tell is taken as right", None
    )
    calls: Calls = key("these tools are called; with arguments, those that are listed must fit", ())
    calls_nothing: YesNo = key("yes: no tool is called", False)
    never_calls: Annotated[tuple[ToolName, ...], OneOrList(scalars=True)] = key(
        "none of these tools is called", ()
    )
    calls_in_order: tuple[ToolName, ...] = key("these tools are called in this order", ())
    times: dict[ToolName, Annotated[int, whole(0)]] = key("tool → how often it is called", {})
    fails_with: Texts = key("a tool fails, and these words are in its error", ())
    hands_off_to: PersonaName | None = key("the persona that the call is handed to", None)
    transfers_to: CalledTarget | None = key(
        "the phone number or SIP address that the caller is put through to", None
    )
    stays: YesNo = key("yes: the call is not handed over, nor transferred", False)
    remembers: dict[VariableName, Expected] = key("variable → its value afterwards", {})
    ends_call: YesNo | None = key("whether the call ends", None)
    within: SomeTime | None = key("the turn takes no longer", None)
    first_word_within: SomeTime | None = key("the first word comes within so long", None)
    hears: Texts = key("all of these are understood of what the caller says aloud", ())
    interrupted: YesNo | None = key("whether the caller's words cut the agent's short", None)
    stops_within: SomeTime | None = key(
        "the agent is silent so soon after the caller began to speak over it", None
    )
    silence_max: SomeTime | None = key("nobody waits longer for a word", None)
    max_tokens: Annotated[int, whole(1)] | None = key("tokens of the model at most", None)
    tool_calls_max: Annotated[int, whole(0)] | None = key("calls of tools at most", None)
    csv_row: dict[str, Expected] = key(
        "column → value of a row that after_call writes; nothing is written in a test", {}
    )
    webhook_body: dict[str, Expected] = key(
        "field → value of what after_call posts, such as extract: and fields below it; nothing is "
        "posted in a test",
        {},
    )
    means: Plain | None = key("what the reply says, in a sentence that a model judges", None)
    judge: Texts = key("LiveKit's judges by name, or sentences that a model judges", ())


class _Step(Block):
    noun: ClassVar[str] = "a step"
    elsewhere: ClassVar[dict[str, str]] = {
        **{name: f"write - agent: and below it {name}:" for name in Checks.keys()},  # noqa: SIM118 - a method of blocks
        **dict.fromkeys(
            ("assistant", "bot", "expect", "then"), "write - agent: and checks below it"
        ),
        **dict.fromkeys(
            ("caller", "human", "input", "say"), "write - user: and what the caller says"
        ),
        **dict.fromkeys(("keys", "dtmf", "press", "digits"), "write - keypad: and the keys"),
        **dict.fromkeys(("hangup", "hang up", "end"), "write - hang_up: yes"),
        **dict.fromkeys(("pause", "sleep", "wait"), "write - silence: and how long, such as 15s"),
        "handoff": "write - agent: and below it hands_off_to:",
        "tools": "write - agent: and below it calls:",
    }


class UserStep(_Step):
    """The caller says something."""

    kind: ClassVar[str] = "user"

    user: Plain = key("what the caller says")
    interrupts: SomeTime | None = key(
        "said so long after the agent began to speak, over its words; needs mode: audio", None
    )
    recording: AttachedFile | None = key(
        "a WAV file in which somebody says it; needs mode: audio", None
    )


class AgentStep(_Step):
    """What the agent must do now."""

    kind: ClassVar[str] = "agent"

    agent: Checks = key("what must be true of its turn; before the first user: of its greeting")


class SilenceStep(_Step):
    """The caller says nothing."""

    kind: ClassVar[str] = "silence"

    silence: Duration = key("for so long; it takes no time in the test")


class KeypadStep(_Step):
    """The caller presses keys of a telephone."""

    kind: ClassVar[str] = "keypad"

    keypad: PressedByCaller = key("the keys that the caller presses, such as 1 or 1234#")


class AppStep(_Step):
    """The caller does something in their app."""

    kind: ClassVar[str] = "app"

    app: MethodName = key("a method of the agent's app.on: that is called")
    arguments: dict[str, Data] = key("name → value: what the app sends", {}, alias="with")


class HangUpStep(_Step):
    """The caller hangs up."""

    kind: ClassVar[str] = "hang_up"

    hang_up: YesNo = key("yes")


Step: TypeAlias = kinds(  # type: ignore[valid-type]  # built from the classes
    "a step", AgentStep, AppStep, HangUpStep, KeypadStep, SilenceStep, UserStep, in_a_row=True
)
AnyStep = AgentStep | AppStep | HangUpStep | KeypadStep | SilenceStep | UserStep


class Mock(Block):
    """What a service answers in the test."""

    noun: ClassVar[str] = "a mock"
    bare: ClassVar[str] = "returns"
    stray: ClassVar[str] = "write returns:, and below it what the service answers"
    rules: ClassVar[JsonSchemaValue] = {
        "allOf": [
            together(one, other)
            for one, other in (
                ("returns", "returns_json"),
                ("returns", "returns_file"),
                ("returns_json", "returns_file"),
            )
        ]
    }

    returns: Data | None = key("the service's answer, before pick", None)
    returns_json: Plain | None = key("the same, as the JSON that came", None)
    returns_file: DataFile | None = key("the same, in a file of the folder", None)
    status: Annotated[int, whole(100, 599)] | None = key("the status of the answer", None)
    fails: Plain | None = key("no answer: words of the error, or timeout", None)
    slow: Duration | None = key("the answer takes so long; it takes no time in the test", None)
    when: dict[str, Expected] = key("argument → value: this mock only then", {})
    real: YesNo = key("yes: the real service is asked", False)

    @model_validator(mode="after")
    def _one_answer(self) -> Self:
        given = [
            n
            for n in ("returns", "returns_json", "returns_file", "fails", "real")
            if n in self.model_fields_set and getattr(self, n) not in (None, False)
        ]
        if len(given) > 1:
            raise clash(given[0], given[1], self.noun)
        if self.status is not None and given[:1] in (["fails"], ["real"]):
            raise clash(given[0], "status", self.noun)
        if not given and self.status is None and self.slow is None:
            raise mistake(
                "E106",
                "needs one of: returns, returns_json, returns_file, status, fails, real",
                "write returns: and below it what the service answers",
            )
        return self


class Simulate(Block):
    """A model plays the caller."""

    noun: ClassVar[str] = "simulate"

    caller: Plain = key("who the caller is and what they want, for the model that plays them")
    max_turns: Annotated[int, whole(1, 100)] = key("so often the caller speaks at most", 10)


class _Line(Block):
    noun: ClassVar[str] = "a line"
    elsewhere: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("assistant", "bot"), "write - agent: and what the agent said"),
        **dict.fromkeys(("caller", "human"), "write - user: and what the caller said"),
        **dict.fromkeys(("role", "content"), "write - user: or - agent: and the words behind it"),
    }

    @property
    def words(self) -> tuple[str, str]:
        """Who said it, and what."""
        return self.kind, str(getattr(self, self.kind))


class UserLine(_Line):
    """What the caller said before the test begins."""

    kind: ClassVar[str] = "user"

    user: Plain = key("what the caller said")


class AgentLine(_Line):
    """What the agent said before the test begins."""

    kind: ClassVar[str] = "agent"

    agent: Plain = key("what the agent said")


Line: TypeAlias = kinds("a line", AgentLine, UserLine, in_a_row=True)  # type: ignore[valid-type]  # built from the classes


_TALKS = one_of(
    "text",
    "audio",
    meant={"chat": "text", "phone": "audio", "sound": "audio", "speech": "audio", "voice": "audio"},
)


ANSWERS = ("person", "mailbox", "menu", "full", "unsure", "nobody")
"""What may pick up when an agent dials."""

_ANSWERS = {
    "human": "person", "voicemail": "mailbox", "machine": "mailbox", "machine-vm": "mailbox",
    "ivr": "menu", "machine-ivr": "menu", "machine-unavailable": "full", "uncertain": "unsure",
    "no_answer": "nobody", "busy": "nobody",
}  # fmt: skip


class Test(Block):
    """A conversation test."""

    __test__: ClassVar[bool] = False
    noun: ClassVar[str] = "a test"
    rules: ClassVar[JsonSchemaValue] = (
        any_of("steps", "simulate") | together("steps", "simulate") | BY_TEXT
    )
    elsewhere: ClassVar[dict[str, str]] = {
        "user": "write steps: and below it - user:",
        "expect": "write finally:, or - agent: below steps:",
        "says": "write it below - agent: in steps:, or below finally:",
        "calls": "write it below - agent: in steps:, or below finally:",
    }

    agent: AgentName = key("the agent that is called")
    mode: Annotated[Literal["text", "audio"], _TALKS] = key(
        "text, or audio: both speak, and hear each other; it takes the time that it takes", "text"
    )
    history: tuple[Line, ...] = key(
        "what was said before, line by line: the test begins in the middle of a talk, and nobody "
        "is greeted",
        (),
    )
    steps: tuple[Step, ...] = key("what happens, in order", ())
    simulate: Simulate | None = key("instead of steps: a model plays the caller", None)
    environment: Plain | None = key(
        "the environment in which it runs, one of runner.environments; without it, in whichever "
        "is chosen",
        None,
    )
    clock: Moment | None = key("when the call begins, in the agent's timezone", None)
    caller: CallerFacts | None = key("who calls", None)
    job: JobFacts | None = key("what the call's job carries", None)
    answered_by: Annotated[str, one_of(*ANSWERS, meant=_ANSWERS)] | None = key(
        "what picks up when the agent dials: person, mailbox, menu, full, unsure or nobody; a "
        "person without it",
        None,
    )
    variables: dict[VariableName, Stored] = key("variable → the value that it begins with", {})
    mocks: dict[ToolName, Annotated[tuple[Mock, ...], OneOrList()]] = key(
        "tool → what its service answers; a list: first call, second call, … the last stays. "
        "For a transfer_call it is whether somebody takes the call; those of actions go by the "
        "name transfer_call",
        {},
    )
    finally_: Checks | None = key("what must be true of the whole talk", None, alias="finally")
    tags: Texts = key("words to select tests by", ())
    repeat: Annotated[int, whole(1, 1000)] = key("run it so often", 1)
    min_pass: Annotated[int, whole(0, 1000)] | None = key(
        "so many of the runs must pass; without it, all", None
    )
    timeout: SomeTime = key("the longest that it may run", 60.0)

    @property
    def wants_model(self) -> bool:
        """Whether a model must play its caller, or say whether it holds."""
        checks = [step.agent for step in self.steps if isinstance(step, AgentStep)]
        if self.finally_ is not None:
            checks.append(self.finally_)
        return self.simulate is not None or any(c.means is not None or c.judge for c in checks)

    @model_validator(mode="after")
    def _has_steps(self) -> Self:
        if self.steps and self.simulate is not None:
            raise clash("steps", "simulate", self.noun)
        if not self.steps and self.simulate is None:
            raise mistake(
                "E103",
                "a test needs its 'steps'",
                "add steps: and below it - user: and what the caller says",
            )
        if self.min_pass is not None and self.min_pass > self.repeat:
            raise mistake(
                "E109",
                f"min_pass {self.min_pass} is more than repeat {self.repeat}",
                f"write repeat: {self.min_pass} or more",
                at=("min_pass",),
            )
        if self.mode == "text":
            needs_audio(self)
        return self
