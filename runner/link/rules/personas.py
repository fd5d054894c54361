"""Personas that are handed a call: do they exist, and is it another one?"""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.link.hints import defined_where, near, unknown
from runner.link.rule import DefinitionContext, LeafRule
from runner.link.walk import Leaf
from runner.schema.actions import BACK, HandOff
from runner.schema.personas import Persona
from runner.schema.types.names import PersonaName


def _check(context: DefinitionContext, leaf: Leaf, _place: Span) -> Iterator[Diagnostic]:
    name = str(leaf.value)
    if not isinstance(leaf.value, PersonaName):
        return
    if isinstance(leaf.owner, HandOff) and name == BACK:
        return
    span = leaf.span(context.definition.document)
    if leaf.is_key and isinstance(leaf.owner, Persona) and name == context.definition.name:
        message = f"persona '{name}' hands the call to itself"
        yield Diagnostic(span, "E205", message, "name another persona, or delete this handoff")
    known = context.table.entries["personas"]
    if name not in known and name not in context.table.words:
        hint = defined_where(name, known, f"write it below personas: as {name}:")
        yield near(context, unknown(span, "persona", name, hint), "personas", name)


RULE = LeafRule(_check)
