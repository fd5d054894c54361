"""Tools: what the model may do besides talking."""

from collections.abc import Mapping
from functools import cache
from typing import Annotated, ClassVar, Self, TypeAlias

from pydantic import model_validator
from pydantic.json_schema import JsonSchemaValue

from runner.schema.actions import AnyAction, Transfer
from runner.schema.calling import AnyTool, Declared, WaitingTool
from runner.schema.fields import Field
from runner.schema.http import Json, Request, Result
from runner.schema.mcp import McpServer
from runner.schema.needs import Need, Needs
from runner.schema.providers import PluginName
from runner.schema.types.blocks import OneOrList, OrNo, key, kinds, kinds_of
from runner.schema.types.measures import Duration, SomeTime
from runner.schema.types.mistake import mistake
from runner.schema.types.names import KnowledgeName, MethodName, VariableName
from runner.schema.types.pressed import Keys
from runner.schema.types.texts import Stored, Told
from runner.schema.types.words import SayOrYes, Words


class HttpTool(WaitingTool):
    """Asks a service."""

    kind: ClassVar[str] = "http"

    http: Request = key("the request", names=("args",))
    result: Result = key("what of the answer is used", Result.model_construct(), names=("args",))

    @property
    def repeatable(self) -> bool:
        """Whether it only reads."""
        return self.http.method in ("GET", "HEAD")

    @property
    def stores(self) -> tuple[str, ...]:
        """The variables that it saves."""
        return tuple(map(str, self.result.save))


class KnowledgeTool(WaitingTool):
    """Looks something up in knowledge."""

    kind: ClassVar[str] = "knowledge"
    own_parameters: ClassVar[str | None] = "lkrun, which lets the model give a query"

    knowledge: Annotated[tuple[KnowledgeName, ...], OneOrList(scalars=True)] = key(
        "what is asked: a name or a list of names from knowledge:"
    )

    @property
    def repeatable(self) -> bool:
        """It only reads."""
        return True

    def fields(self, variables: Declared) -> dict[str, Field]:
        """The question."""
        del variables
        return {"query": _query()}


@cache
def _query() -> Field:
    what = "What to look for, in the words of the caller, and in the documents' language"
    return Field.model_validate({"description": what})


class McpTool(WaitingTool):
    """All tools of a server that speaks the Model Context Protocol, under the server's names."""

    kind: ClassVar[str] = "mcp"
    described: ClassVar[bool] = True
    own_parameters: ClassVar[str | None] = "the server"
    refuses: ClassVar[tuple[str, ...]] = ("description",)

    mcp: McpServer = key("the server", live="call")

    @classmethod
    def all_rules(cls) -> list[JsonSchemaValue]:
        """What `_described_by_the_server` asks besides."""
        return [*super().all_rules(), {"not": {"required": ["description"]}}]

    @model_validator(mode="after")
    def _described_by_the_server(self) -> Self:
        if "description" in self.model_fields_set:
            raise mistake(
                "E112",
                "'mcp' takes its descriptions from the server",
                "delete 'description'; what the tools are for is said in instructions:",
                at=("description",),
                on="key",
            )
        return self


class AnswerTool(AnyTool):
    """Tells the model something, without any service."""

    kind: ClassVar[str] = "answer"
    asks_first: ClassVar[bool] = False

    answer: Told = key("text for the model: opening hours, what a word means", names=("args",))


class SayTool(AnyTool):
    """Says fixed words."""

    kind: ClassVar[str] = "say"
    asks_first: ClassVar[bool] = False

    say: Words = key("words for the caller, spoken exactly", names=("args",))


class PluginTool(WaitingTool):
    """Does what the code of a package does."""

    kind: ClassVar[str] = "plugin"

    plugin: PluginName = key("the plugin: an entry point of lkrun.tool")
    options: dict[str, Json] = key("options of the plugin", {}, alias="with")


class ProviderTool(AnyTool):
    """A tool that the model's own provider runs, such as a search of the web."""

    kind: ClassVar[str] = "provider_tool"
    described: ClassVar[bool] = True
    own_parameters: ClassVar[str | None] = "the model's provider"
    refuses: ClassVar[tuple[str, ...]] = ("description", "rules", "max_uses", "then", "confirm")
    asks_first: ClassVar[bool] = False

    provider_tool: PluginName = key(
        "the tool, by its name in LiveKit's plugin: openai.WebSearch; the persona that has it "
        "speaks through a model of that provider"
    )
    options: dict[str, Json] = key("options of the tool", {}, alias="with")

    @classmethod
    def all_rules(cls) -> list[JsonSchemaValue]:
        """What `_runs_elsewhere` asks besides."""
        return [*super().all_rules(), *({"not": {"required": [name]}} for name in cls.refuses)]

    @model_validator(mode="after")
    def _runs_elsewhere(self) -> Self:
        attributes = self.keys()
        for name in self.refuses:
            if attributes[name] in self.model_fields_set:
                raise mistake(
                    "E112",
                    f"'{name}' does not go with 'provider_tool': the model's provider runs the "
                    "tool, and tells nobody else",
                    f"delete '{name}'; what the tool is for is said in instructions: of the "
                    "persona",
                    at=(name,),
                    on="key",
                )
        return self


class AppTool(WaitingTool):
    """Calls a method of the caller's app."""

    kind: ClassVar[str] = "app"

    app: MethodName = key("a method of the caller's app; what it returns is the answer")
    arguments: dict[str, Stored] = key(
        "name → value, sent to it as JSON beside the parameters; a value of this list wins",
        {},
        alias="with",
        names=("args",),
    )
    timeout: SomeTime = key("the longest that the app may take", 5.0)


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


@cache
def _line() -> Field:
    return Field.model_validate({"type": "integer", "description": "The number of the line"})


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
        return {"line": _line(), **{name: _open(field) for name, field in record.items()}}


class RemoveFrom(OfRecords):
    """Removes a record from a list."""

    kind: ClassVar[str] = "remove_from"

    remove_from: VariableName = key("a list variable; the parameter is the line")

    def fields(self, variables: Declared) -> dict[str, Field]:
        """The line."""
        del variables
        return {"line": _line()}


class AskTool(AnyTool):
    """Asks the caller: the answers become variables, and the answer of the tool."""

    kind: ClassVar[str] = "ask"
    own_parameters: ClassVar[str | None] = "nobody: the caller is asked"

    ask: Needs = key("name → need: what the caller is asked for now, where it is missing")

    @property
    def stores(self) -> tuple[str, ...]:
        """What the caller is asked for."""
        return tuple(map(str, self.ask))


def asked_by(tool: AnyTool) -> Mapping[str, Need]:
    """What a tool asks the caller for."""
    return tool.ask if isinstance(tool, AskTool) else {}


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
    asks_first: ClassVar[bool] = False
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


class PressKeysTool(AnyTool):
    """Presses keys of a telephone, as in the menu of somebody else."""

    kind: ClassVar[str] = "press_keys"
    described: ClassVar[bool] = True
    asks_first: ClassVar[bool] = False
    own_parameters: ClassVar[str | None] = "lkrun, which lets the model give the keys"
    built_in: ClassVar[bool] = True

    press_keys: Annotated[Keys | bool, OrNo(yes=True)] = key(
        "keys that are pressed, such as 1w#; or yes: the model gives them", names=("args",)
    )

    @model_validator(mode="after")
    def _not_no(self) -> Self:
        if self.press_keys is False:
            raise mistake(
                "E107",
                "'no' stands here, where keys or yes belong",
                "write the keys, such as 1w#, or yes: the model gives them",
                at=("press_keys",),
            )
        return self

    def fields(self, variables: Declared) -> dict[str, Field]:
        """The keys, where the model gives them."""
        del variables
        return {"keys": _pressed()} if self.press_keys is True else {}


class TransferCallTool(AnyTool):
    """Puts the caller through to a person on the telephone."""

    kind: ClassVar[str] = "transfer_call"

    transfer_call: Transfer = key("whom the caller is put through to, and how", names=("args",))

    @property
    def on_error(self) -> tuple[AnyAction, ...]:
        """What is done where it fails, as tools that wait have it."""
        return self.transfer_call.on_failure


@cache
def _pressed() -> Field:
    return Field.model_validate(
        {
            "pattern": "[0-9*#A-Dw]{1,64}",
            "description": "The keys in a row, such as 1 or 204#; w waits half a second",
        }
    )


def _open(field: Field) -> Field:
    """The same field, which may be left out."""
    return field.model_copy(update={"optional": True, "default": None})


TOOLS: dict[str, type[AnyTool]] = {cls.kind: cls for cls in kinds_of(AnyTool)}
"""Kind → its class."""

BUILT_IN = tuple(kind for kind, cls in TOOLS.items() if cls.built_in)
"""Tools that may be listed without being defined; no tool may take their names."""

Tool: TypeAlias = kinds("a tool", *TOOLS.values())  # type: ignore[valid-type]  # built from the classes
"""A tool of any kind, as it is read."""
