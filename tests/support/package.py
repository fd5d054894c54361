"""Packages of `tests/packages`, installed for a process as an editable install does it."""

from __future__ import annotations

import tomllib
from pathlib import Path

PACKAGES = Path(__file__).parents[1] / "packages"


def installed(name: str, site: Path) -> list[str]:
    """Register a package on an import path; gives what to put in front of `sys.path`."""
    project = tomllib.loads((PACKAGES / name / "pyproject.toml").read_text("utf-8"))["project"]
    info = site / f"{name.replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {project['version']}\n"
    )
    points = (
        f"[{group}]\n" + "".join(f"{each} = {target}\n" for each, target in named.items())
        for group, named in project["entry-points"].items()
    )
    (info / "entry_points.txt").write_text("\n".join(points))
    return [str(site), str(PACKAGES / name)]
