"""A plugin that was written from docs/plugins.md and `lkrun new plugin` alone."""

from __future__ import annotations

import importlib
import sys

import pytest
from support.package import PACKAGES, installed

from runner.plugin.testing import TTSSuite
from runner.providers.catalogue import Catalogue
from runner.providers.checks import OptionChecker
from runner.providers.listing import rows, shown
from runner.providers.problems import OptionRequest

SOURCE = PACKAGES / "lkrun-morse" / "lkrun_morse" / "__init__.py"
sys.path.append(str(SOURCE.parents[1]))
morse = importlib.import_module("lkrun_morse")
sys.path.remove(str(SOURCE.parents[1]))


class TestMorse(TTSSuite):
    """What a call will ask of it."""

    def make(self):
        """A fast one: the suite has long texts."""
        return morse.plugin.build(morse.Options(speed=60))


@pytest.fixture(scope="module")
def checker(tmp_path_factory):
    """The package, as it is found once it is installed."""
    paths = installed("lkrun-morse", tmp_path_factory.mktemp("site"))
    return OptionChecker(Catalogue([*paths, *sys.path]))


def test_it_is_short():
    """Sixty lines are enough for a voice."""
    assert len(SOURCE.read_text("utf-8").splitlines()) <= 60


def test_its_options_are_checked_and_shown(checker):
    """Its options are told as those of lkrun's own plugins are, and so are mistakes in them."""
    (row,) = rows(checker, ["morse"])
    document = shown(row, checker)
    assert (row.distribution, row.version, row.problem) == ("lkrun-morse", "1.2.3", None)
    assert [option["type"] for option in document["options"]] == [
        "a whole number, 5 to 60", "a whole number, 200 to 2000",
    ]  # fmt: skip
    (problems,) = checker.check([OptionRequest("tts", "morse", {"speed": "90", "pich": "300"})])
    assert {(p.message, p.help) for p in problems} == {
        ("'90' must be at most 60", None),
        ("tts 'morse' has no option 'pich'", "did you mean 'pitch'?"),
    }
