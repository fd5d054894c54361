"""Slots: values that a caller names, each in many spellings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from lkrun_script.near import meant, tokens
from lkrun_script.numbers import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

NUMBER = "number"
"""What stands in place of the values of a slot that takes whole numbers."""


@dataclass(frozen=True, slots=True)
class Slot:
    """What may be named, and how it is said.

    Attributes:
        spellings: a spelling's words → the value, the longest spellings first.
        number: whether it takes whole numbers instead.
    """

    spellings: tuple[tuple[tuple[str, ...], str], ...] = ()
    number: bool = False

    def named(self, said: Sequence[str]) -> tuple[str, ...]:
        """The values in a caller's words, in their order; each once."""
        if self.number:
            return tuple(dict.fromkeys(numbers(said)))
        return tuple(dict.fromkeys(self._found(said)))

    def _found(self, said: Sequence[str]) -> Iterator[str]:
        at = 0
        while at < len(said):
            for words, value in self.spellings:
                part = said[at : at + len(words)]
                if len(part) == len(words) and all(map(meant, part, words)):
                    yield value
                    at += len(words)
                    break
            else:
                at += 1


def read_slot(written: Any) -> Slot:
    """Read what an author wrote: `number`, a list of values, or values with their spellings.

    Raises:
        ValueError: it is something else.
    """
    if written == NUMBER:
        return Slot(number=True)
    if isinstance(written, list) and all(isinstance(value, str) for value in written):
        written = dict.fromkeys(written, "")
    if not isinstance(written, dict) or not written:
        error = ValueError("a slot needs the values that a caller may name")
        error.add_note("write a list of them, or each with its spellings below it, or: number")
        raise error
    ways = [
        (words, value)
        for value, spellings in written.items()
        for spelling in (value, *_spellings(value, spellings))
        if (words := tokens(spelling))
    ]
    return Slot(tuple(sorted(ways, key=lambda each: -len(each[0]))))


def _spellings(value: str, written: Any) -> Sequence[str]:
    if not written:
        return ()
    if isinstance(written, str):
        return (written,)
    if isinstance(written, list) and all(isinstance(each, str) for each in written):
        return written
    raise ValueError(f"the spellings of '{value}' are not a text or a list of texts")


_LIST = {"type": "array", "items": {"type": "string"}}
_SHAPE = {
    "anyOf": [
        {"const": NUMBER},
        _LIST,
        {"type": "object", "additionalProperties": {"anyOf": [{"type": "string"}, _LIST]}},
    ]
}
SlotValues = Annotated[Any, BeforeValidator(read_slot), WithJsonSchema(_SHAPE)]
