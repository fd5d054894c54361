"""Whatever shape a value has, its file is read to the end, and each mistake has a place in it."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest
from support.shapes import reshaped

from runner.compiler import Compiler

GOOD = sorted((Path(__file__).parents[1] / "good").glob("*.yaml"))
TRIES = 3


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.stem)
def test_a_value_of_another_shape_is_told(path, tmp_path):
    """A list for a block, a block for a text, nothing at all, a key in another block."""
    text, random = path.read_text("utf-8"), Random(path.stem)  # noqa: S311 - the same in each run
    for number in range(TRIES):
        (tmp_path / "agents.yaml").write_text(reshaped(text, random), "utf-8")
        compiled = Compiler(tmp_path, env={}).compile()
        assert all(d.span.line >= 1 and d.message for d in compiled.diagnostics), number
