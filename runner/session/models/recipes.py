"""What the providers of a release are made of, and how they are made of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any

from livekit.agents import llm

from runner.egress.providers import ProviderEgress
from runner.link.release import AgentRelease
from runner.providers.build import ProviderBuildError, build, check_kind
from runner.schema.providers import Order
from runner.secret import Secret
from runner.session.errors import CannotStartError
from runner.session.models import kinds
from runner.session.models.bounded import bounded
from runner.session.models.closing import closing
from runner.session.models.connection import Connection, connection_of, keep_to
from runner.session.models.http.made import HttpRecipe, http_recipe
from runner.session.models.known_secrets import KnownSecrets
from runner.session.values.templates import TemplateRenderer


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a provider is made of; the same makes the same.

    Attributes:
        options: those of its plugin, or the request of its service.
    """

    kind: str
    plugin: str
    options: HttpRecipe | Secret[Any]
    connection: Connection


class Recipes:
    """The recipes of one release.

    Args:
        release: the agent, with its providers.
        renderer: renders options.
        secrets: looks up the secrets that options name.
    """

    def __init__(
        self, release: AgentRelease, renderer: TemplateRenderer, secrets: KnownSecrets
    ) -> None:
        """Read nothing yet."""
        self._release, self._renderer, self._secrets = release, renderer, secrets

    def order(self, names: tuple[str, ...] | str) -> tuple[tuple[str, ...], Order | None]:
        """The providers that names mean, and what a `fallback` says of their order.

        One that a variable chooses is the one that it holds now.
        """
        given = (names,) if isinstance(names, str) else names
        wanted = tuple(self._renderer.text(str(name)).strip() for name in given)
        provider = self._release.providers.get(wanted[0]) if len(wanted) == 1 else None
        options = provider.options if provider is not None else None
        if isinstance(options, Order):
            return tuple(map(str, options.order)), options
        return wanted, None

    def of(self, name: str) -> Recipe | None:
        """The recipe of a provider; None for an inference string.

        Raises:
            CannotStartError: it needs a secret that is not set.
        """
        provider = self._release.providers.get(name)
        if provider is None:
            return None
        with self._secrets.needed_by(f"provider '{name}'"):
            options = self._options(name, provider.options)
        return Recipe(provider.kind, str(provider.plugin), options, connection_of(provider))

    def _options(self, name: str, given: Any) -> HttpRecipe | Secret[Any]:
        service = http_recipe(self._release, name)
        if service is None:
            return Secret(self._renderer.data(given, {"secrets": self._secrets}))
        for secret in service.secrets:
            self._secrets.find(secret)
        return service

    def plugin(self, kind: str, name: str, options: Any) -> Any:
        """The options of a plugin that is no provider.

        Raises:
            CannotStartError: they need a secret that is not set.
        """
        with self._secrets.needed_by(f"{kind} '{name}'"):
            return self._renderer.data(options, {"secrets": self._secrets})

    def make(self, kind: str, name: str, recipe: Recipe | None, services: ProviderEgress) -> Any:
        """LiveKit's object of a provider.

        Args:
            kind: what it is needed as.
            name: the provider, or an inference string.
            recipe: what it is made of; None for an inference string.
            services: how services are reached.

        Raises:
            CannotStartError: it cannot be built.
        """
        return _in_hand(self._made(kind, name, recipe, services))

    def _made(self, kind: str, name: str, recipe: Recipe | None, services: ProviderEgress) -> Any:
        if recipe is None:
            return kinds.inferred(kind, name)
        options = recipe.options
        if isinstance(options, HttpRecipe):
            return keep_to(options.made(services), kind, recipe.connection)
        usual = kinds.TEXT_ALONE if kind == kinds.IN_TEXT else {}
        shown = self._secrets.shown
        try:
            made = build(recipe.kind, recipe.plugin, options.reveal(), secrets=shown, usual=usual)
            return keep_to(check_kind(recipe.kind, recipe.plugin, made), kind, recipe.connection)
        except ProviderBuildError as error:
            raise CannotStartError(f"provider '{name}': {error}") from None

    def identity(self, recipe: Recipe) -> str:
        """What tells a provider of this recipe from all others."""
        options = recipe.options
        if isinstance(options, HttpRecipe):
            resolved = {name: self._secrets.resolve(name) for name in options.secrets}
            known = {name: value.reveal() for name, value in resolved.items() if value}
            parts: Any = [repr(options), known, dict(self._release.env)]
        else:
            parts = options.reveal()
        text = json.dumps([recipe.plugin, parts], sort_keys=True, default=repr)
        return hashlib.sha256(text.encode()).hexdigest()


def _in_hand(made: Any) -> Any:
    """A model whose answers are bounded, and that is closed in order."""
    if isinstance(made, llm.RealtimeModel):
        return closing(made)
    return bounded(made) if isinstance(made, llm.LLM) else made
