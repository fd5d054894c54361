r"""Regular expressions of YAML authors, matched in linear time.

An author writes Python's syntax: it is read by Python's own parser and run by RE2, which cannot
backtrack, so no pattern and no text can hold up a call. What only a backtracking matcher can do
(looking ahead and behind, repeating what a group has found) is refused when the folder is loaded.

Letters are those of all languages, in `\w`, in `\b` and in any case.
"""

from __future__ import annotations

from runner.patterns.engine import LONGEST, Pattern, compile_pattern
from runner.patterns.phrases import words_of
from runner.patterns.refusal import PatternError

__all__ = ["LONGEST", "Pattern", "PatternError", "compile_pattern", "words_of"]
