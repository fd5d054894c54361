"""What is said of a pattern that cannot be used."""

from __future__ import annotations

from typing import Final

_ITSELF: Final = r"a backslash makes a character mean itself, as in \( \[ \* \+ \?"
_GROUP: Final = r"a group is ( ) or (?: ), one with a name (?P<name>\d+)"
_LETTER: Final = r"write [^\W\d_] for a letter, \d for a digit, \s for a space"

_COMPLAINTS: Final[dict[str, tuple[str, str]]] = {
    "bad character in group name": ("a group has a name that cannot be one", _GROUP),
    "bad character range": (
        "a range in [ ] runs backwards",
        "write the smaller character first, as in [a-z]",
    ),
    r"bad escape \h": (r"\h is not known", r"write \s for a space"),
    r"bad escape \p": (r"\p is not known", _LETTER),
    r"bad escape \z": (r"\z is not known", "write $ for the end of the text"),
    "bad escape (end of pattern)": ("a backslash stands at its end", _ITSELF),
    "bad escape": ("a backslash stands before a letter that has no meaning with it", _ITSELF),
    "bad inline flags": (
        "the letters behind (? are not known",
        "(?i) means in any case, (?s) that . is a line break too",
    ),
    "global flags": (
        "letters such as (?i) stand at the beginning of all",
        "move them there, or write (?i: ) around what they are about",
    ),
    "missing )": ("a ( is never closed", _ITSELF),
    "missing -, : or )": ("a ( is never closed", _ITSELF),
    "missing <": ("(?P is followed by no <name>", _GROUP),
    "missing >": ("the name of a group is never closed", _GROUP),
    "missing group name": ("a group has no name between < and >", _GROUP),
    "min repeat greater": ("in { } the larger number stands first", r"write it as \d{2,4}"),
    "multiple repeat": ("two of * + ? follow each other", _ITSELF),
    "nothing to repeat": (
        "* + or ? stands where there is nothing before it to repeat",
        _ITSELF,
    ),
    "redefinition of group name": (
        "two groups have the same name",
        "give each group a name of its own",
    ),
    "unbalanced parenthesis": ("a ) closes nothing", _ITSELF),
    "unexpected end of pattern": ("it ends in the middle of (?", _GROUP),
    "unknown extension ?<": (
        "a group with a name is written with a P here",
        r"write (?P<name>\d+)",
    ),
    "unknown extension": ("what follows (? is not known", _GROUP),
    "unknown group name": ("it names a group that there is not", _GROUP),
    "unterminated character set": ("a [ is never closed", _ITSELF),
}
"""How Python's complaint begins → how it is said, and what to write; the first that fits."""

Words = tuple[str, str]
"""Why a pattern cannot be used, and what to write instead."""

AHEAD: Final[Words] = (
    "it cannot look ahead, as (?= does",
    r"write what follows as a part of the pattern, as in \d+ euros?",
)
NOT_AHEAD: Final = (
    "it cannot look ahead, as (?! does",
    r"write what may stand there instead, as in [1-9]\d* for a number that does not begin with 0",
)
BEHIND: Final = (
    "it cannot look behind, as (?<= does",
    r"write what comes before as a part of the pattern, as in no\. ?\d+",
)
NOT_BEHIND: Final = (
    "it cannot look behind, as (?<! does",
    r"write what may come before as a part of the pattern, as in (^|\s)\d+",
)
BACK: Final = (
    "it cannot ask for what a group has found once more, as \\1 and (?P=name) do",
    "write that part of the pattern out a second time",
)
EITHER: Final = (
    "it cannot depend on whether a group has found something, as (?(1) does",
    "write both forms in full, with | between them",
)
ATOMIC: Final = ("(?> is not needed here: no pattern tries twice", "write (?: instead of (?>")
POSSESSIVE: Final = (
    "a second + behind a repetition is not needed here: no pattern tries twice",
    r"leave the last + out, as in \d+",
)
POSIX: Final = ("[: ] is not known", _LETTER)
LARGE: Final = ("it is too large", "make the numbers in { } smaller")
DEEP: Final = ("it is nested too deeply", "take it apart")
MANY: Final = ("a repetition counts to 1000 at most", "write + or *, or a number up to 1000")


class PatternError(ValueError):
    """A pattern cannot be used.

    Attributes:
        reason: why, as the end of a sentence about it.
        help: what to write instead. It is a note of the error as well, so that a plugin's validator
            can let it through.
    """

    def __init__(self, reason: str, help_: str) -> None:
        """Take what is wrong and what to write."""
        super().__init__(f"the regular expression cannot be used: {reason}")
        self.reason, self.help = reason, help_
        self.add_note(help_)


def complaint(reason: str) -> PatternError:
    """Say in plain words what Python's parser says of a pattern."""
    start = next((each for each in _COMPLAINTS if reason.startswith(each)), None)
    return PatternError(*(_COMPLAINTS[start] if start else (reason, _ITSELF)))
