"""The files that YAML keys name: prompts and other texts."""

# os.path: a thousand files are looked at every two seconds, and pathlib is slow
# ruff: noqa: PTH112, PTH113, PTH118, PTH208

from __future__ import annotations

import hashlib
import os
import posixpath
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from runner.diagnostics.nearest import did_you_mean, nearest
from runner.source.characters import decode, unseen
from runner.source.reading import TextProblem, read, unfit, unreadable
from runner.source.walk import inside

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Request(NamedTuple):
    """A file that is named.

    Attributes:
        file: the YAML file that names it, relative to the root.
        name: as it is written there.
        attached: whether it may be of any kind, and is read only when it is needed.
    """

    file: str
    name: str
    attached: bool = False


MAX_ATTACHED = 5 * 1024 * 1024
"""How many bytes a file may have that is sent to a service."""

_ABSOLUTE = re.compile(r"[/~\\]|[A-Za-z]:[/\\]|[A-Za-z]{2,}://")
_SHOWN = 60
_ATTACHED = "attached"


@dataclass(frozen=True, slots=True)
class TextFile:
    r"""A text file; of one that is attached only its path is known.

    Attributes:
        path: relative to the root, with `/`.
        text: with `\n` as its only line break and without a byte order mark.
        digest: sha256 of its bytes, in hex.
    """

    path: str
    text: str
    digest: str


def read_texts(root: Path, requests: Iterable[Request]) -> tuple[TextFile | TextProblem, ...]:
    """Return what each request names, or what is wrong with it, in the order asked.

    A name is looked up from the folder of the file that names it, and never leaves `root`.
    """
    base = os.fspath(root)
    real_root = os.path.realpath(base)
    known: dict[tuple[str, bool], TextFile | TextProblem] = {}
    answers: list[TextFile | TextProblem] = []
    for file, name, attached in requests:
        path = resolve(file, name)
        if isinstance(path, TextProblem):
            answers.append(path)
            continue
        answer = known.get((path, attached))
        if answer is None or isinstance(answer, TextProblem):  # a problem shows the name as written
            answer = _read(base, real_root, path, name, attached=attached)
            known[path, attached] = answer
            if isinstance(answer, TextProblem) and answer.code == "E007":
                answer = _elsewhere(base, file, name) or answer
        answers.append(answer)
    return tuple(answers)


def resolve(file: str, name: str) -> str | TextProblem:
    """Return the path below the root that `name` means in `file`."""
    outside = TextProblem(
        "E004",
        f"'{_shown(name)}' lies outside the configuration folder",
        "put the file into the folder and write its path from this file, such as prompts/desk.md",
    )
    if not name.strip() or any(char < " " for char in name):
        return TextProblem(
            "E007", "this is not the name of a file", "write a path such as prompts/desk.md"
        )
    if _ABSOLUTE.match(name):
        return outside
    path = posixpath.normpath(posixpath.join(posixpath.dirname(file), name))
    return outside if path == ".." or path.startswith("../") else path


def read_attached(root: Path, path: str) -> bytes | TextProblem:
    """Return the bytes of a file that a key names, as they are now.

    Args:
        root: the configuration folder.
        path: below it, as `TextFile.path` gives it.
    """
    base = os.fspath(root)
    found = _located(base, os.path.realpath(base), path, path)
    if isinstance(found, TextProblem):
        return found
    data = read(found, f"'{path}'", MAX_ATTACHED)
    return _missing(base, path, path) if data is None else data


def attached(root: Path, path: str) -> bytes:
    """Return the bytes of such a file.

    Raises:
        OSError: it cannot be read; the text says why, in plain words.
    """
    data = read_attached(root, path)
    if isinstance(data, TextProblem):
        raise OSError(data.message)
    return data


def _located(root: str, real_root: str, path: str, name: str) -> str | TextProblem:
    """Return where the system finds a file below the root."""
    location = os.path.join(root, *path.split("/"))
    try:
        real = os.path.realpath(location, strict=True)
    except (FileNotFoundError, NotADirectoryError):
        return _missing(root, path, name)
    except OSError as error:
        return unreadable(error, f"'{_shown(name)}'")
    if not inside(real, real_root):
        help_ = "copy the file into the folder; nothing outside is read"
        return TextProblem(
            "E004", f"'{name}' is a link that leads outside the configuration folder", help_
        )
    return location


def _read(
    root: str, real_root: str, path: str, name: str, *, attached: bool
) -> TextFile | TextProblem:
    location = _located(root, real_root, path, name)
    if isinstance(location, TextProblem):
        return location
    if attached:
        problem = unfit(location, f"'{name}'", MAX_ATTACHED)
        return problem or TextFile(path, "", _ATTACHED)
    data = read(location, f"'{name}'")
    if data is None:
        return _missing(root, path, name)
    return data if isinstance(data, TextProblem) else _text(path, name, data)


def _elsewhere(root: str, file: str, name: str) -> TextProblem | None:
    """The problem of a path that was written from the root, not from the file that names it."""
    here = posixpath.dirname(file)
    if not here or not os.path.isfile(os.path.join(root, *posixpath.normpath(name).split("/"))):
        return None
    return TextProblem(
        "E007",
        f"there is no file '{name}' beside this file",
        f"a path begins at the file that names it: write {posixpath.relpath(name, here)}",
    )


def _shown(name: str) -> str:
    return name if len(name) <= _SHOWN else f"{name[: _SHOWN - 1]}\u2026"


def _text(path: str, name: str, data: bytes) -> TextFile | TextProblem:
    decoded = decode(data)
    flaw = decoded.flaw or next(unseen(decoded.text), None)
    if flaw is None:
        return TextFile(path, decoded.text, hashlib.sha256(data).hexdigest())
    place = f"'{name}', line {flaw.line}, column {flaw.column}"
    return TextProblem(flaw.code, f"{place}: {flaw.message}", flaw.help)


def _missing(root: str, path: str, name: str) -> TextProblem:
    """Say which part of the path is not there, and what is."""
    *folders, last = path.split("/")
    here = root
    for folder in folders:
        below = os.path.join(here, folder)
        if not os.path.isdir(below):
            message = f"there is no file '{name}', because there is no folder '{folder}'"
            return TextProblem(
                "E007", message, _suggestion(name, folder, _beside(here, folders=True))
            )
        here = below
    beside = _beside(here, folders=False)
    deeper = [
        folder
        for folder in sorted(_beside(here, folders=True))
        if os.path.isfile(os.path.join(here, folder, last))
    ]
    if deeper and nearest(last, beside) is None:
        found = "/".join([*name.split("/")[:-1], deeper[0], last])
        return TextProblem("E007", f"there is no file '{name}'", f"did you mean '{found}'?")
    return TextProblem("E007", f"there is no file '{name}'", _suggestion(name, last, beside))


def _suggestion(name: str, part: str, beside: list[str]) -> str | None:
    """The name as it should have been written."""
    near = nearest(part, beside)
    if near is None:
        return did_you_mean(part, beside, noun="there are")
    parts = [near if item == part else item for item in name.split("/")]
    return f"did you mean '{'/'.join(parts)}'?"


def _beside(folder: str, *, folders: bool) -> list[str]:
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return [
        name
        for name in names
        if name[0] != "."
        and not name.endswith((".yaml", ".yml"))
        and os.path.isdir(os.path.join(folder, name)) == folders
        and name.isprintable()
    ]
