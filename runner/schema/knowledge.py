"""Knowledge: what a tool of the kind `knowledge` looks up."""

from collections.abc import Iterable, Mapping
from typing import Annotated, ClassVar, TypeAlias

from runner.schema.actions import ErrorActions
from runner.schema.http import Request, Result
from runner.schema.services import Service, whole_tool
from runner.schema.tools import HttpTool, KnowledgeTool
from runner.schema.types.blocks import Block, OneOrList, key, kinds
from runner.schema.types.files import DocumentsName
from runner.schema.types.measures import Size
from runner.schema.types.paths import JmesPath
from runner.schema.types.texts import Told
from runner.schema.types.values import whole

_DESCRIPTION = Told("Looks something up.")

_HOW_MANY = "say in http:, below query: or body:, how many you want, as the service has it"


class AnyKnowledge(Block):
    """A knowledge base of any kind. A subclass with a `kind` is a kind."""

    noun: ClassVar[str] = "a knowledge base"
    bare: ClassVar[str] = "files"
    elsewhere: ClassVar[dict[str, str]] = {
        "description": "it belongs to the tool that asks it, below tools:",
        "file": "write files:",
        "folder": "write files:",
        "path": "write files:",
        "paths": "write files:",
        "documents": "write files:",
        "url": "write http: and url: below it; a page is not read from the web, a service is asked",
        "service": "write http: and service: below it",
        "chunk_size": "delete it; lkrun cuts documents at their headings and paragraphs",
        "embedding": "delete it; documents are found by their words",
        "embeddings": "delete it; documents are found by their words",
        "knowledge": "that is the key of a tool, below tools:",
    }


class FilesKnowledge(AnyKnowledge):
    """Documents of the folder, found by the words of a question."""

    kind: ClassVar[str] = "files"
    elsewhere: ClassVar[dict[str, str]] = {
        **AnyKnowledge.elsewhere,
        "top_k": "write results:",
        "limit": "write results:",
        "max_size": "write results: and how many passages the model sees",
        "pick": "it is for http:; here write results:",
        "on_error": "it is for http:; documents of the folder do not fail",
    }

    files: Annotated[tuple[DocumentsName, ...], OneOrList(scalars=True)] = key(
        "a folder, or .md and .txt files, relative to the file that names them; read again when "
        "they change"
    )
    results: Annotated[int, whole(1, 20)] = key("so many passages the model sees at most", 3)


class HttpKnowledge(AnyKnowledge):
    """A service that finds what is asked for."""

    kind: ClassVar[str] = "http"
    elsewhere: ClassVar[dict[str, str]] = {
        **AnyKnowledge.elsewhere,
        "results": _HOW_MANY,
        "top_k": _HOW_MANY,
        "limit": _HOW_MANY,
        "result": "write pick: and max_size: right here",
    }

    http: Request = key("the request; {{ query }} is what the model asks for", names=("query",))
    pick: JmesPath | None = key("JMESPath; the model sees only this", None)
    max_size: Size = key("what the model sees at most; it is told where that was cut", 4 * 1024)
    on_error: ErrorActions = key(
        "when the service fails, for tools without an on_error of their own: a text is "
        "instructions to the model; or an action",
        (),
        names=("error",),
    )

    def request(self, services: Mapping[str, Service]) -> HttpTool:
        """The same as a tool that asks, with what its service says besides."""
        result = Result.model_construct(
            {"pick", "max_size"}, pick=self.pick, max_size=self.max_size
        )
        own = {"on_error"} & self.model_fields_set
        tool = HttpTool.model_construct(
            {"description", "http", "result", *own},
            description=_DESCRIPTION, http=self.http, result=result, on_error=self.on_error,
        )  # fmt: skip
        return whole_tool(tool, services)


Knowledge: TypeAlias = kinds("a knowledge base", FilesKnowledge, HttpKnowledge)  # type: ignore[valid-type]  # built from the classes
"""A knowledge base of any kind, as it is read."""


def whole_lookup(tool: KnowledgeTool, sources: Iterable[HttpTool]) -> KnowledgeTool:
    """A tool with what the knowledge that it asks says of failures and it does not."""
    if "on_error" in tool.model_fields_set:
        return tool
    on_error = next((s.on_error for s in sources if s.on_error), ())
    return tool.model_copy(update={"on_error": on_error}) if on_error else tool
