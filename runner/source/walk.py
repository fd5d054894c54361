"""The files that the configuration folder declares, without reading them."""

# os.path: a thousand files are looked at every two seconds, and pathlib is slow
# ruff: noqa: PTH112, PTH120

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.source.naming import SUFFIXES, misnamed, showable, shown, unnamed
from runner.source.reading import TextProblem, not_a_file, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A YAML file, or what is wrong with a file or folder.

    Attributes:
        path: relative to the root, with `/`; escaped where it could not be shown.
        location: where the system finds it.
    """

    path: str
    location: str
    problem: TextProblem | None = None


def walk(root: str) -> Iterator[FoundFile]:
    """Yield every YAML file below `root`, at any depth and through links that stay inside.

    A folder that several links lead to is entered once, which keeps links from multiplying. Where
    there is nothing at all, a file that holds agents under another name is a problem.
    """
    empty = True
    for each in _walk(root):
        empty = False
        yield each
    if empty:
        for entry in _listed(root):
            problem = unnamed(entry.path, entry.name)
            if problem is not None:
                yield FoundFile(shown(entry.name), entry.path, problem)


def _listed(root: str) -> list[os.DirEntry[str]]:
    entries = _entries(root)
    return entries if isinstance(entries, list) else []


def _walk(root: str) -> Iterator[FoundFile]:
    real_root = os.path.realpath(root)
    entered = {real_root}
    linked: list[tuple[str, str]] = []
    folders = [("", root)]
    while folders or linked:
        # real folders first: a link to one of them adds nothing
        path, location = folders.pop() if folders else linked.pop(0)
        real = os.path.realpath(location)
        if path and real in entered and location != real:
            continue
        entered.add(real)
        entries = _entries(location)
        if entries is None and not path:
            entries = TextProblem("E001", "there is no such folder")
        if isinstance(entries, TextProblem):
            yield FoundFile(path or ".", location, entries)
            continue
        for entry in entries or ():
            below = f"{path}/{entry.name}" if path else entry.name
            each = _look(entry, below, real_root)
            if isinstance(each, FoundFile):
                yield each
            elif each == "folder":
                folders.append((below, entry.path))
            elif each == "link":
                linked.append((below, entry.path))


def inside(real: str, real_root: str) -> bool:
    """Return whether a resolved path lies in the resolved root."""
    return real == real_root or real.startswith(real_root.rstrip(os.sep) + os.sep)


def _entries(location: str) -> list[os.DirEntry[str]] | TextProblem | None:
    try:
        with os.scandir(location) as listing:
            return sorted(listing, key=lambda entry: entry.name)
    except FileNotFoundError:
        return None  # it went away since it was listed
    except NotADirectoryError:
        return TextProblem(
            "E001", "this is not a folder", "name the folder that holds the YAML files"
        )
    except OSError as error:
        return unreadable(error)


def _look(entry: os.DirEntry[str], path: str, real_root: str) -> FoundFile | str | None:
    """What an entry is: a file, a problem, `folder`, `link` (to a folder), or nothing of ours."""
    if entry.name[0] in "._":
        return None
    yaml = entry.name.endswith(SUFFIXES)
    try:
        linked = entry.is_symlink()
        problem = _link_problem(entry.path, real_root) if linked else None
        folder = entry.is_dir()
    except OSError as error:
        return FoundFile(shown(path), entry.path, unreadable(error)) if yaml else None
    if not yaml and not folder:
        odd = misnamed(entry.path, entry.name)
        return FoundFile(shown(path), entry.path, odd) if odd else None
    if problem is None and not showable(entry.name):
        problem = _BAD_NAME
    if problem is None and yaml and folder:
        problem = not_a_file(entry.path)
    if problem is not None or yaml:
        return FoundFile(shown(path), entry.path, problem)
    return "link" if linked else "folder"


def _link_problem(location: str, real_root: str) -> TextProblem | None:
    try:
        real = os.path.realpath(location, strict=True)
    except FileNotFoundError:
        return TextProblem(
            "E003", "this is a link that leads nowhere", "remove the link, or let it lead to a file"
        )
    except OSError as error:
        return unreadable(error)
    if not inside(real, real_root):
        help_ = "copy the file into the folder; nothing outside is read"
        return TextProblem(
            "E004", "this is a link that leads outside the configuration folder", help_
        )
    here = os.path.realpath(os.path.dirname(location))
    if os.path.isdir(real) and inside(here, real):
        return TextProblem("E003", "this is a link that leads in a circle", "remove the link")
    return None


_BAD_NAME = TextProblem(
    "E005",
    "this name holds characters that are not UTF-8 or cannot be seen",
    "rename it; letters, digits, '-', '_' and '.' are safe",
)
