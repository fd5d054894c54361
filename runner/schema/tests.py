"""Conversation tests: what a caller says, and what the agent must do then."""

from typing import Annotated, ClassVar, Literal, Self, TypeAlias

from pydantic import model_validator
from pydantic.json_schema import JsonSchemaValue

from runner.schema.test_mocks import Mock
from runner.schema.test_speech import BY_TEXT, Noise, needs_audio
from runner.schema.test_steps import AgentStep, Checks, Step
from runner.schema.test_values import Data, Moment, Texts
from runner.schema.types.blocks import Block, OneOrList, any_of, key, kinds, together
from runner.schema.types.measures import SomeTime
from runner.schema.types.mistake import clash, mistake
from runner.schema.types.names import (
    AgentName,
    ProviderName,
    ToolName,
    VariableName,
)
from runner.schema.types.texts import Plain, Stored
from runner.schema.types.values import one_of, whole


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
    stray: ClassVar[str] = "what is job.metadata.NAME in texts stands here below metadata:"

    id: Plain | None = key("job.id", None)
    attributes: dict[str, Plain] = key("job.attributes: name → text", {})
    metadata: Data | None = key("job.metadata: a text, or keys", None)


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
