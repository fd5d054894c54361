"""What pydantic collected, in a person's words, at the place in the file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from typing import Any

from runner.diagnostics import Diagnostic
from runner.diagnostics.nearest import nearest
from runner.schema.reading.annotations import takes
from runner.schema.reading.beside import followers, not_below
from runner.schema.reading.empty import is_comment, without_value
from runner.schema.reading.error import Error, read_error
from runner.schema.reading.shapes import shape, shaped
from runner.schema.reading.unknown import means, unknown
from runner.schema.types.settings import DEFERRED
from runner.syntax import Document, Location


def explain(
    document: Document,
    base: Location,
    annotation: Any,
    errors: Sequence[Any],
    empties: Collection[Location] = (),
) -> list[Diagnostic]:
    """Turn the errors of one validated value, and its empty keys, into diagnostics.

    Args:
        document: where the value stands.
        base: its location there.
        annotation: the type that it was validated against.
        errors: `ValidationError.errors()`.
        empties: locations of keys and list entries that have no value.
    """
    read = [read_error(base, annotation, e) for e in errors if e["type"] != DEFERRED]
    reported = set(empties)
    problems = _pair(
        _once([e for e in read if e.location not in reported and not _follows(e, reported)])
    )
    shifted = _not_indented(document, problems, reported)
    below = {(*empty[:-1], name) for empty, names in shifted.items() for name in names}
    return [
        *(not_below(document, empty, names[0]) for empty, names in shifted.items()),
        *(
            without_value(document, where)
            for where in empties
            if where not in shifted
            and not _inside_wrong(where, read)
            and not is_comment(document, where)
            and not document.lost_after(document.key_span(where).line)
        ),
        *_in_one(
            [
                (e, _TELL.get(e.code, _own if e.code[0] in "EW" else shape)(document, e))
                for e in problems
                if e.location not in below
            ]
        ),
    ]


def _in_one(told: Sequence[tuple[Error, Diagnostic]]) -> Iterator[Diagnostic]:
    """Keys of one block that are strange there for the same reason are one mistake."""
    alike: dict[Any, list[tuple[Error, Diagnostic]]] = {}
    for place, (error, diagnostic) in enumerate(told):
        same = diagnostic.code == "E101" and diagnostic.help and not diagnostic.write
        group = (error.location[:-1], diagnostic.help) if same else place
        alike.setdefault(group, []).append((error, diagnostic))
    for (error, first), *others in alike.values():
        if not others or error.model is None:
            yield from (each for _, each in ((error, first), *others))
            continue
        *names, last = (f"'{each.key}'" for each, _ in ((error, first), *others))
        noun = error.model.noun
        message = f"{', '.join(names)} and {last} are not keys of {noun}"
        yield replace(first, message=message)


def _follows(error: Error, empties: set[Location]) -> bool:
    """Whether a block only lacks what one of its keys was to hold that has no value yet."""
    if error.code not in ("E103", "E106", "missing"):
        return False
    block = error.location[:-1] if error.code == "missing" else error.location
    return any(empty[:-1] == block for empty in empties)


def _inside_wrong(empty: Location, errors: Sequence[Error]) -> bool:
    """Whether an empty key stands in something that should not hold keys at all."""
    return any(
        shaped(e.code) and len(e.location) < len(empty) and empty[: len(e.location)] == e.location
        for e in errors
    )


def _not_indented(
    document: Document, errors: Sequence[Error], empties: set[Location]
) -> dict[Location, list[str]]:
    """Empty keys → the keys beside them that belong below them."""
    unknown = {e.location: e.model for e in errors if e.code == "extra_forbidden" and e.model}
    shifted: dict[Location, list[str]] = {}
    for empty in empties:
        block, name = empty[:-1], str(empty[-1])
        model = next((m for where, m in unknown.items() if where[:-1] == block), None)
        info = model.model_fields.get(model.keys().get(name, "")) if model else None
        if info:

            def belongs(key: str, block: Location = block, within: Any = info.annotation) -> bool:
                return (*block, key) in unknown and takes(within, key)

            names = followers(document.at(block), name, belongs)
            if names:
                shifted[empty] = names
    return shifted


def _once(errors: list[Error]) -> list[Error]:
    seen: dict[tuple[Location, str], Error] = {}
    for error in errors:
        seen.setdefault((error.location, error.code), error)
    return list(seen.values())


def _pair(errors: list[Error]) -> list[Error]:
    """Drop 'missing x' where an unknown key beside it is x misspelt."""
    unknown = [e for e in errors if e.code == "extra_forbidden"]

    def meant(error: Error) -> bool:
        beside = [u.key for u in unknown if u.location[:-1] == error.location[:-1]]
        noun = error.model.noun if error.model else ""
        written = error.model.elsewhere if error.model else {}
        return error.code == "missing" and (
            nearest(error.key, beside) is not None
            or any(means(noun, word, error.key) for word in beside)
            or any(written.get(word, "").startswith(f"write {error.key}:") for word in beside)
        )

    return [e for e in errors if not meant(e)]


def _own(document: Document, error: Error) -> Diagnostic:
    context = error.context
    location = (*error.location, *context.get("at", ()))
    whole = not context.get("at") and document.style(location) == "mapping"
    span = document.key_span if whole or context.get("on") == "key" else document.value_span
    message, help_ = context["message"], context["help"]
    return Diagnostic(span(location), error.code, message, help_, (), _indented(document, error))


def _indented(document: Document, error: Error) -> tuple[str, ...]:
    """The lines that a validator gives, as far in as the line of its key."""
    write = error.context.get("write", ())
    pad = " " * (document.key_span(error.location).column - 1) if write else ""
    return tuple(pad + line for line in write)


def _missing(document: Document, error: Error) -> Diagnostic:
    noun = error.model.noun if error.model else "this"
    about = ""
    if error.model:
        info = error.model.model_fields[error.model.keys()[error.key]]
        about = f" and behind it {(info.description or '').partition(';')[0]}"
    return Diagnostic(
        document.key_span(error.location[:-1]),
        "E103",
        f"{noun} needs '{error.key}'",
        f"add {error.key}:{about}",
    )


_TELL: dict[str, Callable[[Document, Error], Diagnostic]] = {
    "extra_forbidden": unknown,
    "missing": _missing,
}
