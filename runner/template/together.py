"""What stands together in one comparison of a condition."""

from __future__ import annotations

from collections.abc import Iterator

from jinja2 import nodes

from runner.template.chains import Path, chain
from runner.template.grammar import condition

_KNOWN = "known"


def together(text: str) -> tuple[frozenset[Path], ...]:
    """The names that each part of a condition looks at; `and`, `or` and `not` are between parts.

    Whether something `is known` is no look at it.
    """
    return tuple(frozenset(_paths(part)) for node in condition(text).body for part in _parts(node))


def _parts(node: nodes.Node) -> Iterator[nodes.Node]:
    if isinstance(node, nodes.And | nodes.Or | nodes.Not):
        for inner in node.iter_child_nodes():
            yield from _parts(inner)
    else:
        yield node


def _paths(node: nodes.Node) -> Iterator[Path]:
    if isinstance(node, nodes.Test) and node.name == _KNOWN:
        return
    name, path, beside = chain(node)
    if name is not None:
        yield path
        for inner in beside:
            yield from _paths(inner)
        return
    for inner in node.iter_child_nodes():
        yield from _paths(inner)
