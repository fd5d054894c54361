"""Services that requests name: do they exist?"""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.link.hints import defined_where, near, unknown
from runner.link.rule import DefinitionContext, LeafRule
from runner.link.walk import Leaf
from runner.schema.types.names import ServiceName


def _check(context: DefinitionContext, leaf: Leaf, _place: Span) -> Iterator[Diagnostic]:
    name, table = str(leaf.value), context.table
    known = table.entries["services"]
    if not isinstance(leaf.value, ServiceName) or name in known or name in table.words:
        return
    place = f"write it below services: as {name}: with its url: below that"
    if "://" in name:
        place = "give it a name: below services:, write that name with url: and this address"
    hint = defined_where(name, known, place)
    span = leaf.span(context.definition.document)
    yield near(context, unknown(span, "service", name, hint), "services", name)


RULE = LeafRule(_check, ServiceName)
