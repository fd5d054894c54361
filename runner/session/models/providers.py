"""The providers of a call, each built once and shared by its personas."""

from __future__ import annotations

import asyncio
import json
import logging
import operator
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from livekit.agents import llm, stt, tts

from runner.egress.mask import Mask
from runner.egress.network.tls import share_tls_context
from runner.egress.providers import USUAL_NETWORK, ProviderEgress, ProviderNetwork
from runner.link.release import AgentRelease
from runner.providers.build import ProviderBuildError, build, check_kind
from runner.schema.providers import InOrder, Order
from runner.secret import Secret
from runner.session.errors import CannotStartError
from runner.session.models import kinds
from runner.session.models.connection import connection_of
from runner.session.models.known_secrets import KnownSecrets, Secrets
from runner.session.models.recipes import Recipe, Recipes
from runner.session.models.recognised import Recognised
from runner.session.values.templates import TemplateRenderer

log = logging.getLogger("lkrun")

_ADDRESS = "base_url"
"""The option of LiveKit's plugins for the address of a service."""

_List = tuple[str, tuple[str, ...], Order | None]
"""Kind and names of providers in order, and what is said of their order."""


class Models:
    """Builds what an agent or persona names, when it is first used.

    Args:
        release: the agent, with its providers.
        renderer: renders options.
        secrets: looks up a secret by its name.
        network: how services of speech and words are reached.
        before: what the call used until now: what has the same recipe is taken over.
    """

    def __init__(
        self,
        release: AgentRelease,
        renderer: TemplateRenderer,
        secrets: Secrets,
        network: ProviderNetwork = USUAL_NETWORK,
        before: Models | None = None,
    ) -> None:
        """Build nothing yet."""
        self._release = release
        self._network = network
        self._before = before
        self._secrets = KnownSecrets(secrets, before.shown if before else ())
        self._recipes = Recipes(release, renderer, self._secrets)
        share_tls_context()
        own = ProviderEgress(self._secrets.find, network, release.env, release.places)
        self._own_services = own
        self.services: ProviderEgress = before.services if before else own
        self.recognised: Recognised = before.recognised if before else Recognised()
        """What speech recognition says of the caller's words."""
        self._single: dict[tuple[str, str], Any] = {}
        self._made_by: dict[tuple[str, str], Recipe | None] = {}
        self.plugins: dict[tuple[str, str, Secret[str]], Any] = (
            dict(before.plugins) if before else {}
        )
        self._warm: set[int] = set()
        self._lists: dict[_List, Any] = {}
        self._parts: dict[_List, list[Any]] = {}
        self.outlived: list[Any] = list(before.outlived) if before else []
        """What LiveKit may still use, although no release names it any more."""
        self.ordinaries: dict[str, Any] = dict(before.ordinaries) if before else {}
        """Kind → what is used where nobody names anything."""

    def renewed(
        self,
        release: AgentRelease,
        renderer: TemplateRenderer,
        secrets: Secrets | None,
        network: ProviderNetwork | None = None,
    ) -> Models:
        """The models of another release, which share with these all that is the same."""
        network = network or self._network
        return Models(release, renderer, secrets or self._secrets.resolve, network, self)

    def get(self, kind: str, names: tuple[str, ...] | str) -> Any:
        """The LiveKit object of a kind: the same for the same names; a list falls back in order.

        Raises:
            CannotStartError: it cannot be built.
        """
        return self.recognised.note(self._made(kind, names))

    def _made(self, kind: str, names: tuple[str, ...] | str) -> Any:
        wanted, how = self._recipes.order(names)
        if len(wanted) == 1 and how is None:
            return self._one(kind, wanted[0])
        key = (kind, wanted, how)
        if key not in self._lists:
            parts = [self._one(kind, name) for name in wanted]
            if not (self._before and self._keep_list(self._before, key, parts)):
                self._lists[key] = kinds.in_order(kind, wanted, parts, how)
                self._parts[key] = parts
        return self._lists[key]

    def _keep_list(self, before: Models, key: _List, parts: list[Any]) -> bool:
        if key not in before._lists or not _same(before._parts[key], parts):
            return False
        self._lists[key], self._parts[key] = before._lists[key], parts
        return True

    def name_of(self, made: Any) -> str | None:
        """The name of the provider or inference string that an object was made for."""
        return next((name for (_, name), each in self._single.items() if each is made), None)

    def model_of(self, names: tuple[str, ...] | str) -> str:
        """The model that is asked by these names, as the log calls it."""
        wanted = self._recipes.order(names)[0] if names else ()
        return f"the model {' or '.join(map(repr, wanted))}".rstrip()

    def address_of(self, names: tuple[str, ...] | str) -> str:
        """The option by which an author has given one of these models another address."""
        wanted = self._recipes.order(names)[0] if names else ()
        given = (self._release.providers.get(name) for name in wanted)
        options = (each.options for each in given if each is not None)
        return next((_ADDRESS for o in options if isinstance(o, dict) and _ADDRESS in o), "")

    def patience(self, names: tuple[str, ...] | str) -> float:
        """Seconds that the attempts may take that these providers ask for, all of them failing."""
        wanted, how = self._recipes.order(names) if names else ((), None)
        if isinstance(how, InOrder) and how.attempt_timeout is not None:
            return how.attempt_timeout * ((how.retries or 0) + 1) * len(wanted)
        return sum(connection_of(self._release.providers.get(name)).longest for name in wanted)

    def voice(self, names: tuple[str, ...] | str) -> str | None:
        """What tells the voice that speaks first from all others; None where it shall vary."""
        name = self._recipes.order(names)[0][0]
        provider = self._release.providers.get(name)
        if ("tts", name) not in self._single or not getattr(provider, "cache", True):
            return None
        recipe = self._made_by.get(("tts", name))
        return name if recipe is None else self._recipes.identity(recipe)

    def first_spoke(self, names: tuple[str, ...] | str) -> bool:
        """Whether the first of several voices has spoken last, not one in its place."""
        made = self.get("tts", names)
        if not isinstance(made, tts.FallbackAdapter):
            return True
        return made._active_instance is made._tts_instances[0]  # noqa: SLF001 - LiveKit tells nobody else

    def turn_detector(self, name: str) -> Any:
        """What tells the end of the caller's turn.

        Raises:
            CannotStartError: it cannot be built.
        """
        return self.get("turn_detector", name)

    def prewarm(self, asked: Iterable[Any]) -> None:
        """Have what is built connect, so that its first request need not; each of it once.

        Args:
            asked: what is being asked already, and connects for that.
        """
        self._warm |= set(map(id, asked))
        for made in self.built():
            if isinstance(made, llm.LLM | stt.STT | tts.TTS) and id(made) not in self._warm:
                self._warm.add(id(made))
                made.prewarm()

    def ordinary(self, kind: str) -> Any:
        """What is used of a kind where nobody names anything."""
        make = kinds.of(kind).ordinary
        if make is not None and kind not in self.ordinaries:
            self.ordinaries[kind] = make()
        return self.ordinaries.get(kind)

    def _one(self, kind: str, name: str) -> Any:
        if (kind, name) not in self._single:
            recipe = self._recipes.of(name)
            if not (self._before and self._keep(self._before, (kind, name), recipe)):
                made = self._recipes.make(kind, name, recipe, self.services)
                self._single[kind, name] = made
                self._made_by[kind, name] = recipe
        return self._single[kind, name]

    def _keep(self, before: Models, key: tuple[str, str], recipe: Recipe | None) -> bool:
        if key not in before._single or before._made_by.get(key) != recipe:
            return False
        self._single[key], self._made_by[key] = before._single[key], recipe
        return True

    def plugin(self, kind: str, name: str, options: Any) -> Any:
        """What a plugin of another kind than a provider has built: a node, or a tool's function.

        Raises:
            CannotStartError: it cannot be built.
        """
        values = self._recipes.plugin(kind, name, options)
        key = (kind, name, Secret(json.dumps(values, sort_keys=True, default=str)))
        if key not in self.plugins:
            try:
                made = build(kind, name, values, secrets=self._secrets.shown)
                self.plugins[key] = check_kind(kind, name, made)
            except ProviderBuildError as error:
                raise CannotStartError(str(error)) from None
        return self.plugins[key]

    def take_over(self, wanted: Iterable[tuple[str, tuple[str, ...] | str]]) -> list[Any]:
        """Keep what may still be used of the models before these, and let go of the rest.

        Args:
            wanted: kinds and names that the agent and its personas choose.

        Returns:
            The objects that are used no more; who calls closes them.
        """
        before, self._before = self._before, None
        if before is None:
            return []
        self.services.follow(self._own_services)
        for kind, named in wanted:
            names, how = self._recipes.order(named)
            for name in names:
                # what cannot be built is told when it is needed, as at the start of a call
                with suppress(CannotStartError):
                    if (kind, name) not in self._single:
                        self._keep(before, (kind, name), self._recipes.of(name))
            if (len(names) > 1 or how) and (kind, names, how) not in self._lists:
                parts = [self._single.get((kind, name)) for name in names]
                self._keep_list(before, (kind, names, how), parts)
        used = set(map(id, self.built()))
        unused = [each for each in before.built() if id(each) not in used]
        # LiveKit keeps these until the persona that speaks leaves, or until the end of the call
        lasting = before.lasting()
        lasting |= {id(each) for each in unused if isinstance(each, llm.RealtimeModel)}
        self.outlived += [each for each in unused if id(each) in lasting]
        return [each for each in unused if id(each) not in lasting]

    def lasting(self) -> set[int]:
        """Which objects LiveKit may go on to use, by their id."""
        return {id(made) for (kind, _), made in self._single.items() if kind in kinds.LASTING}

    def built(self) -> list[Any]:
        """All objects that there are, lists before what they are made of."""
        return [*self._lists.values(), *self._single.values()]

    def discard(self) -> list[Any]:
        """Give up before anything was used.

        Returns:
            The objects that only these models have; who calls closes them.
        """
        known = set(map(id, self._before.built())) if self._before else set()
        return [each for each in self.built() if id(each) not in known]

    @property
    def shown(self) -> frozenset[Secret[str]]:
        """All values of secrets that were ever used."""
        return self._secrets.shown

    def mask(self, text: str) -> str:
        """A message without the secrets that were used."""
        return self._secrets.mask(text)

    @property
    def hidden(self) -> Mask:
        """Hides the secrets that were used, in what a model says."""
        return self._secrets.hidden

    async def aclose(self) -> None:
        """Close all that was built."""
        made = [*self.built(), *self.outlived]
        self.outlived.clear()
        self._lists.clear()
        self._single.clear()
        await close(made)
        await self.services.aclose()


async def close(made: Iterable[Any]) -> None:
    """Close LiveKit's objects; one that fails harms nobody."""
    closing = [each.aclose() for each in made if hasattr(each, "aclose")]
    for result in await asyncio.gather(*closing, return_exceptions=True):
        if isinstance(result, Exception):
            log.debug("a provider could not be closed: %s", type(result).__name__)


def _same(some: Sequence[Any], others: Sequence[Any]) -> bool:
    return len(some) == len(others) and all(map(operator.is_, some, others))
