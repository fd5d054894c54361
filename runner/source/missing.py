"""What is said of a file that is named and not there."""

# os.path, as in `texts`
# ruff: noqa: PTH112, PTH113, PTH118, PTH208

from __future__ import annotations

import os

from runner.diagnostics.nearest import did_you_mean, nearest
from runner.source.reading import TextProblem

_BESIDE = "put it into the folder; its path is written from the file that names it"


def missing(root: str, path: str, name: str, *, folders: bool = False) -> TextProblem:
    """Say which part of the path is not there, and what is.

    Args:
        root: the configuration folder.
        path: below it.
        name: as it is written.
        folders: whether a folder would do as well.
    """
    what = "file or folder" if folders else "file"
    *above, last = path.split("/")
    here = root
    for folder in above:
        below = os.path.join(here, folder)
        if not os.path.isdir(below):
            message = f"there is no {what} '{name}', because there is no folder '{folder}'"
            return TextProblem(
                "E007", message, _suggestion(name, folder, _beside(here, folders=True))
            )
        here = below
    beside = _beside(here, folders=False) + (_beside(here, folders=True) if folders else [])
    deeper = [
        folder
        for folder in sorted(_beside(here, folders=True))
        if os.path.isfile(os.path.join(here, folder, last))
    ]
    if deeper and nearest(last, beside) is None:
        deeper_name = "/".join([*name.split("/")[:-1], deeper[0], last])
        return TextProblem("E007", f"there is no {what} '{name}'", f"did you mean '{deeper_name}'?")
    return TextProblem("E007", f"there is no {what} '{name}'", _suggestion(name, last, beside))


def _suggestion(name: str, part: str, beside: list[str]) -> str | None:
    """The name as it should have been written."""
    near = nearest(part, beside)
    if near is None:
        return did_you_mean(part, beside, noun="there are") or _BESIDE
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
