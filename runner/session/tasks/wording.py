"""Words about a need: what the caller is asked whether it is right, what the model asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runner.schema.needs import Need
from runner.template import as_text, spelled

RIGHT = "{value}. Is that right?"
"""Asked where a value may have been misheard, and its author wrote no question."""

_SPELLED = "{value}, spelled {letters}. Is that right?"


def right(need: Need, value: Any) -> str:
    """The question whether a value is right."""
    text = as_text(value)
    return (_SPELLED if need.spell else RIGHT).format(value=text, letters=spelled(text))


def asked_for(name: str, need: Need, what: str) -> str:
    """What the model is told where it asks itself.

    Args:
        name: of the need.
        need: what is asked for.
        what: its description, rendered.
    """
    told = [f"Ask the caller for this now, and for nothing else: {about(name, need, what)}."]
    if need.spell:
        told.append("Have them spell it.")
    if not need.by_voice:
        after = f", and {need.end_key} after it" if need.end_key else ""
        told.append(f"They press it on the keys of their telephone{after}.")
    return " ".join(told)


def about(name: str, need: Need, what: str) -> str:
    """What is asked for, in words."""
    return f"{what or name} ({_listed(need.parts)} name)" if need.parts else what or name


def lacks(need: Need, value: Any) -> str:
    """The parts of a name that a value cannot have all of; nothing where it may."""
    parts = need.parts or ()
    return f"must have a {_listed(parts)} name" if len(str(value).split()) < len(parts) else ""


def _listed(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
