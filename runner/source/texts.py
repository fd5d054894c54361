"""The files that YAML keys name: prompts and other texts."""

# os.path: a thousand files are looked at every two seconds, and pathlib is slow
# ruff: noqa: PTH112, PTH113, PTH118

from __future__ import annotations

import hashlib
import os
import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

from runner.late_pattern import late
from runner.source.documents import read_documents
from runner.source.missing import missing
from runner.source.reading import TextProblem, read, unfit, unreadable
from runner.source.soundfile import sound_of
from runner.source.tablefile import table_of
from runner.source.textfile import TextFile, text_of
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
        documents: whether it is a document, or a folder of documents.
        sound: whether it is a sound.
        table: whether it is a table, as spreadsheets save it.
    """

    file: str
    name: str
    attached: bool = False
    documents: bool = False
    sound: bool = False
    table: bool = False


MAX_ATTACHED = 5 * 1024 * 1024
"""How many bytes a file may have that is sent to a service."""

_ABSOLUTE = late(r"[/~\\]|[A-Za-z]:[/\\]|[A-Za-z]{2,}://")
_SHOWN = 60
_ATTACHED = "attached"


def read_texts(root: Path, requests: Iterable[Request]) -> tuple[TextFile | TextProblem, ...]:
    """Return what each request names, or what is wrong with it, in the order asked.

    A name is looked up from the folder of the file that names it, and never leaves `root`.
    """
    base = os.fspath(root)
    real_root = os.path.realpath(base)
    known: dict[tuple[str, bool, bool, bool], TextFile | TextProblem] = {}
    answers: list[TextFile | TextProblem] = []
    for file, name, attached, documents, sound, table in requests:
        such_as = "knowledge/house.md" if documents else "sounds/bell.wav" if sound else ""
        such_as = "contacts/recall.csv" if table else such_as
        path = resolve(file, name, such_as or "prompts/desk.md")
        if isinstance(path, TextProblem):
            answers.append(path)
            continue
        if documents:
            found = _documents(base, real_root, path, file, name)
            answers.append(_instead(found, name, such_as, table=False))
            continue
        answer = known.get((path, attached, sound, table))
        if answer is None or isinstance(answer, TextProblem):  # a problem shows the name as written
            answer = (
                _sound(base, real_root, path, name)
                if sound
                else _table(base, real_root, path, name)
                if table
                else _read(base, real_root, path, name, attached=attached)
            )
            known[path, attached, sound, table] = answer
            if isinstance(answer, TextProblem) and answer.code == "E007":
                answer = _elsewhere(base, file, name) or answer
        answers.append(_instead(answer, name, such_as, table=table))
    return tuple(answers)


def _instead(
    answer: TextFile | TextProblem, name: str, such_as: str, *, table: bool
) -> TextFile | TextProblem:
    """What to write where no file is named, but what should stand in it; or several are."""
    if not isinstance(answer, TextProblem) or answer.code != "E007":
        return answer
    such_as, words = such_as or "prompts/desk.md", name.split()
    if table and _PHONE.fullmatch(name.strip()):
        message = f"'{_shown(name)}' is a phone number, where the name of a file belongs"
        hint = (
            f"write a file such as {such_as}: phone in its first line, and a number in each line "
            "below"
        )
        return TextProblem("E007", message, hint)
    if len(words) > 1 and (words[-1][-1] in ".!?" or (len(words) > _LONGEST and "." not in name)):
        message = "a text stands here, where the name of a file belongs"
        return TextProblem("E007", message, f"write the text into a file such as {such_as}")
    if re.search(r"[,;] ?\S", name) and not table:
        first = re.split("[,;]", name)[0].strip()
        message = f"there is no file '{_shown(name)}'"
        return TextProblem("E007", message, f"write each on a line of its own: - {first}")
    return answer


_PHONE = re.compile(r"\+?\d[\d\s()/.-]{5,}")
_LONGEST = 6
"""Words of the name of a file."""


def resolve(file: str, name: str, such_as: str = "prompts/desk.md") -> str | TextProblem:
    """Return the path below the root that `name` means in `file`."""
    own = re.split(r"[/\\]", name.strip())[-1]
    if re.fullmatch(r"[\w-]+\.[a-z]{2,4}", own) and "://" not in name:
        such_as = own
    outside = TextProblem(
        "E004",
        f"'{_shown(name)}' lies outside the configuration folder",
        f"put the file into the folder and write its path from this file, such as {such_as}",
    )
    if name.lstrip().startswith("-----BEGIN"):
        hint = "put it into a file beside this one and write its name, or write {{ secrets.NAME }}"
        return TextProblem("E007", "a certificate or key stands here as text", hint)
    if not name.strip() or any(char < " " for char in name):
        return TextProblem(
            "E007", "this is not the name of a file", f"write a path such as {such_as}"
        )
    if re.match(r"https?://", name.strip(), re.IGNORECASE):
        message = f"'{_shown(name)}' is an address, where the name of a file belongs"
        hint = f"save what is there in a file, and write its path from this file, such as {such_as}"
        return TextProblem("E004", message, hint)
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
    location = _located(base, os.path.realpath(base), path, path)
    if isinstance(location, TextProblem):
        return location
    data = read(location, f"'{path}'", MAX_ATTACHED)
    return missing(base, path, path) if data is None else data


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
        return missing(root, path, name)
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
        return missing(root, path, name)
    return data if isinstance(data, TextProblem) else text_of(path, name, data)


def _sound(root: str, real_root: str, path: str, name: str) -> TextFile | TextProblem:
    location = _located(root, real_root, path, name)
    if isinstance(location, TextProblem):
        return location
    return sound_of(location, path, name) or missing(root, path, name)


def _table(root: str, real_root: str, path: str, name: str) -> TextFile | TextProblem:
    location = _located(root, real_root, path, name)
    if isinstance(location, TextProblem):
        return location
    return table_of(location, path, name) or missing(root, path, name)


def read_table(root: Path, path: str) -> TextFile | TextProblem:
    """Return a table that a key names, as it is now.

    Args:
        root: the configuration folder.
        path: below it, as `TextFile.path` gives it.
    """
    base = os.fspath(root)
    return _table(base, os.path.realpath(base), path, path)


def _documents(
    root: str, real_root: str, path: str, file: str, name: str
) -> TextFile | TextProblem:
    """Return the documents that a name means: one, or those of a folder."""
    documents = read_documents(root, real_root, path, _shown(name))
    if documents is None:
        return _elsewhere(root, file, name) or missing(root, path, _shown(name), folders=True)
    if isinstance(documents, TextProblem):
        return documents
    whole = hashlib.sha256("\0".join(documents.left_out).encode("utf-8", "surrogateescape"))
    for each in documents.documents:
        whole.update(f"{each.path}\0{each.digest}\0".encode())
    return TextFile(
        path,
        "",
        whole.hexdigest(),
        tuple(documents.documents),
        tuple(documents.folders),
        tuple(documents.left_out),
    )


def _elsewhere(root: str, file: str, name: str) -> TextProblem | None:
    """The problem of a path that was written from the root, not from the file that names it."""
    here = posixpath.dirname(file)
    place = os.path.join(root, *posixpath.normpath(name).split("/"))
    if not here or not (os.path.isfile(place) or os.path.isdir(place)):
        return None
    what = "file" if os.path.isfile(place) else "folder"
    return TextProblem(
        "E007",
        f"there is no {what} '{name}' beside this file",
        f"a path begins at the file that names it: write {posixpath.relpath(name, here)}",
    )


def _shown(name: str) -> str:
    return name if len(name) <= _SHOWN else f"{name[: _SHOWN - 1]}\u2026"
