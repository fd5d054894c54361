"""Each example is a complete folder that checks; the one without a key is talked with."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from support.examples import APPS, BY_PHONE, FOLDERS, ROOT

from runner.cache import Cache
from runner.compiler import Compiler
from runner.testing import Folder


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_an_example_checks(folder, tmp_path):
    """There is nothing to say of it."""
    result = Compiler(folder, env={}, cache=Cache(tmp_path)).compile()
    assert result.diagnostics == ()
    assert result.release.agents


@pytest.mark.parametrize(
    "folder",
    [*(ROOT / "examples" / name for name in ("bank", "phone_menu")), *APPS, *BY_PHONE],
    ids=lambda path: path.name,
)
def test_an_example_passes_its_own_tests(folder):
    """What it says of itself is so, without a model and a service."""
    tested = Folder(folder)
    assert tested.tests
    for name in tested.tests:
        tested.check(name)


def test_an_order_grows_and_shrinks(tmp_path):
    """The pizza example keeps its list as the caller changes their mind."""
    env = {**os.environ, "LKRUN_CACHE_DIR": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "runner", "chat", "examples/pizza", "--format", "json"]
    said = "2 diavola\nfunghi\ntake off 1\nthat is all\n"
    done = subprocess.run(
        command, input=said, capture_output=True, text=True, cwd=ROOT, env=env, check=False
    )
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    tools = ("add_dish", "take_off")
    results = [e for e in events if e["type"] == "tool_result" and e["name"] in tools]
    orders = [[line["dish"] for line in json.loads(e["output"])] for e in results]
    assert orders == [["diavola"], ["diavola", "funghi"], ["funghi"]]
    assert events[-1] == {"turn": 4, "type": "end", "persona": "order_taker", "reason": "end_call"}
