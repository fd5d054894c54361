"""Which tests are quick, slow or live, by folder and module; told to pytest as markers."""

from __future__ import annotations

import gc
import logging
import os
import sys
import traceback
from collections.abc import Generator, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from support.alone import Turns, alone
from support.warm import Commands

from runner.cli.log import LOGGERS

HERE = Path(__file__).parent

LIVE = frozenset({"live"})
"""Folders whose tests want a real LiveKit server, or a browser with a microphone."""

QUICK = frozenset(
    {
        "cli/test_talk_words", "cli/test_tool_import", "contacts",
        "delivery", "demo/test_service", "diagnostics", "diff", "egress", "external",
        "front/test_openapi", "front/test_routes", "knowledge", "link", "masking", "patterns",
        "picture",
        "plugin", "plugins/test_script_context", "plugins/test_script_rules",
        "plugins/test_script_words", "promptfoo/test_files", "providers", "records/test_spool",
        "schema",
        "serve/test_calls", "serve/test_control", "serve/test_credentials", "serve/test_log",
        "serve/test_metrics", "session/test_conversion", "session/test_parameters",
        "session/test_variables", "session/test_templates", "source", "syntax", "template",
        "testing", "texts",
        "test_cache", "test_checked", "test_markers", "test_tables",
    }
)  # fmt: skip
"""Folders and modules that together say in a minute whether a change broke something."""

SLOW = frozenset(
    {
        "cli/test_chat_with_livekit_plugin", "cli/test_chat_with_reload", "diff/test_compare",
        "egress/test_mcp", "egress/test_misbehaviour", "testing/test_audio",
        "testing/test_examples", "testing/test_library", "testing/test_mistakes",
        "testing/test_record", "testing/test_run", "testing/test_scenarios",
        "front/test_page", "front/test_page_agents", "front/test_page_calls",
        "front/test_page_figures", "front/test_page_for_all", "front/test_widget",
        "plugins/test_packages", "promptfoo/test_real",
        "providers/test_checks",
        "serve/test_forkserver", "serve/test_fuzz_reload", "serve/test_save_styles",
        "session/test_next_turn_keys", "session/test_next_turn_voice", "session/test_voice",
        "syntax/test_mutations", "template/test_bounds", "template/test_properties", "test_docs",
    }
)  # fmt: skip
"""Modules that take more than ten seconds of a processor; none of them is quick."""

MARKERS = {"live": LIVE, "slow": SLOW, "quick": QUICK}

LEVELS = {name: logging.getLogger(name).level for name in ("", "lkrun", "lkrun.front", *LOGGERS)}
"""How much is logged before any test has run."""

TURNS = pytest.StashKey[Turns]()
COMMANDS = pytest.StashKey[Commands]()


def pytest_configure(config: pytest.Config) -> None:
    """Compile once what is imported, wherever this machine is told to keep nothing compiled.

    Else each of a thousand processes that tests start compiles all of the runner anew.
    """
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if sys.version_info < (3, 12):
        _mark_no_columns_in_tracebacks()
    if hasattr(config, "workerinput"):  # one of several processes: they share the folder above
        config.stash[TURNS] = Turns(Path(config.option.basetemp).parent)
        if sys.platform == "linux":
            config.stash[COMMANDS] = Commands()


def _mark_no_columns_in_tracebacks() -> None:
    """Let CPython 3.11 write tracebacks without parsing the lines that they show.

    A task that LiveKit lost is told by whatever collects it, also in the middle of `ast.parse`,
    which raises SystemError where it is entered again: https://github.com/python/cpython/issues/106905.
    """
    traceback._extract_caret_anchors_from_line_segment = lambda _segment: None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Neighbours stay in one process, whose fixtures they share; who has nothing left takes over.

    So the calls with LiveKit's server, which come first and wait most, run beside all others, and
    no process is idle before the end.
    """
    from xdist.scheduler import WorkStealingScheduling  # noqa: PLC0415 - only where it is there

    return WorkStealingScheduling(config, log)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(
    item: pytest.Item, nextitem: pytest.Item | None
) -> Generator[None, object, object]:
    """Have a test that measures run while no other does; waiting for that is none of its time."""
    turns = item.config.stash.get(TURNS, None)
    with turns.of(item, nextitem) if turns is not None else nullcontext():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Iterator[None]:
    """Look for no garbage while ten thousand tests are collected, nor among them afterwards."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()


@pytest.fixture(autouse=True)
def cold(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start each command by itself in tests that are marked so."""
    commands = request.config.stash.get(COMMANDS, None)
    if commands is None or request.node.get_closest_marker("cold") is None:
        yield
        return
    commands.cold = True
    yield
    commands.cold = False


@pytest.fixture(autouse=True)
def own_log_levels() -> Iterator[None]:
    """A command that is run in this process sets how much is logged: for its own test alone.

    What a fixture of many tests has run before is undone too.
    """
    _log_as_at_first()
    yield
    _log_as_at_first()


def _log_as_at_first() -> None:
    for name, level in LEVELS.items():
        logging.getLogger(name).setLevel(level)


def among(places: frozenset[str], module: str) -> bool:
    """Whether a module, such as `diff/test_rows`, is listed by itself or by its folder."""
    return module in places or module.partition("/")[0] in places


def marker_of(module: str) -> str | None:
    """The marker of a module's tests: the first that lists it."""
    return next((name for name, places in MARKERS.items() if among(places, module)), None)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Do not import modules of which no test is wanted: `-m quick` is a minute, not a minute more.

    A module that marks tests by itself says so with its name behind `pytest.mark.`.
    """
    wanted = config.option.markexpr
    if wanted not in MARKERS or collection_path.suffix != ".py":
        return None
    if not collection_path.name.startswith("test_") or not collection_path.is_relative_to(HERE):
        return None
    listed = marker_of(collection_path.relative_to(HERE).with_suffix("").as_posix()) == wanted
    return None if listed or f"pytest.mark.{wanted}" in collection_path.read_text() else True


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give each test the marker of its module; live ones come first, those that are alone last."""
    for item in items:
        name = marker_of(item.path.relative_to(HERE).with_suffix("").as_posix())
        if name is not None:
            item.add_marker(name)
    items.sort(key=lambda item: (alone(item), item.get_closest_marker("live") is None))
