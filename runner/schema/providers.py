"""Providers: models, speech recognition and voices by name, and where they are chosen.

The classes and keys are made from the rows of `runner.provider_kinds`.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Tag, create_model

from runner.provider_kinds import BY_HTTP, BY_KEY, IN_ORDER, KINDS, ROWS, ProviderKind
from runner.schema.http import Json
from runner.schema.http_providers import HTTP
from runner.schema.types.blocks import Block, OneOrList, OrNo, key, kinds
from runner.schema.types.by_language import BY_LANGUAGE, EACH, ONE, LanguageKey, in_language
from runner.schema.types.measures import Duration, SomeTime
from runner.schema.types.names import Name, ProviderName
from runner.schema.types.values import YesNo, whole


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


class SpokenBy(Reached):
    """A provider that speaks."""

    cache: YesNo = key(
        "yes: fixed words are spoken from the sound of their first time; no where the voice shall"
        " vary",
        True,
    )


Several = Annotated[
    tuple[ProviderName, ...],
    OneOrList(
        scalars=True,
        instead="write these keys below providers:, under a name of your own, and that name here",
    ),
]
"""One provider, or a list: fallbacks in order."""

SeveralByLanguage = Annotated[
    Annotated[Several, Tag(ONE)] | Annotated[dict[LanguageKey, Several], Tag(EACH)], BY_LANGUAGE
]
"""The same, or one for each language."""


class Order(Block):
    """Several providers in order: each is used where those before it fail."""

    noun: ClassVar[str] = "a fallback"

    order: Several = key("the providers or inference strings, the first one first")


class InOrder(Order):
    """Several providers in order, and when the next is used."""

    noun: ClassVar[str] = "a fallback"
    elsewhere: ClassVar[dict[str, str]] = {
        "sticky": "only models have it: delete it",
        "timeout": "write attempt_timeout:",
    }

    attempt_timeout: SomeTime | None = key(
        "one attempt may take so long; LiveKit's time without it", None
    )
    retries: Annotated[int, whole(0, 10)] | None = key(
        "further attempts of each before the next is used; LiveKit's number without it", None
    )


class ModelsInOrder(InOrder):
    """Models in order."""

    noun: ClassVar[str] = "a fallback of models"
    elsewhere: ClassVar[dict[str, str]] = {"timeout": "write attempt_timeout:"}

    sticky: YesNo = key("stay with the one that works, also when an earlier one is back", False)


_UNHURRIED = "LiveKit asks each speech-to-speech model once, in its own time: delete it"


class SpeechModelsInOrder(Order):
    """Speech-to-speech models in order: each is used where those before it fail."""

    noun: ClassVar[str] = "a fallback of speech-to-speech models"
    elsewhere: ClassVar[dict[str, str]] = dict.fromkeys(
        ("timeout", "attempt_timeout", "retries", "sticky"), _UNHURRIED
    )


ORDERS: dict[str, type[Order]] = {
    "llm": ModelsInOrder,
    "realtime": SpeechModelsInOrder,
    "stt": InOrder,
    "tts": InOrder,
}
"""Kind → what `fallback` takes as one."""


def _named(kind: ProviderKind) -> str:
    return "".join(part.capitalize() for part in kind.key.split("_")) + "Provider"


def _base(kind: ProviderKind) -> type[AnyProvider]:
    if kind.key == "tts":
        return SpokenBy
    return Reached if kind.reached else AnyProvider


def _class_of(kind: ProviderKind) -> type[AnyProvider]:
    """Whatever plugin it names: its options are the plugin's."""
    fields: Any = {
        kind.key: (PluginName, key(kind.about, live=kind.live)),
        "options": (
            dict[str, Json],
            key("options of the plugin", {}, alias="with", live=kind.live),
        ),
    }
    base: type[AnyProvider] = _base(kind)
    made = create_model(_named(kind), __base__=base, __module__=__name__, **fields)
    made.__doc__, made.kind = kind.title, kind.key
    if names := [name for name, (options, _) in _BUILT_IN.items() if kind.key in options]:
        made.rules = {"properties": {kind.key: {"not": {"enum": names}}}}
    return made


def _built_in(
    kind: ProviderKind, name: str, options: type[Block], lines: tuple[str, str]
) -> type[AnyProvider]:
    """A provider without a plugin: its options are the language's own."""
    fields: Any = {
        kind.key: (PluginName, key(lines[0], live=kind.live)),
        "options": (options, key(lines[1], alias="with", live=kind.live)),
    }
    base: type[AnyProvider] = _base(kind) if name == BY_HTTP else AnyProvider
    title = f"{name.capitalize()}{_named(kind)}"
    made = create_model(title, __base__=base, __module__=__name__, **fields)
    made.__doc__ = (options.__doc__ or "").partition("\n")[0]
    made.kind, made.kind_value = kind.key, name
    made.rules = {"properties": {kind.key: {"const": name}}}
    return made


_BUILT_IN: dict[str, tuple[dict[str, Any], tuple[str, str]]] = {
    BY_HTTP: (
        HTTP,
        ("http: a service is asked, without any code", "the request, and what comes back"),
    ),
    IN_ORDER: (
        ORDERS,
        ("fallback: several providers in order", "which, and when the next is used"),
    ),
}
"""Name → kind → its options; and the lines of its keys in the reference."""

PROVIDERS: dict[str, type[AnyProvider]] = {kind.key: _class_of(kind) for kind in ROWS}
"""Kind → its class."""

BUILT_IN = tuple(
    _built_in(BY_KEY[kind], name, made_of, lines)
    for name, (options, lines) in _BUILT_IN.items()
    for kind, made_of in options.items()
)
"""The classes of providers without a plugin."""

Provider: TypeAlias = kinds("a provider", *PROVIDERS.values(), *BUILT_IN)  # type: ignore[valid-type]  # built from the classes


def _choices(name: str, line: Callable[[ProviderKind], str]) -> type[Block]:
    """A block with a key for each kind that an agent or persona chooses."""
    fields: Any = {
        kind.key: (_chosen(kind), key(line(kind), None, live=kind.live)) for kind in KINDS
    }
    return create_model(name, __base__=Block, __module__=__name__, **fields)


def _chosen(kind: ProviderKind) -> Any:
    several = SeveralByLanguage if kind.by_language else Several
    one = several if kind.several else ProviderName
    return Annotated[one | Literal[False] | None, OrNo()] if kind.may_be_off else one | None


if TYPE_CHECKING:

    class AgentProviders(Block):
        """Which providers an agent uses."""

    class PersonaProviders(Block):
        """Which providers a persona uses instead."""

else:
    AgentProviders = _choices("AgentProviders", lambda kind: kind.choice)
    PersonaProviders = _choices("PersonaProviders", lambda _: "instead of the agent's")


def chosen(user: Block, kind: str, language: str = "") -> Any:
    """What an agent or persona chooses of a kind: names, False, or None if it is silent.

    Args:
        user: the agent or persona.
        kind: such as `tts`.
        language: what is spoken, where it may be chosen by language.
    """
    return in_language(getattr(user, kind), language)


def choices(user: Block, kind: str) -> Iterator[str]:
    """All names that an agent or persona chooses of a kind, in whatever language."""
    value = getattr(user, kind)
    for each in value.values() if isinstance(value, dict) else (value,):
        if isinstance(each, str):
            yield str(each)
        elif isinstance(each, tuple):
            yield from map(str, each)
