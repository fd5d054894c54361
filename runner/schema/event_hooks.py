"""Webhooks that are told what happens in an agent's calls, as it happens."""

from __future__ import annotations

from typing import Annotated, ClassVar, Final

from runner.schema.types.blocks import Block, OneOrList, key
from runner.schema.types.names import HeaderKey
from runner.schema.types.texts import Credential, Sent
from runner.schema.types.urls import Url
from runner.schema.types.values import one_of

EVENT_TYPES: Final = (
    "session_started", "session_ended", "transcript", "tool_called", "handoff", "error",
)  # fmt: skip
"""What happens in a call, as webhooks are told."""

_MEANT: Final = {
    "call_started": "session_started", "started": "session_started", "start": "session_started",
    "call_ended": "session_ended", "ended": "session_ended", "end": "session_ended",
    "message": "transcript", "messages": "transcript", "transcripts": "transcript",
    "tool": "tool_called", "tools": "tool_called", "tool_call": "tool_called",
    "function_call": "tool_called", "transfer": "handoff", "handoffs": "handoff",
    "errors": "error", "failed": "error",
}  # fmt: skip


class EventHook(Block):
    """An address that is told what happens, signed as Standard Webhooks, in the order of a call."""

    noun: ClassVar[str] = "an address for events"
    bare: ClassVar[str] = "url"
    elsewhere: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("webhook", "address", "endpoint", "to"), "write url:"),
        **dict.fromkeys(("events", "on", "only", "type"), "write types:"),
        **dict.fromkeys(("body", "content"), "delete it: what is sent is told in docs/certain.md"),
        "auth": "write secret: for a signature, or headers: for a key",
        "retries": "delete it: each event is sent until it has arrived",
        "if": "delete it: types: says what is told",
    }

    url: Url = key("the address that is posted to")
    secret: Credential | None = key("signs each request: whsec_ and Base64", None)
    types: Annotated[
        tuple[Annotated[str, one_of(*EVENT_TYPES, meant=_MEANT)], ...] | None,
        OneOrList(scalars=True),
    ] = key("what it is told; all without it", None)
    headers: dict[HeaderKey, Sent] = key("name → value", {})

    def wants(self, kind: str) -> bool:
        """Whether it is told of events of a type."""
        return self.types is None or kind in self.types
