"""Knowledge that tools name: does it exist, and can all of its folders be read?"""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.link.hints import below, defined_where, near, unknown
from runner.link.rule import DefinitionContext, LeafRule
from runner.link.walk import Leaf
from runner.schema.types.files import DocumentsName
from runner.schema.types.names import KnowledgeName

_SHOWN = 3


def _check(context: DefinitionContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    if isinstance(leaf.value, KnowledgeName):
        yield from _exists(context, leaf)
    elif isinstance(leaf.value, DocumentsName):
        yield from _left_out(context, leaf, place)


def _exists(context: DefinitionContext, leaf: Leaf) -> Iterator[Diagnostic]:
    name, table = str(leaf.value), context.table
    known = table.entries["knowledge"]
    if name in known or name in table.words:
        return
    where = below("knowledge", name)
    if "/" in name or name.lower().endswith((".md", ".txt")):
        where = "give it a name: below knowledge:, write that name with files: and this path"
    elif "knowledge" not in context.table.words:
        where += " with its files: or http: below that"
    hint = defined_where(name, known, where)
    span = leaf.span(context.definition.document)
    yield near(context, unknown(span, "knowledge base", name, hint), "knowledge", name)


def _left_out(context: DefinitionContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    left_out = context.around.prompts[context.definition.document.file, str(leaf.value)].left_out
    if left_out:
        more = len(left_out) - _SHOWN
        shown = ", ".join(left_out[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
        message = f"what is not .md or .txt is not read: {shown}"
        hint = "save it as text, or move it out of the folder"
        yield Diagnostic(place, "W221", message, hint)


RULE = LeafRule(_check, KnowledgeName | DocumentsName)
