"""Actions that are not written in a file, but sent while a call runs: checked as those are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from runner.diagnostics import Diagnostic, Span
from runner.link.form import form
from runner.link.pinpoint import Pinpoint
from runner.link.release import AgentRelease
from runner.link.rule import ByKind, UseContext, UseRule
from runner.link.rules import RULES
from runner.link.scope import Scope
from runner.link.surroundings import LinkContext, Prompt
from runner.link.table import SymbolTable
from runner.link.texts import Texts
from runner.link.walk import walk
from runner.providers.catalogue import Catalogue
from runner.schema.actions import Action, AnyAction
from runner.schema.reading.explain import explain
from runner.schema.reading.load import Definition
from runner.schema.types.settings import Settings
from runner.syntax import Document
from runner.syntax.document import Style
from runner.template import Analysis, analyse, analyse_condition

_NOWHERE: Final = Span("", 1, 1, 1, 1)
_RULES = ByKind(rule for rule in RULES if isinstance(rule, UseRule))
_KEPT_AS_DATA: Final = ("set", "with")
"""Keys of an action whose values may be lists and objects."""


class _Sent(Document):
    """What was sent, in place of a file: nothing in it stands at a line."""

    __slots__ = ()

    def value_span(self, location: Any) -> Span:  # noqa: ARG002 - the file's
        return _NOWHERE

    def key_span(self, location: Any) -> Span:  # noqa: ARG002 - as above
        return _NOWHERE

    def style(self, location: Any) -> Style:
        path, _ = self._follow(location)
        node = self.at(path)
        if isinstance(node, dict):
            return "mapping"
        return "sequence" if isinstance(node, list) else "quoted"


class _Analyses:
    """Nothing of what is sent is remembered."""

    def of(self, text: str, *, condition: bool) -> Analysis:
        return analyse_condition(text) if condition else analyse(text)


class _Sounds(dict[tuple[str, str], Prompt]):
    """The sound files of a release; no other can be had while it is served."""

    def __missing__(self, key: tuple[str, str]) -> Prompt:
        problem = "E207", f"there is no sound '{key[1]}' in what is served", None
        return Prompt(key[1], problem=problem)


def read_action(release: AgentRelease, sent: Mapping[str, Any]) -> AnyAction | Diagnostic:
    """Read one action, or say what is wrong with it.

    Args:
        release: the agent, as the call has it.
        sent: the action as JSON: its texts are templates, as in a file.
    """
    try:
        data = {name: _written(each, as_data=name in _KEPT_AS_DATA) for name, each in sent.items()}
    except RecursionError:
        return Diagnostic(_NOWHERE, "E104", "the action is nested too deep")
    document = _Sent("", data)
    try:
        action: AnyAction = _adapter().validate_python(data, context=Settings(release.env, {}))
    except ValidationError as error:
        errors = error.errors(include_url=False)
        return _first(explain(document, (), Action, errors, _empty(data)))
    if empty := _empty(data):
        return _first(explain(document, (), Action, [], empty))
    return _mistake(release, action, document) or action


@cache
def _adapter() -> TypeAdapter[Any]:
    return TypeAdapter(Action)


def _first(diagnostics: list[Diagnostic]) -> Diagnostic:
    return diagnostics[0]


def _empty(data: Mapping[str, Any]) -> list[tuple[str | int, ...]]:
    inside = [
        (key, name)
        for key, value in data.items()
        if isinstance(value, dict)
        for name, each in value.items()
        if each is None
    ]
    return [*((key,) for key, value in data.items() if value is None), *inside]


def _written(value: Any, *, as_data: bool, top: bool = True) -> Any:
    """A value of JSON as the same would be written in a file."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict) and (top or not as_data):
        return {str(n): _written(v, as_data=as_data, top=False) for n, v in value.items()}
    if isinstance(value, list | dict):
        if as_data:
            return f"{{{{ {_literal(value)} }}}}"
        return [_written(each, as_data=as_data, top=False) for each in value]
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _literal(value: Any) -> str:
    """A list or an object as an expression of templates."""
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_literal(n)}: {_literal(v)}' for n, v in value.items())}}}"
    if isinstance(value, bool) or value is None:
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False)


def _mistake(release: AgentRelease, action: AnyAction, document: Document) -> Diagnostic | None:
    """The first thing in an action that the agent does not have, or must not show."""
    scope = _scope(release, document)
    around = _around(release)
    definition = Definition("agents", release.name, document, (), action)
    found = list(form(definition, action, scope.table, around).diagnostics)
    context = UseContext(scope, definition, action, Texts(around.analyses, Pinpoint({})), set())
    for leaf in walk(action, ()):
        for rule in _RULES.of(leaf.value):
            found += rule.check(context, leaf, _NOWHERE)
    return next((each for each in found if each.severity == "error"), None)


def _around(release: AgentRelease) -> LinkContext:
    sounds = _Sounds({("", name): Prompt(name) for name in release.sounds})
    return LinkContext(release.env, sounds, {}, Catalogue(), lambda _: [], _Analyses())


def _scope(release: AgentRelease, document: Document) -> Scope:
    """The agent as the rules see it."""
    table = SymbolTable()
    sections: dict[str, Mapping[str, Any]] = {
        "agents": {release.name: release.agent},
        "personas": release.personas,
        "tools": release.tools,
        "services": release.services,
        "knowledge": release.knowledge,
        "providers": release.providers,
    }
    for section, entries in sections.items():
        for name, spec in entries.items():
            table.entries[section][name] = Definition(section, name, document, (), spec)
    return Scope(
        table.entries["agents"][release.name],
        release.agent,
        table,
        personas=release.personas,
        tools=dict(release.tools),
        services=release.services,
        knowledge=dict(release.knowledge),
        providers=dict(release.providers),
    )
