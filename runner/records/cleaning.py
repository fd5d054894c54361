"""Texts as every database can hold them."""

from __future__ import annotations

from typing import Any


def clean(value: Any) -> Any:
    """The same without what PostgreSQL cannot hold: NUL, and half a pair of UTF-16."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {clean(key): clean(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [clean(each) for each in value]
    return value
