"""`{name}` or `${name}` where `{{ name }}` was meant: only for names that have a value there."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.link.fields import parameters
from runner.link.names import ATTRIBUTES, MOMENTS
from runner.link.rule import UseContext, UseRule
from runner.link.walk import Leaf
from runner.schema.http import Body
from runner.schema.types.texts import Condition, Plain, Scalar, Text

_SINGLE = re.compile(r"(?<!\{)\$?\{ ?([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*) ?\}(?!\})")
_QUOTES = ("'", '"')


def _check(context: UseContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    text = leaf.value
    if not isinstance(text, Text) or isinstance(text, Condition | Plain | Scalar):
        return
    if "{" not in text or "{% raw" in text:
        return
    known: set[str] = set()
    for braces in _SINGLE.finditer(text):
        name = _meant(braces[1], leaf, context)
        if name is None or braces[0] in known or not _is_meant(braces, leaf):
            continue
        known.add(braces[0])
        context.read.add(name.partition(".")[0])
        line = text.count("\n", 0, braces.start()) + 1
        column = braces.start() - (text.rfind("\n", 0, braces.start()) + 1) + 1
        span = context.texts.pinpoint.at(place, text, line, column, braces[0])
        message = f"'{braces[0]}' stays as it is: nothing is filled in between single braces"
        yield Diagnostic(span, "W207", message, f"write {{{{ {name} }}}}")


def _meant(name: str, leaf: Leaf, context: UseContext) -> str | None:
    """How the name is written in a template, if it has a value here."""
    root, _, rest = name.partition(".")
    fields = parameters(context.spec, context.scope) if "args" in leaf.names else {}
    if rest:
        part = rest.partition(".")[0]
        known = part in ATTRIBUTES.get(root, ()) or (root == "args" and part in fields)
        return name if known or root in context.scope.variables else None
    if root in fields:
        return f"args.{root}"
    return root if root in context.scope.variables or root in MOMENTS else None


def _is_meant(braces: re.Match[str], leaf: Leaf) -> bool:
    """What a service is sent may have braces of its own, as GraphQL has."""
    if not isinstance(leaf.owner, Body) or braces[0].startswith("$"):
        return True
    text = braces.string
    before, after = text[: braces.start()], text[braces.end() :]
    return not (before or after) or (before[-1:] in _QUOTES and after[:1] == before[-1:])


RULE = UseRule(_check)
