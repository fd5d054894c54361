"""A value of the wrong shape: a text where a list belongs, a list where keys belong, and so on."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, get_args, get_origin

from pydantic import TypeAdapter, ValidationError

from runner.diagnostics import Diagnostic
from runner.late_pattern import late
from runner.provider_kinds import BY_KEY
from runner.schema.actions import ACTION_KEYS
from runner.schema.reading.annotations import arms, inside, takes
from runner.schema.reading.error import Error
from runner.schema.reading.written import lines_for, paragraph_for, scalar
from runner.schema.types.blocks import Block
from runner.schema.types.by_language import is_language
from runner.schema.types.files import FileName
from runner.schema.types.names import Name
from runner.schema.types.paths import JmesPath
from runner.schema.types.texts import Argument, Sent, Spoken, Told
from runner.schema.types.values import NO
from runner.syntax import Document
from runner.syntax.lookalikes import BULLETS, COLONS, DASHES, EMOJI, dash_message, odd_entry

_MARKS = late(rf"(?:^|\s+)(?:[{DASHES}{BULLETS}{EMOJI}]\s*|-(?=[^\s\d-]))")


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do about a value of the wrong shape.

    Attributes:
        message: what is wrong, where it is not the shape alone.
    """

    help: str
    write: tuple[str, ...] = ()
    message: str | None = None


def shape(document: Document, error: Error) -> Diagnostic:
    """Tell a value of the wrong shape, and what to write instead."""
    error = _as_written(document, error)
    wanted, advise = _WANTED.get(error.code, ("something else", _nothing))
    nothing = isinstance(error.input, str) and error.input.casefold() in _NO_VALUE
    advice = Advice("delete the line") if nothing else _off(error) or advise(document, error)
    name = next((p for p in reversed(error.location) if isinstance(p, str)), "")
    on_item = bool(error.location) and isinstance(error.location[-1], int)
    subject = f"an entry of '{name}'" if on_item else f"'{name}'"
    on_key = not on_item and isinstance(error.input, list | dict)
    span = (document.key_span if on_key else document.value_span)(error.location)
    message = advice.message or f"{subject} holds {_what(error.input)}, where {wanted} belongs"
    return Diagnostic(span, "E104", message, advice.help or None, (), advice.write)


def _as_written(document: Document, error: Error) -> Error:
    """An entry that stands alone where a list may stand is no entry in the file."""
    *outer, last = error.location or ("",)
    holder = document.at(document.written(tuple(outer)))
    if isinstance(last, int) and not isinstance(holder, list):
        return replace(error, location=tuple(outer))
    return error


def _off(error: Error) -> Advice | None:
    """What to write where no stands for a block that is not there by itself."""
    if error.code not in ("model_type", "model_attributes_type") or error.model is None:
        return None
    word = error.input.strip().casefold() if isinstance(error.input, str) else ""
    if word not in NO or error.kinds or not error.model.off:
        return None
    return Advice(error.model.off)


_NO_VALUE = frozenset({"null", "none", "nil", "~", "undefined"})
"""How other languages say that there is nothing."""


def shaped(code: str) -> bool:
    """Whether an error of pydantic is about the shape of a value."""
    return code in _WANTED


def _what(value: Any) -> str:
    if isinstance(value, dict):
        return "a block of keys"
    return "a list" if isinstance(value, list | tuple) else "a text"


def _nothing(document: Document, error: Error) -> Advice:
    del document, error
    return Advice("")


def _list(document: Document, error: Error) -> Advice:
    if isinstance(error.input, str):
        return _list_of(document, error, error.input.strip())
    if isinstance(error.input, dict) and error.input:
        name, value = next(iter(error.input.items()))
        if isinstance(value, dict):
            return Advice(f"write only the name here, with a dash: - {name}")
        return Advice(f"write a dash and a space before each entry: - {name}")
    return Advice("write each entry on a line of its own, with a dash")


def _list_of(document: Document, error: Error, text: str) -> Advice:
    """The entries of a list that was written as one text."""
    if _entries_are(error.annotation, Argument):
        write = lines_for(document, error.location, (error.key,), text.split())
        return Advice("write each argument on a line of its own, with a dash", write)
    if keys := _keys_of_entries(error):
        return Advice(f"write each entry with a dash and its keys: {keys}")
    mark, names = odd_entry(text), _entries_are(error.annotation, Name)
    separator = r"\s*[,;]\s*|\s+and\s+" + r"|\s+" * names if "," in text or names else r"$^"
    parts = _MARKS.split(text) if mark else re.split(separator, text)
    entries = [part.strip() for part in parts if part.strip()]
    span = document.value_span(error.location)
    apart = mark or len(entries) > 1 or span.line == span.end_line
    write = lines_for(document, error.location, (error.key,), entries) if apart else ()
    first = f": - {entries[0]}" if apart and entries else ""
    if mark and mark[0] == "-":
        return Advice(f"put a space after the dash of each entry{first}", write, dash_message("-"))
    hint = f"write each entry on a line of its own, with a dash{first}"
    return Advice(hint, write, dash_message(mark[0]) if mark else None)


def _keys_of_entries(error: Error) -> str:
    """Keys of the entries of a list, where none of them can be a text."""
    entries = [
        e for arm in arms(error.annotation) if get_origin(arm) is tuple for e in get_args(arm)
    ]
    kinds = [cls for entry in entries[:1] for cls in arms(entry)]
    if len(kinds) != 1 or not isinstance(kinds[0], type) or not issubclass(kinds[0], Block):
        return ""
    names = _required_keys(kinds[0])
    if not names or _is_read(kinds[0], error.input):
        return ""
    return " and ".join((f"- {names[0]}:", *(f"below it {name}:" for name in names[1:])))


def _is_read(model: type[Block], value: Any) -> bool:
    try:
        TypeAdapter(model).validate_python(value)
    except ValidationError:
        return False
    return True


def _entries_are(annotation: Any, kind: type) -> bool:
    """Whether the entries of a list are of a kind, such as names, which hold no spaces."""
    return any(
        isinstance(entry, type) and issubclass(entry, kind)
        for arm in arms(annotation)
        if get_origin(arm) is tuple
        for entry in arms(get_args(arm)[0])
    )


def _names(document: Document, error: Error) -> Advice:
    path = re.fullmatch(r"(?:[\w.]+\.)?([a-z]\w*)(?:\[\d+\])?", str(error.input))
    values = (get_args(arm)[1] for arm in arms(error.annotation) if get_origin(arm) is dict)
    if path and JmesPath in values:
        write = lines_for(document, error.location, (error.key, path[1]), error.input)
        return Advice("write the name of the variable before it, on a line of its own:", write)
    equals = re.match(r"([\w-]+)\s*=\s*(\S.*)", str(error.input))
    if equals:
        return Advice(f"write a colon, not an equals sign: {equals[1]}: {equals[2]}")
    first = error.input[0] if isinstance(error.input, list) and error.input else None
    if isinstance(first, str):
        pair = re.match(r"[\w-]+: \S", first)
        written = f"write each name with a colon instead of a dash: {first}:"
        return Advice(f"take the dash and the quotes away: {first}" if pair else written)
    if isinstance(first, dict):
        own = next((name for name in first if name in _keys_in(error.annotation)), None)
        if own is not None:
            return Advice(f"write a name of your own instead of each dash, and {own}: below it")
        if len(first) == 1:
            return Advice(f"take the dashes away: {next(iter(first))}:")
    return Advice(
        "write each name with a colon, on a line of its own, and what belongs to it below"
    )


def _keys_in(annotation: Any) -> frozenset[str]:
    """The keys of the blocks that stand under names."""
    blocks = (a for a in arms(inside(annotation, "name")) if isinstance(a, type))
    return frozenset[str]().union(*(b.keys() for b in blocks if issubclass(b, Block)))


def _block(document: Document, error: Error) -> Advice:
    if error.model is None:
        return Advice("")
    if advice := _glued(error) or _worded(document, error):
        return advice
    for key in _meant(error):
        if advice := _under(document, error, key):
            return advice
    if isinstance(error.input, list) and all(isinstance(v, dict) for v in error.input):
        first = next((name for value in error.input for name in value), "")
        return Advice(f"take the dashes away, so that its keys line up: {first}:")
    return Advice(_keys_below(error))


def _under(document: Document, error: Error, key: str) -> Advice | None:
    """What to write where the value was meant below this key, or this path of two."""
    first, _, second = key.partition(".")
    if second and _accepted(error, first, {second: error.input}):
        write = lines_for(document, error.location, (error.key, first, second), error.input)
        return Advice("write:", write)
    if not _accepted(error, key):
        return None
    if isinstance(error.location[-1], str):
        return _below(document, error, key)
    text = isinstance(error.input, str)
    return Advice(f"write - {key}: {scalar(error.input)}") if text else None


def _below(document: Document, error: Error, key: str) -> Advice:
    """A value that belongs below a key of the block."""
    if _switch_as_words(error, key):
        return Advice(f"write {key}: below '{error.key}', and behind it words of your own")
    if write := lines_for(document, error.location, (error.key, key), error.input):
        return Advice("write it on two lines:" if len(write) == 2 else "write:", write)  # noqa: PLR2004 - as the words say
    return Advice(f"write {key}: below '{error.key}', and indent the text below {key}:")


def _worded(document: Document, error: Error) -> Advice | None:
    """What to write where one text is the kind and its value, as in `bearer abc`; or an address."""
    if re.match(r"https?://\S+$", str(error.input)) and _accepted(
        error, "http", {"url": error.input}
    ):
        write = lines_for(document, error.location, (error.key, "http", "url"), error.input)
        return Advice("write:", write) if write else None
    match = re.match(r"([A-Za-z_]\w*)\s*:?\s+(\S.*)", str(error.input))
    kind = match[1].casefold() if match else ""
    if match is None or kind not in error.kinds or not _accepted(error, kind, match[2]):
        return None
    write = lines_for(document, error.location, (error.key, kind), match[2])
    return Advice("write it on two lines:", write) if write else None


def _glued(error: Error) -> Advice | None:
    """What to write where a key and its value were taken for one text."""
    wide = re.search(rf"[{COLONS}]", error.input) if isinstance(error.input, str) else None
    if wide:
        return Advice(f"write a plain colon and a space instead of '{wide[0]}'")
    odd = re.match(r"([a-z_]+):[^\S ]+(\S.*)", str(error.input))
    if odd and error.model and any(takes(c, odd[1]) for c in (error.model, *error.model.kinds)):
        return Advice(
            f"write a normal space after the colon, not a special one: {odd[1]}: {odd[2]}"
        )
    match = re.match(r"([a-z_]+):(\S.*)", str(error.input))
    model = error.model
    if match and model and any(takes(cls, match[1]) for cls in (model, *model.kinds)):
        return Advice(f"put a space after the colon: {match[1]}: {match[2]}")
    return None


def _keys_below(error: Error) -> str:
    """Some keys that a block may have, where nothing can be said of the value."""
    word = error.input if isinstance(error.input, str) else ""
    in_list = isinstance(error.location[-1], int)
    if word in error.kinds and in_list:
        if _accepted(error, word, "yes"):
            return f"write - {word}: yes"
        return f"write a colon, and behind it what belongs to it: - {word}:"
    if word in error.kinds:
        return f"write {word}: below '{error.key}', and indent what belongs to it below that"
    assert error.model is not None  # noqa: S101 - the caller has asked
    names = error.kinds if len(error.kinds) <= _SHOWN else error.model.typical
    names = names or _required(error) or tuple(error.model.keys())[:_SHOWN]
    listed = " and ".join(filter(None, (", ".join(f"{n}:" for n in names[:-1]), f"{names[-1]}:")))
    if error.kinds and re.fullmatch(r"[\w.-]+", word):
        listed = f"{names[0]}: {word}"
    where = "write its keys behind the dash" if in_list else f"indent its keys below '{error.key}'"
    return f"{where}, such as {listed}"


_SHOWN = 4


def _required(error: Error) -> tuple[str, ...]:
    return () if error.model is None or error.kinds else _required_keys(error.model)


def _required_keys(model: type[Block]) -> tuple[str, ...]:
    """The keys that a block has in any case."""
    fields = model.model_fields
    return tuple(key for key, name in model.keys().items() if fields[name].is_required())


def _meant(error: Error) -> tuple[str, ...]:
    """Keys below which the value may have been meant, likeliest first."""
    bare = "" if error.model is None or error.input in error.kinds else error.model.bare
    say = "say" if "say" in error.kinds else ""
    required = _required(error)
    return tuple(filter(None, (say, bare, required[0] if len(required) == 1 else "")))


def _switch_as_words(error: Error, key: str) -> bool:
    """Whether a yes or no would be taken for words that are said."""
    if error.model is None or str(error.input).casefold() not in _SWITCHES:
        return False
    made = TypeAdapter(error.model).validate_python({key: error.input})
    return not isinstance(getattr(made, key, False), bool)


_SWITCHES = frozenset({"yes", "no", "true", "false", "on", "off"})


def _accepted(error: Error, key: str, value: Any = None) -> bool:
    """Whether the value would do below this key, with no other key beside it."""
    model, value = error.model, error.input if value is None else value
    for cls in (model.kinds or (model,)) if model else ():
        if cls.kind and cls.kind != key:
            continue
        try:
            TypeAdapter(cls).validate_python({key: value})
        except ValidationError:
            continue
        return True
    return False


_NAMES_TOO = frozenset({"calls"})
"""Keys whose entries may also be names with a block below each."""


def _action_within(first: str, outer: str, value: Any) -> Advice:
    """An action in the words of another."""
    if first == outer and isinstance(value, str):
        return Advice(f"write the text itself: - {scalar(value)}")
    return Advice(
        f"{first}: is an action of its own: write it beside {outer}:, each of the two with a dash"
    )


def _text_in_list(error: Error, block: dict[str, Any]) -> Advice:
    """A block where a list has texts."""
    name, *above = block.get("name"), *error.location[:-1]
    if isinstance(name, str) and len(block) > 1:
        return Advice(f"write - {name}, and define it in the section {above[-1]}:")
    first, outer = next(iter(block), ""), above[-1] if above else ""
    if first in ACTION_KEYS and outer in ACTION_KEYS:
        return _action_within(first, str(outer), block[first])
    if outer in _NAMES_TOO:
        return Advice(f"take the dash away: {first}:")
    return Advice(f"take the colon away: - {first}")


def _text(document: Document, error: Error) -> Advice:
    if isinstance(error.input, dict) and isinstance((error.location or ("",))[-1], int):
        return _text_in_list(error, error.input)
    if isinstance(error.input, list):
        return _without_dashes(document, error)
    if isinstance(error.input, dict) and any(re.search(r"[A-Z ]", name) for name in error.input):
        return _sentence(document, error)
    if isinstance(error.input, dict) and error.input and all(map(is_language, error.input)):
        return Advice(
            "write one text: the model is told which language it speaks, and {{ language }} is its "
            "name"
        )
    of_provider = error.location[:1] == ("providers",) and error.location[-1] in BY_KEY
    what = "the plugin's name" if of_provider else "one text"
    below = ", and its options below with:" if of_provider else ""
    return Advice(f"write {what} behind the colon{below}")


def _without_dashes(document: Document, error: Error) -> Advice:
    """A list where one text stands."""
    if any(isinstance(arm, type) and issubclass(arm, FileName) for arm in arms(error.annotation)):
        return Advice("write the name of one file behind the colon, without a dash")
    if len(error.input) == 1 and isinstance(error.input[0], str):
        write = lines_for(document, error.location, (error.key,), error.input[0])
        return Advice("write it behind the colon, without a dash", write)
    hint = "write one text, without dashes: behind the colon, or | there and the text below"
    if _TEXT_OF_LINES.isdisjoint(arms(error.annotation)):
        return Advice("write one of them behind the colon, without a dash")
    return Advice(hint, paragraph_for(document, error.location, error.input))


_TEXT_OF_LINES = frozenset({Told, Spoken, Sent})
"""Texts that may be of several lines."""


def _sentence(document: Document, error: Error) -> Advice:
    """A text with a colon in it, on the line below its key."""
    (name, value), *others = error.input.items()
    if isinstance(value, str) and not others and "\n" not in value:
        write = lines_for(document, error.location, (error.key,), f"{name}: {value}")
        return Advice(f"put the text in quotes: {scalar(f'{name}: {value}')}", write)
    return Advice(f"write '{error.key}: |', and leave the text below it as it is")


_WANTED: dict[str, tuple[str, Callable[[Document, Error], Advice]]] = {
    "string_type": ("a text", _text),
    "list_type": ("a list", _list),
    "tuple_type": ("a list", _list),
    "dict_type": ("a block of names", _names),
    "model_type": ("a block of keys", _block),
    "model_attributes_type": ("a block of keys", _block),
}
"""Error type of pydantic → what belongs there, and what to do."""
