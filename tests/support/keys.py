"""The keys of the language that a call has to do with, and the tests that prove them."""

from __future__ import annotations

import ast
import typing
from collections.abc import Iterator
from pathlib import Path

from runner.schema.agents import Agent
from runner.schema.calling import AnyTool, WaitingTool
from runner.schema.fields import Field
from runner.schema.http import Request, Result
from runner.schema.mcp import CommandServer, ServerToolOptions, UrlServer
from runner.schema.personas import Persona
from runner.schema.providers import BUILT_IN, PROVIDERS, Provider
from runner.schema.tools import Tool
from runner.schema.types.blocks import Block

TESTS = Path(__file__).parents[1]


def blocks(annotation, blocks_seen):
    """All blocks that can stand in this annotation, and below."""
    if isinstance(annotation, type) and issubclass(annotation, Block):
        if annotation not in blocks_seen:
            blocks_seen.add(annotation)
            for info in annotation.model_fields.values():
                blocks(info.annotation, blocks_seen)
    else:
        for inner in typing.get_args(annotation):
            blocks(inner, blocks_seen)
    return blocks_seen


def keys_of(block):
    """The keys of one block."""
    return {*block.keys()}


def keys(*annotations):
    """Every key of these, and of all that they reach."""
    blocks_seen = set()
    for annotation in annotations or (Agent, Persona, Tool, Provider, Field):
        blocks(annotation, blocks_seen)
    return {f"{owner(block, key)}.{key}" for block in blocks_seen for key in block.keys()}  # noqa: SIM118 - no dict: the keys of the language


def owner(block, key):
    """The name of the block that a key is proved for: once where its kind does not matter."""
    if block in BUILT_IN and key != "with":
        block = PROVIDERS[block.kind]
    bases = (base for base, shared in SHARED.items() if issubclass(block, base) and key in shared)
    return next(bases, block).__name__


SHARED = {
    AnyTool: {"confirm", "max_uses", "rules"} & keys_of(AnyTool),
    WaitingTool: keys_of(WaitingTool) - keys_of(AnyTool) - {"on_error"},
    Request: keys_of(Request) - {"body"},
}
"""Keys that many kinds go by alike: what stands before a tool, what a request is sent with."""


IN_CALLS = {
    *(f"{kind}.{key}" for kind in ("UrlServer", "CommandServer") for key in ("required", "tools")),
    *keys(ServerToolOptions),
}
"""Keys of servers that a conversation goes by."""

ELSEWHERE = {
    "Agent.description",  # the front shows it
    "Agent.enabled",  # the compiler leaves the agent out
    "Agent.suggestions",  # the page offers them
    "Agent.labels",  # records, events and metrics carry them
    "Agent.on_event",  # the main process hands its actions to the call
    "Agent.phone",
    "Phone.numbers",  # `lkrun phone` tells LiveKit of them
    "Agent.dispatch",
    "Dispatch.mode",
    "Dispatch.per",  # the main process registers the agent so
    "Agent.record",
    "Record.keep",
    "Record.mask",
    "Record.transcript",  # the main process keeps records
    "Limits.max_calls",  # the main process admits calls
    *(keys(UrlServer, CommandServer) - IN_CALLS),  # the egress connects
    *(keys(Request, Result) - {"Result.save"}),  # the egress asks the service
}
"""Keys that mean nothing to a conversation."""


def proofs() -> Iterator[tuple[str, str]]:
    """Key → test, for each test of a conversation that is marked `proves`."""
    paths = (p for room in ("session", "delivery") for p in (TESTS / room).rglob("test_*.py"))
    for path in sorted(paths):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from ((key, node.name) for key in _proved(node))


def _proved(test: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    for mark in test.decorator_list:
        if isinstance(mark, ast.Call) and ast.unparse(mark.func) == "pytest.mark.proves":
            yield from (ast.literal_eval(arg) for arg in mark.args)
