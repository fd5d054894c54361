"""Running the command as a person does."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MEASURED = {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
"""What coverage needs to measure the processes that tests start."""


@pytest.fixture
def lkrun(tmp_path):
    """Run `lkrun` in a process of its own; gives the finished process."""

    def run(*arguments, stdin="", cwd=ROOT, env=None):
        surroundings = {
            "PATH": os.environ["PATH"],
            "HOME": str(tmp_path),
            "LKRUN_CACHE_DIR": str(tmp_path / "cache"),
            "PYTHONPATH": str(ROOT),
            **MEASURED,
            **(env or {}),
        }
        return subprocess.run(
            [sys.executable, "-m", "runner", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=cwd,
            env=surroundings,
            timeout=50,
            check=False,
        )

    return run


@pytest.fixture
def folder(tmp_path):
    """An empty configuration folder."""
    path = tmp_path / "agents.d"
    path.mkdir()
    return path
