"""What pydantic collected, in a person's words, at the place in the file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any

from runner.diagnostics import Diagnostic
from runner.diagnostics.nearest import nearest
from runner.schema.reading.annotations import takes
from runner.schema.reading.beside import followers, not_below
from runner.schema.reading.error import Error, read_error
from runner.schema.types.later import LATER, not_yet
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
    told = set(empties)
    found = _pair(_once([e for e in read if e.location not in told and not _follows(e, told)]))
    shifted = _not_indented(document, found, told)
    below = {(*empty[:-1], name) for empty, names in shifted.items() for name in names}
    return [
        *(not_below(document, empty, names[0]) for empty, names in shifted.items()),
        *(
            without_value(document, where)
            for where in empties
            if where not in shifted
            and not _inside_wrong(where, read)
            and not document.lost_after(document.key_span(where).line)
        ),
        *(
            _TELL.get(e.code, _own if e.code[0] in "EW" else _shape)(document, e)
            for e in found
            if e.location not in below
        ),
    ]


def _follows(error: Error, empties: set[Location]) -> bool:
    """Whether a block only lacks what one of its keys was to hold that has no value yet."""
    if error.code not in ("E103", "E106", "missing"):
        return False
    block = error.location[:-1] if error.code == "missing" else error.location
    return any(empty[:-1] == block for empty in empties)


def _inside_wrong(empty: Location, errors: Sequence[Error]) -> bool:
    """Whether an empty key stands in something that should not hold keys at all."""
    return any(
        e.code in _WANTED
        and len(e.location) < len(empty)
        and empty[: len(e.location)] == e.location
        for e in errors
    )


def _not_indented(
    document: Document, errors: Sequence[Error], empties: set[Location]
) -> dict[Location, list[str]]:
    """Empty keys → the keys beside them that belong below them."""
    unknown = {e.location: e.model for e in errors if e.code == "extra_forbidden" and e.model}
    found: dict[Location, list[str]] = {}
    for empty in empties:
        block, name = empty[:-1], str(empty[-1])
        model = next((m for where, m in unknown.items() if where[:-1] == block), None)
        info = model.model_fields.get(model.keys().get(name, "")) if model else None
        if info:

            def belongs(key: str, block: Location = block, within: Any = info.annotation) -> bool:
                return (*block, key) in unknown and takes(within, key)

            names = followers(document.at(block), name, belongs)
            if names:
                found[empty] = names
    return found


def without_value(document: Document, location: Location) -> Diagnostic:
    """The mistake of a key, or the dash of an entry, with nothing behind it."""
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
        return error.code == "missing" and nearest(error.key, beside) is not None

    return [e for e in errors if not meant(e)]


def _own(document: Document, error: Error) -> Diagnostic:
    context = error.context
    location = (*error.location, *context.get("at", ()))
    whole = not context.get("at") and document.style(location) == "mapping"
    span = document.key_span if whole or context.get("on") == "key" else document.value_span
    return Diagnostic(span(location), error.code, context["message"], context["help"])


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


def _unknown(document: Document, error: Error) -> Diagnostic:
    span = document.key_span(error.location)
    model, name = error.model, error.key
    if model is None:
        return Diagnostic(span, "E101", f"unknown key '{name}'")
    if name in LATER.get(model.noun, ()):
        return Diagnostic(span, "E102", *not_yet(name))
    owners = [cls.kind for cls in model.kinds if takes(cls, name)]
    if owners:
        return Diagnostic(
            span,
            "E112",
            f"'{name}' does not go with '{model.kind}'",
            f"delete it; it goes with {' and '.join(owners)} only",
        )
    if name in model.elsewhere:
        return Diagnostic(
            span, "E101", f"'{name}' is no key of {model.noun}", model.elsewhere[name]
        )
    near = nearest(name, model.keys())
    listed = model.stray or f"keys here: {', '.join(model.keys())}"
    hint = f"did you mean '{near}'?" if near else listed
    return Diagnostic(span, "E101", f"unknown key '{name}'", hint)


def _what(value: Any) -> str:
    if isinstance(value, dict):
        return "a block of keys"
    return "a list" if isinstance(value, list | tuple) else "a text"


def _shape(document: Document, error: Error) -> Diagnostic:
    wanted, hint = _WANTED.get(error.code, ("something else", lambda _: None))
    last = next((p for p in reversed(error.location) if isinstance(p, str)), "")
    on_item = bool(error.location) and isinstance(error.location[-1], int)
    subject = f"an entry of '{last}'" if on_item else f"'{last}'"
    if isinstance(error.input, str):
        span = document.value_span(error.location)
    else:
        span = document.key_span(error.location)
    return Diagnostic(
        span, "E104", f"{subject} holds {_what(error.input)}, where {wanted} belongs", hint(error)
    )


def _as_list(error: Error) -> str | None:
    if isinstance(error.input, str) and error.input.lstrip().startswith("-"):
        first = error.input.split()[0].lstrip("-")
        return f"put a space after the dash of each entry: - {first}"
    if isinstance(error.input, str):
        return f"write each entry on a line of its own, with a dash: - {error.input.strip()}"
    if isinstance(error.input, dict) and error.input:
        name, value = next(iter(error.input.items()))
        if isinstance(value, dict):
            return f"write only the name here, with a dash: - {name}"
        return f"write a dash and a space before each entry: - {name}"
    return "write each entry on a line of its own, with a dash"


def _as_names(error: Error) -> str | None:
    first = error.input[0] if isinstance(error.input, list) and error.input else None
    if isinstance(first, str):
        return f"write each name with a colon instead of a dash: {first}:"
    if isinstance(first, dict) and len(first) == 1:
        return f"take the dashes away: {next(iter(first))}:"
    return "write each name with a colon, on a line of its own, and what belongs to it below"


def _as_block(error: Error) -> str | None:
    if error.model is None:
        return None
    if isinstance(error.input, str) and _WIDE_COLON in error.input:
        return f"write a plain colon and a space instead of '{_WIDE_COLON}'"
    first = [k for k, n in error.model.keys().items() if error.model.model_fields[n].is_required()]
    names = error.kinds or first or list(error.model.keys())[:6]
    meant = "say" if "say" in error.kinds else names[0] if len(names) == 1 else error.model.bare
    if isinstance(error.input, str) and meant:
        return f"put it on the next line, further to the right, behind {meant}:"
    how = "without a dash" if isinstance(error.input, list) else "further to the right"
    shown = ", ".join(f"{name}:" for name in names)
    return f"on the lines below, {how}, write its keys, such as {shown}"


_WIDE_COLON = "\uff1a"


def _as_text(error: Error) -> str | None:
    if isinstance(error.input, dict) and isinstance((error.location or ("",))[-1], int):
        return f"take the colon away: - {next(iter(error.input), '')}"
    if isinstance(error.input, list):
        return "write one text, without dashes: behind the colon, or | there and the text below"
    return "write one text behind the colon"


_WANTED: dict[str, tuple[str, Callable[[Error], str | None]]] = {
    "string_type": ("a text", _as_text),
    "list_type": ("a list", _as_list),
    "tuple_type": ("a list", _as_list),
    "dict_type": ("a block of names", _as_names),
    "model_type": ("a block of keys", _as_block),
    "model_attributes_type": ("a block of keys", _as_block),
}

_TELL: dict[str, Callable[[Document, Error], Diagnostic]] = {
    "extra_forbidden": _unknown,
    "missing": _missing,
}
