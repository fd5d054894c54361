"""The page of LiveKit's plugins is held against those that are installed."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "docs" / "livekit_plugins.py"
PAGE = """
| `acme` | llm | 1.8.9 | 12 | ACME_KEY | yes |
| `acme` | tts | 1.8.9 | 3 | ACME_KEY | yes |
"""


@pytest.fixture(scope="module")
def script():
    """The script that writes the page."""
    spec = importlib.util.spec_from_file_location("livekit_plugins_page", SCRIPT)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("| `acme` | llm | 1.8.9 | 12 | ACME_KEY | yes |", False),
        ("| `acme` | llm | 1.8.9 | 11 | ACME_KEY | yes |", True),
        ("| `acme` | tts | 1.8.9 | 3 | ACME_KEY | no: it refuses |", True),
        ("| `acme` | tts | 1.9.0 | 4 | ACME_KEY | yes |", False),
        ("| `other` | llm | 1.8.9 | 1 | – | yes |", False),
    ],
)
def test_rows_that_differ_are_told(script, line, wrong):
    """A row of the same plugin, kind and version must be as it was measured; others are unknown."""
    assert script.differing([line], PAGE) == ([line] if wrong else [])
