"""Files whose name keeps them from being read, although they seem to be YAML files."""

# os.path: a thousand files are looked at every two seconds, and pathlib is slow
# ruff: noqa: PTH110, PTH118, PTH120, PTH121

from __future__ import annotations

import os
import re

from runner.late_pattern import late
from runner.source.reading import TextProblem

SUFFIXES = (".yaml", ".yml")

_MEANT = late(
    r"(?P<stem>.+?)(?P<dot>[.\uff0e\u3002])"
    r"(?P<suffix>ya?ml|yalm|ymal|yamml|yaaml|yamll|yam|ymll|yaml?)"
    r"(?P<behind>\.(?:txt|text|rtf|docx?|odt|html?|download|part))*[. ]*",
    re.IGNORECASE,
)
_DOCUMENT = late(r"\.(?:rtf|docx?|odt|html?)\W*$", re.IGNORECASE)
"""What a word processor writes, which is no plain text whatever it is called."""

_UNPRINTABLE = late("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


def shown(path: str) -> str:
    """Return a path as it can be shown: what is no character or no visible one is escaped."""
    return _UNPRINTABLE.sub(_escape, path)


def showable(name: str) -> bool:
    """Return whether a name can be shown as it is."""
    return _UNPRINTABLE.search(name) is None


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code - 0xDC00:02x}" if code >= 0xD800 else f"\\x{code:02x}"  # noqa: PLR2004 - surrogates


def misnamed(location: str, name: str) -> TextProblem | None:
    """Return the problem of a file that would be read under another name, or None.

    What somebody renamed to switch it off (`desk.yaml.bak`, `desk.yaml.off`) is none.

    Args:
        location: where the system finds it.
        name: its name, without folders.
    """
    match = _MEANT.fullmatch(name)
    if match is None:
        return None
    better = match["stem"] + (".yml" if match["suffix"].casefold() == "yml" else ".yaml")
    message = f"the file {shown(name)} is not read: its name must end in .yaml or .yml"
    if name.casefold().endswith(SUFFIXES):
        message += ", in small letters"
    return TextProblem("W002", message, _advice(location, name, better))


def _advice(location: str, name: str, better: str) -> str:
    beside = os.path.join(os.path.dirname(location), better)
    if os.path.exists(beside) and not os.path.samefile(location, beside):
        return f"there is a file {shown(better)} already: delete this one, or move it away"
    if _DOCUMENT.search(name):
        return f"save it as plain text, under the name {shown(better)}"
    return f"rename it to {shown(better)}"
