"""What is done before the first word of a call, and after its last."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Annotated, Any, ClassVar, Self, TypeAlias

from pydantic import AfterValidator, GetJsonSchemaHandler, WithJsonSchema, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from runner.diagnostics.nearest import nearest
from runner.schema.actions import Action, Actions, RunTool
from runner.schema.fields import Fields
from runner.schema.types.blocks import Before, Block, OneOrList, any_of, key, kinds
from runner.schema.types.measures import SomeTime
from runner.schema.types.mistake import mistake, none_of
from runner.schema.types.names import HeaderKey
from runner.schema.types.texts import Condition, Credential, Plain, Sent, Stored
from runner.schema.types.urls import Url
from runner.template import has_template

CONTINUE = "continue"
"""`on_failure: continue`: the call goes on as if nothing had been done."""


@dataclass(frozen=True)
class _OrContinue(Before):
    def read(self, value: Any) -> Any:
        """Give no actions for the bare word."""
        bare = isinstance(value, str) and value.strip().casefold() == CONTINUE
        return [] if bare else value

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"const": CONTINUE}, handler(schema)]}


OnFailure = Annotated[tuple[Action, ...], OneOrList(words=(CONTINUE, "end_call")), _OrContinue()]
"""`continue`, or actions."""


class BeforeCall(Block):
    """What is done before the agent's first word."""

    noun: ClassVar[str] = "before_call"
    off: ClassVar[str] = "delete the line: without it nothing is done before a call"
    bare: ClassVar[str] = "steps"
    rules: ClassVar[JsonSchemaValue] = {"required": ["steps"]}
    elsewhere: ClassVar[dict[str, str]] = {
        "tool": "write steps: and below it - tool:",
        "set": "write steps: and below it - set:",
        "then": "write steps:",
        "say": "words before the greeting stand in steps:, as - say:",
        "greeting": "a greeting belongs to a persona: write it in the persona that start: names",
        "on_error": "write on_failure:",
        "retries": "they belong to the tool: write them in its http:",
    }

    steps: Actions = key("what is done, in order, before the first word", ())
    timeout: SomeTime = key("for all steps together; what is not done by then is given up", 5.0)
    on_failure: OnFailure = key(
        "what is done where a tool failed or the time was over: continue, or an action that comes "
        "before the greeting",
        (),
    )

    @model_validator(mode="after")
    def _has_steps(self) -> Self:
        if not self.steps:
            hint = "add steps: and below it what is done, in order, before the first word"
            raise mistake("E103", "before_call needs 'steps'", hint)
        return self


EXTRACT, VERDICT = "extract", "submit_verdict"
"""The tools by which a model says what it has found in a call that is over."""

AFTER = ("call", "extract", "verdicts")
"""What templates may use once the call is over: all parts of `call`, and what models have found."""


def _csv(text: Plain) -> Plain:
    if has_template(text):
        raise mistake(
            "E117",
            "the name of a CSV file is the same for all calls",
            "write one name, such as calls.csv, and what differs into a column",
        )
    path = PurePosixPath(text.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
        raise mistake(
            "E117",
            f"'{text}' is not below the folder for data",
            f"write {path.name or 'calls.csv'}: it is put below runner.data_dir",
        )
    if path.suffix.casefold() != ".csv":
        raise mistake("E117", f"'{text}' is not the name of a CSV file", f"write {path.stem}.csv")
    return Plain(path.as_posix())


CsvName = Annotated[
    Plain,
    AfterValidator(_csv),
    WithJsonSchema({"type": "string", "pattern": r"\.[cC][sS][vV]\s*$"}),
]
"""A CSV file below the folder for data."""


_OTHER_SENDS: dict[str, str] = {
    "url": "write webhook: and behind it the address",
    "http": "define a tool with http: in tools:, and write tool: and its name",
    "file": "write csv: and the name of a file, such as calls.csv",
    "body": "a webhook has a body of its own; for another one define a tool, and write tool:",
    "email": "define a tool with http: that asks a mail service, and write tool: and its name",
    "auth": "write secret: for a signature, headers: for a key, or a tool with auth:",
    "say": "nobody hears it any more: say it in the persona, before the call ends",
    "set": "the call is over: write what is to be kept in columns: of csv:",
}


class _Send(Block):
    noun: ClassVar[str] = "a send"
    elsewhere: ClassVar[dict[str, str]] = _OTHER_SENDS

    condition: Condition | None = key("sent only if this is true", None, alias="if")


class ToolSend(RunTool):
    """Runs a tool that asks a service."""

    noun: ClassVar[str] = "a send"
    elsewhere: ClassVar[dict[str, str]] = _OTHER_SENDS
    kinds: ClassVar[tuple[type[Block], ...]] = ()
    kind: ClassVar[str] = "tool"


class CsvSend(_Send):
    """Appends a row to a file."""

    kind: ClassVar[str] = "csv"

    csv: CsvName = key("a file below runner.data_dir; its first line names the columns")
    columns: dict[str, Stored] = key(
        "column → value; without it: id, agent, started, duration, ended_by, caller, and all that "
        "is in extract",
        {},
    )


class WebhookSend(_Send):
    """Posts all that is known of the call, signed as Standard Webhooks."""

    kind: ClassVar[str] = "webhook"

    webhook: Url = key("the address that is posted to")
    secret: Credential | None = key("signs the request: whsec_ and Base64", None)
    headers: dict[HeaderKey, Sent] = key("name → value", {})


Send: TypeAlias = kinds("a send", ToolSend, CsvSend, WebhookSend)  # type: ignore[valid-type]  # built from the classes
AnySend = ToolSend | CsvSend | WebhookSend


JUDGES = (
    "accuracy", "coherence", "conciseness", "handoff", "relevancy", "safety", "task_completion",
    "tool_use",
)  # fmt: skip
"""LiveKit's judges (https://docs.livekit.io/agents/build/testing/)."""


def _judge(text: Plain) -> Plain:
    if " " in text.strip() or text in JUDGES:
        return text
    near = nearest(text, JUDGES)
    hint = f"did you mean '{near}'?" if near else f"there are: {', '.join(JUDGES)}"
    message = f"'{text}' is not one of LiveKit's judges, nor a sentence"
    raise mistake("E107", message, hint if near else f"{hint}; or write a whole sentence")


Judge = Annotated[
    Plain,
    AfterValidator(_judge),
    WithJsonSchema({"anyOf": [{"enum": list(JUDGES)}, {"type": "string", "pattern": r"\S \S"}]}),
]
"""One of LiveKit's judges, or a sentence."""


@dataclass(frozen=True)
class _SendsOnly(Before):
    def read(self, value: Any) -> Any:
        """Say what a bare text was probably meant to be."""
        entries = value if isinstance(value, list) else [value]
        for at, entry in enumerate(entries):
            if isinstance(entry, str):
                place = (at,) if isinstance(value, list) else ()
                message = f"'{entry}' stands here, where csv:, webhook: or tool: belongs"
                meant = _meant(entry.strip())
                hint = f"write {meant}" if place else f"write on the next line, indented: - {meant}"
                raise mistake("E104", message, hint, at=place)
        return value


def _meant(text: str) -> str:
    if text.casefold().endswith(".csv"):
        return f"csv: {text}"
    if text.casefold().startswith(("http://", "https://")):
        return f"webhook: {text}"
    return f"tool: {text}" if text else "csv: calls.csv"


class AfterCall(Block):
    """What is done once the call is over, however it ended."""

    noun: ClassVar[str] = "after_call"
    off: ClassVar[str] = "delete the line: without it nothing is done after a call"
    rules: ClassVar[JsonSchemaValue] = any_of("extract", "judge", "send")
    elsewhere: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("csv", "webhook", "tool"), "write send: and below it, with a dash"),
        **dict.fromkeys(("then", "actions", "steps", "do"), "write send:"),
        "columns": "it belongs to csv: in send:",
        "summary": "write {{ call.summary }} where it is sent",
        "transcript": "write {{ call.transcript }} where it is sent",
    }

    condition: Condition | None = key(
        "only if this is true, such as call.duration > 5", None, alias="if", names=("call",)
    )
    extract: Fields = key("typed fields that the agent's llm reads in the transcript", {})
    judge: Annotated[tuple[Judge, ...], OneOrList(scalars=True)] = key(
        "LiveKit's judges by name, or plain sentences; what they say is in verdicts", ()
    )
    send: Annotated[tuple[Send, ...], OneOrList(), _SendsOnly()] = key(
        "where it goes: each until it has arrived, with an id by which it counts once",
        (),
        names=AFTER,
    )

    @property
    def tools(self) -> tuple[str, ...]:
        """The tools that a model has which reads the call."""
        return (EXTRACT,) * bool(self.extract) + (VERDICT,) * bool(self.judge)

    @model_validator(mode="after")
    def _does_something(self) -> Self:
        if not (self.extract or self.judge or self.send):
            raise none_of(self.noun, ("extract", "judge", "send"))
        private = next((n for n, field in self.extract.items() if field.private), None)
        if private is not None:
            raise mistake(
                "E112",
                "what is extracted is sent, so it cannot be private",
                "delete private: here",
                at=("extract", private, "private"),
                on="key",
            )
        return self
