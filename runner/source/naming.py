"""Files whose name keeps them from being read, although they seem to be YAML files."""

# os.path: a thousand files are looked at every two seconds, and pathlib is slow
# ruff: noqa: PTH110, PTH118, PTH120, PTH121

from __future__ import annotations

import os
import re
import unicodedata

from runner.late_pattern import late
from runner.source.reading import TextProblem, read

SUFFIXES = (".yaml", ".yml")
_NOT_READ = "the file {} is not read: its name must end in .yaml or .yml"

_MEANT = late(
    r"(?P<stem>.+?)(?P<dot>[.\uff0e\u3002])"
    r"(?P<suffix>ya?ml|yalm|ymal|yamml|yaaml|yamll|yam|ymll|yaml?)"
    r"(?P<behind>\.(?:txt|text|rtf|docx?|odt|html?|download|part)| ?\(\d+\))*[. ]*",
    re.IGNORECASE,
)
_LATIN = str.maketrans("\u0430\u0410\u0443\u0423\u043c\u041c\u04cf\u04c0\u0406", "aAyYmMlll")
"""Letters of other scripts that look like those of `yaml`."""

_ANY_NAME = late(r"[^.]+(?:\.\w{1,8}){0,2}~?")
_AGENTS = late(rb"(?:\xef\xbb\xbf)?(?:.*\n)*?agents[ \t]*:[ \t]*(?:#.*)?\r?\n[ \t]")

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
    plain = unicodedata.normalize("NFKC", name)
    match = _MEANT.fullmatch(plain.translate(_LATIN))
    if match is None:
        return None
    stem = plain[: match.end("stem")] if plain != name else name[: match.end("stem")]
    better = stem + (".yml" if match["suffix"].casefold() == "yml" else ".yaml")
    message = _NOT_READ.format(shown(name))
    if name.casefold().endswith(SUFFIXES):
        message += ", in small letters"
    elif not name[len(stem) :].isascii() and match["suffix"].casefold() in ("yaml", "yml"):
        message += ", in Latin letters"
    return TextProblem("W002", message, _advice(location, name, better))


def unnamed(location: str, name: str) -> TextProblem | None:
    """Return the problem of a file that holds agents under a name of no kind, or None.

    Only where a folder has nothing else: texts of any name may stand beside YAML files.
    """
    if _ANY_NAME.fullmatch(name) is None:
        return None
    data = read(location)
    if not isinstance(data, bytes) or _AGENTS.match(data) is None:
        return None
    better = name.partition(".")[0] + ".yaml"
    return TextProblem("W002", _NOT_READ.format(shown(name)), _advice(location, name, better))


def _advice(location: str, name: str, better: str) -> str:
    beside = os.path.join(os.path.dirname(location), better)
    if os.path.exists(beside) and not os.path.samefile(location, beside):
        return f"there is a file {shown(better)} already: delete this one, or move it away"
    if _DOCUMENT.search(name):
        return f"save it as plain text, under the name {shown(better)}"
    return f"rename it to {shown(better)}"
