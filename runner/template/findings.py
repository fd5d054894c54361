"""What is known of a template before it is rendered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from typing import Any

MOMENTS = ("now", "today", "today_date")
"""Names that tell the time, in every call."""


@dataclass(frozen=True, slots=True)
class TemplateProblem:
    """One mistake in a template.

    Attributes:
        code: E118 (too long), E301 (cannot be read), E303 (an unknown filter or test), E310 (a
            condition with braces), E314 (what fails with every value).
        message: what is wrong, in plain words.
        help: what to write instead, where that can be said.
        line: within the text, from 1.
        column: within the line, from 1, in characters.
    """

    code: str
    message: str
    help: str | None
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Use:
    """One use of a name that the template itself does not declare.

    Attributes:
        path: the name and its attributes: `("job", "metadata", "patient")`. Fixed subscripts count
            (`args['day']`, `slots[0]`), one that is worked out ends the path, and so does a method.
        line: within the text, from 1.
        column: within the line, from 1.
        guarded: emptiness cannot show as a hole in the text here: there is an `or`, a `default`, a
            test or a comparison.
        part: other text or an operation stands around it; False where the text is exactly
            `{{ path }}`.
        offset: where its `{{` or `{%` begins, in characters from the start of the text; in a
            condition 0.
        dashed: the path with the dashes that stand around the name: `("order-id",)` for both
            names of `{{ order-id }}`, which is a subtraction unless no such name is declared.
        compared: it is one side of a comparison, where a text without its quotes may stand.
    """

    path: tuple[str, ...]
    line: int
    column: int
    guarded: bool
    part: bool
    offset: int
    dashed: tuple[str, ...] = ()
    compared: bool = False


@dataclass(frozen=True, slots=True)
class Analysis:
    """All that is known of a template before it is rendered.

    Attributes:
        problems: in the order of the text. With any, it must not be rendered.
        uses: in the order of the text.
        single: the text is exactly one `{{ … }}` (white space around it does not count), so its
            value keeps its type.
        literal: there is no template in it at all: the text is its own rendering.
    """

    problems: tuple[TemplateProblem, ...] = ()
    uses: tuple[Use, ...] = ()
    single: bool = False
    literal: bool = False

    def to_data(self) -> dict[str, Any]:
        """Give the same as plain lists, texts and numbers, for a file."""
        return {
            "problems": [list(astuple(each)) for each in self.problems],
            "uses": [list(astuple(each)) for each in self.uses],
            "single": self.single,
            "literal": self.literal,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Analysis:
        """Read what `to_data` gave."""
        return cls(
            problems=tuple(TemplateProblem(*each) for each in data["problems"]),
            uses=tuple(_use(*each) for each in data["uses"]),
            single=data["single"],
            literal=data["literal"],
        )


def _use(path: list[str], *rest: Any) -> Use:
    line, column, guarded, part, offset, dashed, compared = rest
    return Use(tuple(path), line, column, guarded, part, offset, tuple(dashed), compared)


def has_template(text: str) -> bool:
    """Tell cheaply whether a text holds anything to render."""
    return "{{" in text or "{%" in text or "{#" in text


def in_brackets(path: tuple[str, ...]) -> str:
    """Write a path whose parts may have a `-`: `result['present-value'].unit`."""
    return path[0] + "".join(map(_step, path[1:]))


def _step(part: str) -> str:
    if part.isidentifier():
        return f".{part}"
    return f"[{part}]" if part.isdecimal() else f"['{part}']"
