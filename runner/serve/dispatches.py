"""What dispatches of agents are marked with, by their attributes."""

from __future__ import annotations

from typing import Final

ORDER: Final = "lkrun.order"
"""Which order of which runner it is: a call that the agent makes."""

VISIT: Final = "lkrun.visit"
"""Somebody has asked for it who comes into the room themselves: the agent never dials, whatever
number their metadata names."""
