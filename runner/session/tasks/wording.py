"""Words about a need: what the caller is asked whether it is right, what the model asks for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from runner.schema.needs import Need
from runner.session.values.templates import TemplateRenderer
from runner.template import as_text, spelled


def right(renderer: TemplateRenderer, need: Need, value: Any) -> str:
    """The question whether a value is right."""
    if need.spell:
        return renderer.own("is_it_right_spelled", value=value, letters=spelled(as_text(value)))
    return renderer.own("is_it_right", value=value)


def asked_for(renderer: TemplateRenderer, name: str, need: Need, what: str) -> str:
    """What the model is told where it asks itself.

    Args:
        renderer: has lkrun's own sentences.
        name: of the need.
        need: what is asked for.
        what: its description, rendered.
    """
    parts = [renderer.own("need_ask", what=about(name, need, what))]
    if need.spell:
        parts.append(renderer.own("need_ask_spell"))
    if not need.by_voice:
        parts.append(renderer.own("need_ask_press", end_key=need.end_key or ""))
    return " ".join(parts)


def about(name: str, need: Need, what: str) -> str:
    """What is asked for, in words."""
    return f"{what or name} ({_listed(need.parts)} name)" if need.parts else what or name


def lacks(need: Need, value: Any) -> str:
    """The parts of a name that a value cannot have all of; nothing where it may."""
    parts = need.parts or ()
    return f"must have a {_listed(parts)} name" if len(str(value).split()) < len(parts) else ""


def _listed(parts: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
