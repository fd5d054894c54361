"""Why a request did not come to a good end, in plain words for two readers."""

from __future__ import annotations

from typing import Final

MOST: Final = 300
"""Characters of an error."""

CANNOT_ASK: Final = "the service could not be asked"
UNREACHABLE: Final = "the service could not be reached"
UNUSABLE: Final = "the answer of the service could not be used"


class RequestError(Exception):
    """The call of a tool ends here.

    Attributes:
        error: for the author: what went wrong, in a line.
        told: for the model: the same without addresses, names of secrets or other innards.
    """

    def __init__(self, error: str, told: str = CANNOT_ASK) -> None:
        """Take what is said to the author, and to the model."""
        super().__init__(error)
        self.error = error
        self.told = told

    @property
    def output(self) -> str:
        """What the model sees."""
        return f"This did not work: {self.told}. You may tell the caller that it did not work."


def one_line(text: str, most: int = MOST) -> str:
    """Put a text on one line of at most so many characters, without control characters."""
    words = "".join(letter if letter.isprintable() else " " for letter in text[: most * 8]).split()
    line = " ".join(words)
    return line if len(line) <= most else f"{line[: most - 1]}…"
