"""The lists of quick, slow and live tests are true of the tests that there are."""

from __future__ import annotations

from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
ROOMS = sorted(
    path.name
    for path in (TESTS.parent / "runner").iterdir()
    if path.is_dir() and any(path.rglob("*.py"))
)
MODULES = [path.relative_to(TESTS).with_suffix("").as_posix() for path in TESTS.rglob("test_*.py")]


@pytest.fixture(scope="module")
def lists():
    """The module that holds them."""
    spec = spec_from_file_location("lists_of_markers", TESTS / "conftest.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_what_is_listed_is_there(lists):
    """Each entry is a folder with tests, or a module."""
    there = {*MODULES, *(module.partition("/")[0] for module in MODULES)}
    for name, places in lists.MARKERS.items():
        assert places - there == set(), name


@pytest.mark.parametrize("room", ROOMS)
def test_each_room_has_quick_tests(lists, room):
    """`make quick` says something of each room of the code."""
    of_room = [module for module in MODULES if module.startswith(f"{room}/")]
    assert any(lists.marker_of(module) == "quick" for module in of_room)


def test_what_is_slow_is_not_quick(lists):
    """A slow module in a quick folder is slow; whatever stands in `live` is live."""
    assert lists.marker_of("diff/test_compare") == "slow"
    assert lists.marker_of("diff/test_rows") == "quick"
    assert lists.marker_of("live/test_many") == "live"
    assert lists.marker_of("serve/test_sweeper") is None
