"""Packages made up in a temporary folder, found as installed ones are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from support.site import Site

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """An empty folder of packages."""
    return Site(tmp_path / "site")


class MemoryCache:
    """The cache that `checks` asks for, in a dict."""

    def __init__(self) -> None:
        """Begin empty."""
        self.kept: dict[tuple[str, str], object] = {}

    def __len__(self) -> int:
        """How many answers are kept; an empty cache is a cache all the same."""
        return len(self.kept)

    def get(self, namespace: str, key: str) -> object | None:
        """What is kept."""
        return self.kept.get((namespace, key))

    def put(self, namespace: str, key: str, value: object) -> None:
        """Keep it."""
        self.kept[namespace, key] = value


@pytest.fixture
def cache() -> MemoryCache:
    """An empty cache."""
    return MemoryCache()


@pytest.fixture
def source() -> Callable[..., str]:
    """The source of a plugin with some options and a line that runs when it is imported."""

    def write(options: str = "phrase: str = 'hello'", at_import: str = "") -> str:
        return (
            "import pydantic, enum, typing, datetime\n"
            "from runner.plugin import Plugin\n"
            f"{at_import}\n"
            "class Options(pydantic.BaseModel):\n"
            + "".join(f"    {line}\n" for line in options.splitlines())
            + "plugin = Plugin(options=Options, build=lambda options: options)\n"
        )

    return write
