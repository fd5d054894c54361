"""From a description of an interface (OpenAPI 3) to tools and a service, as YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from runner.cli.openapi_schema import (
    Names,
    Schema,
    Schemas,
    UnwrittenError,
    field_name,
    kind_of,
    line,
)
from runner.schema.http import METHODS
from runner.schema.tools import BUILT_IN
from runner.schema.types.names import SHORT, meant

_BODIES: Final = {
    "application/json": "json",
    "application/x-www-form-urlencoded": "form",
    "multipart/form-data": "multipart",
}
_JSON: Final = re.compile(r"application/([a-z0-9.+-]+\+)?json", re.IGNORECASE)


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
        self._schemas = Schemas(document)
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
            resolved = self._schemas.resolved(item)
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
            scheme = self._schemas.resolved(schemes[name])
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
        known = {(p.get("in"), p.get("name")): p for p in map(self._schemas.resolved, given)}
        for parameter in known.values():  # an operation's own take the place of its path's
            self._parameter(parameter, fields, request)
        self._body(self._schemas.resolved(spec.get("requestBody") or {}), fields, request)
        words = str(spec.get("summary") or spec.get("description") or f"{method} {path}")
        tool: dict[str, Any] = {"description": line(words)}
        if fields:
            tool["parameters"] = fields
        return tool | {"http": request}

    def _parameter(
        self, parameter: Schema, fields: dict[str, Any], request: dict[str, Any]
    ) -> None:
        where, written = parameter.get("in"), str(parameter.get("name", ""))
        if where not in ("path", "query", "header") or not written:
            return
        schema = self._schemas.whole(parameter.get("schema") or _of_content(parameter))
        required = bool(parameter.get("required")) or where == "path"
        words = parameter.get("description")
        name = self._field(written, schema, words, fields, required=required)
        if name is None:
            return
        value = f"{{{{ args.{name[0]} }}}}"
        if where == "path":
            request["url"] = request["url"].replace(f"{{{written}}}", value)
            return
        sent = request.setdefault("query" if where == "query" else "headers", {})
        if parameter.get("style") == "deepObject":
            own = fields[name[0]].get("fields", ())
            for inner, to in name[1].wire.items():
                if inner in own:
                    sent[f"{written}[{to}]"] = f"{{{{ args.{name[0]}.{inner} }}}}"
        elif where == "header" or parameter.get("explode") is False:
            many = kind_of(schema) == "list"
            sent[written] = f"{{{{ args.{name[0]} | join(',') }}}}" if many else value
        else:
            sent[written] = value

    def _field(
        self, written: str, schema: Schema, words: Any, fields: dict[str, Any], *, required: bool
    ) -> tuple[str, Names] | None:
        """Add a parameter; gives its name, and the names in it. None where it cannot be one."""
        names = Names()
        name = _unused(field_name(written), fields)
        try:
            words = words or schema.get("description")
            fields[name] = self._schemas.typed(schema, words, names, required=required)
        except UnwrittenError as what:
            self._notes.append(f"'{written}' is {what}: what is sent has to be written by hand")
            return None
        return name, names

    def _body(self, body: Schema, fields: dict[str, Any], request: dict[str, Any]) -> None:
        content = body.get("content")
        for label, media in content.items() if isinstance(content, Mapping) else ():
            kind = "json" if _JSON.match(str(label)) else _BODIES.get(str(label).partition(";")[0])
            if kind is None or not isinstance(media, Mapping):
                continue
            if (sent := self._sent(media, fields)) is not None:
                request["body"] = {kind: sent}
            own = str(label).partition(";")[0]
            if kind == "json" and own != "application/json" and sent is not None:
                request.setdefault("headers", {})["Content-Type"] = own
            return

    def _sent(self, media: Schema, fields: dict[str, Any]) -> Any:
        """What is sent of a body; None where there is nothing."""
        schema = self._schemas.whole(media.get("schema") or {})
        sent: dict[str, Any] = {}
        for written, inner in self._schemas.properties(schema).items():
            required = written in (schema.get("required") or ())
            field = self._field(written, inner, None, fields, required=required)
            if field is not None:
                sent[written] = field[1].sent(f"args.{field[0]}")
        if not sent and schema.get("type") == "array":
            field = self._field("items", schema, None, fields, required=True)
            return field[1].sent(f"args.{field[0]}") if field is not None else None
        return sent or None


def _of_content(parameter: Schema) -> Any:
    """The schema of a parameter that is written as a document."""
    content = parameter.get("content")
    for media in content.values() if isinstance(content, Mapping) else ():
        return media.get("schema") if isinstance(media, Mapping) else {}
    return {"type": "string"}


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
    for name in ("clientCredentials", "authorizationCode"):
        flow = flows.get(name) if isinstance(flows, Mapping) else None
        if kind != "oauth2" or not isinstance(flow, Mapping) or not flow.get("tokenUrl"):
            continue
        client: dict[str, Any] = {
            "token_url": str(flow["tokenUrl"]),
            "client_id": f"{{{{ secrets.{secret}_CLIENT_ID }}}}",
            "client_secret": f"{{{{ secrets.{secret}_CLIENT_SECRET }}}}",
        }
        if name == "authorizationCode":  # lkrun auth oauth2 gets one
            client["refresh_token"] = f"{{{{ secrets.{secret}_REFRESH_TOKEN }}}}"
        return {"oauth2": client | ({"scopes": list(flow["scopes"])} if flow.get("scopes") else {})}
    return None


def _name(text: str, otherwise: str, longest: int) -> str:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    better = re.sub(r"[^a-z0-9_-]+", "_", meant(snake).lower()).strip("_-")
    return (better if better[:1].isalpha() else f"{otherwise}_{better}")[:longest].strip("_-")


def _unused(name: str, taken: Mapping[str, Any]) -> str:
    free, number = name, 2
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free


def written(imported: Imported) -> str:
    """The YAML of it."""
    return "\n".join(_lines({"services": imported.service, "tools": imported.tools}, 0)) + "\n"


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
