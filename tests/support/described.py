"""A service that keeps to its description (OpenAPI 3): it refuses what the description forbids."""

from __future__ import annotations

import json
import re
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

FORMATS = FormatChecker(["date", "email"])
RFC3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")
JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@FORMATS.checks("date-time", ValueError)
def _moment(text: object) -> bool:
    return not isinstance(text, str) or bool(
        RFC3339.fullmatch(text) and datetime.fromisoformat(text)
    )


def escaped(*parts: str) -> str:
    """A JSON pointer."""
    return "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in parts)


@dataclass
class Request:
    """What came, with what is wrong with it."""

    operation: str
    path: dict[str, str]
    query: dict[str, Any]
    headers: dict[str, str]
    body: Any
    problems: list[str]


@dataclass
class Described:
    """The service.

    Attributes:
        document: its description.
        login: what `Authorization` has to be.
        answers: operation → status and data of its answers; of several, the last stays.
        requests: all that came.
    """

    document: dict[str, Any]
    login: str
    answers: dict[str, list[tuple[int, Any]]]
    requests: list[Request] = field(default_factory=list)

    def handle(
        self, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> tuple[int, Any]:
        """Answer a request; 400 or 401 where the description forbids it."""
        url = urlsplit(target)
        for path in self.document["paths"]:
            named = re.fullmatch(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path), url.path)
            if named and method.lower() in self.document["paths"][path]:
                break
        else:
            self.requests.append(Request("", {}, {}, headers, body, [f"no {method} {url.path}"]))
            return 404, {"message": "Not Found"}
        where = (path, method.lower())
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        parts = {name: unquote(value) for name, value in named.groupdict().items()}
        spec = self.document["paths"][path][method.lower()]
        request = Request(spec["operationId"], parts, query, headers, None, [])
        self.requests.append(request)
        self._parameters(request, self._given(*where))
        self._body(request, where, body)
        if headers.get("authorization") != self.login:
            request.problems.append("nobody is logged in")
            return 401, {"message": "Requires authentication"}
        return (400, {"message": request.problems}) if request.problems else self._answer(where)

    def _answer(self, where: tuple[str, str]) -> tuple[int, Any]:
        spec = self.document["paths"][where[0]][where[1]]
        answers = self.answers[spec["operationId"]]
        status, data = answers.pop(0) if len(answers) > 1 else answers[0]
        if str(status) in spec["responses"]:
            place = ("paths", *where, "responses", str(status), "content", JSON, "schema")
            wrong = self._wrong(place, data)
            assert wrong == [], wrong
        return status, data

    def _given(self, path: str, method: str) -> list[dict[str, Any]]:
        item = self.document["paths"][path]
        given = [*item.get("parameters", ()), *item[method].get("parameters", ())]
        known = self.document["components"].get("parameters", {})
        return [known[each["$ref"].split("/")[-1]] if "$ref" in each else each for each in given]

    def _parameters(self, request: Request, given: list[dict[str, Any]]) -> None:
        places = {"path": request.path, "query": request.query, "header": request.headers}
        for each in given:
            name, place = each["name"], places[each["in"]]
            if name not in place:
                if each.get("required"):
                    request.problems.append(f"{name} is required")
                continue
            value = typed(place[name], each["schema"])
            errors = Draft202012Validator(each["schema"], format_checker=FORMATS).iter_errors(value)
            request.problems += [f"{name}: {error.message}" for error in errors]
        unknown = request.query.keys() - {each["name"] for each in given if each["in"] == "query"}
        request.problems += [f"unknown parameter {name}" for name in sorted(unknown)]

    def _body(self, request: Request, where: tuple[str, str], body: bytes) -> None:
        wanted = self.document["paths"][where[0]][where[1]].get("requestBody")
        if wanted is None:
            request.problems += ["a body that nobody wants"] if body else []
            return
        (label,) = wanted["content"]
        if request.headers.get("content-type", "").split(";")[0] != label:
            request.problems.append(f"the body is no {label}")
            return
        place = ("paths", *where, "requestBody", "content", label, "schema")
        schema = self._at(place)
        request.body = json.loads(body) if label == JSON else form(body.decode(), schema)
        request.problems += self._wrong(place, request.body)
        unknown = request.body.keys() - schema["properties"].keys()
        request.problems += [f"unknown parameter {name}" for name in sorted(unknown)]

    def _at(self, place: tuple[str, ...]) -> dict[str, Any]:
        node: Any = self.document
        for part in place:
            node = node[part]
        return self._at(tuple(node["$ref"].split("/")[1:])) if "$ref" in node else node

    def _wrong(self, place: tuple[str, ...], value: Any) -> list[str]:
        resource = DRAFT202012.create_resource(self.document)
        registry = Registry().with_resource("urn:api", resource)
        schema = {"$ref": f"urn:api#{escaped(*place)}"}
        errors = Draft202012Validator(schema, registry=registry, format_checker=FORMATS)
        return [f"{error.json_path}: {error.message}" for error in errors.iter_errors(value)]


def typed(text: str, schema: dict[str, Any]) -> Any:
    """The value that a text on the wire stands for."""
    number = schema.get("type") in ("integer", "number") and re.fullmatch(r"-?\d+(\.\d+)?", text)
    return json.loads(text) if number else text


def form(text: str, schema: dict[str, Any]) -> dict[str, Any]:
    """A form's values; `a[b]` is the key b of a."""
    values: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True, strict_parsing=True):
        inner = re.fullmatch(r"(\w+)\[(\w+)\]", name)
        if inner:
            values.setdefault(inner[1], {})[inner[2]] = value
        else:
            values[name] = typed(value, schema["properties"].get(name, {}))
    return values


@contextmanager
def served(service: Described):
    """Serve it on 127.0.0.1; the address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, data = service.handle(self.command, self.path, headers, body)
            written = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Type", JSON)
            self.send_header("Content-Length", str(len(written)))
            self.end_headers()
            self.wfile.write(written)

        do_POST = do_GET  # noqa: N815 - as BaseHTTPRequestHandler names it

        def log_message(self, *_: object) -> None:
            """Say nothing of each request."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
