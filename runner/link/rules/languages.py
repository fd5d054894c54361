"""What is given by language is given for each that the agent speaks, and for no other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from runner.diagnostics import Diagnostic, Span
from runner.diagnostics.nearest import nearest
from runner.link.rule import AgentContext, AgentRule, Used
from runner.link.scope import Scope
from runner.link.walk import Walks
from runner.provider_kinds import KINDS
from runner.schema.reading.load import Definition
from runner.schema.types.blocks import Block
from runner.schema.types.by_language import nearest_language
from runner.schema.types.texts import Spoken
from runner.schema.types.urls import without_templates
from runner.syntax import Location


@dataclass(frozen=True, slots=True)
class _Given:
    """Words, or a choice of providers.

    Attributes:
        used: (section, name) of what holds it; None where the agent does.
        place: where it stands.
        what: what a message calls one of it.
        languages: those that it is given for; none where it is given once.
    """

    used: Used
    definition: Definition
    place: Location
    what: str
    languages: tuple[str, ...]

    @property
    def span(self) -> Span:
        """Where its key stands."""
        return self.definition.document.key_span(self.place)


def _check(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    scope = context.scope
    spoken = scope.agent.languages.speak if scope.agent.languages is not None else ()
    for used, definition, spec in _parts(scope):
        for given in (
            *_words(used, definition, spec, context.around.walks),
            *_chosen(used, definition, spec),
        ):
            for problem in _problems(scope, spoken, given):
                yield used, problem


def _problems(scope: Scope, spoken: tuple[str, ...], given: _Given) -> Iterator[Diagnostic]:
    if not given.languages:
        if len(spoken) > 1 and given.what == "words":
            message = f"these words are in one language, and agent '{scope.name}' speaks "
            hint = f"write them for each, as {spoken[0]}: and {spoken[1]}: on the lines below"
            yield Diagnostic(given.span, "W231", message + _listed(spoken), hint)
        return
    if not spoken:
        message = f"agent '{scope.name}' has no languages, and here stands one for each"
        below = _listed(given.languages)
        hint = f"write languages: in agent '{scope.name}', below it speak:, and below that {below}"
        yield Diagnostic(given.span, "E213", message, hint)
        return
    lacking = [each for each in spoken if nearest_language(each, given.languages) is None]
    for language in given.languages:
        if nearest_language(language, spoken) is None:
            near = nearest(language, lacking)
            yield Diagnostic(
                given.definition.document.key_span((*given.place, language)),
                "E213",
                f"agent '{scope.name}' does not speak '{language}'",
                f"did you mean '{near}'?"
                if near
                else f"delete it, or write {language} below languages: and speak:",
            )
            return
    if lacking:
        message = f"there {_are(given.what)} for {_listed(lacking)}, which agent "
        hint = f"add {' and '.join(f'{each}:' for each in lacking)}"
        yield Diagnostic(given.span, "E213", f"{message}'{scope.name}' speaks", hint)


def _are(what: str) -> str:
    return "are no words" if what == "words" else f"is no {what}"


def _listed(names: Iterable[str]) -> str:
    return " and ".join(f"'{name}'" for name in names)


def _parts(scope: Scope) -> Iterator[tuple[Used, Definition, Block]]:
    yield None, scope.definition, scope.agent
    for section in ("personas", "tools"):
        for name, spec in getattr(scope, section).items():
            yield (section, name), scope.table.entries[section][name], spec


def _words(used: Used, definition: Definition, spec: Block, walks: Walks) -> Iterator[_Given]:
    """All words of a definition, those of one place together."""
    by_place: dict[Location, list[str]] = {}
    for leaf, _ in walks.of(spec, definition.document, definition.location):
        if not isinstance(leaf.value, Spoken):
            continue
        place = leaf.location
        if isinstance(place[-1], int):
            place = place[:-1]
        if place[-1] != leaf.key and _for_each(leaf.owner, leaf.key, place):
            by_place.setdefault(place[:-1], []).append(str(place[-1]))
        elif any(map(str.isalpha, without_templates(leaf.value))):
            by_place.setdefault(place, [])
    for place, languages in by_place.items():
        yield _Given(used, definition, place, "words", tuple(dict.fromkeys(languages)))


def _for_each(owner: Block, key: str, place: Location) -> bool:
    """Whether the last part of a place is a language."""
    value: Any = getattr(owner, owner.keys()[key])
    if key == "texts":
        value = value.get(str(place[-2])) if isinstance(value, Mapping) else None
    return isinstance(value, Mapping) and str(place[-1]) in value


def _chosen(used: Used, definition: Definition, spec: Block) -> Iterator[_Given]:
    for kind in KINDS:
        value = getattr(spec, kind.key, None)
        if isinstance(value, Mapping):
            place = (*definition.location, kind.key)
            yield _Given(used, definition, place, kind.noun, tuple(map(str, value)))


RULE = AgentRule(_check)
