"""Tests that share an event loop, so that they may share what lives in one, such as a browser.

Source: https://pytest-asyncio.readthedocs.io/en/stable/how-to-guides/run_session_tests_in_same_loop.html
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Final

import pytest
import pytest_asyncio

SCOPE: Final = "session"

fixture = partial(pytest_asyncio.fixture, loop_scope=SCOPE)
"""Declares an asynchronous fixture of such tests."""


def share(items: Iterable[pytest.Item], folder: Path) -> None:
    """Have all asynchronous tests below a folder run in one loop."""
    shared = pytest.mark.asyncio(loop_scope=SCOPE)
    for item in items:
        if item.path.is_relative_to(folder) and pytest_asyncio.is_async_test(item):
            item.add_marker(shared, append=False)
