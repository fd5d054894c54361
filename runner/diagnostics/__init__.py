"""What lkrun says about a person's files: where, what, and how to mend it.

A user's mistake is a value, never an exception. Every stage collects `Diagnostic`s and hands them
on; only the command line prints them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of a file: lines and columns from 1, in characters, `end_column` exclusive."""

    file: str
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1


@dataclass(frozen=True, slots=True, order=True)
class Related:
    """Another place that belongs to a diagnostic, such as the first of two definitions."""

    span: Span
    message: str


@dataclass(frozen=True, slots=True, order=True)
class Diagnostic:
    """One mistake, told once.

    Attributes:
        span: the smallest stretch that shows it; `file` is relative to the configuration folder.
        code: a key of `codes.CODES`; `E…` is an error, `W…` a warning.
        message: what is wrong: lower case, no full stop, stands alone.
        help: what to write instead, where that can be said.
        related: other places that belong to it.
        write: lines to write, which `help` introduces; as they stand in the file.
    """

    span: Span
    code: str
    message: str
    help: str | None = None
    related: tuple[Related, ...] = field(default=())
    write: tuple[str, ...] = field(default=())

    @property
    def advice(self) -> str | None:
        """`help` and the lines to write, as one text."""
        return "\n".join((self.help or "", *self.write)).strip("\n") or None

    @property
    def severity(self) -> Severity:
        """Whether it forbids a release (`error`) or not (`warning`)."""
        return "error" if self.code.startswith("E") else "warning"
