"""Comparisons with nothing, which are never true: null, none, and "" beside a variable."""

from __future__ import annotations

from collections.abc import Container
from typing import NamedTuple

from jinja2 import nodes

from runner.template.chains import chain, source
from runner.template.ways import NOTHING


class NeverTrue(NamedTuple):
    """A comparison with nothing: where it stands, and what is said of it."""

    offset: int
    message: str
    help: str


def never_true(node: nodes.Compare, bound: Container[str]) -> NeverTrue | None:
    """Find a side of a comparison that means no value.

    Args:
        node: the comparison.
        bound: names that the template itself gives to values.
    """
    sides = [node.expr, *(each.expr for each in node.ops)]
    for left, operand in zip(sides, node.ops, strict=False):
        pair = (left, operand.expr)
        nothing = next((each for each in pair if _is_nothing(each, pair, bound)), None)
        if nothing is not None and operand.op in ("eq", "ne"):
            compared = pair[0] if nothing is pair[1] else pair[1]
            return _told(compared, nothing, unequal=operand.op == "ne")
    return None


def compared(node: nodes.Compare) -> set[int]:
    """Give the offsets of the names that are compared, and of those in lists that are."""
    sides = [node.expr, *(each.expr for each in node.ops)]
    lists = [each for side in sides if isinstance(side, nodes.List) for each in side.items]
    return {each.lineno for each in (*sides, *lists) if isinstance(each, nodes.Name)}


def _is_nothing(
    node: nodes.Node, pair: tuple[nodes.Node, nodes.Node], bound: Container[str]
) -> bool:
    if isinstance(node, nodes.Name):
        return node.name in NOTHING and node.name not in bound
    if not isinstance(node, nodes.Const) or node.value not in (None, ""):
        return False
    variables = [n for n in pair if isinstance(n, nodes.Name) and n.name not in bound]
    return node.value is None or bool(variables)


def _told(compared: nodes.Node, nothing: nodes.Node, *, unequal: bool) -> NeverTrue:
    shown = '""' if isinstance(nothing, nodes.Const) and nothing.value == "" else "null"
    if isinstance(nothing, nodes.Name):
        shown = nothing.name
    known = "is known" if unequal else "is not known"
    name = chain(compared)[0]
    offset = compared.lineno if name is None else name.lineno
    message = f"a comparison with {shown} is never true"
    return NeverTrue(offset, message, f"write {source(compared)} {known}")
