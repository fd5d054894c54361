"""A difference between two releases, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

Kind = Literal["changed", "added", "removed"]

Location = tuple[str | int, ...]
"""Where a value stands: names, keys and places in a list, from the section down."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not what it was.

    Attributes:
        location: where it stands.
        kind: `added` where nothing stood before, `removed` where nothing stands now.
        before: as the models hold it; None where nothing stood.
        after: likewise.
        about: the description of the key that holds it.
        lasts: whether it is a duration, in seconds.
        hidden: whether it is private: it is never shown.
    """

    location: Location
    kind: Kind
    before: Any
    after: Any
    about: str = ""
    lasts: bool = False
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Change:
    """What is told of a difference.

    Attributes:
        path: where it stands, such as `agents.clinic.limits.max_duration`.
        kind: as in `Difference`.
        before: as JSON has it; what is private reads `***`.
        after: likewise.
        sentence: what callers will notice.
        agents: the agents that it touches; none where it touches the whole process.
    """

    path: str
    kind: Kind
    before: Any
    after: Any
    sentence: str
    agents: tuple[str, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """The row of the JSON document."""
        return {
            "path": self.path,
            "kind": self.kind,
            "before": self.before,
            "after": self.after,
            "sentence": self.sentence,
        }


def path(location: Location) -> str:
    """A location as it is written: `tools.book.then[0].say`."""
    written = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in location)
    return written.removeprefix(".")
