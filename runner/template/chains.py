"""Names and their attributes in a template's tree, and how a node was written."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jinja2 import nodes

from runner.template.findings import in_brackets

Path = tuple[str, ...]


def chain(node: nodes.Node) -> tuple[nodes.Name | None, Path, list[nodes.Node]]:
    """Take a chain such as `job.metadata['patient']` apart.

    Returns:
        The name that it begins with, if it does; the whole path; and what stands beside it:
        subscripts that are worked out, or the expression that it begins with.
    """
    parts: list[str] = []
    beside: list[nodes.Node] = []
    while isinstance(node, (nodes.Getattr, nodes.Getitem)):
        if isinstance(node, nodes.Getattr):
            parts.append(node.attr)
        elif isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, (str, int)):
            parts.append(str(node.arg.value))
        else:
            parts.clear()
            beside.append(node.arg)
        node = node.node
    if isinstance(node, nodes.Name):
        return node, (node.name, *reversed(parts)), beside
    return None, (), [*beside, node]


def dashed(node: nodes.Sub, text: str) -> dict[int, Path]:
    """Find names with `-` in them, which the grammar reads as subtractions.

    `result.present-value` is `result.present` minus `value`; without a space around the `-`, and
    with a name that nothing declares behind it, the key `present-value` was meant.

    Returns:
        Offset of each name of the subtraction → the path with the dashes in it.
    """
    operands = list(_operands(node))
    first, whole, beside = chain(operands[0])
    if len(whole) > 1:  # a filter binds to the last name alone
        bare = (each.node if isinstance(each, nodes.Filter) else each for each in operands)
        operands = [each for each in bare if each is not None]
    names = [chain(each) for each in operands[1:]]
    if first is None or beside or any(name is None or more for name, _, more in names):
        return {}
    for name, parts, _ in names:
        assert name is not None  # noqa: S101 - asked for above
        if not re.search(r"\w-$", text[: name.lineno]):
            return {}
        whole = (*whole[:-1], f"{whole[-1]}-{parts[0]}", *parts[1:])
    return dict.fromkeys([first.lineno, *(n.lineno for n, _, _ in names if n is not None)], whole)


def _operands(node: nodes.Node) -> Iterator[nodes.Node]:
    if isinstance(node, nodes.Sub):
        yield from _operands(node.left)
        yield node.right
    else:
        yield node


def source(node: nodes.Node | None) -> str:
    """Write a short expression again; `…` stands for a long one."""
    if node is None:
        return "…"
    name, path, beside = chain(node)
    if name is not None and not beside:
        return in_brackets(path)
    if isinstance(node, nodes.Const):
        return repr(node.value)
    if isinstance(node, nodes.Filter):
        given = ", ".join(source(each) for each in node.args)
        return f"{source(node.node)} | {node.name}" + f"({given})" * bool(given)
    return "…"
