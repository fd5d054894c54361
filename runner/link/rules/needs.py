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
    declared: dict[str, tuple[str, str, bool]] = {}
    for name, value in scope.agent.variables.items():
        known = (value.type, value.private) if isinstance(value, Field) else ("fixed", False)
        declared[str(name)] = (known[0], f"the agent's variable '{name}'", known[1])
    for used, key, needs in _users(context):
        definition = scope.table.entries[used[0]][used[1]]
        for name, need in needs.items():
            here = (need.type, f"{used[1]}'s '{name}'", need.private)
            known_type, where, private = declared.setdefault(name, here)
            place = definition.document.key_span((*definition.location, key, name))
            if known_type != need.type and not _alike(known_type, need.type):
                yield used, Diagnostic(place, "E210", *_differs(name, need, known_type, where))
            elif private != need.private:
                yield used, Diagnostic(place, "E210", *_open(name, where, private=need.private))


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


def _open(name: str, where: str, *, private: bool) -> tuple[str, str]:
    """What is private in one place and not in another would be seen there."""
    if private:
        message = f"the need '{name}' is private, and {where} is not"
        return message, "write private: yes there too, or give one of the two another name"
    message = f"the need '{name}' is not private, and {where} is"
    return message, "write private: yes and keypad: only, or give one of the two another name"


NAMED = UseRule(_named, NeedName)
RULE = AgentRule(_twice)
