"""Packages made up in a temporary folder, found as installed ones are."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from runner.providers.catalogue import Catalogue


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
