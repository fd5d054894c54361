"""A located document to specs: each definition by itself, so that one mistake hides no other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from runner.diagnostics import Diagnostic
from runner.diagnostics.nearest import nearest
from runner.late_pattern import late
from runner.schema.file import SECTIONS, SINGULAR, File
from runner.schema.reading.annotations import takes
from runner.schema.reading.beside import followers, not_below
from runner.schema.reading.empty import is_comment, without_value
from runner.schema.reading.harmless import without_harmless
from runner.schema.reading.nameless import nameless, sectionless
from runner.schema.reading.partial import partial
from runner.schema.tools import BUILT_IN
from runner.schema.types.files import FileName
from runner.schema.types.later import LATER
from runner.schema.types.names import check_name, meant
from runner.schema.types.settings import DEFERRED, Settings
from runner.syntax import Data, Document, Location, as_written, is_again
from runner.template import has_template

_SHOWN = 3
"""How many names a help lists before it stops."""

_WORD = late(r"[A-Za-z_][A-Za-z0-9_-]*")


_ALONE = frozenset({"external_agents", "campaigns"})
"""Sections whose definitions no agent uses: their settings are read without one."""


@dataclass(frozen=True, slots=True)
class Definition:
    """One named entry of a section, and where it stands.

    Attributes:
        spec: its model, or None where it has mistakes (then it still defines its name).
        partial: the model of what of it can be read, where it has mistakes.
        lost: what of it cannot be read.
        deferred: whether a setting in it waits for the fixed variables of the agent that uses it.
        files: the files that its keys name, as written.
    """

    section: str
    name: str
    document: Document
    location: Location
    spec: Any
    deferred: bool = False
    files: tuple[FileName, ...] = ()
    partial: Any = None
    lost: tuple[Data, ...] = ()

    @property
    def readable(self) -> Any:
        """Its model, or that of what of it can be read; None where nothing can."""
        return self.spec if self.spec is not None else self.partial

    @property
    def data(self) -> Data:
        """What is written, as plain data."""
        return self.document.at(self.location)  # type: ignore[no-any-return]  # plain data

    def may_have(self, key: str) -> bool:
        """Whether what could not be read of it may have been this key: it is told there."""
        names = {name for data in self.lost if isinstance(data, dict) for name in data}
        if key in names or (isinstance(self.data, dict) and key in self.data):
            return True
        from runner.schema.reading.unknown import means  # noqa: PLC0415 - only files with mistakes pay for it

        noun = str(getattr(root_model(self.section), "noun", ""))
        return nearest(key, names) is not None or any(means(noun, name, key) for name in names)

    def words(self) -> frozenset[str]:
        """All words in it: what a definition that cannot be read may define or use."""
        return frozenset(_words(list(self.lost) if self.partial is not None else self.data))


@dataclass(frozen=True, slots=True)
class Specs:
    """What one file defines.

    Attributes:
        words: all words in sections that are none: what may be defined or used there.
    """

    document: Document
    definitions: tuple[Definition, ...]
    diagnostics: tuple[Diagnostic, ...]
    words: frozenset[str] = frozenset()


def load(document: Document, env: Mapping[str, str]) -> Specs:
    """Read every definition of a document.

    Args:
        document: a parsed file, its own diagnostics included.
        env: the environment, for templates in settings.
    """
    definitions: list[Definition] = []
    diagnostics = without_harmless(document)
    lost: dict[str, Data] = {}
    if alone := sectionless(document, {s: root_model(s) for s in SECTIONS}):
        diagnostics.append(alone)
        lost = {**document.data, "agents": None}
    for section, entries in document.data.items():
        if section in lost:
            continue
        if section == "runner":
            definition, problems = read(document, ("runner",), Settings(env, {}))
            definitions.append(definition)
            diagnostics += problems
        elif section in SECTIONS and (lacking := nameless(document, section, root_model(section))):
            diagnostics.append(lacking.diagnostic)
            lost |= {section: entries, lacking.name: None}
        elif isinstance(entries, dict) and section in SECTIONS:
            for name in entries:
                if name not in lost:
                    beside = _beside((section, name), entries)
                    settings = Settings(env, {} if section in _ALONE else None)
                    definition, problems = read(document, (section, name), settings, beside)
                    definitions.append(definition)
                    diagnostics += problems
                    lost |= beside
        else:
            beside = _beside((section,), document.data)
            diagnostics += _top_level(document, section, beside)
            meant = nearest(section, SECTIONS) or section
            lost |= {meant: None} | beside | {section: entries}
    broken = lost or any(d.severity == "error" for d in document.diagnostics)
    if broken and not any(section in SECTIONS for section in document.data):
        lost["agents"] = None  # they may stand in what could not be read
    return Specs(document, tuple(definitions), tuple(diagnostics), frozenset(_words(lost)))


def _beside(location: Location, block: dict[str, Data]) -> dict[str, Data]:
    """What stands beside an empty definition or section and belongs below it."""
    name = str(location[-1])
    if block[name] is not None:
        return {}
    section = File.model_fields.get(str(location[0]))

    def belongs(key: str) -> bool:
        if len(location) > 1:
            return takes(root_model(str(location[0])), key)
        return section is not None and isinstance(block[key], dict) and _is_name(key)

    return {key: block[key] for key in followers(block, name, belongs)}


def _is_name(key: str) -> bool:
    """Whether a key at the top is no section, and was not meant to be one."""
    known = {*File.keys(), *LATER[File.noun], *File.elsewhere}
    return key not in known and nearest(key, known) is None


def read(
    document: Document,
    location: Location,
    settings: Settings,
    beside: Collection[str] = (),
) -> tuple[Definition, list[Diagnostic]]:
    """Read one definition, in an agent's own terms where settings in it need its fixed variables.

    Args:
        document: the file.
        location: the definition in it.
        settings: what templates in settings may use.
        beside: names beside an empty definition that belong below it.
    """
    section, name = str(location[0]), as_written(str(location[-1]))
    data = document.at(location)
    if section == "runner" and isinstance(data, dict):
        data = {key: value for key, value in data.items() if not is_again(key)}
    diagnostics = _name_problems(document, location)
    if section == "agents" and isinstance(data, dict):
        settings = _own_settings(settings, data)
    spec, errors = None, []
    try:
        spec = _adapter(section).validate_python(data, context=settings)
    except ValidationError as error:
        errors = error.errors(include_url=False)
    deferred = bool(errors) and all(e["type"] == DEFERRED for e in errors)
    empties = () if beside else tuple(_empties(data, location))
    if beside:
        diagnostics.append(not_below(document, location, next(iter(beside))))
    elif errors or empties:
        diagnostics += _explain(document, location, root_model(section), errors, empties)
    rest: Any = None
    lost: list[Data] = []
    if diagnostics or any(is_comment(document, where) for where in empties):
        validate = partial_of(section, settings)
        rest, lost = (spec, []) if spec is not None else partial(data, errors, validate)
        spec, deferred = None, False
    readable = spec is not None or deferred or rest is not None
    files = tuple(dict.fromkeys(settings.files)) if readable else ()
    definition = Definition(
        section, name, document, location, spec, deferred, files, rest, tuple(lost)
    )
    return definition, diagnostics


def _explain(
    document: Document,
    base: Location,
    annotation: Any,
    errors: Sequence[Any],
    empties: Collection[Location] = (),
) -> list[Diagnostic]:
    from runner.schema.reading.explain import explain  # noqa: PLC0415 - only files with mistakes pay for it

    return explain(document, base, annotation, errors, empties)


def partial_of(section: str, settings: Settings) -> Callable[[Data], Any]:
    """A reader of what is left of a definition."""
    return lambda data: _adapter(section).validate_python(data, context=settings)


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
    return Settings(settings.env, fixed, others)


def _resolved(text: str, settings: Settings) -> str:
    if not has_template(text):
        return text
    try:
        return Settings(settings.env, {}).resolve(text)
    except Exception:  # noqa: BLE001 - validation of the variable itself tells what is wrong with it
        return text


def _top_level(document: Document, section: str, beside: Collection[str] = ()) -> list[Diagnostic]:
    entries = document.data[section]
    if beside:
        return [not_below(document, (section,), next(iter(beside)))]
    if section in SECTIONS:
        is_reported = entries is None and document.lost_after(document.key_span((section,)).line)
        return [] if is_reported else [_no_names(document, section, entries)]
    if section != "language":
        errors = [{"type": "extra_forbidden", "loc": (section,), "input": None}]
        return _explain(document, (), File, errors)
    if entries is None:
        return [without_value(document, (section,))]
    try:
        File.model_validate({"language": entries})
    except ValidationError as error:
        return _explain(document, (), File, error.errors(include_url=False))
    return []


def _no_names(document: Document, section: str, entries: Data) -> Diagnostic:
    noun = SINGULAR[section]
    hint = f"below {section}:, write the name of each {noun} with a colon, and its keys below that"
    if entries is None:
        return Diagnostic(document.key_span((section,)), "E105", f"'{section}' is empty", hint)
    what = "a list" if isinstance(entries, list) else "a text"
    listed = entries if isinstance(entries, list) else []
    first = listed[0] if listed else None
    if isinstance(first, dict) and isinstance(name := first.get("name", first.get("id")), str):
        hint = f"write the name of each {noun} with a colon instead of a dash: {meant(name)}:"
    elif listed and all(isinstance(each, dict) and len(each) == 1 for each in listed):
        names = [f"{name}:" for each in listed[:_SHOWN] if isinstance(each, dict) for name in each]
        hint = f"delete the dash and the space before {' and before '.join(names)}"
    return Diagnostic(
        document.key_span((section,)), "E104", f"'{section}' holds {what}, where names belong", hint
    )


def _name_problems(document: Document, location: Location) -> list[Diagnostic]:
    section, name = str(location[0]), str(location[-1])
    if section == "runner" or is_again(name):
        return []
    noun = SINGULAR[section]
    article = "an" if noun in ("agent", "external agent") else "a"
    try:
        check_name(name, f"{article} {noun}", short=section in ("personas", "tools"))
    except Exception as error:  # noqa: BLE001 - pydantic's custom errors have no public base but Exception
        span = document.key_span(location)
        context = error.context  # type: ignore[attr-defined]  # set by `mistake`
        lines = _named_in(document, name, span.line)
        hint = f"{context['help']}, here and {lines}" if lines else context["help"]
        return [Diagnostic(span, error.type, str(context["message"]), hint)]  # type: ignore[attr-defined]  # as above
    if section == "tools" and name in BUILT_IN:
        hint = (
            "list it by its bare name, without defining it, "
            f"or choose another name such as my_{name}"
        )
        return [
            Diagnostic(
                document.key_span(location),
                "E204",
                f"'{name}' is a tool that lkrun has already",
                hint,
            )
        ]
    if section == "personas" and name == "back":
        hint = "choose another name; handoff: back means the persona that the call came from"
        return [
            Diagnostic(
                document.key_span(location), "E204", "'back' cannot be the name of a persona", hint
            )
        ]
    return []


def _named_in(document: Document, name: str, own: int) -> str:
    """In which other lines of a file a name stands, in words."""
    lines = sorted(set(_lines_of(document, document.data, (), name)) - {own})
    if not lines:
        return ""
    listed = " and ".join(filter(None, (", ".join(map(str, lines[:-1])), str(lines[-1]))))
    return f"in line{'s' * (len(lines) > 1)} {listed}"


def _lines_of(document: Document, data: Any, location: Location, name: str) -> Iterator[int]:
    if data == name:
        yield document.value_span(location).line
    elif isinstance(data, dict):
        for key, value in data.items():
            if key == name:
                yield document.key_span((*location, key)).line
            yield from _lines_of(document, value, (*location, key), name)
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _lines_of(document, value, (*location, index), name)


def _empties(data: Any, location: Location) -> Iterator[Location]:
    if data is None:
        yield location
    elif isinstance(data, dict):
        for name, value in data.items():
            yield from _empties(value, (*location, name))
    elif isinstance(data, list):
        for index, value in enumerate(data):
            yield from _empties(value, (*location, index))


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
