"""`# lkrun: allow W203` at a line's end."""

from __future__ import annotations

import re
from bisect import bisect_right

from runner.late_pattern import late

_ALLOW = late(
    r"(?:^|(?<=[ \"']))#[ \t]*lkrun:[ \t]*allow[ \t]+"
    r"([A-Z]\d{3}(?:[ \t]*,[ \t]*[A-Z]\d{3})*)[ \t]*$",
    re.MULTILINE,
)


def allows(text: str, texts: list[tuple[int, int]]) -> dict[int, frozenset[str]]:
    """Return line → codes of the comments in `text` outside `texts` (sorted starts and ends)."""
    if "lkrun:" not in text:
        return {}
    codes: dict[int, frozenset[str]] = {}
    starts = [start for start, _ in texts]
    for match in _ALLOW.finditer(text):
        before = bisect_right(starts, match.start()) - 1
        if (
            before >= 0
            and match.start() < texts[before][1]
            and not _header(text, texts[before], match)
        ):
            continue
        line = text.count("\n", 0, match.start()) + 1
        codes[line] = frozenset(re.split(r"[ \t,]+", match[1]))
    return codes


def _header(text: str, block: tuple[int, int], match: re.Match[str]) -> bool:
    """Whether the comment stands on the line of a block text's `|`."""
    return text[block[0]] in "|>" and "\n" not in text[block[0] : match.start()]
