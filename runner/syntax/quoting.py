"""How a value should have been written: in quotes, or as lines."""

from __future__ import annotations

import re

from runner.late_pattern import late

_COMMENT = late(r"\s+#.*$")
_SHOWN = 100
OPENING = tuple("\u201c\u201e\u201d\u2018\u201a\xab\xbb")
CLOSING = (*"\u201c\u201d\u2018\u2019\xab\xbb", '"', "'")


def quoted(text: str) -> str:
    """Return `text` as a YAML value in quotes."""
    if '"' in text or "\\" in text:
        return "'" + text.replace("'", "''") + "'"
    return f'"{text}"'


def unescaped(text: str) -> str:
    """Return `text` without backslashes before quotes, where they mean nothing."""
    return re.sub(r"\\(['\"`\u2019])", r"\1", text)


def quoted_line(line: str, column: int) -> str:
    """Return the line with what starts at `column` (from 0) in quotes, as it should be written."""
    value = _COMMENT.sub("", line[column:]) if re.search(r"\S\s{2,}#", line) else line[column:]
    value = value.strip()
    if value[:1] in OPENING and value[-1:] in CLOSING:
        value = value[1:-1]
    return shortened(f"{line[:column].strip()} {quoted(value)}".strip())


def spaces(count: int) -> str:
    """Return `count` spaces in words."""
    return f"{count} space" if count == 1 else f"{count} spaces"


def shortened(text: str) -> str:
    """Return `text`, cut where it is too long to be shown in a message."""
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def block_lines(flow: str) -> str:
    """Return what to write instead of a list or mapping in brackets."""
    flow = flow.strip()
    opening, inner = flow[:1], flow[1:-1].strip()
    closed = len(flow) > 1 and flow[-1] == {"[": "]", "{": "}"}.get(opening)
    simple = closed and not re.search(r"[\[\]{}\"']", inner)
    if simple and not inner:
        return "leave the key out, or write its entries on the lines below, each further indented"
    if not simple:
        start = "each starting with '- '" if opening == "[" else "each as 'key: value'"
        return f"write the entries on the lines below, one a line, further indented, {start}"
    entries = [entry.strip() for entry in inner.split(",") if entry.strip()]
    dash = "- " if opening == "[" else ""
    shown = shortened(", then ".join(f"'{dash}{entry}'" for entry in entries))
    return f"write the entries on the lines below, one a line, further indented: {shown}"
