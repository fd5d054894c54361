"""Tests: does what they name exist, and has the agent that they call got it?"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from runner.diagnostics import Diagnostic
from runner.diagnostics.nearest import did_you_mean, nearest
from runner.link.environments import belongs_to
from runner.link.fields import parameters
from runner.link.hints import below, defined_where
from runner.link.rule import FolderContext, FolderRule
from runner.link.scope import Scope
from runner.link.servers import ServerTools
from runner.link.walk import Leaf, walk
from runner.schema.actions import TransferCall
from runner.schema.file import SINGULAR
from runner.schema.languages import SWITCH_LANGUAGE
from runner.schema.needs import NEED_TOOLS
from runner.schema.reading.load import Definition
from runner.schema.test_mocks import Mock
from runner.schema.test_steps import AgentStep, AppStep
from runner.schema.test_values import Match
from runner.schema.tests import Test
from runner.schema.tools import (
    BUILT_IN,
    AppTool,
    HttpTool,
    KnowledgeTool,
    McpTool,
    TransferCallTool,
)
from runner.schema.types.blocks import Block
from runner.schema.types.field_types import READERS, fits
from runner.schema.types.files import FileName
from runner.schema.types.meant import advice
from runner.schema.types.names import (
    AgentName,
    Name,
    PersonaName,
    ProviderName,
    ToolName,
    VariableName,
)
from runner.template import has_template


def _check(context: FolderContext) -> Iterator[Diagnostic]:
    scopes = {scope.name: scope for scope in context.scopes}
    for definition in context.table.entries["tests"].values():
        if not isinstance(definition.spec, Test):
            continue
        yield from _environment(context, definition)
        scope = scopes.get(str(definition.spec.agent))
        if scope is not None:
            yield from _Look(context, definition, scope).all()
        elif str(definition.spec.agent) not in context.table.entries["agents"]:
            yield from _no_agent(context, definition)


def _environment(context: FolderContext, definition: Definition) -> Iterator[Diagnostic]:
    """The environment that a test names is listed, and reads the test's file."""
    wanted, listed = definition.spec.environment, context.table.environments
    file = definition.document.file
    own = belongs_to(file, listed)
    if wanted is None or (str(wanted) in listed and own in (None, str(wanted))):
        return
    span = definition.document.value_span((*definition.location, "environment"))
    if str(wanted) in listed:
        message = f"this file is read in the environment '{own}' alone, so not in '{wanted}'"
        yield Diagnostic(
            span, "E218", message, "delete this line, or move the test to another file"
        )
        return
    hint = did_you_mean(str(wanted), listed, noun="environments") or (
        "list it in the section runner, below environments:, or delete this line"
    )
    yield Diagnostic(span, "E218", f"there is no environment '{wanted}'", hint)


def _no_agent(context: FolderContext, definition: Definition) -> Iterator[Diagnostic]:
    name, known = str(definition.spec.agent), context.table.entries["agents"]
    if name in context.table.words:
        return
    span = definition.document.value_span((*definition.location, "agent"))
    hint = defined_where(name, known, below("agents", name))
    if name in context.table.entries["personas"] and nearest(name, known) is None and known:
        agent = next(iter(known))
        hint = f"'{name}' is a persona: write the agent that it speaks for, such as {agent}"
    yield Diagnostic(span, "E202", f"unknown agent '{name}'", hint)


_ELSEWHERE = (FileName, AgentName, ProviderName)
"""Names that other rules look at."""


_ANSWERED = (AppTool, HttpTool, KnowledgeTool, McpTool, TransferCallTool)
"""Tools that wait for somebody else, for whom a test can answer."""

_TRANSFER = TransferCall.kind

_PLAIN = frozenset({*READERS} - {"list", "object"})
"""Types of values that hold no others."""


def _is_json(text: str) -> bool:
    """Whether a text holds JSON with keys, or a list of it."""
    try:
        return isinstance(json.loads(text), dict | list)
    except ValueError:
        return False


class _Look:
    """Looks at one test from the view of the agent that it calls."""

    def __init__(self, context: FolderContext, definition: Definition, scope: Scope) -> None:
        self.words, self.definition, self.scope = context.table.words, definition, scope

    def all(self) -> Iterator[Diagnostic]:
        for leaf in walk(self.definition.spec, self.definition.location):
            if isinstance(leaf.value, Name) and not isinstance(leaf.value, _ELSEWHERE):
                yield from self._name(leaf)
        if self.definition.spec.mode == "audio" and self.scope.agent.mode == "text":
            span = self.definition.document.value_span((*self.definition.location, "mode"))
            message = f"agent '{self.scope.name}' has mode: text, so nobody can speak with it"
            hint = "delete this line, or test an agent that speaks"
            yield Diagnostic(span, "E112", message, hint)
        for name, mocks in self.definition.spec.mocks.items():
            yield from self._mocks(str(name), mocks)
        yield from self._values(self.definition.spec.variables, ("variables",))
        for place, step in enumerate(self.definition.spec.steps):
            if isinstance(step, AgentStep):
                at = ("steps", place, "agent", "remembers")
                yield from self._values(step.agent.remembers, at)
            if isinstance(step, AppStep):
                yield from self._app(step, (*self.definition.location, "steps", place))
        for location, calls in self._calls():
            for name, arguments in calls.items():
                yield from self._arguments(str(name), arguments or {}, (*location, str(name)))

    def _values(self, given: Mapping[Any, Any], at: tuple[str | int, ...]) -> Iterator[Diagnostic]:
        """Values of variables, each of a type that it could have."""
        for name, value in given.items():
            variable = self.scope.variables.get(str(name))
            field = variable.field if variable is not None else None
            if (
                field is None
                or field.private
                or not isinstance(value, str)
                or has_template(value)
                or not value
            ):
                continue
            kind = field.type
            if kind in READERS and not fits(kind, value):
                span = self.definition.document.value_span((*self.definition.location, *at, name))
                message = f"'{value}' is not {READERS[kind][1]}, and '{name}' has type: {kind}"
                yield Diagnostic(span, "E117", message, advice(kind, value))

    def _name(self, leaf: Leaf) -> Iterator[Diagnostic]:
        name, known = str(leaf.value), self._known(leaf.value)
        section = leaf.value.section  # type: ignore[union-attr]  # `all` picks names
        if name in known or name in self.words:
            return
        if name == TransferCall.kind and leaf.key == "mocks":
            yield from self._no_transfer(leaf)
            return
        if section == "tools" and ServerTools.of(self.scope.tools.items()).may_have(name):
            return
        noun = SINGULAR.get(section, "variable")
        exists = name in self.scope.table.entries.get(section, {})
        if not exists and section in ("personas", "tools"):
            return  # the rule of that section tells it
        agent = self.scope.name
        hint = did_you_mean(name, known, noun=f"{noun}s of {agent}")
        if exists and nearest(name, known) is None:
            hint = f"give it to {agent}, or test an agent that has it"
        message = f"agent '{agent}' has no {noun} '{name}'"
        yield Diagnostic(leaf.span(self.definition.document), "E202", message, hint)

    def _no_transfer(self, leaf: Leaf) -> Iterator[Diagnostic]:
        """A mock of the transfers that actions make, of an agent whose actions make none."""
        scope = self.scope
        users = (scope.agent, *scope.personas.values(), *scope.tools.values())
        if any(isinstance(b, TransferCall) for user in users for b in scope.acting(user)):
            return
        message = f"no action of agent '{scope.name}' transfers the call"
        own = (n for n, tool in scope.tools.items() if isinstance(tool, TransferCallTool))
        hint = f"write {tool}: for that tool" if (tool := next(own, None)) else "delete this mock"
        yield Diagnostic(leaf.span(self.definition.document), "E202", message, hint)

    def _known(self, name: object) -> Collection[str]:
        match name:
            case ToolName():
                own = {*(NEED_TOOLS if self.scope.needs else ())}
                if self.scope.agent.languages is not None:
                    own.add(SWITCH_LANGUAGE)
                return {*self.scope.tools, *BUILT_IN, *own}
            case PersonaName():
                return self.scope.personas
            case VariableName():
                return self.scope.variables
        return ()

    def _app(self, step: AppStep, location: tuple[str | int, ...]) -> Iterator[Diagnostic]:
        document, app, name = self.definition.document, self.scope.agent.app, str(step.app)
        on = app.on if app is not None else {}
        if name not in on:
            span = document.value_span((*location, "app"))
            message = f"the app of agent '{self.scope.name}' may not ask for '{name}'"
            hint = did_you_mean(name, on, noun="methods")
            lines = f"write app: in the agent, below it on:, and below that {name}:"
            yield Diagnostic(span, "E202", message, hint if on else lines)
            return
        fields = on[name].parameters
        for argument in step.arguments:
            if argument not in fields:
                span = document.key_span((*location, "with", argument))
                message = f"method '{name}' has no parameter '{argument}'"
                hint = did_you_mean(argument, fields, noun="parameters")
                yield Diagnostic(span, "E202", message, hint)

    def _mocks(self, name: str, mocks: tuple[Mock, ...]) -> Iterator[Diagnostic]:
        tool = self.scope.tools.get(name)
        location = (*self.definition.location, "mocks", name)
        if tool is not None and not isinstance(tool, _ANSWERED):
            span = self.definition.document.key_span(location)
            message = f"tool '{name}' asks no service, so there is nothing to mock"
            yield Diagnostic(span, "E211", message, "delete this mock; the tool itself is run")
            return
        several = isinstance(self.definition.document.at(location), list)
        transfers = isinstance(tool, TransferCallTool) or (tool is None and name == _TRANSFER)
        for place, mock in enumerate(mocks):
            base = (*location, place) if several else location
            yield from self._arguments(name, mock.when, (*base, "when"))
            yield from self._of_a_service(name, mock, base) if transfers else ()
            if isinstance(mock.returns, str) and _is_json(mock.returns):
                span = self.definition.document.value_span((*base, "returns"))
                message = "this text is itself JSON, so the service answers one text"
                yield Diagnostic(span, "W209", message, "write returns_json: in place of returns:")

    def _of_a_service(
        self, name: str, mock: Mock, at: tuple[str | int, ...]
    ) -> Iterator[Diagnostic]:
        """What a service can answer, and a telephone cannot."""
        for key in ("returns_json", "returns_file", "status", "real"):
            if key in mock.model_fields_set:
                span = self.definition.document.key_span((*at, key))
                message = f"'{name}' transfers the call and asks no service: '{key}' means nothing"
                hint = "write fails: and the reason, such as busy or no answer, or delete the mock"
                yield Diagnostic(span, "E112", message, hint)

    def _calls(self) -> Iterator[tuple[Any, Mapping[Any, Any]]]:
        base, spec = self.definition.location, self.definition.spec
        blocks: list[tuple[Any, Block | None]] = [((*base, "finally"), spec.finally_)]
        for place, step in enumerate(spec.steps):
            if step.kind == "agent":
                blocks.append(((*base, "steps", place, "agent"), step.agent))
        for location, checks in blocks:
            calls = getattr(checks, "calls", ())
            if isinstance(calls, Mapping):
                yield (*location, "calls"), calls

    def _arguments(
        self, name: str, given: Mapping[str, Any], location: tuple[str | int, ...]
    ) -> Iterator[Diagnostic]:
        tool = self.scope.tools.get(name)
        if tool is None or isinstance(tool, McpTool):
            return
        known = parameters(tool, self.scope)
        fields = {*known}
        if isinstance(tool, TransferCallTool) and location[-1] == "when":
            fields |= {"to", "how"}
        for argument, value in given.items():
            missing = isinstance(value, Match) and value.missing
            if argument in known and isinstance(value, dict) and known[argument].type in _PLAIN:
                message = f"'{argument}' is {known[argument].type}, and never a block of keys"
                instead = "write its value behind the colon; or matches: or missing: yes below it"
                span = self.definition.document.key_span((*location, argument))
                yield Diagnostic(span, "E104", message, instead)
            if argument not in fields and not missing and tool.kind != "remember":
                message = f"tool '{name}' has no parameter '{argument}'"
                hint = did_you_mean(argument, fields, noun="parameters")
                span = self.definition.document.key_span((*location, argument))
                yield Diagnostic(span, "E202", message, hint)


RULE = FolderRule(_check)
