"""Documents that knowledge is made of: a file, or all of a folder."""

# os.path, as in `texts`
# ruff: noqa: PTH112, PTH118, PTH208

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field

from runner.source.reading import TextProblem, read, unreadable
from runner.source.textfile import TextFile, text_of
from runner.source.walk import inside

SUFFIXES = (".md", ".txt")
"""What a document's name ends with."""

LARGEST = 1024 * 1024
"""Bytes of one document."""

LARGEST_ALL = 4 * 1024 * 1024
"""Bytes of all documents that a name means."""

MOST = 1000
"""Documents of a folder."""

_AS_TEXT = "save it as text, and name the .txt or .md file"
_SHOWN = 3


@dataclass(slots=True)
class Documents:
    """What was found.

    Attributes:
        folders: in which they stand, below the root.
        left_out: files that are no documents.
        size: bytes of all.
    """

    documents: list[TextFile] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    size: int = 0


def read_documents(
    root: str, real_root: str, path: str, name: str
) -> Documents | TextProblem | None:
    """Return the documents that a path means, what is wrong, or None where nothing is there.

    Files and folders of a folder whose name begins with `.` or `_` are left out.

    Args:
        root: the configuration folder.
        real_root: the same, its links resolved.
        path: below it.
        name: as it is written.
    """
    try:
        location = _inside(root, real_root, path)
        is_folder = os.path.isdir(location)
        if not is_folder and not path.lower().endswith(SUFFIXES) and os.path.exists(location):  # noqa: PTH110 - as above
            return TextProblem("E007", f"'{name}' is not a .md or .txt file", _AS_TEXT)
        documents = Documents()
        for each in _below(root, real_root, path, documents) if is_folder else (path,):
            if problem := _take(root, real_root, each, documents):
                return problem
    except (FileNotFoundError, NotADirectoryError):
        return None
    except _OutsideError as outside:
        return outside.problem
    except OSError as error:
        return unreadable(error, f"'{name}'")
    return (
        documents if any(d.text.strip() for d in documents.documents) else _nothing(name, documents)
    )


class _OutsideError(Exception):
    def __init__(self, path: str) -> None:
        help_ = "copy the file into the folder; nothing outside is read"
        message = f"'{path}' is a link that leads outside the configuration folder"
        self.problem = TextProblem("E004", message, help_)
        super().__init__(message)


def _inside(root: str, real_root: str, path: str) -> str:
    location = os.path.join(root, *path.split("/"))
    if not inside(os.path.realpath(location, strict=True), real_root):
        raise _OutsideError(path)
    return location


def _below(root: str, real_root: str, path: str, documents: Documents) -> Iterator[str]:
    """Yield the documents of a folder and those below it, and note the rest."""
    waiting, entered = [path], set()
    while waiting:
        here = waiting.pop(0)
        location = _inside(root, real_root, here)
        real = os.path.realpath(location)
        if real in entered:
            continue
        entered.add(real)
        documents.folders.append(here)
        for name in sorted(os.listdir(location)):
            each = name if here == "." else f"{here}/{name}"
            if name[0] in "._" or name.endswith((".yaml", ".yml")):
                continue
            if os.path.isdir(os.path.join(location, name)):
                waiting.append(each)
            elif name.lower().endswith(SUFFIXES):
                yield each
            else:
                documents.left_out.append(each)


def _take(root: str, real_root: str, path: str, documents: Documents) -> TextProblem | None:
    """Read a document; what is wrong with it, or with all of them together."""
    data = read(_inside(root, real_root, path), f"'{path}'", LARGEST)
    if data is None or isinstance(data, TextProblem):
        return data
    document = text_of(path, path, data)
    if isinstance(document, TextProblem):
        return document
    documents.documents.append(document)
    documents.size += len(data)
    if documents.size > LARGEST_ALL:
        limit = f"{LARGEST_ALL // 1024**2} MB"
        return TextProblem(
            "E002",
            f"these documents are larger than {limit} together",
            "keep what callers ask for, or split them over several entries below knowledge:",
        )
    if len(documents.documents) > MOST:
        return TextProblem(
            "E002", f"these are more than {MOST} documents", "put several into one file"
        )
    return None


def _nothing(name: str, documents: Documents) -> TextProblem:
    if documents.documents:
        what = (
            f"'{name}' is empty"
            if not documents.folders
            else f"the documents in '{name}' are empty"
        )
        return TextProblem("E007", what, "write into it what callers ask for")
    if documents.left_out:
        shown, others = ", ".join(documents.left_out[:_SHOWN]), len(documents.left_out) - _SHOWN
        more = f" and {others} more" if others > 0 else ""
        return TextProblem(
            "E007",
            f"there is no .md or .txt file in '{name}'",
            f"what is there cannot be read ({shown}{more}): save it as text",
        )
    hint = "put .md or .txt files into it that hold what callers ask for"
    return TextProblem("E007", f"there is no .md or .txt file in '{name}'", hint)
