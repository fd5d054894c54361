"""Regular expressions of authors, on the words of callers: in linear time, as all of lkrun's."""

from __future__ import annotations

from runner.plugin import Pattern, compile_pattern

LONGEST = 1000
"""Characters of the caller's words that a regular expression sees."""


def pattern(text: str) -> Pattern:
    """Read a regular expression, in any case of letters.

    Raises:
        PatternError: a `ValueError`; what to write instead is a note on it.
    """
    return compile_pattern(text, any_case=True)


def found(pattern: Pattern, text: str) -> dict[str, str] | None:
    """The named groups that have a value, where it matches anywhere in a text."""
    groups = pattern.search(text[:LONGEST])
    return None if groups is None else {name: value for name, value in groups.items() if value}
