"""What callers are asked for: one meaning a name, and `ask_again` names what is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from runner.diagnostics import Diagnostic, Span
from runner.diagnostics.nearest import did_you_mean
from runner.link.hints import unknown
from runner.link.rule import AgentContext, AgentRule, UseContext, Used, UseRule
from runner.link.walk import Leaf
from runner.schema.fields import Field
from runner.schema.needs import Need
from runner.schema.tools import AskTool
from runner.schema.types.names import NeedName


def _named(context: UseContext, leaf: Leaf, _place: Span) -> Iterator[Diagnostic]:
    if not isinstance(leaf.value, NeedName):
        return
    name, scope = str(leaf.value), context.scope
    span = leaf.span(context.definition.document)
    persona = scope.personas.get(context.definition.name)
    here = context.definition.section == "personas" and persona is not None
    known = persona.needs if here and persona is not None else scope.needs
    if name in known or name in scope.table.words:
        return
    if name in scope.needs:
        message = f"'{name}' is not asked for by '{context.definition.name}'"
        hint = did_you_mean(name, known, noun="its needs") if known else None
        yield Diagnostic(span, "E202", message, hint or f"write it below needs: as {name}:")
        return
    hint = did_you_mean(name, known, noun="needs") if known else f"write needs: and {name}:"
    yield unknown(span, "need", name, hint)


def _twice(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    scope = context.scope
    declared: dict[str, tuple[str, str]] = {}
    for name, value in scope.agent.variables.items():
        known = value.type if isinstance(value, Field) else "fixed"
        declared[str(name)] = (known, f"the agent's variable '{name}'")
    for used, key, needs in _users(context):
        definition = scope.table.entries[used[0]][used[1]]
        for name, need in needs.items():
            known, where = declared.setdefault(name, (need.type, f"{used[1]}'s '{name}'"))
            if known == need.type or _alike(known, need.type):
                continue
            place = definition.document.key_span((*definition.location, key, name))
            yield used, Diagnostic(place, "E210", *_differs(name, need, known, where))


def _users(context: AgentContext) -> Iterator[tuple[tuple[str, str], str, Mapping[str, Need]]]:
    for name, persona in context.scope.personas.items():
        yield ("personas", name), "needs", persona.needs
    for name, tool in context.scope.tools.items():
        if isinstance(tool, AskTool):
            yield ("tools", name), "ask", tool.ask


_OF_TEXT = frozenset({"text", "name", "address", "email", "phone", "digits", "card", "url"})
_OF_DATES = frozenset({"date", "date_of_birth"})


def _alike(first: str, second: str) -> bool:
    """Whether values of one type are values of the other."""
    return any({first, second} <= kind for kind in (_OF_TEXT, _OF_DATES))


def _differs(name: str, need: Need, known: str, where: str) -> tuple[str, str]:
    if known == "fixed":
        message = f"'{name}' has a fixed value, so nobody can be asked for it"
        return message, "give the need another name, or declare the variable with type:"
    message = f"the need '{name}' is of type {need.type}, and {where} of type {known}"
    return message, f"write type: {known}, or give one of the two another name"


NAMED = UseRule(_named)
RULE = AgentRule(_twice)
