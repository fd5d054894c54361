"""What is known of each need of a call, and how often it was asked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from runner.schema.needs import Need

NOTHING: Any = object()
"""No value waits to be confirmed."""


@dataclass(slots=True)
class Asking:
    """One need.

    Attributes:
        asked_in: the turn in which it was asked last; None before.
        heard: how much the caller had said then, or when it became known: what counts comes after.
        missed: turns in which it was asked for and the caller's words held no fitting value.
        pending: a value that waits for the caller's yes.
        given: the caller has named a value, which is to be confirmed: they do not leave it out.
        given_up: it was asked as often as it may be.
        again: the caller has gone back to it: it is asked for before all others.
        filled_in: the turn in which the model gave its value.
    """

    asked_in: str | None = None
    heard: int = 0
    missed: set[str] = field(default_factory=set)
    pending: Any = NOTHING
    given: bool = False
    given_up: bool = False
    again: bool = False
    filled_in: str | None = None

    @property
    def is_pending(self) -> bool:
        """Whether a value waits to be confirmed."""
        return self.pending is not NOTHING


@dataclass(frozen=True, slots=True)
class Frame:
    """Needs that are asked for together.

    Attributes:
        persona: who asks.
        needs: name → need, in their order.
        tool: the tool that asks for them on demand; None for those of the persona itself.
    """

    persona: str
    needs: Mapping[str, Need]
    tool: str | None = None
