"""Who may import whom: arrows point one way."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

RUNNER = Path(__file__).parents[1] / "runner"

MAY_IMPORT = {
    "diagnostics": set(),
    "source": {"diagnostics"},
    "syntax": {"diagnostics", "source"},
    "template": set(),
    "plugin": set(),
    "cache": {"syntax"},
    "providers": {"diagnostics", "plugin"},
    "schema": {"diagnostics", "syntax", "template"},
    "link": {"diagnostics", "syntax", "template", "schema", "providers"},
    "compiler": {
        "source", "syntax", "cache", "diagnostics", "link", "providers", "schema", "template",
    },
    "checked": {"source", "cache", "diagnostics", "providers", "compiler"},
    "demo": set(),
    "diff": {"diagnostics", "link", "schema", "template"},
    "egress": {"diagnostics", "demo", "link", "schema", "template"},
    "session": {"egress", "link", "providers", "schema", "template", "diagnostics"},
    "front": {"diagnostics"},
    "serve": {
        "source", "cache", "compiler", "diagnostics", "diff", "egress", "front", "link",
        "providers", "session", "schema", "template",
    },
    "cli": {
        "cache", "checked", "compiler", "diagnostics", "diff", "egress", "link", "providers",
        "serve", "session", "schema", "source", "template",
    },
    "__main__": {"cli"},
}  # fmt: skip
"""Room → the rooms that it may import. `runner` itself (the version) is free to all."""

ONLY_IMPORTERS = {
    "strictyaml": {"syntax"},
    "httpx": {"egress"},
    "jinja2": {"template"},
    "click": {"cli"},
    "livekit": {"session", "providers", "serve", "cli"},
    "aiohttp": {"front", "demo", "serve"},
    "watchfiles": {"serve", "source"},
}
"""Library → the only rooms that import it."""


def rooms():
    return sorted(
        p.stem if p.suffix else p.name
        for p in RUNNER.iterdir()
        if p.name not in ("__init__.py", "py.typed", "__pycache__")
    )


def imports(room):
    paths = (
        [RUNNER / f"{room}.py"]
        if (RUNNER / f"{room}.py").exists()
        else (RUNNER / room).rglob("*.py")
    )
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((path.name, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module == "runner":
                yield from ((path.name, f"runner.{alias.name}") for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                yield path.name, node.module


@pytest.mark.parametrize("room", rooms())
def test_arrows_point_one_way(room):
    """A room imports only the rooms that the table gives it."""
    assert room in MAY_IMPORT, f"'{room}' is not in the table"
    for file, name in imports(room):
        parts = name.split(".")
        if parts[0] == "runner" and len(parts) > 1 and parts[1] not in (room, "__version__"):
            assert parts[1] in MAY_IMPORT[room], f"{room}/{file} imports {name}"


@pytest.mark.parametrize("room", rooms())
def test_libraries_have_one_room(room):
    """A library that belongs to a room is imported there only."""
    for file, name in imports(room):
        owners = ONLY_IMPORTERS.get(name.split(".")[0])
        assert owners is None or room in owners, f"{room}/{file} imports {name}"


def test_the_table_has_no_cycle():
    """Following the table from any room never comes back to it."""

    def reach(room, seen=()):
        for other in MAY_IMPORT[room]:
            assert other not in (*seen, room), f"{room} → {other} closes a circle"
            reach(other, (*seen, room))

    for room in MAY_IMPORT:
        reach(room)


@pytest.mark.parametrize(
    "verb",
    [
        ["check", "agents.d"],
        ["diff", "agents.d", "agents.d"],
        ["schema"],
        ["explain", "E101"],
        ["graph", "agents.d"],
        ["releases", "agents.d"],
    ],
)
def test_checking_never_imports_livekit(verb, tmp_path):
    """`check`, `diff`, `schema`, `explain`, `graph` and `releases` do not import livekit."""
    code = (
        "import sys; from runner.cli.main import lkrun\n"
        f"lkrun.main({verb!r}, standalone_mode=False)\n"
        "heavy = {'livekit.agents', 'httpx', 'aiohttp', 'openai'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=RUNNER.parent,
        capture_output=True,
        text=True,
        check=False,
        env={"PATH": "", "LKRUN_CACHE_DIR": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
