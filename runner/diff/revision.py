"""The configuration folder as it was in a revision of a git repository.

Its files are read from git's own store (https://git-scm.com/docs/git-cat-file) and written to a
folder elsewhere; the working files are not touched, and no filter or hook of the repository runs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

DEFAULT = "agents.d"
"""The folder that is meant where a revision stands alone."""

_SECONDS = 30.0
_LINK = "120000"
_FILES = frozenset({"100644", "100664", "100755"})
_WHOLE = 1024 * 1024
"""Bytes. No file of a folder may be as long; of a longer one only the length counts."""

_TOTAL = 128 * 1024 * 1024
_MOST = 50_000


_LACKS = "the repository lacks a file of this revision"


class RevisionError(Exception):
    """A revision that cannot be read; the text says why, in plain words."""


@dataclass(frozen=True, slots=True)
class _Entry:
    mode: str
    name: str
    size: int
    path: str


def export(spec: str, beside: Path, target: Path) -> None:
    """Write the configuration folder of a revision to an empty folder.

    Args:
        spec: `HEAD~1`, or `HEAD~1:customers.d`; a folder is looked for below `beside`, then below
            the root of the repository.
        beside: a folder of the repository.
        target: where the files go.

    Raises:
        RevisionError: git, the repository, the revision or the folder in it is not there.
        OSError: the files cannot be written.
    """
    revision, colon, folder = spec.partition(":")
    name = folder.rstrip("/") if colon else DEFAULT
    git = _Git(_program(spec), beside)
    tree = _tree(git, revision, name)
    entries = list(_entries(git.output("ls-tree", "-r", "-l", "-z", "--full-tree", tree)))
    whole = [e for e in entries if e.mode in _FILES and e.size < _WHOLE]
    if len(entries) > _MOST or sum(e.size for e in whole) > _TOTAL:
        raise RevisionError(f"'{spec}' holds more files than a configuration folder may")
    contents = _contents(git, [e.name for e in entries if e.mode == _LINK or e in whole])
    for entry in sorted(
        entries, key=lambda e: e.mode == _LINK
    ):  # links last: none is written through
        _write(target / entry.path, entry, contents.get(entry.name))


def known(revision: str, beside: Path) -> bool:
    """Whether a repository that holds the folder `beside` knows this revision."""
    program = shutil.which("git")
    return program is not None and _Git(program, beside).named(f"{revision}^{{commit}}") is not None


def _program(wanted: str) -> str:
    program = shutil.which("git")
    if program is None:
        raise RevisionError(
            f"there is no folder '{wanted}', and without git installed no revision can be read"
        )
    return program


@dataclass(frozen=True, slots=True)
class _Git:
    program: str
    folder: Path

    def run(self, *arguments: str, given: bytes = b"") -> bytes | None:
        """What git answers; None where it fails."""
        quiet = {"GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0"}
        try:
            done = subprocess.run(  # noqa: S603 - no shell; a revision stands behind --end-of-options
                [self.program, *arguments],
                cwd=self.folder,
                input=given,
                capture_output=True,
                check=False,
                env={**os.environ, **quiet},
                timeout=_SECONDS,
            )
        except subprocess.TimeoutExpired as error:
            raise RevisionError(f"git did not answer within {_SECONDS:g} s") from error
        return done.stdout if done.returncode == 0 else None

    def output(self, *arguments: str, given: bytes = b"") -> bytes:
        """What git answers.

        Raises:
            RevisionError: it fails.
        """
        answer = self.run(*arguments, given=given)
        if answer is None:
            raise RevisionError(f"the repository cannot be read: git {arguments[0]} failed")
        return answer

    def named(self, name: str) -> str | None:
        """The id of what a name means; None where it means nothing."""
        answer = self.run("rev-parse", "--verify", "--quiet", "--end-of-options", name)
        return os.fsdecode(answer).strip() if answer else None


def _tree(git: _Git, revision: str, folder: str) -> str:
    if "\0" in revision + folder or git.run("rev-parse", "--git-dir") is None:
        raise RevisionError(
            f"there is no folder '{revision}', and no git repository here that has revisions"
        )
    commit = git.named(f"{revision}^{{commit}}") if revision else None
    if commit is None:
        raise RevisionError(f"there is neither a folder nor a git revision '{revision}'")
    for path in (f"./{folder}", folder):
        tree = git.named(f"{commit}:{path}")
        if tree is not None and git.named(f"{tree}^{{tree}}"):
            return tree
    raise RevisionError(
        f"the revision '{revision}' has no folder '{folder}'; "
        f"write the folder behind a colon, as in {revision}:my-folder"
    )


def _entries(listing: bytes) -> Iterator[_Entry]:
    for line in listing.split(b"\0"):
        head, _, path = line.partition(b"\t")
        mode, kind, name, size = (os.fsdecode(head).split() + [""] * 4)[:4]
        where = PurePosixPath(os.fsdecode(path))
        safe = not where.is_absolute() and not {"..", ".git"} & set(where.parts)
        if kind == "blob" and safe and mode in _FILES | {_LINK}:
            if not size.isdigit():
                raise RevisionError(_LACKS)
            yield _Entry(mode, name, int(size), str(where))


def _contents(git: _Git, names: list[str]) -> dict[str, bytes]:
    """Id → content, as `git cat-file --batch` frames them: a line, the bytes, a line break."""
    if not names:
        return {}
    wanted = "".join(f"{name}\n" for name in dict.fromkeys(names)).encode()
    answer = git.output("cat-file", "--batch", given=wanted)
    contents, at = {}, 0
    while at < len(answer):
        end = answer.index(b"\n", at)
        name, kind, *size = answer[at:end].decode().split()
        if kind != "blob":
            raise RevisionError(_LACKS)
        at = end + 1 + int(size[0]) + 1
        contents[name] = answer[end + 1 : at - 1]
    return contents


def _write(path: Path, entry: _Entry, content: bytes | None) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if entry.mode == _LINK:
        with suppress(FileExistsError):
            path.symlink_to(os.fsdecode(content or b""))
    elif content is None:
        with path.open("wb") as file:
            file.truncate(_WHOLE)
    else:
        path.write_bytes(content)
