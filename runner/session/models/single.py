"""A model of its own, outside of any call: judges and plays callers in tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from runner.link.release import Release
from runner.schema.providers import AnyProvider
from runner.session.errors import CannotStartError
from runner.session.facts import CallFacts
from runner.session.models.known_secrets import Secrets
from runner.session.models.providers import Models
from runner.session.values.templates import TemplateContext, TemplateRenderer
from runner.session.values.variables import Variables


def single_model(
    release: Release, name: str, secrets: Secrets, others: Mapping[str, AnyProvider]
) -> Any:
    """The language model of a provider, or of an inference string.

    Args:
        release: the agents, whose providers are known.
        name: the provider's, or the inference string.
        secrets: looks up the secrets of providers by name.
        others: providers that no agent needs to use.

    Raises:
        CannotStartError: it cannot be built.
    """
    agents = release.agents.values()
    agent = next((a for a in agents if name in a.providers), next(iter(agents), None))
    if agent is None:
        raise CannotStartError("no agent is served, so no provider is known")
    if name in others and name not in agent.providers:
        agent = agent.model_copy(update={"providers": {**agent.providers, name: others[name]}})
    context = TemplateContext(agent, CallFacts(), Variables(agent.variables))
    models = Models(agent, TemplateRenderer(context, agent.places), secrets)
    return models.get("llm", name)
