"""Servers of the Model Context Protocol: where one is, and which of its tools are used."""

from typing import Annotated, Any, ClassVar, TypeAlias

from pydantic import AfterValidator, WithJsonSchema, model_validator

from runner.schema.auth import Auth
from runner.schema.calling import Confirm
from runner.schema.http import Request
from runner.schema.types.blocks import Block, OneOrList, key, kinds
from runner.schema.types.measures import SomeTime
from runner.schema.types.mistake import mistake
from runner.schema.types.names import HeaderKey
from runner.schema.types.texts import Argument, Condition, Plain, Sent
from runner.schema.types.urls import RequestUrl, ServiceUrl
from runner.schema.types.values import YesNo, one_of, whole


def _program(text: Plain) -> Plain:
    if len(text.split()) > 1:
        name, *rest = text.split()
        raise mistake(
            "E111",
            f"'{text}' is not the name of a program alone",
            f"write command: {name}, and below it args: with {', '.join(rest)}, one a line",
        )
    return text


Program = Annotated[
    Plain, AfterValidator(_program), WithJsonSchema({"type": "string", "pattern": r"^\S+$"})
]
"""A program, by its name or path."""


class ServerToolOptions(Block):
    """What holds for one tool of a server."""

    noun: ClassVar[str] = "a tool of a server"

    condition: Condition | None = key(
        "offered to the model only while this is true", None, alias="if"
    )
    confirm: Confirm = key(
        "the caller must say yes before the model's call is carried out: yes, or the question, "
        "spoken exactly",
        False,
        names=("args",),
    )
    max_uses: Annotated[int, whole(1, 1000)] | None = key(
        "how often it may be used in a call", None
    )
    background: YesNo = key("yes: the talk goes on, and the answer comes when it is there", False)
    if_already_running: Annotated[str, one_of("refuse", "allow")] = key(
        "a second identical call meanwhile: refuse or allow", "refuse"
    )


class Server(Block):
    """A server of any kind. A subclass with a `kind` is a kind."""

    noun: ClassVar[str] = "an MCP server"
    bare: ClassVar[str] = "url"
    elsewhere: ClassVar[dict[str, str]] = {
        "type": "delete it; url: or command: says it",
        "transport_type": "write transport:",
        "allowed_tools": "write allow:",
        "name": "delete it; its name is that of the tool",
        "server_url": "write url:",
        "private_network": "name its host in runner:, network:, allow:",
        "then": "it stands beside mcp:, not in it",
        "if": "it stands beside mcp:, not in it",
    }

    allow: Annotated[tuple[Plain, ...], OneOrList(scalars=True)] = key(
        "the server's tools that may be used, by the server's names; all without it", ()
    )
    timeout: SomeTime = key("a connection, and a call of a tool, may take so long", 10.0)
    required: YesNo = key(
        "whether a call needs it; no: calls go on without it when it is not there", True
    )
    tools: dict[str, ServerToolOptions] = key("what holds for single tools: name → keys", {})

    @model_validator(mode="after")
    def _allowed(self) -> Any:
        for name in self.tools:
            if self.allow and name not in map(str, self.allow):
                raise mistake(
                    "E112",
                    f"'{name}' is not among the tools that 'allow' lists",
                    "list it there, or delete it here",
                    at=("tools", name),
                    on="key",
                )
        return self

    @property
    def named(self) -> frozenset[str]:
        """The tools that are known by name before the server is asked."""
        return frozenset({*map(str, self.allow), *self.tools})


_TRANSPORTS = {
    "streamable_http": "http", "streamable-http": "http", "streamablehttp": "http",
    "streamable": "http", "http-stream": "http", "https": "http", "server-sent-events": "sse",
}  # fmt: skip
"""What programs that speak to such servers call it → ours."""


class UrlServer(Server):
    """A server that is reached by its address."""

    kind: ClassVar[str] = "url"

    url: ServiceUrl = key("the address of the server")
    headers: dict[HeaderKey, Sent] = key("name → value", {})
    auth: Auth | None = key("how requests prove who sends them", None)
    transport: Annotated[str, one_of("auto", "http", "sse", meant=_TRANSPORTS)] = key(
        "how it is spoken to: http (streamable), sse (older); auto: sse where the address ends "
        "with /sse, else http",
        "auto",
    )

    @property
    def by_events(self) -> bool:
        """Whether it is spoken to in the older way."""
        if self.transport == "auto":
            return self.url.split("?")[0].rstrip("/").endswith("/sse")
        return self.transport == "sse"

    @property
    def request(self) -> Request:
        """The request that all of its own begin as."""
        return Request.model_construct(
            {"url", "headers", "auth", "timeout", "budget"},
            url=RequestUrl(self.url), headers=self.headers, auth=self.auth, method="POST",
            timeout=self.timeout, budget=self.timeout,
        )  # fmt: skip


class CommandServer(Server):
    """A server that is a program of this machine."""

    kind: ClassVar[str] = "command"
    bare: ClassVar[str] = "command"

    command: Program = key("the program; runner.commands must have it")
    args: tuple[Argument, ...] = key("its arguments", ())
    env: dict[str, Sent] = key(
        "environment variables that it gets: name → value; of the runner's own it gets PATH, HOME "
        "and the like",
        {},
    )


McpServer: TypeAlias = kinds("an MCP server", UrlServer, CommandServer)  # type: ignore[valid-type]  # built from the classes
"""A server, as it is read."""
