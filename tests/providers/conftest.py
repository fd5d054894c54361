"""Packages made up in a temporary folder, found as installed ones are."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from runner.providers.catalogue import Catalogue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass
class Site:
    """An import path of its own in front of this interpreter's."""

    folder: Path

    def install(
        self, package: str, version: str = "1.0", *, entry_points: str = "", **modules: str
    ) -> Path:
        """Put a package there: its metadata, and modules as name (`a__b` for a.b) → source."""
        info = self.folder / f"{package.replace('-', '_')}-{version}.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n"
        )
        if entry_points:
            (info / "entry_points.txt").write_text(entry_points)
        for name, source in modules.items():
            file = self.folder / (name.replace("__", "/") + ".py")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(source)
        return info

    def plugin(self, name: str, source: str, kind: str = "llm", package: str = "") -> None:
        """Put a plugin of lkrun's API there, in a module of its own."""
        module = f"made_up_{name}"
        points = f"[lkrun.{kind}]\n{name} = {module}:plugin\n"
        self.install(package or f"lkrun-{name}", entry_points=points, **{module: source})

    def livekit(self, name: str, source: str) -> None:
        """Put a LiveKit plugin there."""
        folder = self.folder / "livekit" / "plugins" / name
        folder.mkdir(parents=True)
        self.install(f"livekit-plugins-{name}")
        (folder / "__init__.py").write_text(source)

    @property
    def catalogue(self) -> Catalogue:
        """What is installed with this path in front."""
        return Catalogue([str(self.folder), *sys.path])


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
