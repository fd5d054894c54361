"""What of a call follows from its release."""

from __future__ import annotations

from dataclasses import dataclass

from runner.link.release import AgentRelease
from runner.session.models.providers import Models
from runner.session.plan import Plan
from runner.session.values.templates import TemplateContext, TemplateRenderer
from runner.session.values.variables import Variables


@dataclass(frozen=True, slots=True)
class BoundRelease:
    """What of a call follows from its release; another release brings another, as a whole."""

    release: AgentRelease
    plan: Plan
    variables: Variables
    context: TemplateContext
    renderer: TemplateRenderer
    models: Models
