"""Reading the definitions of one file."""

from __future__ import annotations

import pytest

from runner.schema.reading.load import load
from runner.syntax import parse


@pytest.fixture
def mistakes_in():
    """What is said of a text: (code, line, message, help)."""

    def run(text, env=None):
        diagnostics = load(parse("a.yaml", text.encode()), env or {}).diagnostics
        return [(d.code, d.span.line, d.message, d.help) for d in diagnostics]

    return run
