"""What every tool has: its description, when it may be called, what the caller hears meanwhile."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self

from pydantic import model_validator
from pydantic.json_schema import JsonSchemaValue

from runner.schema.actions import Actions, ErrorActions
from runner.schema.fields import Field, Fields
from runner.schema.types.blocks import Block, OrNo, key, together
from runner.schema.types.measures import Duration, SomeTime
from runner.schema.types.mistake import mistake
from runner.schema.types.texts import Condition, Told
from runner.schema.types.values import YesNo, one_of, whole
from runner.schema.types.words import Words

Declared = Mapping[str, Field]
"""Variables of an agent that may change, as they are declared."""


class Rule(Block):
    """Refuses a call of a tool before anything is done."""

    noun: ClassVar[str] = "a rule"
    bare: ClassVar[str] = "if"
    elsewhere: ClassVar[dict[str, str]] = {
        "unless": "write if: with not before it, as in if: not verified",
    }

    condition: Condition = key("the condition under which the call is refused", alias="if")
    answer: Told = key("what the model is told instead of an answer")


class WhileWaiting(Block):
    """What the caller hears while a tool works, so that there is no dead air."""

    noun: ClassVar[str] = "while_waiting"
    bare: ClassVar[str] = "say"
    elsewhere: ClassVar[dict[str, str]] = {
        "instructions": "write say: with the words; the model is busy with the tool",
        "times": "delete it: the words end when the tool is done",
    }

    after: Duration = key("so long after the tool has begun", 1.0)
    say: Words | None = key(
        "words for the caller, spoken exactly; a list is used in turn; without it lkrun's own "
        "one_moment of [texts](texts.md)",
        None,
    )
    every: SomeTime | None = key("and again, each time so long after the last time began", None)

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.every is not None and self.every < self.after:
            raise mistake(
                "E109",
                "'every' is less than 'after', and nothing is said before that",
                "write at least as much as after: has",
                at=("every",),
            )
        return self


Confirm = Annotated[Words | bool, OrNo(yes=True)]
"""False: nobody is asked; True: the model asks; words: the question, spoken exactly."""


class AnyTool(Block):
    """A tool of any kind. A subclass with a `kind` is a kind."""

    noun: ClassVar[str] = "a tool"
    typical: ClassVar[tuple[str, ...]] = ("http", "say", "set")
    stray: ClassVar[str] = (
        "delete it; besides its kind, such as http:, a tool has description:, parameters:, if: "
        "and then:"
    )
    described: ClassVar[bool] = False
    """Whether the kind has a description of its own."""
    own_parameters: ClassVar[str | None] = None
    """Where the kind gets its parameters from, when an author cannot give any."""
    refuses: ClassVar[tuple[str, ...]] = ()
    """Keys of other kinds that mean nothing in this one."""
    built_in: ClassVar[bool] = False
    """Whether it may be listed by the name of its kind, without being defined."""
    asks_first: ClassVar[bool] = True
    """Whether it does something that a caller could have to confirm."""
    elsewhere: ClassVar[dict[str, str]] = {
        "url": "write it below http:",
        "method": "write it below http:",
        "headers": "write it below http:",
        "body": "write it below http:",
        "query": "write it below http:",
        "timeout": "write it below http:",
        "auth": "write it below http:",
        "service": "write it below http:",
        "budget": "write it below http:",
        "retries": "write it below http:",
        "pick": "write it below result:",
        "max_size": "write it below result:",
        "fails_if": "write it below result:",
        "save": "write it below result:",
        "arguments": "write parameters:",
        "args": "write parameters:",
    }

    description: Told | None = key("what the tool does and when to use it, for the model", None)
    parameters: Fields = key("what the model must give: name → field", {})
    condition: Condition | None = key(
        "offered to the model only while this is true", None, alias="if"
    )
    refusals: tuple[Rule, ...] = key(
        "looked at after the arguments and before anything is done: the first whose if: is true "
        "refuses the call",
        (),
        alias="rules",
        names=("args",),
    )
    confirm: Confirm = key(
        "the caller must say yes before the model's call is carried out: yes, or the question, "
        "spoken exactly",
        False,
        names=("args",),
    )
    max_uses: Annotated[int, whole(1, 1000)] | None = key(
        "how often it may be used in one call, by the model and by actions together", None
    )
    then: Actions = key("done after success", (), names=("args", "result"))

    @classmethod
    def undefined(cls, variables: Declared) -> Self | None:
        """The tool that its kind's bare name means, of those that are built in."""
        del variables
        return cls.model_validate({cls.kind: "yes"}) if cls.built_in else None

    def fields(self, variables: Declared) -> dict[str, Field]:
        """Its parameters, as the model or an action gives them."""
        del variables
        return dict(self.parameters)

    @property
    def stores(self) -> tuple[str, ...]:
        """The variables that it may set by itself."""
        return ()

    @classmethod
    def all_rules(cls) -> list[JsonSchemaValue]:
        """What `_describes_itself` asks."""
        rules: list[JsonSchemaValue] = [] if cls.described else [{"required": ["description"]}]
        return [*rules, together("parameters")] if cls.own_parameters else rules

    @model_validator(mode="after")
    def _has_something_to_confirm(self) -> Self:
        if self.confirm is not False and not self.asks_first:
            raise mistake(
                "E112",
                f"'confirm' does not go with '{self.kind}': nothing is done that could be undone",
                "delete 'confirm'",
                at=("confirm",),
                on="key",
            )
        return self

    @model_validator(mode="after")
    def _describes_itself(self) -> Self:
        if self.description is None and not self.described:
            raise mistake(
                "E103",
                "a tool needs a 'description'",
                "add description: and say what the tool does, "
                "so that the model knows when to use it",
                lacks=("description", "x"),
            )
        if self.own_parameters and "parameters" in self.model_fields_set:
            raise mistake(
                "E112",
                f"'{self.kind}' takes its parameters from {self.own_parameters}",
                "delete 'parameters'",
                at=("parameters",),
                on="key",
            )
        return self


class WaitingTool(AnyTool):
    """A tool that waits for somebody else's answer, and may fail."""

    while_waiting: WhileWaiting | None = key(
        "what the caller hears while it works", None, names=("args",)
    )
    if_already_running: Annotated[str, one_of("refuse", "allow", "replace")] = key(
        "a second identical call meanwhile: refuse, allow, or replace (the first is given up)",
        "refuse",
    )
    interruptible: YesNo = key("no: the caller's words wait until it is done", True)
    background: YesNo = key("yes: the talk goes on, and the answer comes when it is there", False)
    on_error: ErrorActions = key(
        "when it fails: a text is instructions to the model; or an action",
        (),
        names=("args", "error"),
    )

    @property
    def repeatable(self) -> bool:
        """Whether it may be given up half-way and begun again without doing anything twice."""
        return False

    @model_validator(mode="after")
    def _waits_in_one_way(self) -> Self:
        if self.background:
            pointless = {
                "while_waiting": self.while_waiting is not None,
                "interruptible": not self.interruptible,
            }
            for name in (name for name, given in pointless.items() if given):
                raise mistake(
                    "E112",
                    f"'{name}' does not go with background: yes: nobody waits for the tool",
                    f"delete '{name}', or write background: no",
                    at=(name,),
                    on="key",
                )
        if self.if_already_running == "replace" and not self.repeatable:
            raise mistake(
                "E112",
                "'replace' gives up a request that may have been carried out already",
                "write refuse, or allow; replace goes with method: GET only",
                at=("if_already_running",),
            )
        return self
