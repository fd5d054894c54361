"""From a description of an interface (OpenAPI 3) to tools and a service, as YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from runner.schema.http import METHODS
from runner.schema.tools import BUILT_IN
from runner.schema.types.names import RESERVED, SHORT, meant

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
_BODIES: Final = {
    "application/json": "json",
    "application/x-www-form-urlencoded": "form",
    "multipart/form-data": "multipart",
}
_DEEPEST: Final = 6
_LONGEST: Final = 300


class ImportProblem(Exception):  # noqa: N818 - it is an answer to a person
    """The document cannot be used; the message is a plain sentence."""


@dataclass(slots=True)
class Imported:
    """What came of a document.

    Attributes:
        notes: what could not be taken over, for people.
    """

    service: dict[str, Any]
    tools: dict[str, Any]
    notes: list[str] = field(default_factory=list)


def imported(document: Any, operations: Sequence[str] = ()) -> Imported:
    """Make a service and tools of a document.

    Args:
        document: parsed.
        operations: ids of the operations that are wanted; all without any.

    Raises:
        ImportProblem: it is no OpenAPI 3, or has no such operation.
    """
    if not isinstance(document, Mapping) or not str(document.get("openapi", "")).startswith("3"):
        raise ImportProblem("this is no OpenAPI 3 document: it has no 'openapi: 3…'")
    return _Importer(document).all(operations)


class _Importer:
    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document
        info = document.get("info")
        title = str(info.get("title") or "service") if isinstance(info, Mapping) else "service"
        self.name = _name(title, "service", 63)
        self._notes: list[str] = []

    def all(self, operations: Sequence[str]) -> Imported:
        known = {}
        for path, method, item, spec in self._operations():
            identity = str(spec.get("operationId") or f"{method.lower()} {path}")
            known[identity] = (path, method, item, spec)
        missing = [each for each in operations if each not in known]
        if missing:
            listed = ", ".join(list(known)[:20]) or "none"
            raise ImportProblem(f"there is no operation '{missing[0]}'; operations: {listed}")
        tools: dict[str, Any] = {}
        for identity, operation in known.items():
            if not operations or identity in operations:
                name = _unused(_name(identity, "tool", SHORT), {**tools, **dict.fromkeys(BUILT_IN)})
                tools[name] = self._tool(*operation)
        if not tools:
            raise ImportProblem("the document describes no operation that can be asked")
        return Imported({self.name: self._service()}, tools, self._notes)

    def _operations(self) -> Iterator[tuple[str, str, Mapping[str, Any], Mapping[str, Any]]]:
        paths = self._document.get("paths")
        for path, item in paths.items() if isinstance(paths, Mapping) else ():
            resolved = self._resolved(item)
            for method in METHODS:
                spec = resolved.get(method.lower())
                if isinstance(spec, Mapping):
                    yield str(path), method, resolved, spec

    def _service(self) -> dict[str, Any]:
        servers = self._document.get("servers")
        first = servers[0] if isinstance(servers, list) and servers else {}
        url = str(first.get("url", "")) if isinstance(first, Mapping) else ""
        defaults = first.get("variables", {}) if isinstance(first, Mapping) else {}
        for name, variable in defaults.items() if isinstance(defaults, Mapping) else ():
            url = url.replace(f"{{{name}}}", str(variable.get("default", "")))
        if not re.match(r"https?://[^/\s{]", url):
            self._notes.append("no server with a whole address is named: put the address in url:")
            url = "https://api.example"
        service: dict[str, Any] = {"url": re.split(r"[?#]", url)[0].rstrip("/")}
        auth = self._auth()
        return service | ({"auth": auth} if auth else {})

    def _auth(self) -> dict[str, Any] | None:
        components = self._document.get("components")
        schemes = components.get("securitySchemes", {}) if isinstance(components, Mapping) else {}
        wanted = [name for each in self._document.get("security") or () for name in each]
        names = [n for n in wanted if n in schemes] or list(schemes)
        secret = re.sub(r"[^A-Z0-9]+", "_", self.name.upper()).strip("_") or "SERVICE"
        for name in names:
            scheme = self._resolved(schemes[name])
            proof = _proof(scheme, secret)
            if proof is not None:
                return proof
        if names:
            self._notes.append(f"'{names[0]}' is a way to log in that has to be written by hand")
        return None

    def _tool(
        self, path: str, method: str, item: Mapping[str, Any], spec: Mapping[str, Any]
    ) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        request: dict[str, Any] = {"service": self.name, "method": method, "url": path}
        given = [*(item.get("parameters") or ()), *(spec.get("parameters") or ())]
        for parameter in map(self._resolved, given):
            self._parameter(parameter, fields, request)
        body = self._resolved(spec.get("requestBody") or {})
        self._body(body, fields, request)
        words = str(spec.get("summary") or spec.get("description") or f"{method} {path}")
        tool: dict[str, Any] = {"description": _line(words)}
        if fields:
            tool["parameters"] = fields
        return tool | {"http": request}

    def _parameter(
        self, parameter: Mapping[str, Any], fields: dict[str, Any], request: dict[str, Any]
    ) -> None:
        where, written = parameter.get("in"), str(parameter.get("name", ""))
        if where not in ("path", "query", "header") or not written:
            return
        name = _unused(_field(written), fields)
        schema = self._resolved(parameter.get("schema") or {"type": "string"})
        required = bool(parameter.get("required")) or where == "path"
        fields[name] = self._typed(schema, parameter.get("description"), required=required)
        value = f"{{{{ args.{name} }}}}"
        if where == "path":
            request["url"] = request["url"].replace(f"{{{written}}}", value)
        else:
            request.setdefault("query" if where == "query" else "headers", {})[written] = value

    def _body(
        self, body: Mapping[str, Any], fields: dict[str, Any], request: dict[str, Any]
    ) -> None:
        content = body.get("content")
        for label, kind in _BODIES.items():
            media = content.get(label) if isinstance(content, Mapping) else None
            if not isinstance(media, Mapping):
                continue
            schema = self._resolved(media.get("schema") or {})
            properties = self._properties(schema)
            sent: dict[str, Any] = {}
            for written, inner in properties.items():
                if inner.get("readOnly") or not _can_be_key(written):
                    continue
                name = _unused(_field(written), fields)
                required = written in (schema.get("required") or ())
                fields[name] = self._typed(inner, inner.get("description"), required=required)
                sent[written] = f"{{{{ args.{name} }}}}"
                if required and "fields" in fields[name]:
                    sent[written] = self._record(inner, fields[name]["fields"], name)
            if sent:
                request["body"] = {kind: sent}
            return

    def _record(self, schema: Mapping[str, Any], fields: dict[str, Any], name: str) -> Any:
        """What is sent of a record; key by key where some keys are no names of fields."""
        required, sent = schema.get("required") or (), {}
        for written, inner in self._properties(schema).items():
            if inner.get("readOnly"):
                continue
            field_name = written if written in fields else _unused(_field(written), fields)
            if field_name not in fields:
                words, needed = inner.get("description"), written in required
                fields[field_name] = self._typed(inner, words, required=needed, depth=1)
            sent[written] = f"{{{{ args.{name}.{field_name} }}}}"
        renamed = any(f".{written} }}}}" not in value for written, value in sent.items())
        return sent if renamed else f"{{{{ args.{name} }}}}"

    def _properties(
        self, schema: Mapping[str, Any], depth: int = 0
    ) -> dict[str, Mapping[str, Any]]:
        properties: dict[str, Mapping[str, Any]] = {}
        for part in schema.get("allOf") or () if depth < _DEEPEST else ():
            properties |= self._properties(self._resolved(part), depth + 1)
        own = schema.get("properties")
        for name, inner in own.items() if isinstance(own, Mapping) else ():
            properties[str(name)] = self._resolved(inner)
        return properties

    def _typed(
        self, schema: Mapping[str, Any], words: Any, *, required: bool, depth: int = 0
    ) -> dict[str, Any]:
        """A field, as plainly as the schema says it."""
        spec: dict[str, Any] = {}
        kind = self._kind(schema)
        choices = schema.get("enum")
        if isinstance(choices, list) and choices and all(isinstance(c, str) and c for c in choices):
            spec = {"type": "choice", "choices": choices}
        elif kind == "list":
            spec = {"type": "list"} | self._entries(schema, depth)
        elif kind == "object":
            fields = {} if depth >= _DEEPEST else self._fields(schema, depth)
            spec = {"type": "object", "fields": fields} if fields else {}
        elif kind != "text":
            spec = {"type": kind}
        if kind in ("number", "integer") and "choices" not in spec:
            spec |= dict(_bounds(schema, kind))
        if isinstance(words, str) and words.strip():
            spec["description"] = _line(words)
        spec = spec or {"type": "text"}
        return spec if required else spec | {"optional": True}

    def _kind(self, schema: Mapping[str, Any]) -> str:
        written = schema.get("type")
        kinds = [k for k in written if k != "null"] if isinstance(written, list) else [written]
        if kinds[:1] == ["string"]:
            return _FORMATS.get(str(schema.get("format")), "text")
        if kinds[:1] == [None] and (schema.get("properties") or schema.get("allOf")):
            return "object"
        return _TYPES.get(str(kinds[0]) if kinds else "", "text")

    def _entries(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        items = self._resolved(schema.get("items") or {})
        kind = self._kind(items)
        if kind == "object" and depth < _DEEPEST:
            fields = self._fields(items, depth)
            return {"of": fields} if fields else {}
        return {"of": kind} if kind not in ("object", "list", "text") else {"of": "text"}

    def _fields(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for written, inner in self._properties(schema).items():
            # a record keeps its own keys: they are sent as they are
            if _field(written) == written and not inner.get("readOnly"):
                required = written in (schema.get("required") or ())
                words = inner.get("description")
                fields[written] = self._typed(inner, words, required=required, depth=depth + 1)
        return fields

    def _resolved(self, node: Any) -> Mapping[str, Any]:
        """Follow `$ref` within the document."""
        for _ in range(_DEEPEST):
            reference = node.get("$ref") if isinstance(node, Mapping) else None
            if not isinstance(reference, str):
                break
            node = self._document if reference.startswith("#/") else {}
            for part in reference.removeprefix("#/").split("/"):
                key = part.replace("~1", "/").replace("~0", "~")
                node = node.get(key, {}) if isinstance(node, Mapping) else {}
        return node if isinstance(node, Mapping) else {}


def _proof(scheme: Mapping[str, Any], secret: str) -> dict[str, Any] | None:
    kind, how = scheme.get("type"), str(scheme.get("scheme", "")).lower()
    if kind == "http" and how == "bearer":
        return {"bearer": f"{{{{ secrets.{secret}_TOKEN }}}}"}
    if kind == "http" and how == "basic":
        user = f"{{{{ secrets.{secret}_USER }}}}"
        return {"basic": {"username": user, "password": f"{{{{ secrets.{secret}_PASSWORD }}}}"}}
    if kind == "apiKey" and scheme.get("in") in ("header", "query") and scheme.get("name"):
        place = {str(scheme["in"]): str(scheme["name"])}
        return {"api_key": {"value": f"{{{{ secrets.{secret}_KEY }}}}"} | place}
    flows = scheme.get("flows")
    flow = flows.get("clientCredentials") if isinstance(flows, Mapping) else None
    if kind == "oauth2" and isinstance(flow, Mapping) and flow.get("tokenUrl"):
        client: dict[str, Any] = {
            "token_url": str(flow["tokenUrl"]),
            "client_id": f"{{{{ secrets.{secret}_CLIENT_ID }}}}",
            "client_secret": f"{{{{ secrets.{secret}_CLIENT_SECRET }}}}",
        }
        return {"oauth2": client | ({"scopes": list(flow["scopes"])} if flow.get("scopes") else {})}
    return None


def _bounds(schema: Mapping[str, Any], kind: str) -> Iterator[tuple[str, str]]:
    for key, name in (("minimum", "min"), ("maximum", "max")):
        value = schema.get(key)
        whole = isinstance(value, int) or kind == "number"
        if isinstance(value, int | float) and not isinstance(value, bool) and whole:
            yield (
                name,
                f"{value:f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value),
            )


def _can_be_key(text: str) -> bool:
    return bool(re.fullmatch(r"[A-Za-z0-9_.\-\[\]$]+", text))


def _field(written: str) -> str:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", written)
    name = re.sub(r"[^a-z0-9]+", "_", snake.lower()).strip("_") or "value"
    name = name if name[0].isalpha() else f"n_{name}"
    return f"{name[:60]}_" if name in RESERVED else name[:60].rstrip("_")


def _name(text: str, otherwise: str, longest: int) -> str:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    better = re.sub(r"[^a-z0-9_-]+", "_", meant(snake).lower()).strip("_-")
    return (better if better[:1].isalpha() else f"{otherwise}_{better}")[:longest].strip("_-")


def _unused(name: str, taken: Mapping[str, Any]) -> str:
    unused, number = name, 2
    while unused in taken:
        unused, number = f"{name}_{number}", number + 1
    return unused


def _line(words: str) -> str:
    """One line without HTML, and without braces, which would be a template."""
    line = (
        " ".join(re.sub(r"</?[a-z][^<>]*>", " ", words).split())
        .replace("{{", "{ {")
        .replace("{%", "{ %")
        .replace("{#", "{ #")
    )
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def written(service: Imported) -> str:
    """The YAML of it."""
    return "\n".join(_lines({"services": service.service, "tools": service.tools}, 0)) + "\n"


def _lines(data: Mapping[str, Any], depth: int) -> Iterator[str]:
    space = "  " * depth
    for name, value in data.items():
        key = name if re.fullmatch(r"[A-Za-z_$][A-Za-z0-9_.$-]*", name) else json.dumps(name)
        if isinstance(value, Mapping):
            yield f"{space}{key}:"
            yield from _lines(value, depth + 1)
        elif isinstance(value, list):
            yield f"{space}{key}:"
            yield from (f"{space}  - {_scalar(entry)}" for entry in value)
        else:
            yield f"{space}{key}: {_scalar(value)}"


def _scalar(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    plain = re.fullmatch(r"[A-Za-z0-9/][A-Za-z0-9 _./:{}~+-]*", text) and not re.search(
        r":\s|\s#|:$|\s$|\{\{", text
    )
    return text if plain else json.dumps(text, ensure_ascii=False)
