"""Tools: what the model may do besides talking."""

from __future__ import annotations

from typing import Annotated, ClassVar, Self, TypeAlias

from pydantic import model_validator
from pydantic.json_schema import JsonSchemaValue

from runner.schema.actions import Actions, ErrorActions
from runner.schema.fields import Fields
from runner.schema.http import Request, Result
from runner.schema.types.blocks import Block, OneOrList, OrNo, key, kinds, together
from runner.schema.types.measures import Duration
from runner.schema.types.mistake import mistake
from runner.schema.types.names import VariableName
from runner.schema.types.texts import Condition, Stored, Told
from runner.schema.types.words import SayOrYes, Words

BUILT_IN = ("end_call", "remember", "wait")
"""Tools that may be listed without being defined; no tool may take their names."""


class _Tool(Block):
    noun: ClassVar[str] = "a tool"
    described: ClassVar[bool] = False
    """Whether the kind has a description of its own."""
    own_parameters: ClassVar[str | None] = None
    """Where the kind gets its parameters from, when an author cannot give any."""
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
    then: Actions = key("done after success", (), names=("args", "result"))

    @classmethod
    def all_rules(cls) -> list[JsonSchemaValue]:
        """What `_describes_itself` asks."""
        rules: list[JsonSchemaValue] = [] if cls.described else [{"required": ["description"]}]
        return [*rules, together("parameters")] if cls.own_parameters else rules

    @model_validator(mode="after")
    def _describes_itself(self) -> Self:
        if self.description is None and not self.described:
            raise mistake(
                "E103",
                "a tool needs a 'description'",
                "add description: and say what the tool does, "
                "so that the model knows when to use it",
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


class HttpTool(_Tool):
    """Asks a service."""

    kind: ClassVar[str] = "http"

    http: Request = key("the request", names=("args",))
    result: Result = key("what of the answer is used", Result.model_construct(), names=("args",))
    on_error: ErrorActions = key(
        "when the service fails: a text is instructions to the model; or an action",
        (),
        names=("args", "error"),
    )


class SayTool(_Tool):
    """Says fixed words."""

    kind: ClassVar[str] = "say"

    say: Words = key("words for the caller, spoken exactly", names=("args",))


class SetTool(_Tool):
    """Stores values."""

    kind: ClassVar[str] = "set"

    set: dict[VariableName, Stored] = key("variable → value", names=("args",))


class _OfRecords(_Tool):
    described: ClassVar[bool] = True
    own_parameters: ClassVar[str | None] = "the records of the list"

    @property
    def records(self) -> str:
        """The list variable, whatever the kind."""
        return str(getattr(self, self.kind))


class AddTo(_OfRecords):
    """Adds a record to a list."""

    kind: ClassVar[str] = "add_to"

    add_to: VariableName = key("a list variable; the parameters are the fields of its records")


class ChangeIn(_OfRecords):
    """Changes a record of a list."""

    kind: ClassVar[str] = "change_in"

    change_in: VariableName = key(
        "a list variable; the parameters are the line and the fields to change"
    )


class RemoveFrom(_OfRecords):
    """Removes a record from a list."""

    kind: ClassVar[str] = "remove_from"

    remove_from: VariableName = key("a list variable; the parameter is the line")


class Remember(_Tool):
    """Lets the model store variables."""

    kind: ClassVar[str] = "remember"
    described: ClassVar[bool] = True
    own_parameters: ClassVar[str | None] = "the variables"

    remember: Annotated[tuple[VariableName, ...], OneOrList(scalars=True)] = key(
        "variables that the model may store"
    )


class EndCallTool(_Tool):
    """Lets the model end the call."""

    kind: ClassVar[str] = "end_call"
    described: ClassVar[bool] = True

    end_call: SayOrYes = key("words said first, or yes: the model says goodbye", names=("args",))


class Wait(_Tool):
    """Lets the caller take a moment."""

    kind: ClassVar[str] = "wait"
    described: ClassVar[bool] = True
    own_parameters: ClassVar[str | None] = "nobody: it needs none"

    wait: Annotated[Duration | bool, OrNo(yes=True)] = key(
        "yes, or how long idle is held at most: 2m with yes"
    )

    @model_validator(mode="after")
    def _not_no(self) -> Self:
        if self.wait is False:
            raise mistake(
                "E107",
                "'no' stands here, where yes or a duration belongs",
                "write yes, or delete the tool",
                at=("wait",),
            )
        return self


_KINDS = (AddTo, ChangeIn, EndCallTool, HttpTool, Remember, RemoveFrom, SayTool, SetTool, Wait)
Tool: TypeAlias = kinds("a tool", *_KINDS)  # type: ignore[valid-type]  # built from the classes
"""A tool of any kind."""

AnyTool = (
    AddTo | ChangeIn | EndCallTool | HttpTool | Remember | RemoveFrom | SayTool | SetTool | Wait
)

OfRecords = AddTo | ChangeIn | RemoveFrom
"""A tool that works on a list of records."""
