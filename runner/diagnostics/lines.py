"""Lines of files, split when a diagnostic needs them."""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping


class Lines(Mapping[str, list[str]]):
    """File → its lines, as a person counts them: a carriage return, alone or not, ends a line."""

    def __init__(self, data: Mapping[str, bytes]) -> None:
        """Take the bytes of YAML files."""
        self._data = data
        self._lines: dict[str, list[str]] = {}

    def add(self, file: str, text: str) -> None:
        """Add a file that has been decoded already."""
        self._lines[file] = text.split("\n")

    def __getitem__(self, file: str) -> list[str]:
        if file not in self._lines:
            text = _text(self._data[file])
            self._lines[file] = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return self._lines[file]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._data, **self._lines})

    def __len__(self) -> int:
        return len({**self._data, **self._lines})


def _text(data: bytes) -> str:
    """The text as its author sees it, also where it is not UTF-8 (which is told as a mistake)."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")
