"""A key that a block does not have: what was meant, or where it belongs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

from runner.diagnostics import Diagnostic
from runner.diagnostics.nearest import SHOWN, nearest
from runner.late_pattern import late
from runner.schema.file import SECTIONS, SINGULAR, File
from runner.schema.personas import Persona
from runner.schema.reading.annotations import arms, takes, whole
from runner.schema.reading.error import Error
from runner.schema.reading.owners import above, around, below, beside
from runner.schema.reading.written import lines_for
from runner.schema.types.blocks import Block
from runner.schema.types.foreign import FOREIGN, TRANSLATED, fold
from runner.schema.types.later import LATER, not_yet
from runner.schema.types.measures import Duration, SomeTime
from runner.syntax import Document, as_written

_PATH = late(r"[a-z_]+(\.[a-z_]+)*")


def unknown(document: Document, error: Error) -> Diagnostic:
    """Tell an unknown key by the first of the ways below that knows something of it."""
    span = document.key_span(error.location)
    model, name = error.model, error.key
    if model is None:
        return Diagnostic(span, "E101", f"unknown key '{name}'")
    if name in LATER.get(model.noun, ()):
        return Diagnostic(span, "E102", *not_yet(name))
    owners = [cls.kind for cls in model.kinds if takes(cls, name)]
    if owners:
        message = f"'{name}' does not go with '{model.kind}'"
        *others, last = dict.fromkeys(owners)
        named = f"{', '.join(others)} and {last}" if others else last
        hint = f"delete it; it goes with {named} only"
        return Diagnostic(span, "E112", message, hint)
    for look in (_elsewhere, _foreign, _pasted, _translated, _misspelt, _owned):
        if suggestion := look(document, error, model):
            return suggestion
    return _tell(document, error, model, _listed(model))


def _tell(
    document: Document, error: Error, model: type[Block], hint: str, write: tuple[str, ...] = ()
) -> Diagnostic:
    part = "a section" if model is File else f"a key of {model.noun}"
    message = f"'{error.key}' is not {part}"
    return Diagnostic(document.key_span(error.location), "E101", message, hint, (), write)


def _elsewhere(document: Document, error: Error, model: type[Block]) -> Diagnostic | None:
    hint = model.elsewhere.get(error.key)
    beside_it = f"beside {error.location[-2]}:" if len(error.location) > 1 else ""
    if hint and beside_it not in hint and around(error.location, error.key):
        hint = f"it stands {beside_it}, not in it"
    return _tell(document, error, model, hint) if hint else None


def means(noun: str, word: str, key: str) -> bool:
    """Whether a word of another platform or tongue means a key."""
    return key in (target(noun, word), TRANSLATED.get(fold(word)))


def target(noun: str, word: str) -> str | None:
    """What a word of another platform means in a block of this noun."""
    return FOREIGN.get(noun, {}).get(fold(word))


def _foreign(document: Document, error: Error, model: type[Block]) -> Diagnostic | None:
    meant = target(model.noun, error.key)
    return None if meant is None else _meant(document, error, model, meant)


def _meant(document: Document, error: Error, model: type[Block], meant: str) -> Diagnostic | None:
    """The mistake of a key that has another name here, or stands below another."""
    path = tuple(meant.split("."))
    if not _PATH.fullmatch(meant):
        return _tell(document, error, model, meant)
    if path[0] in LATER.get(model.noun, ()):
        shown, (later, hint) = " and below it ".join(f"{key}:" for key in path), not_yet(path[0])
        return _tell(document, error, model, f"it would be {shown}, but {later}; {hint}")
    if not takes(model, path[0]) or path[0] == error.key:
        return None
    if path[1:] and path[0] not in document.at(error.location[:-1]):
        value = _fitting(model, path, error)
        write = lines_for(document, error.location, path, value) if value else ()
        hint = "write it on two lines:" if write else f"write {path[0]}: and below it {path[1]}:"
        return _tell(document, error, model, hint, write)
    hint = f"write it below {path[0]}:, as {path[-1]}:" if path[1:] else f"write {path[0]}:"
    return _tell(document, error, model, hint)


def _fitting(model: type[Block], path: tuple[str, ...], error: Error) -> str | None:
    """The value as it would be accepted at the end of a path of keys."""
    if not isinstance(error.input, str):
        return None
    annotation = next(_ends(model, path), None)
    if not {annotation, *get_args(annotation)} & {Duration, SomeTime}:
        return error.input
    unit = re.search(r"(ms|milliseconds|minutes)$", error.key.casefold())
    short = {"ms": "ms", "milliseconds": "ms", "minutes": "m"}[unit[1]] if unit else "s"
    return f"{error.input}{short}" if error.input.isdigit() else None


def _ends(model: type[Block], path: tuple[str, ...]) -> Iterator[Any]:
    """The annotations that a path of keys leads to."""
    for block in (model, *model.kinds):
        field = block.model_fields.get(block.keys().get(path[0], ""))
        if field is None:
            continue
        if not path[1:]:
            yield whole(field)
            continue
        for arm in arms(field.annotation):
            if isinstance(arm, type) and issubclass(arm, Block):
                yield from _ends(arm, path[1:])


def _pasted(document: Document, error: Error, model: type[Block]) -> Diagnostic | None:
    """A whole definition that stands in another one."""
    section, value = str(error.location[0]), error.input
    if len(error.location) != 3 or section not in SECTIONS or not isinstance(value, dict):  # noqa: PLR2004 - section, name, key
        return None
    known = set().union(*(cls.keys() for cls in (model, *model.kinds)))
    if not value or 2 * sum(key in known for key in value) < len(value):
        return None
    persona = section == "agents" and "start" not in value
    if persona and all(takes(Persona, key) for key in value):
        hint = "it looks like a persona: write it below personas:"
        return _tell(document, error, model, hint)
    span, end = document.key_span(error.location), document.value_span(error.location).end_line
    left = span.column - document.key_span(error.location[:2]).column
    owner = as_written(str(error.location[1]))
    message = f"'{error.key}' looks like another {SINGULAR[section]}, but stands in '{owner}'"
    help_ = f"move lines {span.line} to {end} by {left} spaces to the left"
    return Diagnostic(span, "E101", message, help_)


def _misspelt(document: Document, error: Error, model: type[Block]) -> Diagnostic | None:
    near = nearest(error.key, model.keys())
    if near is None:
        return None
    span = document.key_span(error.location)
    return Diagnostic(span, "E101", f"unknown key '{error.key}'", f"did you mean '{near}'?")


def _translated(document: Document, error: Error, model: type[Block]) -> Diagnostic | None:
    """A key in another tongue than English."""
    english = TRANSLATED.get(fold(error.key))
    if english is None:
        return None
    hint = f"write {english}:"
    if not takes(model, english):
        meant = target(model.noun, english)
        if meant and english not in model.elsewhere:
            return _meant(document, error, model, meant)
        where = model.elsewhere.get(english, f"it is not a key of {model.noun}")
        hint = f"it is {english}: in English; {where}"
    message = f"keys are English, and '{error.key}' is not"
    return Diagnostic(document.key_span(error.location), "E101", message, hint)


def _owned(document: Document, error: Error, model: type[Block]) -> Diagnostic | None:
    """A key of another block than the one that it stands in."""
    for look in (below, above, beside):
        if hint := look(document, error, model):
            return _tell(document, error, model, hint)
    return None


def _listed(model: type[Block]) -> str:
    """What to do where nothing is known of a key."""
    names = list(model.keys())
    if model.stray or len(names) > SHOWN:
        return model.stray or "delete it; docs/reference.md has the keys that may stand here"
    return f"keys here: {', '.join(names)}"
