"""Schemas of OpenAPI as fields, and the names that their values are sent under."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from runner.schema.types.names import RESERVED

_TYPES: Final = {
    "string": "text",
    "number": "number",
    "integer": "integer",
    "boolean": "yes_no",
    "array": "list",
    "object": "object",
}
_FORMATS: Final = {
    "date": "date", "time": "time", "date-time": "datetime", "email": "email", "uri": "url",
}  # fmt: skip
_FILES: Final = frozenset({"binary", "base64", "byte"})
_DEEPEST: Final = 6
_LONGEST: Final = 300

Schema = Mapping[str, Any]


class UnwrittenError(Exception):
    """A value that no field can hold; the message says what it is."""


@dataclass(slots=True)
class Names:
    """The names of a parameter's fields, at any depth, and how they are spelt on the wire."""

    wire: dict[str, str] = field(default_factory=dict)

    def of(self, written: str, taken: Mapping[str, Any]) -> str:
        """A name for what the interface writes so; one name is one spelling."""
        plain = field_name(written)
        name, number = plain, 2
        while name in taken or self.wire.get(name, written) != written:
            name, number = f"{plain}_{number}", number + 1
        self.wire[name] = written
        return name

    def sent(self, value: str) -> str:
        """The template of a value, under the names of the interface."""
        others = [f"{name}={_quoted(to)}" for name, to in self.wire.items() if name != to]
        renamed = f" | rename({', '.join(others)})" if others else ""
        return f"{{{{ {value}{renamed} }}}}"


@dataclass(frozen=True, slots=True)
class Schemas:
    """Reads the schemas of a document."""

    document: Schema

    def resolved(self, node: Any) -> Schema:
        """Follow `$ref` within the document."""
        for _ in range(_DEEPEST):
            reference = node.get("$ref") if isinstance(node, Mapping) else None
            if not isinstance(reference, str):
                break
            node = self.document if reference.startswith("#/") else {}
            for part in reference.removeprefix("#/").split("/"):
                key = part.replace("~1", "/").replace("~0", "~")
                node = node.get(key, {}) if isinstance(node, Mapping) else {}
        return node if isinstance(node, Mapping) else {}

    def whole(self, node: Any, depth: int = 0) -> Schema:
        """A schema with what `allOf`, `anyOf` and `oneOf` say of it, as one."""
        schema = self.resolved(node)
        if depth >= _DEEPEST:
            return schema
        parts = [self.whole(each, depth + 1) for each in _listed(schema, "allOf")]
        for key in ("anyOf", "oneOf"):
            ways = [self.whole(each, depth + 1) for each in _listed(schema, key)]
            if one := _one_of([way for way in ways if not _is_null(way)]):
                parts.append(one)
        own = {k: v for k, v in schema.items() if k not in ("allOf", "anyOf", "oneOf")}
        merged: dict[str, Any] = {}
        for part in (*parts, own):
            merged |= {
                **part,
                "properties": {**merged.get("properties", {}), **_properties(part)},
                "required": [*merged.get("required", ()), *_listed(part, "required")],
            }
        return merged

    def properties(self, schema: Schema) -> dict[str, Schema]:
        """The properties that may be sent."""
        resolved = {str(name): self.whole(each) for name, each in _properties(schema).items()}
        return {name: each for name, each in resolved.items() if not each.get("readOnly")}

    def typed(
        self, schema: Schema, words: Any, names: Names, *, required: bool, depth: int = 0
    ) -> dict[str, Any]:
        """A field, as plainly as the schema says it.

        Raises:
            UnwrittenError: no field can hold it.
        """
        kind, choices = kind_of(schema), _choices(schema)
        spec: dict[str, Any] = {"type": kind} if kind != "text" else {}
        if choices and all(isinstance(each, str) and each for each in choices):
            spec = {"type": "choice", "choices": choices}
        elif kind == "list":
            spec |= self._entries(schema, names, depth)
        elif kind == "object":
            spec |= {"fields": self._fields(schema, names, depth)}
        elif kind in ("number", "integer"):
            spec |= dict(_bounds(schema, kind))
        if isinstance(words, str) and words.strip():
            spec["description"] = line(words)
        spec = spec or {"type": "text"}
        return spec if required else spec | {"optional": True}

    def _entries(self, schema: Schema, names: Names, depth: int) -> dict[str, Any]:
        items = self.whole(schema.get("items") or {})
        kind = kind_of(items)
        if kind == "list":
            raise UnwrittenError("a list of lists")
        return {"of": self._fields(items, names, depth) if kind == "object" else kind}

    def _fields(self, schema: Schema, names: Names, depth: int) -> dict[str, Any]:
        specs: dict[str, Any] = {}
        required = _listed(schema, "required")
        for written, inner in self.properties(schema).items() if depth < _DEEPEST else ():
            needed = written in required
            try:
                spec = self.typed(
                    inner, inner.get("description"), names, required=needed, depth=depth + 1
                )
            except UnwrittenError:
                if needed:
                    raise
                continue
            specs[names.of(written, specs)] = spec
        if not specs:
            raise UnwrittenError("an object whose keys are not described")
        return specs


def kind_of(schema: Schema) -> str:
    """The type of a field that holds it.

    Raises:
        UnwrittenError: it is a file.
    """
    written = schema.get("type")
    kinds = [k for k in written if k != "null"] if isinstance(written, list) else [written]
    if kinds[:1] == ["string"]:
        if schema.get("format") in _FILES or schema.get("contentEncoding"):
            raise UnwrittenError("a file")
        return _FORMATS.get(str(schema.get("format")), "text")
    if kinds[:1] == [None] and schema.get("properties"):
        return "object"
    if {*kinds} == {"integer", "number"}:
        return "number"
    return _TYPES.get(str(kinds[0]) if len(kinds) == 1 else "", "text")


def field_name(written: str) -> str:
    """A name of lkrun's for a name of the interface."""
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", written)
    name = re.sub(r"[^a-z0-9]+", "_", snake.lower()).strip("_") or "value"
    name = name if name[0].isalpha() else f"n_{name}"
    return f"{name[:60]}_" if name in RESERVED else name[:60].rstrip("_")


def line(words: str) -> str:
    """One line without HTML, and without braces, which would be a template."""
    plain = " ".join(re.sub(r"</?[a-z][^<>]*>", " ", words).split())
    plain = plain.replace("{{", "{ {").replace("{%", "{ %").replace("{#", "{ #")
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST - 1]}…"


def _one_of(ways: Sequence[Schema]) -> dict[str, Any]:
    """What holds for each of several schemas; nothing but a text where they differ."""
    if len(ways) <= 1:
        return dict(ways[0]) if ways else {}
    choices = [_choices(way) for way in ways]
    if all(choices):
        return {"type": "string", "enum": [each for some in choices for each in some]}
    kinds = {str(way.get("type", "object" if way.get("properties") else "")) for way in ways}
    if kinds == {"object"}:
        required = [set(_listed(way, "required")) for way in ways]
        merged = {name: each for way in ways for name, each in _properties(way).items()}
        both = sorted(set.intersection(*required))
        return {"type": "object", "properties": merged, "required": both}
    if kinds <= {"integer", "number"}:
        return {"type": "number"}
    return dict(ways[0]) if len(kinds) == 1 else {"type": "string"}


def _is_null(schema: Schema) -> bool:
    return schema.get("type") == "null" or schema.get("enum") == [None]


def _choices(schema: Schema) -> list[Any]:
    if "const" in schema:
        return [schema["const"]]
    written = schema.get("enum")
    return [each for each in written if each is not None] if isinstance(written, list) else []


def _properties(schema: Schema) -> Mapping[str, Any]:
    own = schema.get("properties")
    return own if isinstance(own, Mapping) else {}


def _listed(schema: Schema, key: str) -> list[Any]:
    written = schema.get(key)
    return written if isinstance(written, list) else []


def _bounds(schema: Schema, kind: str) -> Iterator[tuple[str, str]]:
    choices = [each for each in _choices(schema) if isinstance(each, int)]
    for key, name, of in (("minimum", "min", min), ("maximum", "max", max)):
        value = schema.get(key, of(choices) if choices else None)
        whole = isinstance(value, int) or kind == "number"
        if isinstance(value, int | float) and not isinstance(value, bool) and whole:
            shown = f"{value:f}".rstrip("0").rstrip(".") if isinstance(value, float) else value
            yield name, str(shown)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"
