"""`{name}` or `${name}` where `{{ name }}` was meant: only for names that have a value there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from runner.diagnostics import Diagnostic, Span
from runner.link.texts import ATTRIBUTES, MOMENTS
from runner.schema.http import Body
from runner.schema.types.texts import Condition, Plain, Scalar, Text

if TYPE_CHECKING:
    from runner.link.findings import Tell
    from runner.link.pinpoint import Pinpoint
    from runner.link.texts import DefinitionView
    from runner.link.walk import Leaf

_SINGLE = re.compile(r"(?<!\{)\$?\{ ?([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*) ?\}(?!\})")
_QUOTES = ("'", '"')


def single_braces(
    place: Span, leaf: Leaf, view: DefinitionView, pinpoint: Pinpoint, tell: Tell
) -> Iterator[str]:
    """Tell of names in single braces, each once; give them."""
    text = leaf.value
    if not isinstance(text, Text) or isinstance(text, Condition | Plain | Scalar):
        return
    if "{" not in text or "{% raw" in text:
        return
    told: set[str] = set()
    for found in _SINGLE.finditer(text):
        name = _meant(found[1], leaf, view)
        if name is None or found[0] in told or not _is_meant(found, leaf):
            continue
        told.add(found[0])
        line = text.count("\n", 0, found.start()) + 1
        column = found.start() - (text.rfind("\n", 0, found.start()) + 1) + 1
        span = pinpoint.at(place, text, line, column, found[0])
        message = f"'{found[0]}' stays as it is: nothing is filled in between single braces"
        tell(Diagnostic(span, "W207", message, f"write {{{{ {name} }}}}"))
        yield name.partition(".")[0]


def _meant(name: str, leaf: Leaf, view: DefinitionView) -> str | None:
    """How the name is written in a template, if it has a value here."""
    root, _, rest = name.partition(".")
    fields = view.fields(leaf)
    if rest:
        part = rest.partition(".")[0]
        known = part in ATTRIBUTES.get(root, ()) or (root == "args" and part in fields)
        return name if known or root in view.scope.variables else None
    if root in fields:
        return f"args.{root}"
    return root if root in view.scope.variables or root in MOMENTS else None


def _is_meant(found: re.Match[str], leaf: Leaf) -> bool:
    """What a service is sent may have braces of its own, as GraphQL has."""
    if not isinstance(leaf.owner, Body) or found[0].startswith("$"):
        return True
    text = found.string
    before, after = text[: found.start()], text[found.end() :]
    return not (before or after) or (before[-1:] in _QUOTES and after[:1] == before[-1:])
