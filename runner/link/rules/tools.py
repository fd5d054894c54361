"""Tools that are listed or run: do they exist?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.link.hints import below, defined_where, near, unknown
from runner.link.rule import DefinitionContext, LeafRule
from runner.link.servers import ServerTools
from runner.link.table import SymbolTable
from runner.link.walk import Leaf
from runner.schema.actions import TransferCall
from runner.schema.languages import SWITCH_LANGUAGE
from runner.schema.needs import NEED_TOOLS
from runner.schema.test_steps import Checks
from runner.schema.tools import BUILT_IN, AddTo
from runner.schema.types.blocks import is_sentence
from runner.schema.types.foreign import fold
from runner.schema.types.later import LATER, not_yet
from runner.schema.types.names import ToolName

_MEANT = {
    **dict.fromkeys(("hangup", "end", "endconversation", "endthecall", "goodbye"), "end_call"),
    **dict.fromkeys(("hold", "pause", "moment"), "wait"),
    **dict.fromkeys(("save", "store", "setvariable", "updatevariable"), "remember"),
}
"""What other platforms call the tools that need no definition."""

_OF_PROVIDERS = {
    "codeinterpreter": "openai.CodeInterpreter",
    "filesearch": "openai.FileSearch",
    "googlesearch": "google.GoogleSearch",
    "websearch": "openai.WebSearch",
}
"""What people call the tools that a model's own provider runs → one of them."""

_ASKED = {
    "knowledge": ("a knowledge base", "knowledge"),
    "services": ("a service", "http: with service"),
}
"""Sections of what tools ask → what a message calls one, and the key of such a tool."""

_KINDS = frozenset(tool.kind for tool in AddTo.kinds)


_NO_TOOL = frozenset({"nothing", "none", "no", "notool", "notools", "noone"})
"""What people write where a test says that no tool is called."""

_OWN = {
    **dict.fromkeys(NEED_TOOLS, "while the caller is asked"),
    SWITCH_LANGUAGE: "where the agent has several languages",
}
"""Tools of lkrun itself → when the model has them."""


def _check(context: DefinitionContext, leaf: Leaf, _place: Span) -> Iterator[Diagnostic]:
    name, table = str(leaf.value), context.table
    known = table.entries["tools"]
    if not isinstance(leaf.value, ToolName):
        return
    if name in known or name in BUILT_IN or name in table.words or _mocked(leaf):
        return
    servers = ServerTools.of((n, d.readable) for n, d in known.items())
    if context.definition.section == "tests" and servers.may_have(name):
        return
    span = leaf.span(context.definition.document)
    if name in _OWN:
        if context.definition.section != "tests":
            message = f"'{name}' is not listed: the model has it {_OWN[name]}"
            yield Diagnostic(span, "E202", message, "delete the line")
        return
    if name in LATER["a tool"]:
        yield Diagnostic(span, "E102", *not_yet(name))
        return
    if leaf.key == "calls" and isinstance(leaf.owner, Checks) and fold(name) in _NO_TOOL:
        yield Diagnostic(span, "E202", f"unknown tool '{name}'", "write calls_nothing: yes instead")
        return
    hint = _of_a_test(leaf) or _one_a_line(name) or _hint(name, table, servers)
    yield near(context, unknown(span, "tool", name, hint), "tools", name)


def _one_a_line(name: str) -> str | None:
    """What to write for several names in one entry."""
    several = [part for part in re.split(r"[,;\s]+", name) if part]
    if len(several) == 1 or not re.search("[,;]", name):
        return None
    return f"write each on a line of its own: {' and '.join(f'- {each}' for each in several)}"


def _of_a_test(leaf: Leaf) -> str | None:
    """What to write in a test for a handoff, which is no tool there."""
    persona = str(leaf.value).removeprefix("transfer_to_")
    if leaf.location[0] != "tests" or persona == str(leaf.value):
        return None
    return f"a handoff is no tool: write hands_off_to: {persona} beside {leaf.key}:"


def _mocked(leaf: Leaf) -> bool:
    """Whether a test says what comes of actions; that the agent has such, its own rule looks."""
    return leaf.key == "mocks" and str(leaf.value) == TransferCall.kind


def _hint(name: str, table: SymbolTable, servers: ServerTools) -> str | None:
    """What was probably meant by a name that no tool has."""
    if (persona := name.removeprefix("transfer_to_")) in table.entries["personas"]:
        what = f"'{name}' is a persona" if persona == name else "a handoff is not listed as a tool"
        where = "it" if persona == name else f"{persona}:"
        return f"{what}: write {where} below handoffs:"
    if asked := next((s for s in _ASKED if name in table.entries[s]), None):
        noun, key = _ASKED[asked]
        kind = f"'{name}' is {noun}: below tools:, give a tool of your own {key}: {name}"
        return f"{kind}, and list that tool's name here"
    if meant := _MEANT.get(fold(name)):
        return f"did you mean '{meant}'?"
    if name in _KINDS or fold(name) in _OF_PROVIDERS:
        return _as_kind(name)
    if name in servers.by_name:
        server = servers.by_name[name]
        return f"'{name}' is a tool of the server '{server}': list {server}"
    where = _IN_WORDS if is_sentence(name) else below("tools", name)
    return defined_where(name, [*table.entries["tools"], *BUILT_IN], where)


_IN_WORDS = "name a tool here: what the model shall do, in words, stands in instructions:"


def _as_kind(name: str) -> str:
    """What to write for a kind of tool, or a tool of a provider's own."""
    if name in _KINDS:
        return (
            f"'{name}' is a kind of tool: below tools:, give a tool of your own {name}:, "
            "and list that tool's name here"
        )
    hosted = _OF_PROVIDERS[fold(name)]
    return (
        f"below tools:, write {name}:, and below it provider_tool: {hosted}, which the model's own "
        "provider runs"
    )


RULE = LeafRule(_check, ToolName)
