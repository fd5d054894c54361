"""The value that is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator


class Empty:
    """A value that is not there: nothing in text, false in a condition and in every comparison.

    Whatever is asked of it (an attribute, a sum) is empty too, so that no depth of a chain has to
    be tested for.
    """

    __slots__ = ()

    path: tuple[str, ...] = ()
    """The name and attributes that were asked for, where they are known."""

    def __str__(self) -> str:
        return ""

    def __repr__(self) -> str:
        return "EMPTY"

    def __bool__(self) -> bool:
        return False

    def __len__(self) -> int:
        return 0

    def __iter__(self) -> Iterator[Any]:
        return iter(())

    def __hash__(self) -> int:
        return hash(Empty)

    def _no(self, _other: object) -> bool:
        return False

    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = _no


EMPTY: Final = Empty()
"""What a template gives whose one expression has no value: a key that holds it is left out."""
