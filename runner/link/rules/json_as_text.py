"""JSON that is written as text: encoded twice, or broken by a quote in a value.

What a value of the model or the caller brings along stands in such a text as it is, so it can end
a string and add keys of its own beside those that the author has fixed.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from runner.diagnostics import Diagnostic, Span
from runner.late_pattern import late
from runner.link.rule import DefinitionContext, LeafRule
from runner.link.walk import Leaf
from runner.schema.http import Body
from runner.schema.types.texts import Sent

_TEMPLATE = late(r"\{\{.*?\}\}", re.DOTALL)
_BEGINS = late(r"\s*(?:\{\s*[\"'][^\"'{}]*[\"']\s*:|\[\s*(?:[\"'{\[]|\d))")
_SAFE = late(r"\{\{.*\|\s*tojson\s*\}\}", re.DOTALL)
_FORM = late(r"\s*[\w.\[\]-]+=[^=&\s]*(?:&[\w.\[\]-]+=[^=&\s]*)+\s*")
_MOST = 12
_ASKING = ("tools", "services", "knowledge")


def _check(context: DefinitionContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    text = leaf.value
    if not isinstance(text, Sent) or context.definition.section not in _ASKING:
        return
    filled = [t for t in _TEMPLATE.findall(text) if not _SAFE.fullmatch(t)]
    in_body = isinstance(leaf.owner, Body)
    whole = in_body and len(leaf.location) == _depth(leaf)
    if _looks_like_json(text):
        if in_body and leaf.key == "json":
            message = "this text is itself JSON, so it is sent as one text in quotes"
            yield _warning(place, message, *_below("json", text, leaf, whole=whole))
        elif filled and in_body and leaf.key == "text":
            message = "this text looks like JSON: a quote in a value breaks it, or adds keys to it"
            yield _warning(place, message, *_below("json", text, leaf, whole=whole))
        elif filled:
            message = "this text looks like JSON: a quote in a value breaks it, or adds keys to it"
            yield _warning(place, message, _with_tojson(filled[0]), ())
    elif filled and in_body and leaf.key == "text" and _is_form(text):
        message = "this text looks like a form: an & in a value adds keys to it"
        yield _warning(place, message, "write form: with its names below, one a line", ())


def _warning(place: Span, message: str, hint: str, lines: tuple[str, ...]) -> Diagnostic:
    return Diagnostic(place, "W209", message, hint, (), lines)


def _depth(leaf: Leaf) -> int:
    """How long the location of a whole body is: the text stands right behind its key."""
    at = len(leaf.location) - 1 - leaf.location[::-1].index(leaf.key)
    return at + 1


def _looks_like_json(text: str) -> bool:
    if not _BEGINS.match(text) or text.rstrip()[-1:] not in ("}", "]"):
        return False
    return not _TEMPLATE.fullmatch(text.strip())


def _is_form(text: str) -> bool:
    return bool(_FORM.fullmatch(_TEMPLATE.sub("x", text)))


def _with_tojson(template: str) -> str:
    inner = template[2:-2].strip()
    return f"write each value without quotes around it, as {{{{ {inner} | tojson }}}}"


def _below(key: str, text: str, leaf: Leaf, *, whole: bool) -> tuple[str, tuple[str, ...]]:
    """The same as keys, to be written; without them where the JSON cannot be read."""
    above = f"{key}:" if whole else f"{leaf.location[-1]}:"
    if isinstance(leaf.location[-1], int):
        above = "its dash"
    data = _read(text)
    lines = tuple(_yaml(data, 1)) if data is not None else ()
    if not lines or len(lines) > _MOST or above == "its dash":
        return f"write its keys below {above}, one a line", ()
    return "write", (above, *lines)


def _read(text: str) -> Any:
    """Read the JSON, with its templates as texts."""
    pieces: list[str] = []

    def keep(match: re.Match[str]) -> str:
        before = match.string[: match.start()]
        pieces.append(match[0])
        mark = f"\\u0001{len(pieces) - 1}\\u0001"
        inside = before.replace('\\"', "").count('"') % 2
        return mark if inside else f'"{mark}"'

    try:
        data = json.loads(_TEMPLATE.sub(keep, text))
    except ValueError:
        return None

    def back(value: Any) -> Any:
        if isinstance(value, dict):
            return {back(k): back(v) for k, v in value.items()}
        if isinstance(value, list):
            return [back(v) for v in value]
        if isinstance(value, str):
            return re.sub(r"\x01(\d+)\x01", lambda m: pieces[int(m[1])], value)
        return value

    return back(data) if isinstance(data, dict | list) and data else None


def _yaml(data: Any, depth: int) -> Iterator[str]:
    pad = "  " * depth
    pairs = data.items() if isinstance(data, dict) else ((None, each) for each in data)
    for key, value in pairs:
        head = "-" if key is None else f"{_key(key)}:"
        if isinstance(value, dict | list) and value:
            yield f"{pad}{head}"
            yield from _yaml(value, depth + 1)
        else:
            yield f"{pad}{head} {_scalar(value)}"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z_][\w-]*", key) else json.dumps(key, ensure_ascii=False)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        plain = re.fullmatch(r"[A-Za-z][\w .,-]*(?<![ .,-])", value)
        typed = value.casefold() in ("yes", "no", "true", "false", "null", "on", "off")
        return value if plain and not typed else json.dumps(value, ensure_ascii=False)
    if value is None:
        return '"{{ none }}"'
    return f'"{{{{ {json.dumps(value)} }}}}"'


RULE = LeafRule(_check, Sent)
