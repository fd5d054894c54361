"""Regular expressions of authors, on the words of callers."""

from __future__ import annotations

import re

LONGEST = 300
"""Characters of the caller's words that a regular expression sees: a bound on its time."""


class Pattern:
    """A regular expression, in any case of letters.

    Args:
        text: as written.

    Raises:
        ValueError: it is none.
    """

    def __init__(self, text: str) -> None:
        """Compile it."""
        try:
            self._compiled = re.compile(text, re.IGNORECASE)
        except (re.error, OverflowError, RecursionError) as error:
            raise ValueError(f"not a regular expression: {error}") from error

    @property
    def groups(self) -> frozenset[str]:
        """The names of its groups."""
        return frozenset(self._compiled.groupindex)

    def search(self, text: str) -> dict[str, str] | None:
        """The named groups that have a value, where it matches anywhere in a text."""
        match = self._compiled.search(text[:LONGEST])
        if match is None:
            return None
        return {name: value for name, value in match.groupdict().items() if value}
