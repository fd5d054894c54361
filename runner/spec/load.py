"""A located document to specs: each definition by itself, so that one mistake hides no other."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from runner.diagnostics import Diagnostic
from runner.spec.comments import without_harmless
from runner.spec.explain import explain
from runner.spec.file import SECTIONS, SINGULAR, File
from runner.spec.names import check_name
from runner.spec.setting import DEFERRED, Settings
from runner.spec.tools import BUILT_IN
from runner.syntax import Data, Document, Location
from runner.template import has_template

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@dataclass(frozen=True, slots=True)
class Definition:
    """One named entry of a section, and where it stands.

    Attributes:
        spec: its model, or None where it has mistakes (then it still defines its name).
        deferred: whether a setting in it waits for the fixed variables of the agent that uses it.
    """

    section: str
    name: str
    document: Document
    location: Location
    spec: Any
    deferred: bool = False

    @property
    def data(self) -> Data:
        """What is written, as plain data."""
        found: Any = self.document.data
        for part in self.location:
            found = found[part]
        return found  # type: ignore[no-any-return]  # a walk down plain data

    def words(self) -> frozenset[str]:
        """All words in it: what a broken definition may define or use."""
        return frozenset(_words(self.data))


@dataclass(frozen=True, slots=True)
class Specs:
    """What one file defines."""

    document: Document
    definitions: tuple[Definition, ...]
    diagnostics: tuple[Diagnostic, ...]


def load(document: Document, env: Mapping[str, str]) -> Specs:
    """Read every definition of a document.

    Args:
        document: a parsed file, its own diagnostics included.
        env: the environment, for templates in settings.
    """
    definitions: list[Definition] = []
    diagnostics = without_harmless(document)
    for section, entries in document.data.items():
        if section == "runner":
            definition, found = read(document, ("runner",), Settings(env, {}))
            definitions.append(definition)
            diagnostics += found
        elif section not in SECTIONS:
            diagnostics += _top_level(document, section, entries)
        elif not isinstance(entries, dict):
            diagnostics.append(_no_names(document, section, entries))
        else:
            for name in entries:
                definition, found = read(document, (section, name), Settings(env))
                definitions.append(definition)
                diagnostics += found
    return Specs(document, tuple(definitions), tuple(diagnostics))


def read(
    document: Document, location: Location, settings: Settings
) -> tuple[Definition, list[Diagnostic]]:
    """Read one definition, in an agent's own terms where settings in it need its fixed variables."""
    section = str(location[0])
    name = str(location[-1])
    data: Any = document.data
    for part in location:
        data = data[part]
    diagnostics = _name_problems(document, location)
    empties = tuple(_empties(data, location))
    for where in empties:
        diagnostics.append(_empty(document, where))
    if section == "agents" and isinstance(data, dict):
        settings = _own_settings(settings, data)
    spec, deferred = None, False
    try:
        spec = _adapter(section).validate_python(_without_empties(data), context=settings)
    except ValidationError as error:
        errors = error.errors(include_url=False)
        deferred = all(e["type"] == DEFERRED for e in errors)
        missing_anyway = {where for where in empties}
        diagnostics += explain(
            document, location, root_model(section), errors, ignore=missing_anyway
        )
    if diagnostics:
        spec, deferred = None, False
    return Definition(section, name, document, location, spec, deferred), diagnostics


def root_model(section: str) -> Any:
    """The annotation of a definition in this section."""
    annotation = File.model_fields[section].annotation
    if section == "runner":
        return annotation.__args__[0]  # type: ignore[union-attr]  # `Process | None`
    return annotation.__args__[1]  # type: ignore[union-attr]  # `dict[str, Model]`


@cache
def _adapter(section: str) -> TypeAdapter[Any]:
    return TypeAdapter(root_model(section))


def _own_settings(settings: Settings, data: dict[str, Any]) -> Settings:
    fixed: dict[str, Any] = {}
    variables = data.get("variables")
    for name, value in variables.items() if isinstance(variables, dict) else ():
        if isinstance(value, str):
            fixed[name] = _resolved(value, settings)
        elif isinstance(value, list):
            fixed[name] = [_resolved(v, settings) for v in value if isinstance(v, str)]
    others = frozenset(variables) - fixed.keys() if isinstance(variables, dict) else frozenset()
    return Settings(settings.env, fixed, others, settings.env_used)


def _resolved(text: str, settings: Settings) -> str:
    if not has_template(text):
        return text
    try:
        return Settings(settings.env, {}, env_used=settings.env_used).resolve(text)
    except Exception:  # noqa: BLE001 - validation of the variable itself tells what is wrong with it
        return text


def _top_level(document: Document, section: str, entries: Data) -> list[Diagnostic]:
    if entries is None:
        return (
            [_empty(document, (section,))] if section == "language" else _unknown(document, section)
        )
    if section == "language":
        try:
            File.model_validate({"language": entries})
        except ValidationError as error:
            return explain(document, (), File, error.errors(include_url=False))
        return []
    return _unknown(document, section)


def _unknown(document: Document, section: str) -> list[Diagnostic]:
    errors = [{"type": "extra_forbidden", "loc": (section,), "input": None}]
    return explain(document, (), File, errors)


def _no_names(document: Document, section: str, entries: Data) -> Diagnostic:
    noun = SINGULAR[section]
    hint = f"below {section}:, write the name of each {noun} with a colon, and its keys on the lines below that"
    if entries is None:
        return Diagnostic(document.key_span((section,)), "E105", f"'{section}' is empty", hint)
    what = "a list" if isinstance(entries, list) else "a text"
    return Diagnostic(
        document.key_span((section,)), "E104", f"'{section}' holds {what}, where names belong", hint
    )


def _name_problems(document: Document, location: Location) -> list[Diagnostic]:
    section, name = str(location[0]), str(location[-1])
    if section == "runner":
        return []
    noun = SINGULAR[section]
    article = "an" if noun == "agent" else "a"
    span = document.key_span(location)
    try:
        check_name(name, f"{article} {noun}", short=section in ("personas", "tools"))
    except Exception as error:  # noqa: BLE001 - pydantic's custom errors have no public base but Exception
        return [Diagnostic(span, error.type, str(error.context["message"]), error.context["help"])]  # type: ignore[attr-defined]
    if section == "tools" and name in BUILT_IN:
        hint = f"list it by its bare name, without defining it, or choose another name such as my_{name}"
        return [Diagnostic(span, "E204", f"'{name}' is a tool that lkrun has already", hint)]
    if section == "personas" and name == "back":
        hint = "choose another name; handoff: back means the persona that the call came from"
        return [Diagnostic(span, "E204", "'back' cannot be the name of a persona", hint)]
    return []


def _empties(data: Any, location: Location) -> Iterator[Location]:
    if data is None:
        yield location
    elif isinstance(data, dict):
        for name, value in data.items():
            yield from _empties(value, (*location, name))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _empties(value, (*location, index))


def _without_empties(data: Any) -> Any:
    if isinstance(data, dict):
        return {k: _without_empties(v) for k, v in data.items() if v is not None}
    if isinstance(data, list):
        return [_without_empties(v) for v in data if v is not None]
    return data


def _empty(document: Document, location: Location) -> Diagnostic:
    last = location[-1]
    if isinstance(last, int):
        return Diagnostic(
            document.value_span(location),
            "E105",
            "there is nothing after this dash",
            "write an entry, or delete the line",
        )
    return Diagnostic(
        document.key_span(location),
        "E105",
        f"'{last}' has no value",
        "write its value behind the colon or on the lines below, or delete the line",
    )


def _words(data: Any) -> Iterator[str]:
    if isinstance(data, str):
        yield from _WORD.findall(data)
    elif isinstance(data, dict):
        for name, value in data.items():
            yield from _WORD.findall(name)
            yield from _words(value)
    elif isinstance(data, list):
        for value in data:
            yield from _words(value)
