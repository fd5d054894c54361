"""The services of an agent's providers, and what LiveKit is given for each kind of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from runner.egress.providers import ProviderEgress
from runner.link.release import AgentRelease, secrets_in
from runner.schema.http_providers import HttpOptions
from runner.schema.providers import chosen
from runner.schema.services import Service
from runner.session.models.http.model import HttpLLM
from runner.session.models.http.recognition import HttpSTT
from runner.session.models.http.service import HttpService
from runner.session.models.http.voice import voice

_MADE: dict[str, Callable[[HttpService[Any]], Any]] = {
    "llm": HttpLLM,
    "stt": HttpSTT,
    "tts": voice,
}


@dataclass(frozen=True, slots=True)
class HttpRecipe:
    """What such a provider is made of; the same makes the same.

    Attributes:
        name: the provider's.
        options: its request, with what its service says.
        language: that which is spoken with it.
    """

    kind: str
    name: str
    options: HttpOptions
    service: Service | None
    language: str

    @property
    def secrets(self) -> tuple[str, ...]:
        """Names of the secrets that it needs."""
        parts = (self.options, self.service) if self.service is not None else (self.options,)
        return tuple(sorted({name for part in parts for name in secrets_in(part.model_dump())}))

    def made(self, egress: ProviderEgress) -> Any:
        """LiveKit's object."""
        service = HttpService(self.name, self.options, self.service, egress, self.language)
        return _MADE[self.kind](service)


def http_recipe(release: AgentRelease, name: str) -> HttpRecipe | None:
    """The recipe of a provider; None where it is no service."""
    options = release.http_providers.get(name)
    if options is None:
        return None
    service = release.services.get(str(options.service))
    language = _spoken_with(release, name)
    return HttpRecipe(release.providers[name].kind, name, options, service, language)


def _spoken_with(release: AgentRelease, name: str) -> str:
    """The language that a provider is used for: where it is chosen for one, that one."""
    agent, kind = release.agent, release.providers[name].kind
    if agent.languages is None:
        return str(agent.locale or "")
    users = (agent, *release.personas.values())
    used = [
        language
        for language in agent.languages.speak
        if any(name in map(str, _names(chosen(user, kind, language))) for user in users)
    ]
    return used[0] if used else agent.languages.speak[0]


def _names(named: Any) -> tuple[str, ...]:
    return named if isinstance(named, tuple) else (named,) if isinstance(named, str) else ()
