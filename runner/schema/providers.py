"""Providers: models, speech recognition and voices by name, and where they are chosen.

The classes and keys are made from the rows of `runner.provider_kinds`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import create_model

from runner.provider_kinds import BY_HTTP, BY_KEY, KINDS, ROWS, ProviderKind
from runner.schema.http import Json
from runner.schema.http_providers import HTTP, HttpOptions
from runner.schema.types.blocks import Block, OneOrList, OrNo, key, kinds
from runner.schema.types.measures import Duration, SomeTime
from runner.schema.types.names import Name, ProviderName
from runner.schema.types.values import whole


class PluginName(Name):
    """A plugin: an entry point, a built-in, or an installed LiveKit plugin."""

    __slots__ = ()
    section = "plugins"


class AnyProvider(Block):
    """A provider of any kind."""

    noun: ClassVar[str] = "a provider"
    typical: ClassVar[tuple[str, ...]] = ("llm", "stt", "tts")
    stray: ClassVar[str] = "an option of the plugin stands below with:"

    options: Any = key("options of the plugin", {}, alias="with")

    @property
    def plugin(self) -> PluginName:
        """The plugin's name, whatever the kind."""
        name: PluginName = getattr(self, self.kind)
        return name


class Reached(AnyProvider):
    """A provider that is asked over a connection."""

    timeout: SomeTime | None = key(
        "one attempt to reach it may take so long; LiveKit's 10s without it", None
    )
    retries: Annotated[int, whole(0, 10)] | None = key(
        "further attempts where one fails; LiveKit's 3 without it", None
    )
    retry_wait: Duration | None = key("the time between attempts; LiveKit's 2s without it", None)


def _named(kind: ProviderKind) -> str:
    return "".join(part.capitalize() for part in kind.key.split("_")) + "Provider"


def _base(kind: ProviderKind) -> type[AnyProvider]:
    return Reached if kind.reached else AnyProvider


def _class_of(kind: ProviderKind) -> type[AnyProvider]:
    """Whatever plugin it names: its options are the plugin's."""
    fields: Any = {
        kind.key: (PluginName, key(kind.about)),
        "options": (dict[str, Json], key("options of the plugin", {}, alias="with")),
    }
    base: type[AnyProvider] = _base(kind)
    made = create_model(_named(kind), __base__=base, __module__=__name__, **fields)
    made.__doc__, made.kind = kind.title, kind.key
    if kind.key in HTTP:
        made.rules = {"properties": {kind.key: {"not": {"const": BY_HTTP}}}}
    return made


def _by_http(kind: ProviderKind, options: type[HttpOptions]) -> type[AnyProvider]:
    """A service that is asked by HTTP: its options are the language's own."""
    fields: Any = {
        kind.key: (PluginName, key("http: a service is asked, without any code")),
        "options": (options, key("the request, and what comes back", alias="with")),
    }
    name = f"Http{_named(kind)}"
    base: type[AnyProvider] = _base(kind)
    made = create_model(name, __base__=base, __module__=__name__, **fields)
    made.__doc__ = (options.__doc__ or "").partition("\n")[0]
    made.kind, made.kind_value = kind.key, BY_HTTP
    made.rules = {"properties": {kind.key: {"const": BY_HTTP}}}
    return made


PROVIDERS: dict[str, type[AnyProvider]] = {
    kind.key: _class_of(kind) for kind in ROWS if kind.chosen_by
}
"""Kind → its class."""

HTTP_PROVIDERS = {key: _by_http(kind, HTTP[key]) for key, kind in BY_KEY.items() if key in HTTP}
"""Kind → its class where the plugin is `http`."""

Provider: TypeAlias = kinds("a provider", *PROVIDERS.values(), *HTTP_PROVIDERS.values())  # type: ignore[valid-type]  # built from the classes

Several = Annotated[
    tuple[ProviderName, ...],
    OneOrList(
        scalars=True,
        by_language=True,
        instead="write these keys below providers:, under a name of your own, and that name here",
    ),
]
"""One provider, or a list: fallbacks in order."""


def _choices(name: str, line: Callable[[ProviderKind], str]) -> type[Block]:
    """A block with a key for each kind that an agent or persona chooses."""
    fields: Any = {kind.key: (_chosen(kind), key(line(kind), None)) for kind in KINDS}
    return create_model(name, __base__=Block, __module__=__name__, **fields)


def _chosen(kind: ProviderKind) -> Any:
    one = Several if kind.several else ProviderName
    return Annotated[one | Literal[False] | None, OrNo()] if kind.may_be_off else one | None


if TYPE_CHECKING:

    class AgentProviders(Block):
        """Which providers an agent uses."""

    class PersonaProviders(Block):
        """Which providers a persona uses instead."""

else:
    AgentProviders = _choices("AgentProviders", lambda kind: kind.choice)
    PersonaProviders = _choices("PersonaProviders", lambda _: "instead of the agent's")


def chosen(user: Block, kind: str) -> Any:
    """What an agent or persona chooses of a kind: names, False, or None if it is silent."""
    return getattr(user, kind)
