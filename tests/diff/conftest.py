"""Releases to compare."""

from __future__ import annotations

import pytest
from support import golden

from runner.cache import Cache
from runner.diff import Side, diff


@pytest.fixture(scope="session")
def compile_files(tmp_path_factory):
    """Compile files (name → text); gives a side, as `lkrun diff` takes it."""
    cache = Cache(tmp_path_factory.mktemp("cache"))

    def run(files):
        folder = tmp_path_factory.mktemp("folder")
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        result = golden.compiled(folder, cache)
        assert result.release is not None, golden.output(list(result.diagnostics), result)
        resting = {s.name for s in result.scopes} - result.release.agents.keys()
        return Side(result.release, frozenset(resting))

    return run


@pytest.fixture(scope="session")
def sentences(compile_files):
    """Give the sentences about two texts of one file, without indentation of their own."""

    def run(old, new):
        return [
            c.sentence for c in diff(compile_files({"a.yaml": old}), compile_files({"a.yaml": new}))
        ]

    return run
