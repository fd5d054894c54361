"""The address of a request: values can fill it, but never change where it leads."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qsl, quote, urlencode

from runner.egress.trouble import RequestError
from runner.secret import Secret, reveal

_BEGIN, _END = "\ufdd0", "\ufdd1"  # noncharacters: they stand in no text that people write
_MARKS: Final = re.compile(f"[{_BEGIN}{_END}]")
_VALUE: Final = re.compile(f"{_BEGIN}([^{_END}]*){_END}")
_SEPARATORS: Final = re.compile(r"[/\\]")
_CLIMBING: Final = frozenset({".", ".."})

Render = Callable[..., str]
"""`Renderer.render` with its values: text and `quote` → text."""


class _Piece(NamedTuple):
    text: str
    is_value: bool


def _mark(value: str) -> str:
    return f"{_BEGIN}{_MARKS.sub('', value)}{_END}"


def _encode(text: str) -> str:
    return quote(text.encode("utf-8", "replace"), safe="")


def _pieces(rendered: str) -> list[_Piece]:
    parts = _VALUE.split(rendered)
    return [_Piece(_MARKS.sub("", text), bool(at % 2)) for at, text in enumerate(parts)]


def _server_end(pieces: Sequence[_Piece]) -> int:
    """Tell where the author's own path, query or fragment begins, in characters."""
    masked = "".join("x" * len(p.text) if p.is_value else p.text for p in pieces)
    begin = masked.find("://") + 3 if "://" in masked else 0
    path = re.compile(r"[/?#]").search(masked, begin)
    return path.start() if path else len(masked)


def _after_server(pieces: Sequence[_Piece]) -> tuple[str, list[_Piece]]:
    """Take the server off: what stands before the author's own path is sent as it is."""
    end = _server_end(pieces)
    server, rest, at = "", [], 0
    for piece in pieces:
        cut = max(0, min(end - at, len(piece.text)))
        server += piece.text[:cut]
        if at >= end or cut < len(piece.text):
            rest.append(_Piece(piece.text[cut:], piece.is_value))
        at += len(piece.text)
    return server, rest


def _split(pieces: Sequence[_Piece], separator: str) -> list[list[_Piece]]:
    """Split at a separator that the author wrote."""
    groups: list[list[_Piece]] = [[]]
    for piece in pieces:
        texts = [piece.text] if piece.is_value else piece.text.split(separator)
        for number, text in enumerate(texts):
            if number:
                groups.append([])
            groups[-1].append(_Piece(text, piece.is_value))
    return groups


def _segment(pieces: Sequence[_Piece], empty: Callable[[], RequestError]) -> str:
    values = [piece.text for piece in pieces if piece.is_value]
    if not all(values):
        raise empty()
    parts = [*values, "".join(piece.text for piece in pieces)] if values else []
    if any(part in _CLIMBING for value in parts for part in _SEPARATORS.split(value)):
        raise RequestError(
            "a value in the path of the url is '.' or '..', which would lead to another address"
        )
    return "".join(_encode(p.text) if p.is_value else p.text for p in pieces)


def pairs(entries: Mapping[str, Any], text: Callable[[Any], str]) -> list[tuple[str, str]]:
    """Write names and values for a query or a form: a list repeats its name."""
    written = []
    for name, sealed in entries.items():
        value = reveal(sealed)
        several = value if isinstance(value, list | tuple) else [value]
        plain = all(not isinstance(each, list | tuple | Mapping) for each in several)
        written += [(name, text(each)) for each in (several if plain else [value])]
    return written


def form_encoded(entries: Sequence[tuple[str, str]], *, quote_via: Any = quote) -> str:
    """Write pairs as `a=1&b=2`, in UTF-8."""
    return urlencode(entries, quote_via=quote_via, errors="replace")


def address(url: str, render: Render, empty: Callable[[], RequestError]) -> str:
    """Make the address of a request.

    What the templates of the path and of the url's own query give is percent-encoded; what stands
    before the path is the author's alone, and taken as it is.

    Args:
        url: as the author wrote it.
        render: renders it.
        empty: the failure for a value in the path that is empty.

    Raises:
        Trouble: a value in the path is empty, or would climb.
    """
    server, rest = _after_server(_pieces(render(url, quote=_mark)))
    before_fragment = _split(rest, "#")[0]
    path, *queries = _split(before_fragment, "?")
    written = "/".join(_segment(each, empty) for each in _split(path, "/"))
    own = "?".join(
        "".join(_encode(p.text) if p.is_value else p.text for p in pieces) for pieces in queries
    )
    return f"{server}{written}{f'?{own}' if own else ''}"


def with_query(url: str, query: Sequence[tuple[str, Secret[str] | str]]) -> str:
    """Add names and values to an address; such a name takes the place of the address's own."""
    if not query:
        return url
    path, _, own = url.partition("?")
    names = {name for name, _ in query}
    kept = [pair for pair in own.split("&") if pair and _name(pair) not in names]
    added = form_encoded([(name, reveal(value)) for name, value in query])
    return f"{path}?{'&'.join([*kept, added])}"


def _name(pair: str) -> str | None:
    return next((name for name, _ in parse_qsl(pair, keep_blank_values=True)), None)
