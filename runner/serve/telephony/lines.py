"""What LiveKit knows of phone numbers: trunks that take calls, and rules that call agents."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Mark:
    """Who made a trunk or rule: an agent of a folder. It is kept in its metadata.

    Attributes:
        folder: the end of the folder's path.
    """

    agent: str
    folder: str

    def to_text(self) -> str:
        """As metadata."""
        return json.dumps({"lkrun": {"agent": self.agent, "folder": self.folder}})


def mark_in(metadata: str) -> Mark | None:
    """The mark in metadata; None: lkrun has not made it."""
    try:
        made: Any = json.loads(metadata)["lkrun"]
        return Mark(str(made["agent"]), str(made["folder"]))
    except (ValueError, RecursionError, LookupError, TypeError):
        return None


@dataclass(frozen=True, slots=True)
class Trunk:
    """A trunk that takes calls of some numbers."""

    id: str
    name: str
    numbers: tuple[str, ...]
    mark: Mark | None = None

    @property
    def shown(self) -> str:
        """As sentences name it."""
        return f"the trunk '{self.name}' ({self.id})" if self.name else f"the trunk {self.id}"

    def has(self, number: str) -> bool:
        """Whether it takes calls of a number, with its + or without."""
        return number.lstrip("+") in {each.lstrip("+") for each in self.numbers}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that calls agents into a room for each call of some trunks; of all, without any.

    Attributes:
        numbers: only for calls of these; of all, without any.
        callers: only for calls from these; from all, without any.
    """

    id: str
    name: str
    trunks: tuple[str, ...]
    agents: tuple[str, ...]
    mark: Mark | None = None
    numbers: tuple[str, ...] = ()
    callers: tuple[str, ...] = ()

    @property
    def shown(self) -> str:
        """As sentences name it."""
        return f"the rule '{self.name}' ({self.id})" if self.name else f"the rule {self.id}"


@dataclass(frozen=True, slots=True)
class Known:
    """All that LiveKit knows."""

    trunks: tuple[Trunk, ...] = ()
    rules: tuple[Rule, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """An agent of the files that answers numbers.

    Attributes:
        named: whether a rule calls it by its name; not where it joins every new room.
    """

    agent: str
    numbers: tuple[str, ...]
    named: bool = True

    @property
    def called(self) -> tuple[str, ...]:
        """The agents that its rule calls."""
        return (self.agent,) if self.named else ()
