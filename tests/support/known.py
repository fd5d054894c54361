"""Secrets of a test, as a function that looks them up."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from runner.secret import Secret


def known(values: Mapping[str, str]) -> Callable[[str], Secret[str] | None]:
    """Look them up in a mapping, which may change."""
    return lambda name: Secret(values[name]) if name in values else None
