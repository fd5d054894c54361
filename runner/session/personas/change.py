"""What another release makes of a persona."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from livekit.agents import llm

from runner.session.personas.toolbox import Toolbox
from runner.session.plan import PersonaPlan


@dataclass(frozen=True, slots=True)
class PersonaChange:
    """What another release makes of a persona.

    Attributes:
        text: its instructions, rendered.
        models: kind → LiveKit's object, or None.
    """

    plan: PersonaPlan
    toolbox: Toolbox
    text: str
    tools: list[llm.Tool | llm.Toolset]
    models: Mapping[str, Any]
