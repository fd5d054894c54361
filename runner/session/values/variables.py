"""The variables of one call: typed, and counted when they change."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from runner.egress.mask import Mask
from runner.link import private_parts
from runner.schema.fields import Field
from runner.session.errors import MisfitError
from runner.session.values.conversion import convert, missing
from runner.template import as_data, as_text

MASK: Final = private_parts.MASK
"""Stands for a private value in records and events."""


class Variables(Mapping[str, Any]):
    """Name → value; one without a value is not in it.

    Args:
        declared: the agent's variables; a text or list of texts is fixed.
    """

    def __init__(self, declared: Mapping[str, Any]) -> None:
        """Begin with the fixed ones."""
        self.fields: dict[str, Field] = {n: v for n, v in declared.items() if isinstance(v, Field)}
        self.fixed: dict[str, Any] = {
            name: list(map(str, value)) if isinstance(value, tuple | list) else str(value)
            for name, value in declared.items()
            if not isinstance(value, Field)
        }
        self._values: dict[str, Any] = dict(self.fixed)
        self._changes: dict[str, int] = {}
        self._lines: dict[str, int] = {}
        self.stamp = 0
        self.watcher: Callable[[], None] = lambda: None
        """Told that one has changed."""

    def __getitem__(self, name: str) -> Any:
        """The value.

        Raises:
            KeyError: it has none yet, or there is no such variable.
        """
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        """Names of those that have a value."""
        return iter(self._values)

    def __len__(self) -> int:
        """How many have a value."""
        return len(self._values)

    def set(self, name: str, value: Any) -> None:
        """Give a variable a value, read as its type; nothing takes its value away.

        Raises:
            MisfitError: it does not fit, or the variable is fixed.
        """
        if name in self.fixed:
            raise MisfitError("has a fixed value, which nothing changes")
        field = self.fields.get(name)
        if missing(value) and not (field is not None and field.type == "text" and value == ""):
            if name in self._values:
                del self._values[name]
                self._changed(name)
            return
        fitting = value if field is None else convert(field, value, self.choices)
        if name in self._values and self._values[name] == fitting:
            return
        self._values[name] = fitting
        self._changed(name)

    def _changed(self, name: str) -> None:
        self.stamp += 1
        self._changes[name] = self.stamp
        self.watcher()

    def changed_since(self, stamp: int, names: Iterable[str]) -> bool:
        """Whether one of these has changed after the count was at `stamp`."""
        return self.stamp != stamp and any(self._changes.get(n, 0) > stamp for n in names)

    def carry(self, before: Variables) -> dict[str, str]:
        """Take the values of a call over from the variables that another release declared.

        Returns:
            Those whose value does not fit any more, and why; they have none now.
        """
        self.stamp = before.stamp + 1
        self._lines = dict(before._lines)
        lost: dict[str, str] = {}
        both = [name for name in self.fields if name in before.fields and name in before]
        # a choice is checked against its list, which has to be there first
        for name in sorted(both, key=lambda n: self.fields[n].choices_from is not None):
            field, old, value = self.fields[name], before.fields[name], before[name]
            if _opened(old, field):
                lost[name] = "was private, and is not any more"
                continue
            if field == old:
                self._values[name] = value
                continue
            try:
                self.set(name, value)
            except MisfitError as problem:
                private = field.private or old.private
                lost[name] = "does not fit any more" if private else str(problem)
        return lost

    def next_line(self, name: str) -> int:
        """A number for a new line of a list, which no line of it ever had."""
        used = (r.get("line") for r in self._values.get(name) or () if isinstance(r, Mapping))
        highest = max((n for n in used if isinstance(n, int)), default=0)
        self._lines[name] = max(self._lines.get(name, 0), highest) + 1
        return self._lines[name]

    def choices(self, name: str) -> list[str]:
        """The texts in a list variable, for `choices_from`."""
        value = self._values.get(name)
        return [as_text(each) for each in value] if isinstance(value, list | tuple) else []

    def shown(self) -> dict[str, Any]:
        """All values as plain data, private ones masked."""
        private = {n for n, f in self.fields.items() if f.private}
        return {n: MASK if n in private else as_data(v) for n, v in self._values.items()}

    def hidden(self) -> Mask:
        """Hides the private values that there are now."""
        private = (
            v for n, v in self._values.items() if n in self.fields and self.fields[n].private
        )
        return Mask(private=map(as_data, private), stars=MASK)

    def sent(self) -> dict[str, Any]:
        """All values as plain data, for the egress."""
        return {n: as_data(v) for n, v in self._values.items()}


def _opened(before: Field, after: Field) -> bool:
    """Whether something that was taken as private could be seen by another release."""
    if before.private and not after.private:
        return True
    parts = dict(_parts(after))
    return any(name in parts and _opened(part, parts[name]) for name, part in _parts(before))


def _parts(field: Field) -> Iterator[tuple[str, Field]]:
    """The fields of an object, or of each record of a list."""
    for fields in (field.fields, field.of):
        if isinstance(fields, Mapping):
            yield from fields.items()
