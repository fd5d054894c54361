"""What these tests need of the machine; in CI it must be there."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import NoReturn

import pytest


def lacking(reason: str) -> NoReturn:
    """Skip for want of something; in CI fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{reason}, and in CI these tests must run", pytrace=False)
    pytest.skip(reason)


def program(variable: str, *names: str) -> str:
    """A program that a variable of the environment names, or that is on the path."""
    path = os.environ.get(variable) or next(filter(None, map(shutil.which, names)), None)
    if path is None or not Path(path).exists():
        lacking(f"there is no {names[0]}: set {variable}")
    return path


def file(variable: str, fetched_by: str) -> Path:
    """A file that a variable of the environment names."""
    path = Path(os.environ.get(variable, ""))
    if not path.is_file():
        lacking(f"{variable} names no file: {fetched_by} fetches it")
    return path
