"""Who may import whom: arrows point one way."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path

import pytest

RUNNER = Path(__file__).parents[1] / "runner"

MAY_IMPORT = {
    "diagnostics": set(),
    "source": {"diagnostics", "late_pattern"},
    "syntax": {"diagnostics", "late_pattern", "source"},
    "template": {"late_pattern"},
    "environment": set(),
    "child_environment": set(),
    "provider_kinds": set(),
    "addresses": set(),
    "masking": {"late_pattern"},
    "moments": set(),
    "secret": set(),
    "collecting": set(),
    "recording": {"link"},
    "late_pattern": set(),
    "patterns": set(),
    "texts": set(),
    "promptfoo": set(),
    "picture": {"diagnostics", "link"},
    "plugin": {"patterns", "provider_kinds"},
    "cache": {"syntax"},
    "providers": {
        "child_environment", "collecting", "diagnostics", "late_pattern", "plugin",
        "provider_kinds", "secret",
    },
    "schema": {
        "diagnostics", "late_pattern", "masking", "patterns", "provider_kinds", "syntax",
        "template", "texts",
    },
    "contacts": {"schema"},
    "link": {
        "addresses", "contacts", "diagnostics", "late_pattern", "provider_kinds", "providers",
        "schema", "syntax", "template", "texts",
    },
    "consequences": {"diagnostics", "late_pattern", "schema"},
    "compiler": {
        "consequences", "source", "syntax", "cache", "diagnostics", "link", "providers", "schema",
        "template",
    },
    "checked": {"source", "cache", "diagnostics", "providers", "compiler"},
    "demo": set(),
    "external": {"secret"},
    "knowledge": set(),
    "diff": {"diagnostics", "link", "provider_kinds", "schema", "template"},
    "egress": {
        "addresses", "diagnostics", "demo", "knowledge", "link", "schema", "secret", "template",
    },
    "delivery": {"egress", "link", "schema", "template"},
    "records": {"delivery", "masking", "moments", "secret", "template"},
    "session": {
        "egress", "link", "patterns", "provider_kinds", "providers", "schema", "template",
        "diagnostics", "secret", "texts",
    },
    "testing": {
        "addresses", "collecting", "compiler", "delivery", "diagnostics", "egress", "link",
        "patterns", "providers", "recording", "schema", "secret", "session", "template", "texts",
    },
    "front": {"diagnostics", "moments", "secret"},
    "serve": {
        "source", "cache", "child_environment", "collecting", "compiler", "contacts", "delivery",
        "diagnostics", "moments", "diff", "egress", "external", "front", "link", "masking",
        "picture", "provider_kinds", "providers",
        "recording", "records", "secret", "session", "schema", "template", "testing", "texts",
    },
    "cli": {
        "moments", "provider_kinds",
        "cache", "checked", "compiler", "delivery", "diagnostics", "diff", "egress", "link",
        "picture", "promptfoo",
        "providers", "recording", "records", "secret", "serve", "session", "schema", "source",
        "template", "testing",
    },
    "__main__": {"cli", "collecting"},
}  # fmt: skip
"""Room → the rooms that it may import. `runner` itself (the version) is free to all."""

ONLY_IMPORTERS = {
    "strictyaml": {"syntax"},
    "httpx": {"egress"},
    "jinja2": {"template"},
    "babel": {"template"},
    "re2": {"patterns"},
    "bm25s": {"knowledge"},
    "sqlalchemy": {"records"},
    "alembic": {"records"},
    "jwt": {"front"},
    "py3langid": {"session"},
    "click": {"cli"},
    "segno": {"serve"},
    "mcp": {"egress"},
    "httpx2": {"egress"},
    "opentelemetry": {"session"},
    "livekit": {"egress", "plugin", "session", "testing", "providers", "serve", "cli"},
    "aiohttp": {"front", "demo", "serve"},
    "watchfiles": {"serve", "source"},
}
"""Library → the only rooms that import it."""

DOORS = {
    ("serve", "session"): "runner.serve.child",
    ("serve", "providers"): "runner.serve.child",
    ("serve", "plugin"): "runner.serve.child",
    ("serve", "testing"): "runner.serve.child",
}
"""Room and what it imports → the only one of its folders that does."""


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


@cache
def modules():
    """Module → its file, and the modules of the runner that it imports, for types alone too."""
    files = {name_of(path): path for path in RUNNER.rglob("*.py")}
    return {name: (path, imported(path, files) - {name}) for name, path in files.items()}


def name_of(path):
    parts = path.relative_to(RUNNER.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported(path, files):
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{path} imports by a relative name"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            names |= inner & files.keys() or {node.module}
    return names & files.keys()


def reached(arrows, start):
    """All that can be reached along the arrows."""
    reached, edge = set(), {start}
    while edge:
        edge = {there for here in edge for there in arrows[here]} - reached
        reached |= edge
    return reached


def circles(arrows):
    """The groups of those that reach themselves and each other."""
    reach = {name: reached(arrows, name) for name in arrows}
    return {
        frozenset(other for other in reach[name] if name in reach[other])
        for name in arrows
        if name in reach[name]
    }


def test_no_file_imports_itself_by_way_of_others():
    """There is no circle of files, imports for types alone included."""
    assert not circles({name: others for name, (_, others) in modules().items()})


def test_a_circle_is_found():
    """Those who reach each other are one circle; those who only lead there are in none."""
    arrows = {"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}
    assert circles(arrows) == {frozenset("bc")}


@pytest.mark.parametrize("room", [r for r in rooms() if (RUNNER / r).is_dir()])
def test_folders_of_a_room_point_one_way(room):
    """Of two folders of a room, at most one imports the other, by whatever way."""
    arrows = defaultdict(set)
    for path, others in modules().values():
        here = path.parent
        there = {modules()[other][0].parent for other in others}
        arrows[here] |= {f for f in there if f != here and f.parent == here.parent}
    inner = {p: others for p, others in arrows.items() if p.parent == RUNNER / room}
    assert circles(inner) == set()


@pytest.mark.parametrize(("room", "other"), DOORS)
def test_a_room_has_one_door(room, other):
    """What only one folder of a room may import, no other file of the room does."""
    rooms = {
        name: {o.split(".")[1] for o in others if o.count(".")}
        for name, (_, others) in modules().items()
        if name.split(".")[1:2] == [room]
    }
    through = {name for name, reached in rooms.items() if other in reached}
    door = DOORS[room, other]
    assert {name for name in through if not f"{name}.".startswith(f"{door}.")} == set()


def test_the_main_process_holds_no_session():
    """`lkrun serve` with LiveKit has loaded no session and no provider's package."""
    code = (
        "import sys; import runner.serve.run\n"
        "import runner.serve.workers.registrations, runner.serve.workers.lost_dispatches\n"
        "rooms = ('runner.session', 'runner.providers.build', 'livekit.plugins')\n"
        "print(*(m for m in sys.modules if m.startswith(rooms)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=RUNNER.parent,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == []


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
        "heavy = {'livekit.agents', 'httpx', 'aiohttp', 'openai', 'sqlalchemy', 'alembic'}\n"
        "heavy &= set(sys.modules)\n"
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
