"""Lines of files, split when a diagnostic needs them."""

from __future__ import annotations

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
            text = self._data[file].decode("utf-8-sig", "replace")
            self._lines[file] = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        return self._lines[file]

    def __iter__(self) -> Iterator[str]:
        return iter({**self._data, **self._lines})

    def __len__(self) -> int:
        return len({**self._data, **self._lines})
