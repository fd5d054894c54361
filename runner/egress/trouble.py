"""Why a request did not come to a good end, in plain words for two readers."""

from __future__ import annotations

import re
from typing import Any, Final

from runner.egress.mask import Mask

MOST: Final = 300
"""Characters of an error."""

CANNOT_ASK: Final = "the service could not be asked"
UNREACHABLE: Final = "the service could not be reached"
UNUSABLE: Final = "the answer of the service could not be used"
BUSY: Final = "the service is busy"
LATE: Final = "the service did not answer in time"
DECLINED: Final = "the service said that it did not work"

_REASONS: Final = {
    re.escape(CANNOT_ASK): "service_not_asked",
    re.escape(UNREACHABLE): "service_unreachable",
    re.escape(UNUSABLE): "service_unusable",
    re.escape(BUSY): "service_busy",
    re.escape(LATE): "service_late",
    re.escape(DECLINED): "service_declined",
    r"the service answered with status (.+)": "service_status",
    r"it needs a value for '(.+)'": "service_needs",
}
"""What a model is told, in English → the name of the text that says it in any language."""


class RequestError(Exception):
    """The call of a tool ends here, unless it is tried again.

    Attributes:
        error: for the author: what went wrong, in a line.
        for_model: for the model: the same without addresses, names of secrets or other innards.
        status: what the service answered, where it did.
        data: the answer that came with it, without secrets.
        passing: whether the same request may succeed a moment later.
        retry_after: seconds that the service asks to wait before that.
        counts: whether it says that the service does not work.
        timed_out: whether it took too long.
    """

    def __init__(  # noqa: PLR0913 - each is a fact of its own
        self,
        error: str,
        for_model: str = CANNOT_ASK,
        *,
        status: int | None = None,
        data: Any = None,
        passing: bool = False,
        retry_after: float | None = None,
        counts: bool = False,
        timed_out: bool = False,
    ) -> None:
        """Take what is said to the author and to the model, and what is known besides."""
        super().__init__(error)
        self.error = error
        self.for_model = for_model
        self.status = status
        self.data = data
        self.passing = passing
        self.retry_after = retry_after
        self.counts = counts
        self.timed_out = timed_out

    def hide(self, mask: Mask) -> None:
        """Take out of its words what nobody may see."""
        self.error = one_line(mask.text(self.error))

    @property
    def reason(self) -> tuple[str, str] | None:
        """The name of the text that says it in any language, and what stands in it."""
        for pattern, name in _REASONS.items():
            if match := re.fullmatch(pattern, self.for_model):
                return name, match[1] if match.lastindex else ""
        return None

    @property
    def output(self) -> str:
        """What the model sees."""
        return f"This did not work: {self.for_model}. You may tell the caller that it did not work."


def one_line(text: str, most: int = MOST) -> str:
    """Put a text on one line of at most so many characters, without control characters."""
    words = "".join(letter if letter.isprintable() else " " for letter in text[: most * 8]).split()
    line = " ".join(words)
    return line if len(line) <= most else f"{line[: most - 1]}…"
