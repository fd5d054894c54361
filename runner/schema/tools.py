"""Tools: what the model may do besides talking."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Self, TypeAlias

from pydantic import model_validator
from pydantic.json_schema import JsonSchemaValue

from runner.schema.actions import Actions, ErrorActions
from runner.schema.fields import Field, Fields
from runner.schema.http import Request, Result
from runner.schema.types.blocks import Block, OneOrList, OrNo, key, kinds, kinds_of, together
from runner.schema.types.measures import Duration
from runner.schema.types.mistake import mistake
from runner.schema.types.names import KnowledgeName, VariableName
from runner.schema.types.texts import Condition, Stored, Told
from runner.schema.types.words import SayOrYes, Words

Declared = Mapping[str, Field]
"""Variables of an agent that may change, as they are declared."""


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
    built_in: ClassVar[bool] = False
    """Whether it may be listed by the name of its kind, without being defined."""
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


class HttpTool(AnyTool):
    """Asks a service."""

    kind: ClassVar[str] = "http"

    http: Request = key("the request", names=("args",))
    result: Result = key("what of the answer is used", Result.model_construct(), names=("args",))
    on_error: ErrorActions = key(
        "when the service fails: a text is instructions to the model; or an action",
        (),
        names=("args", "error"),
    )

    @property
    def stores(self) -> tuple[str, ...]:
        """The variables that it saves."""
        return tuple(map(str, self.result.save))


class KnowledgeTool(AnyTool):
    """Looks something up in knowledge."""

    kind: ClassVar[str] = "knowledge"
    own_parameters: ClassVar[str | None] = "lkrun, which lets the model give a query"

    knowledge: Annotated[tuple[KnowledgeName, ...], OneOrList(scalars=True)] = key(
        "what is asked: a name or a list of names from knowledge:"
    )
    on_error: ErrorActions = key(
        "when a service that is asked fails: a text is instructions to the model; or an action",
        (),
        names=("args", "error"),
    )

    def fields(self, variables: Declared) -> dict[str, Field]:
        """The question."""
        del variables
        return {"query": _QUERY}


_QUERY = Field.model_validate(
    {"description": "What to look for, in the words of the caller, and in the documents' language"}
)


class SayTool(AnyTool):
    """Says fixed words."""

    kind: ClassVar[str] = "say"

    say: Words = key("words for the caller, spoken exactly", names=("args",))


class SetTool(AnyTool):
    """Stores values."""

    kind: ClassVar[str] = "set"

    set: dict[VariableName, Stored] = key("variable → value", names=("args",))

    @property
    def stores(self) -> tuple[str, ...]:
        """The variables."""
        return tuple(map(str, self.set))


class OfRecords(AnyTool):
    """Works on a list of records."""

    described: ClassVar[bool] = True
    own_parameters: ClassVar[str | None] = "the records of the list"

    @property
    def records(self) -> str:
        """The list variable, whatever the kind."""
        return str(getattr(self, self.kind))

    @property
    def stores(self) -> tuple[str, ...]:
        """The list."""
        return (self.records,)

    def record(self, variables: Declared) -> dict[str, Field]:
        """The fields of a record of the list."""
        declared = variables.get(self.records)
        of = declared.of if declared is not None else None
        return dict(of) if isinstance(of, dict) else {}


_LINE = Field.model_validate({"type": "integer", "description": "The number of the line"})


class AddTo(OfRecords):
    """Adds a record to a list."""

    kind: ClassVar[str] = "add_to"

    add_to: VariableName = key("a list variable; the parameters are the fields of its records")

    def fields(self, variables: Declared) -> dict[str, Field]:
        """Those of a record."""
        return self.record(variables)


class ChangeIn(OfRecords):
    """Changes a record of a list."""

    kind: ClassVar[str] = "change_in"

    change_in: VariableName = key(
        "a list variable; the parameters are the line and the fields to change"
    )

    def fields(self, variables: Declared) -> dict[str, Field]:
        """The line, and those of a record; what is left out stays as it is."""
        record = self.record(variables)
        return {"line": _LINE, **{name: _open(field) for name, field in record.items()}}


class RemoveFrom(OfRecords):
    """Removes a record from a list."""

    kind: ClassVar[str] = "remove_from"

    remove_from: VariableName = key("a list variable; the parameter is the line")

    def fields(self, variables: Declared) -> dict[str, Field]:
        """The line."""
        del variables
        return {"line": _LINE}


class Remember(AnyTool):
    """Lets the model store variables."""

    kind: ClassVar[str] = "remember"
    described: ClassVar[bool] = True
    own_parameters: ClassVar[str | None] = "the variables"
    built_in: ClassVar[bool] = True

    remember: Annotated[tuple[VariableName, ...], OneOrList(scalars=True)] = key(
        "variables that the model may store"
    )

    @classmethod
    def undefined(cls, variables: Declared) -> Self | None:
        """All variables that have a description and are not private."""
        names = [name for name, field in variables.items() if field.remembered]
        return cls.model_validate({"remember": names}) if names else None

    def fields(self, variables: Declared) -> dict[str, Field]:
        """The variables; what is left out stays as it is."""
        return {n: _open(variables[n]) for n in map(str, self.remember) if n in variables}

    @property
    def stores(self) -> tuple[str, ...]:
        """The variables."""
        return tuple(map(str, self.remember))


class EndCallTool(AnyTool):
    """Lets the model end the call."""

    kind: ClassVar[str] = "end_call"
    described: ClassVar[bool] = True
    built_in: ClassVar[bool] = True

    end_call: SayOrYes = key("words said first, or yes: the model says goodbye", names=("args",))


class Wait(AnyTool):
    """Lets the caller take a moment."""

    kind: ClassVar[str] = "wait"
    described: ClassVar[bool] = True
    own_parameters: ClassVar[str | None] = "nobody: it needs none"
    built_in: ClassVar[bool] = True

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


def _open(field: Field) -> Field:
    """The same field, which may be left out."""
    return field.model_copy(update={"optional": True, "default": None})


TOOLS: dict[str, type[AnyTool]] = {cls.kind: cls for cls in kinds_of(AnyTool)}
"""Kind → its class."""

BUILT_IN = tuple(kind for kind, cls in TOOLS.items() if cls.built_in)
"""Tools that may be listed without being defined; no tool may take their names."""

Tool: TypeAlias = kinds("a tool", *TOOLS.values())  # type: ignore[valid-type]  # built from the classes
"""A tool of any kind, as it is read."""
