"""Where a refusal happened: the text around it and the scalar before it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Mistake:
    """A mistake in the text; rows and columns from 0, `end` exclusive.

    Attributes:
        line_only: only this line is lost, not the definition around it.
        rest_lost: nothing after it can be trusted.
        related: row of a line that belongs to it, and what to say there.
        write: lines to write, which `help` introduces.
    """

    code: str
    row: int
    column: int
    end: int
    message: str
    help: str
    line_only: bool = False
    rest_lost: bool = False
    related: tuple[int, str] | None = None
    write: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ScannedScalar:
    """A text that the loader had read."""

    start: int
    end: int
    style: str | None

    @property
    def quoted(self) -> bool:
        """Whether it stands in quotes."""
        return self.style in {"'", '"'}

    @property
    def block(self) -> bool:
        """Whether it stands on the lines below a `|` or `>`."""
        return self.style in {"|", ">"}

    @property
    def plain(self) -> bool:
        """Whether it stands without quotes and is no block."""
        return self.style is None


class FailureContext:
    """The text and the scalars that the loader read last."""

    def __init__(self, text: str, tokens: Iterable[Any]) -> None:
        """Take the text and the loader's last scalar tokens, oldest first."""
        self.text = text + "\n"  # so that the place after the last character is one, too
        self.scalars = [
            ScannedScalar(item.start_mark, item.end_mark, item.style) for item in tokens
        ]
        self.last = self.scalars[-1] if self.scalars else None

    def before(self, at: int) -> ScannedScalar | None:
        """Return the last scalar that ends at or before `at`."""
        return next((item for item in reversed(self.scalars) if item.end <= at), None)

    def line_start(self, at: int) -> int:
        """Return the offset of the first character of the line of `at`."""
        return self.text.rfind("\n", 0, at) + 1

    def line_end(self, at: int) -> int:
        """Return the offset after the last visible character of the line of `at`."""
        end = self.text.find("\n", at)
        start = self.line_start(at)
        return start + len(self.text[start : end if end >= 0 else None].rstrip())

    def line_text(self, at: int) -> int:
        """Return the offset of the first visible character of the line of `at`."""
        line, _ = self.line(at)
        return self.line_start(at) + len(line) - len(line.lstrip())

    def line(self, at: int) -> tuple[str, int]:
        """Return the line of `at`, and the column in it, from 0."""
        start = self.line_start(at)
        end = self.text.find("\n", at)
        return self.text[start : end if end >= 0 else None], at - start

    def row(self, at: int) -> int:
        """Return the line number of `at`, from 1."""
        return self.text.count("\n", 0, at) + 1

    def over_lines(self, at: int) -> bool:
        """Return whether a text in quotes starts at `at` and ends on a later line."""
        return any(
            item.quoted and item.start == at and "\n" in self.text[at : item.end]
            for item in self.scalars
        )

    def first_text(self) -> int:
        """Return the offset of the first thing that is neither blank nor a comment."""
        at = 0
        for line in self.text.split("\n"):
            if line.strip() and not line.lstrip().startswith("#") and line[:3] != "---":
                return at + len(line) - len(line.lstrip())
            at += len(line) + 1
        return 0

    def levels(self, at: int) -> dict[int, int]:
        """Return the columns of blocks open above `at` → the nearest offset that starts there."""
        levels: dict[int, int] = {}
        least: int | None = None
        end = self.line_start(at)
        while end and least != 0:
            start = self.text.rfind("\n", 0, end - 1) + 1
            line = self.text[start : end - 1]
            text = line.lstrip(" ")
            column = len(line) - len(text)
            if text and text[0] != "#" and (least is None or column < least):
                least = column
                levels.setdefault(column, start + column)
                while text.startswith("- "):
                    inner = text[1:].lstrip(" ")
                    column += len(text) - len(inner)
                    if inner:
                        levels.setdefault(column, start + column)
                    text = inner
            end = start
        return levels

    def mistake(  # noqa: PLR0913 - one value for each part
        self,
        code: str,
        start: int,
        end: int,
        message: str,
        help_: str,
        *,
        line_only: bool = False,
        rest_lost: bool = False,
        related: tuple[int, str] | None = None,
        write: tuple[str, ...] = (),
    ) -> Mistake:
        """Return a mistake that stands between two offsets of one line."""
        row, (_, column) = self.row(start) - 1, self.line(start)
        end = max(min(end, self.line_end(start)), start + 1)
        return Mistake(
            code,
            row,
            column,
            column + end - start,
            message,
            help_,
            line_only,
            rest_lost,
            related,
            write,
        )
