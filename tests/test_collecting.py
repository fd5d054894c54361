"""How often Python looks for garbage: rarely in a command, at its own pace in what serves."""

from __future__ import annotations

import gc
import subprocess
import sys

import pytest

from runner.collecting import RARELY, collect_rarely, collect_usually

pytestmark = pytest.mark.quick

SAYS = """
import gc, sys
import runner.cli
runner.cli.run = lambda: print(gc.get_threshold())
from runner.__main__ import main
main()
"""


def test_a_command_looks_rarely():
    """The command sets its pace before it imports what it needs."""
    done = subprocess.run(
        [sys.executable, "-c", SAYS], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == str(RARELY)


def test_serving_goes_back_to_the_usual_pace():
    """What runs for months looks as often as Python does by itself."""
    before = gc.get_threshold()
    collect_rarely()
    assert gc.get_threshold() == RARELY
    collect_usually()
    assert gc.get_threshold() == before
