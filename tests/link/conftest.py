"""Linking a folder of one file."""

from __future__ import annotations

import pytest

from runner.cache import Cache
from runner.compiler import Compiler


@pytest.fixture
def linked(tmp_path):
    """Compile one file, with prompt files beside it and an environment."""
    folder = tmp_path / "folder"
    folder.mkdir()
    cache = Cache(tmp_path / "cache")

    def run(text, prompts=None, env=None):
        for name, prompt in (prompts or {}).items():
            (folder / name).write_text(prompt, encoding="utf-8")
        (folder / "a.yaml").write_text(text, encoding="utf-8")
        return Compiler(folder, env=env or {}, cache=cache).compile()

    return run


@pytest.fixture
def mistakes_in(linked):
    """Compile one file; gives (code, line, message) of all that is said."""

    def run(text, **more):
        return [(d.code, d.span.line, d.message) for d in linked(text, **more).diagnostics]

    return run
