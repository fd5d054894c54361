"""From Python's reading of a pattern to RE2's way of writing it."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from re import _constants as sre  # type: ignore[attr-defined]  # not in typeshed
from re import _parser  # type: ignore[attr-defined]  # Python's own reading of a pattern
from typing import Any, ClassVar, Final

from runner.patterns import characters as sets
from runner.patterns import refusal
from runner.patterns.alphabet import Alphabet, TooManyError, alphabet
from runner.patterns.characters import Characters
from runner.patterns.refusal import PatternError, complaint

Node = tuple[Any, Any]
"""What Python's parser gives for a piece: its operation and arguments."""

_MOST: Final = 1000
_REFUSED: Final[dict[str, tuple[refusal.Words, refusal.Words]]] = {
    "ASSERT": (refusal.AHEAD, refusal.BEHIND),
    "ASSERT_NOT": (refusal.NOT_AHEAD, refusal.NOT_BEHIND),
    "ATOMIC_GROUP": (refusal.ATOMIC, refusal.ATOMIC),
    "GROUPREF": (refusal.BACK, refusal.BACK),
    "GROUPREF_EXISTS": (refusal.EITHER, refusal.EITHER),
    "POSSESSIVE_REPEAT": (refusal.POSSESSIVE, refusal.POSSESSIVE),
}
"""Operation → what is said of it, where it looks ahead and where it looks behind."""


@dataclass(frozen=True, slots=True)
class Translated:
    """A pattern for RE2.

    Attributes:
        text: for RE2, about texts that are written in the alphabet's codes.
        names: names of its groups, in their order; RE2 counts no others.
    """

    text: str
    names: tuple[str, ...]
    alphabet: Alphabet


def translate(pattern: str, *, any_case: bool) -> Translated:
    """Read a pattern of Python and write it for RE2.

    Raises:
        PatternError: it cannot be read, or RE2 cannot do what it asks for.
    """
    if "[[:" in pattern:
        raise PatternError(*refusal.POSIX)
    try:
        with warnings.catch_warnings(action="ignore"):  # "[[" may once mean a set of sets
            tree = _parser.parse(pattern, re.IGNORECASE if any_case else 0)
        pieces = list(_Walk(tree).whole())
    except re.error as error:
        raise complaint(error.msg) from None
    except RecursionError:
        raise PatternError(*refusal.DEEP) from None
    except OverflowError:
        raise PatternError(*refusal.MANY) from None
    bounded = any(piece in (_BOUNDARY, _NO_BOUNDARY) for piece in pieces)
    named = [piece for piece in pieces if isinstance(piece, tuple)]
    try:
        codes = alphabet(named, sets.words() if bounded else ())
    except TooManyError:
        raise PatternError(*refusal.LARGE) from None
    written = "".join(p if isinstance(p, str) else codes.pattern(p) for p in pieces)
    return Translated(written, tuple(tree.state.groupdict), codes)


_BOUNDARY: Final = r"\b"
_NO_BOUNDARY: Final = r"\B"
Pieces = Iterator[str | Characters]
"""RE2's syntax, and between it sets of characters that have no codes yet."""


@dataclass(slots=True)
class _Walk:
    tree: Any
    flags: int = 0

    def whole(self) -> Pieces:
        self.flags = self.tree.state.flags
        yield from self._all(self.tree)

    def _all(self, nodes: Iterable[Node]) -> Pieces:
        for node in nodes:
            operation, argument = str(node[0]), node[1]
            if operation in _REFUSED:
                behind = operation.startswith("ASSERT") and argument[0] < 0
                raise PatternError(*_REFUSED[operation][behind])
            yield from self._write[operation](self, argument)

    def _cased(self, characters: Characters) -> Characters:
        return sets.in_any_case(characters) if self.flags & re.IGNORECASE else characters

    def _any(self, _: None) -> Pieces:
        yield sets.ALL if self.flags & re.DOTALL else sets.others(sets.NEWLINE)

    def _literal(self, code: int) -> Pieces:
        yield self._cased(((code, code),))

    def _not_literal(self, code: int) -> Pieces:
        yield sets.others(self._cased(((code, code),)))

    def _set(self, items: list[Node]) -> Pieces:
        negated = items[0][0] is sre.NEGATE
        members = sets.union(self._item(*item) for item in items[negated:])
        yield sets.others(members) if negated else members

    def _item(self, operation: Any, argument: Any) -> Characters:
        if operation is sre.LITERAL:
            return self._cased(((argument, argument),))
        if operation is sre.RANGE:
            return self._cased((argument,))
        name = str(argument).removeprefix("CATEGORY_")
        members = _KINDS[name.removeprefix("NOT_")]()
        if self.flags & re.ASCII:
            members = sets.only_ascii(members)
        return sets.others(members) if name.startswith("NOT_") else members

    def _branch(self, argument: tuple[Any, list[Any]]) -> Pieces:
        for at, each in enumerate(argument[1]):
            yield "|" if at else "(?:"
            yield from self._all(each)
        yield ")"

    def _repeat(self, argument: tuple[int, Any, Any]) -> Pieces:
        low, high, inner = argument
        if low > _MOST or (high is not sre.MAXREPEAT and high > _MOST):
            raise PatternError(*refusal.MANY)
        yield "(?:"
        yield from self._all(inner)
        yield f"){{{low},{'' if high is sre.MAXREPEAT else high}}}"

    def _lazily(self, argument: tuple[int, Any, Any]) -> Pieces:
        yield from self._repeat(argument)
        yield "?"

    def _group(self, argument: tuple[int, int, int, Any]) -> Pieces:
        number, added, removed, inner = argument
        yield "(" if number in self.tree.state.groupdict.values() else "(?:"
        before, self.flags = self.flags, (self.flags | added) & ~removed
        yield from self._all(inner)
        self.flags = before
        yield ")"

    def _at(self, place: Any) -> Pieces:
        many = self.flags & re.MULTILINE
        yield (_AT_LINES if many else _AT).get(str(place)) or _AT[str(place)]

    _write: ClassVar[dict[str, Callable[..., Pieces]]] = {
        "ANY": _any,
        "AT": _at,
        "BRANCH": _branch,
        "IN": _set,
        "LITERAL": _literal,
        "MAX_REPEAT": _repeat,
        "MIN_REPEAT": _lazily,
        "NOT_LITERAL": _not_literal,
        "SUBPATTERN": _group,
    }
    """Operation of Python's parser → how RE2 writes it."""


_KINDS: Final = {"DIGIT": sets.digits, "SPACE": sets.spaces, "WORD": sets.words}
_AT: Final = {
    "AT_BEGINNING": r"\A",
    "AT_BEGINNING_STRING": r"\A",
    "AT_BOUNDARY": _BOUNDARY,
    "AT_END": r"\z",
    "AT_END_STRING": r"\z",
    "AT_NON_BOUNDARY": _NO_BOUNDARY,
}
_AT_LINES: Final = {"AT_BEGINNING": "(?m:^)", "AT_END": "(?m:$)"}
