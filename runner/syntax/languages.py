"""Other languages than YAML, known by a line at the margin that no YAML file has."""

from __future__ import annotations

import re

from runner.late_pattern import late
from runner.syntax.scene import Mistake

_PYTHON = (
    r"from [\w.]+ import \S"
    r"|import [\w.]+(?: as \w+)?\s*$"
    r"|(?:async )?def \w+\("
    r"|class \w+\b.*:\s*$"
    r"|if __name__\b"
    r"|@\w[\w.]*(?:\(.*\))?\s*$"
)
_JAVASCRIPT = (
    r"(?:export )?(?:const|let|var) [\w{]"
    r"|export (?:default|const|class|async)\b"
    r"|import .+ from ['\"]"
    r"|(?:async )?function \w*\("
    r"|module\.exports\b"
)
_MARKUP = r"<(?:!DOCTYPE|!--|\?xml|/?[A-Za-z][\w-]*[\s/>])"
_SECTIONS = "begin with a section such as agents:, and write 'key: value' on the lines below it"
_CODE = f"{_SECTIONS}; code belongs into a plugin"
_ENVIRONMENT = (
    "set them where lkrun is started, and read them here as {{ env.NAME }}, "
    "or as {{ secrets.NAME }} where nobody may see them"
)

_LANGUAGES = {
    "python": (_PYTHON, "Python", _CODE),
    "javascript": (_JAVASCRIPT, "JavaScript", _CODE),
    "markup": (_MARKUP, "HTML or XML", _SECTIONS),
    "rtf": (r"\{\\rtf", "a document of a word processor", "save the file as plain text"),
    "environment": (
        r"(?:export )?[A-Z][A-Z0-9_]+=",
        "a list of environment variables",
        _ENVIRONMENT,
    ),
}
"""Language → how a line of it begins, what a message calls it, and what to do."""

_LINE = late(
    "|".join(f"(?P<{name}>^(?:{begins}))" for name, (begins, _, _) in _LANGUAGES.items()),
    re.MULTILINE,
)


def other_language(text: str) -> Mistake | None:
    """Return the mistake of a text that is, from some line on, no YAML at all."""
    match = _LINE.search(text)
    if match is None or match.lastgroup is None:
        return None
    _, language, help_ = _LANGUAGES[match.lastgroup]
    start = match.start()
    end = text.find("\n", start)
    line = text[start : end if end >= 0 else None].rstrip()
    row = text.count("\n", 0, start)
    message = f"this is {language}, and lkrun reads YAML"
    return Mistake("E026", row, 0, len(line), message, help_, rest_lost=True)
