"""Source text as a tree."""

from __future__ import annotations

import ast

from runner.collecting import paused


def parsed(source: str | bytes) -> ast.Module:
    """Parse it, with nothing else in between.

    CPython 3.11 raises SystemError where its parser is entered again before it is done, and what
    garbage collection has run may do so: a traceback that is logged is parsed too
    (https://github.com/python/cpython/issues/106905).

    Raises:
        SyntaxError, ValueError: it is no Python.
    """
    with paused():
        return ast.parse(source)
