"""The providers of a call, each built once and shared by its personas."""

from __future__ import annotations

import asyncio
import hashlib
import json
import logging
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from livekit.agents import llm, stt, tts

from runner.egress.mask import Mask
from runner.egress.providers import USUAL_NETWORK, ProviderEgress, ProviderNetwork
from runner.link.release import AgentRelease
from runner.providers.build import ProviderBuildError, build, check_kind
from runner.schema.providers import InOrder, Order
from runner.secret import Secret
from runner.session.errors import CannotStartError
from runner.session.models import kinds
from runner.session.models.bounded import bounded
from runner.session.models.closing import closing
from runner.session.models.connection import Connection, connection_of, keep_to
from runner.session.models.http.made import HttpRecipe, http_recipe
from runner.session.models.recognised import Recognised
from runner.session.values.templates import TemplateRenderer

log = logging.getLogger("lkrun")

_WORDS = re.compile(r"[a-z]+(?: [a-z]+)+", re.IGNORECASE)

Secrets = Callable[[str], Secret[str] | None]

_Recipe = tuple[str, str, HttpRecipe | Secret[Any], Connection] | None
"""Kind, plugin, options and connection of a provider; None for an inference string."""


_Plugin = tuple[str, str, Secret[str]]
"""Kind, name and options, as JSON, of a plugin that is no provider."""

_List = tuple[str, tuple[str, ...], Order | None]
"""Kind and names of providers in order, and what is said of their order."""


class _Secrets(Mapping[str, str]):
    """Looks secrets up, and remembers them so that no message shows one."""

    def __init__(self, resolve: Secrets, past: Iterable[Secret[str]] = ()) -> None:
        self.resolve = resolve
        self.past = frozenset(past)
        self.seen: dict[str, Secret[str]] = {}
        self.lacking: set[str] = set()

    def find(self, name: str) -> Secret[str] | None:
        """One of them; what there is none of is noted."""
        value = self.resolve(name)
        if value is None:
            self.lacking.add(name)
            return None
        self.seen[name] = value
        return value

    def __getitem__(self, name: str) -> str:
        value = self.find(name)
        if value is None:
            raise KeyError(name)
        return value.reveal()

    def __iter__(self) -> Iterator[str]:
        return iter(self.seen)

    def __len__(self) -> int:
        return len(self.seen)

    @property
    def shown(self) -> frozenset[Secret[str]]:
        """All values that were ever looked up."""
        return self.past.union(self.seen.values())


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
        self._renderer = renderer
        self._before = before
        self._secrets: _Secrets = _Secrets(secrets, before.shown if before else ())
        own = ProviderEgress(self._secrets.find, network, release.env, release.places)
        self._own_services = own
        self.services: ProviderEgress = before.services if before else own
        self.recognised: Recognised = before.recognised if before else Recognised()
        """What speech recognition says of the caller's words."""
        self._single: dict[tuple[str, str], Any] = {}
        self._recipes: dict[tuple[str, str], _Recipe] = {}
        self.plugins: dict[tuple[str, str, Secret[str]], Any] = (
            dict(before.plugins) if before else {}
        )
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
        wanted, how = self._order(_names(names))
        if len(wanted) == 1 and how is None:
            return self._one(kind, wanted[0])
        key = (kind, wanted, how)
        if key not in self._lists:
            parts = [self._one(kind, name) for name in wanted]
            if not (self._before and self._keep_list(self._before, key, parts)):
                self._lists[key] = kinds.in_order(kind, wanted, parts, how)
                self._parts[key] = parts
        return self._lists[key]

    def _order(self, names: tuple[str, ...]) -> tuple[tuple[str, ...], Order | None]:
        """The providers that names mean, and what a `fallback` says of their order.

        One that a variable chooses is the one that it holds now.
        """
        names = tuple(self._renderer.text(name).strip() for name in names)
        provider = self._release.providers.get(names[0]) if len(names) == 1 else None
        options = provider.options if provider is not None else None
        if isinstance(options, Order):
            return tuple(map(str, options.order)), options
        return names, None

    def _keep_list(self, before: Models, key: _List, parts: list[Any]) -> bool:
        if key not in before._lists or not _same(before._parts[key], parts):
            return False
        self._lists[key], self._parts[key] = before._lists[key], parts
        return True

    def patience(self, names: tuple[str, ...] | str) -> float:
        """Seconds that the attempts may take that these providers ask for, all of them failing."""
        wanted, how = self._order(_names(names)) if names else ((), None)
        if isinstance(how, InOrder) and how.attempt_timeout is not None:
            return how.attempt_timeout * ((how.retries or 0) + 1) * len(wanted)
        return sum(connection_of(self._release.providers.get(name)).longest for name in wanted)

    def voice(self, names: tuple[str, ...] | str) -> str | None:
        """What tells the voice that speaks first from all others; None where it shall vary."""
        name = self._order(_names(names))[0][0]
        provider = self._release.providers.get(name)
        if ("tts", name) not in self._single or not getattr(provider, "cache", True):
            return None
        recipe = self._recipes.get(("tts", name))
        if recipe is None:
            return name
        _, plugin, options, _ = recipe
        if isinstance(options, HttpRecipe):
            resolved = {name: self._secrets.resolve(name) for name in options.secrets}
            known = {name: value.reveal() for name, value in resolved.items() if value}
            identity: Any = [repr(options), known, dict(self._release.env)]
        else:
            identity = options.reveal()
        text = json.dumps([plugin, identity], sort_keys=True, default=repr)
        return hashlib.sha256(text.encode()).hexdigest()

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

    def prewarm(self) -> None:
        """Have what is built connect, so that its first request need not."""
        for made in self.built():
            if isinstance(made, llm.LLM | stt.STT | tts.TTS):
                made.prewarm()

    def ordinary(self, kind: str) -> Any:
        """What is used of a kind where nobody names anything."""
        make = kinds.of(kind).ordinary
        if make is not None and kind not in self.ordinaries:
            self.ordinaries[kind] = make()
        return self.ordinaries.get(kind)

    def _one(self, kind: str, name: str) -> Any:
        if (kind, name) not in self._single:
            recipe = self._recipe(name)
            if not (self._before and self._keep(self._before, (kind, name), recipe)):
                made = self._build(kind, name, recipe)
                self._single[kind, name] = _kept_in_hand(made)
                self._recipes[kind, name] = recipe
        return self._single[kind, name]

    def _keep(self, before: Models, key: tuple[str, str], recipe: _Recipe) -> bool:
        if key not in before._single or before._recipes.get(key) != recipe:
            return False
        self._single[key], self._recipes[key] = before._single[key], recipe
        return True

    def plugin(self, kind: str, name: str, options: Any) -> Any:
        """What a plugin of another kind than a provider has built: a node, or a tool's function.

        Raises:
            CannotStartError: it cannot be built.
        """
        self._secrets.lacking.clear()
        values = self._renderer.data(options, {"secrets": self._secrets})
        if self._secrets.lacking:
            lacking = ", ".join(sorted(self._secrets.lacking))
            raise CannotStartError(f"{kind} '{name}' needs a secret that is not set: {lacking}")
        key = (kind, name, Secret(json.dumps(values, sort_keys=True, default=str)))
        if key not in self.plugins:
            try:
                made = build(kind, name, values, secrets=self._secrets.shown)
                self.plugins[key] = check_kind(kind, name, made)
            except ProviderBuildError as error:
                raise CannotStartError(str(error)) from None
        return self.plugins[key]

    def _recipe(self, name: str) -> _Recipe:
        """What a provider is made of; None for an inference string."""
        provider = self._release.providers.get(name)
        if provider is None:
            return None
        self._secrets.lacking.clear()
        service = http_recipe(self._release, name)
        if service is not None:
            for secret in service.secrets:
                self._secrets.find(secret)
            options: HttpRecipe | Secret[Any] = service
        else:
            given = {"secrets": self._secrets}
            options = Secret(self._renderer.data(provider.options, given))
        if self._secrets.lacking:
            lacking = ", ".join(sorted(self._secrets.lacking))
            raise CannotStartError(f"provider '{name}' needs a secret that is not set: {lacking}")
        return provider.kind, str(provider.plugin), options, connection_of(provider)

    def _build(self, kind: str, name: str, recipe: _Recipe) -> Any:
        if recipe is None:
            return kinds.inferred(kind, name)
        own_kind, plugin, options, connection = recipe
        if isinstance(options, HttpRecipe):
            return keep_to(options.made(self.services), kind, connection)
        try:
            usual = kinds.TEXT_ALONE if kind == kinds.IN_TEXT else {}
            made = build(
                own_kind, plugin, options.reveal(), secrets=self._secrets.shown, usual=usual
            )
            return keep_to(check_kind(own_kind, plugin, made), kind, connection)
        except ProviderBuildError as error:
            raise CannotStartError(f"provider '{name}': {error}") from None

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
            names, how = self._order(_names(named))
            for name in names:
                # what cannot be built is told when it is needed, as at the start of a call
                with suppress(CannotStartError):
                    if (kind, name) not in self._single:
                        self._keep(before, (kind, name), self._recipe(name))
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
        return Mask(self.shown, stars="•••").text(text)

    @property
    def hidden(self) -> Mask:
        """Hides the secrets that were used, in what a model says.

        Plain words are no key: an author keeps what a scripted model says where they like.
        """
        return Mask(value for value in self.shown if not value.map(_WORDS.fullmatch))

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


def _kept_in_hand(made: Any) -> Any:
    if isinstance(made, llm.RealtimeModel):
        return closing(made)
    return bounded(made) if isinstance(made, llm.LLM) else made


def _names(names: tuple[str, ...] | str) -> tuple[str, ...]:
    return (str(names),) if isinstance(names, str) else tuple(map(str, names))


def _same(some: Sequence[Any], others: Sequence[Any]) -> bool:
    return len(some) == len(others) and all(map(operator.is_, some, others))
