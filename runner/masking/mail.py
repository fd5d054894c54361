"""Addresses of mail, as they are written or said."""

from __future__ import annotations

import re
from typing import Final

from runner.late_pattern import late

_SAID: Final = (
    ("at", "dot|punkt|punt"),
    ("ät|klammeraffe", "punkt"),
    ("arobase", "point"),
    ("arroba", "punto|ponto"),
    ("chiocciola", "punto"),
    ("apenstaartje", "punt"),
    ("małpa", "kropka"),
    ("a còng|a móc", "chấm"),
)
"""How its sign and the dots after it are said, by language."""

_AT: Final = late(
    r"@(?:[^\W_](?:[\w-]*[^\W_])?\.)+[^\W\d_]{2,}|(?<=\w) (?:"
    + "|".join(rf"(?:{at}) [^\W_][\w-]*(?: (?:{dot}) [^\W_][\w-]*)+" for at, dot in _SAID)
    + ")",
    re.IGNORECASE,
)
"""An address of mail from its sign on."""

_HINTS: Final = tuple(f" {dot} " for _, dots in _SAID for dot in dots.split("|"))

_NAME: Final = frozenset("._%+'-")
"""What may stand before that sign beside letters and digits."""


def without_mail(text: str) -> str:
    """A text in which `[email]` stands for each of them."""
    if "@" not in text and not any(hint in text.casefold() for hint in _HINTS):
        return text
    parts: list[str] = []
    done = 0
    for match in _AT.finditer(text):
        begin = match.start()
        while begin > done and (text[begin - 1].isalnum() or text[begin - 1] in _NAME):
            begin -= 1
        while text[begin] in ".'":
            begin += 1
        if begin < match.start():
            parts += [text[done:begin], "[email]"]
            done = match.end()
    return "".join([*parts, text[done:]])
