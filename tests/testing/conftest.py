"""A folder whose tests are run."""

from __future__ import annotations

import json
import textwrap

import pytest
from click.testing import CliRunner
from support.tested_folder import AGENTS

from runner.cli.main import lkrun


class Ran:
    """What a run of `lkrun test` said."""

    def __init__(self, done, tests):
        self.code, self.out, self.tests = done.return_value, done.stdout, tests

    @property
    def data(self):
        """The document of `--format json`."""
        return json.loads(self.out)

    @property
    def failures(self):
        """Checks that failed: (step, check, message)."""
        return [
            (f["step"], f["check"], f["message"]) for t in self.data["tests"] for f in t["failures"]
        ]


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Run the tests of a folder; without a word of options as JSON."""
    monkeypatch.setenv("LKRUN_CACHE_DIR", str(tmp_path / "cache"))
    folder = tmp_path / "agents.d"
    folder.mkdir()
    (folder / "agents.yaml").write_text(AGENTS, encoding="utf-8")

    def run(tests, *options, files=None):
        (folder / "tests.yaml").write_text(textwrap.dedent(tests), encoding="utf-8")
        for name, text in (files or {}).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        words = options or ("--format", "json")
        done = CliRunner().invoke(lkrun, ["test", str(folder), *words], standalone_mode=False)
        assert done.exception is None, done.exception
        return Ran(done, textwrap.dedent(tests))

    return run
