"""What was computed from a content once, kept in one file of the user's cache folder.

A cache never fails: without a folder to write to it remembers nothing, and a file that is damaged,
foreign or of another version of lkrun is as good as none.
"""

# os.path: this runs at every start, and pathlib is several times slower
# ruff: noqa: PTH100, PTH105, PTH108, PTH111, PTH116, PTH117, PTH118, PTH120

from __future__ import annotations

import contextlib
import hashlib
import marshal
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner import __version__
from runner.syntax.document import Document

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_BYTES = 32 * 1024 * 1024
"""How large the file may grow; what was not used for longest goes first."""

_MAGIC = b"lkrun-cache-1\n"
_DIGEST = 16
_DAY = 86400
_KEPT_DAYS = 30

_Entry = tuple[int, bytes]
_State = tuple[int, int, int]


def default_folder() -> Path | None:
    """Return `LKRUN_CACHE_DIR`, or `lkrun` in `XDG_CACHE_HOME` or `~/.cache`; None if homeless."""
    if own := os.environ.get("LKRUN_CACHE_DIR"):
        return Path(own)
    base = os.environ.get("XDG_CACHE_HOME") or ""
    if not os.path.isabs(base):  # the XDG base directory specification: a relative path is ignored
        base = os.path.join(os.path.expanduser("~"), ".cache")
    return Path(base, "lkrun") if os.path.isabs(base) else None


class Cache:
    """Values by namespace and key, kept between runs of the same version of lkrun.

    A value is what `marshal` takes: text, bytes, numbers, None, and lists, tuples, sets and dicts
    of such. Each `get` gives a copy of its own. Nothing is written before `flush`. Many processes
    may use one folder at once.
    """

    def __init__(self, folder: Path | None = None, *, max_bytes: int = MAX_BYTES) -> None:
        """Use `folder`, or the user's own cache folder."""
        self._folder = default_folder() if folder is None else folder
        self._max_bytes = max_bytes
        self._table: dict[bytes, _Entry] | None = None
        self._state: _State | None = None
        self._fresh: dict[bytes, _Entry] = {}
        self._today = int(time.time()) // _DAY
        self._lock = threading.Lock()

    def get(self, namespace: str, key: str | bytes) -> Any:
        """Return the value that was put under `key`, or None."""
        name = _name(namespace, key)
        entry = self._fresh.get(name) or self._loaded().get(name)
        if entry is None:
            return None
        try:
            value = marshal.loads(entry[1])  # noqa: S302 - our own, by checksum and owner
        except (EOFError, ValueError, TypeError):
            return None
        if entry[0] != self._today:
            self._fresh[name] = (self._today, entry[1])
        return value

    def put(self, namespace: str, key: str | bytes, value: Any) -> None:
        """Remember `value`.

        Raises:
            ValueError: if `marshal` does not take it.
        """
        self._fresh[_name(namespace, key)] = (self._today, marshal.dumps(value))

    def flush(self) -> None:
        """Write what is new, with what other processes wrote meanwhile."""
        with self._lock:
            if not self._fresh or self._folder is None:
                return
            path = self._path(self._folder)
            if self._state is None or self._state != _state(path):
                self._table = None  # another process wrote, or none yet
            table = _bounded({**self._loaded(), **self._fresh}, self._max_bytes)
            with contextlib.suppress(OSError):
                self._state = _write(path, table)
                _tidy(self._folder, path.name)
            self._table, self._fresh = table, {}

    def _loaded(self) -> dict[bytes, _Entry]:
        if self._table is None:
            self._table = {}
            if self._folder is not None:
                path = self._path(self._folder)
                self._state = _state(path)
                self._table = _load(path)
        return self._table

    def _path(self, folder: Path) -> Path:
        return folder / f"store-{_version()}.bin"


def cached_document(cache: Cache, file: str, digest: str) -> Document | None:
    """Return the document of a content with this digest, as the one of `file`, or None."""
    packed = cache.get("documents", digest)
    if packed is None:
        return None
    try:
        return Document.unpack(file, packed)
    except (TypeError, ValueError):
        return None


def keep_document(cache: Cache, digest: str, document: Document) -> None:
    """Remember the document of a content with this digest."""
    cache.put("documents", digest, document.pack())


def _name(namespace: str, key: str | bytes) -> bytes:
    data = key.encode("utf-8", "surrogatepass") if isinstance(key, str) else key
    return hashlib.blake2b(data, digest_size=_DIGEST, person=namespace.encode()[:16]).digest()


_VERSION: list[str] = []


def _version() -> str:
    """What the values depend on besides their keys: lkrun's version and code, and the Python."""
    if not _VERSION:
        state = hashlib.blake2b(digest_size=8)
        state.update(f"{__version__} {sys.version}".encode())
        for line in sorted(_code(os.path.dirname(os.path.abspath(__file__)))):
            state.update(line.encode("utf-8", "surrogatepass"))
        _VERSION.append(state.hexdigest())
    return _VERSION[0]


def _code(folder: str) -> Iterator[str]:
    """Name, size and time of each module of lkrun: an edited one makes the cache stale."""
    with contextlib.suppress(OSError), os.scandir(folder) as listing:
        for entry in listing:
            if entry.name.endswith(".py"):
                state = entry.stat()
                yield f"{entry.path} {state.st_size} {state.st_mtime_ns}\n"
            elif entry.is_dir() and entry.name != "__pycache__":
                yield from _code(entry.path)


def _load(path: Path) -> dict[bytes, _Entry]:
    """The table of a store; empty for one that is not whole, or that somebody else wrote."""
    try:
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            if state.st_uid not in {getattr(os, "geteuid", lambda: state.st_uid)(), 0}:
                return {}
            data = file.read()
    except OSError:
        return {}
    head = len(_MAGIC) + _DIGEST
    if data[: len(_MAGIC)] != _MAGIC or _checksum(data[head:]) != data[len(_MAGIC) : head]:
        return {}
    try:
        table = marshal.loads(memoryview(data)[head:])  # noqa: S302 - as in get
    except (EOFError, ValueError, TypeError):
        return {}
    return table if isinstance(table, dict) else {}


def _checksum(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=_DIGEST).digest()


def _bounded(table: dict[bytes, _Entry], limit: int) -> dict[bytes, _Entry]:
    """The entries that were used last, as many as the limit takes, oldest first."""
    total = sum(len(blob) for _, blob in table.values())
    if total <= limit:
        return table
    kept: list[tuple[bytes, _Entry]] = []
    oldest_first = sorted(table.items(), key=lambda item: item[1][0])
    size = 0
    for name, entry in reversed(oldest_first):
        if size + len(entry[1]) <= limit:
            size += len(entry[1])
            kept.append((name, entry))
    return dict(reversed(kept))


def _state(path: str | Path) -> _State | None:
    """What is another when somebody wrote the store; None where there is none."""
    try:
        state = os.stat(path)
    except OSError:
        return None
    return state.st_ino, state.st_mtime_ns, state.st_size


def _write(path: Path, table: dict[bytes, _Entry]) -> _State | None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    body = marshal.dumps(table)
    handle, name = tempfile.mkstemp(prefix=".new-", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(_MAGIC + _checksum(body) + body)
        state = _state(name)
        os.replace(name, path)
    except OSError:
        with contextlib.suppress(OSError):
            os.unlink(name)
        raise
    return state


def _tidy(folder: Path, current: str) -> None:
    """Remove stores of other versions, and halves of writes, that nobody touched for a month."""
    oldest = time.time() - _KEPT_DAYS * _DAY
    for entry in os.scandir(folder):
        if entry.name != current and entry.name.startswith(("store-", ".new-")):
            with contextlib.suppress(OSError):
                if entry.stat().st_mtime < oldest:
                    os.unlink(entry.path)
