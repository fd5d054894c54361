"""Steps of a test: what the caller does, and what must be true of the agent then."""

from typing import Annotated, ClassVar, TypeAlias

from pydantic import Discriminator, Tag

from runner.schema.test_values import Data, Expected, Texts
from runner.schema.types.blocks import Block, OneOrList, key, kinds
from runner.schema.types.call_targets import CalledTarget
from runner.schema.types.files import AttachedFile
from runner.schema.types.measures import Duration, SomeTime
from runner.schema.types.names import (
    MethodName,
    PersonaName,
    ToolName,
    VariableName,
)
from runner.schema.types.pressed import PressedByCaller
from runner.schema.types.texts import Plain
from runner.schema.types.values import LanguageTag, OnlyYes, Pattern, YesNo, whole

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
        **dict.fromkeys(
            ("say", "contains", "expect", "expected", "includes", "reply", "answers", "text"),
            "write says:",
        ),
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
    calls_nothing: OnlyYes = key("yes: no tool is called", False)
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
    stays: OnlyYes = key("yes: the call is not handed over, nor transferred", False)
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
    bare: ClassVar[str] = "user"
    elsewhere: ClassVar[dict[str, str]] = {
        **{name: f"write - agent: and below it {name}:" for name in Checks.keys()},  # noqa: SIM118 - a method of blocks
        **dict.fromkeys(
            ("assistant", "bot", "expect", "then"), "write - agent: and checks below it"
        ),
        **dict.fromkeys(
            ("caller", "client", "customer", "human", "input", "me", "say"),
            "write - user: and what the caller says",
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

    hang_up: OnlyYes = key("yes")


Step: TypeAlias = kinds(  # type: ignore[valid-type]  # built from the classes
    "a step", AgentStep, AppStep, HangUpStep, KeypadStep, SilenceStep, UserStep, in_a_row=True
)
