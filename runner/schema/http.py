"""Requests to services."""

import re
from typing import Annotated, Any, ClassVar, Self

from pydantic import (
    AfterValidator,
    Discriminator,
    PlainValidator,
    Tag,
    WithJsonSchema,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue

from runner.schema.auth import Auth
from runner.schema.types.blocks import Block, OneOrList, key, together
from runner.schema.types.files import AttachedFile
from runner.schema.types.measures import Size, SomeTime
from runner.schema.types.mistake import clash, mistake, none_of
from runner.schema.types.names import HeaderKey, ServiceName, VariableName
from runner.schema.types.paths import JmesPath
from runner.schema.types.texts import Condition, Sent, Told
from runner.schema.types.urls import RequestUrl
from runner.schema.types.values import YesNo, one_of, whole

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _json(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_json(v) for v in value)
    return Sent(value)


Json = Annotated[Any, PlainValidator(_json), WithJsonSchema({})]
"""A text, list or mapping of texts, as deep as needed; each text is a `Sent`."""


class FilePart(Block):
    """A file that is sent as a part of a form."""

    noun: ClassVar[str] = "a part"
    bare: ClassVar[str] = "file"

    file: AttachedFile = key("a file of the folder, relative to the file that names it")


Part = Annotated[
    Annotated[Sent, Tag("<Sent>")] | Annotated[FilePart, Tag("<FilePart>")],
    Discriminator(lambda part: "<FilePart>" if isinstance(part, dict | FilePart) else "<Sent>"),
]
"""A text, or a file."""


class Body(Block):
    """What a request carries: exactly one form of it."""

    noun: ClassVar[str] = "a body"
    rules: ClassVar[JsonSchemaValue] = {"minProperties": 1, "maxProperties": 1}

    json_: Json | None = key("a mapping, list or value that is sent as JSON", None, alias="json")
    form: dict[str, Sent] | None = key("name → value, sent as a form", None)
    text: Sent | None = key("sent as it is", None)
    multipart: dict[str, Part] | None = key("name → text or file, sent as a form with files", None)

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [k for k, name in type(self).keys().items() if name in self.model_fields_set]
        if len(given) > 1:
            raise clash(given[0], given[1], self.noun)
        if not given:
            raise none_of(self.noun, tuple(type(self).keys()))
        return self


LARGEST_RESPONSE = 5 * 1024 * 1024


def _bounded(size: int) -> int:
    if size > LARGEST_RESPONSE:
        raise mistake("E109", "an answer of more than 5MB cannot be read", "write 5MB or less")
    return size


class Shared(Block):
    """What a request may say itself, or leave to its service."""

    headers: dict[HeaderKey, Sent] = key("name → value; a service's and a request's together", {})
    auth: Auth | None = key("how the request proves who sends it", None)
    timeout: SomeTime = key("one attempt may take so long", 5.0)
    budget: SomeTime = key(
        "everything together may: attempts and waits; never less than the timeout without it", 10.0
    )
    retries: Annotated[int, whole(0, 10)] = key(
        "further attempts where there was no answer, or one that may pass; POST and PATCH need "
        "idempotency_key: yes",
        0,
    )
    private_network: YesNo = key("whether the service may stand in a private network", False)

    @model_validator(mode="after")
    def _in_time(self) -> Self:
        both = {"timeout", "budget"} <= self.model_fields_set
        if both and self.timeout > self.budget:
            raise mistake(
                "E112",
                f"one attempt may take {self.timeout:g}s, and all of them together only "
                f"{self.budget:g}s",
                f"write budget: {self.timeout:g}s or more, or a shorter timeout:",
                at=("budget",),
            )
        return self

    @property
    def longest(self) -> float:
        """Seconds that everything together may take."""
        if "budget" in self.model_fields_set:
            return self.budget
        return max(self.budget, self.timeout)


class _Where(Block):
    service: ServiceName | None = key("the service that is asked; then url is a path", None)
    url: RequestUrl | None = key("the address; path values are percent-encoded", None)
    method: Annotated[str, one_of(*METHODS)] = key("GET POST PUT PATCH DELETE HEAD", "GET")


class Request(Shared, _Where):  # where it goes stands first in the reference
    """A request to a service."""

    noun: ClassVar[str] = "a request"
    bare: ClassVar[str] = "url"
    elsewhere: ClassVar[dict[str, str]] = {
        "json": "write body: and json: below it",
        "form": "write body: and form: below it",
        "params": "write query:",
        "bearer": "write auth: and bearer: below it",
        "rate_limit": "it belongs to a service, below services:",
        "max_concurrent": "it belongs to a service, below services:",
        "breaker": "it belongs to a service, below services:",
        "pick": "it belongs to result:, one level further out",
        "save": "it belongs to result:, one level further out",
        "max_size": "it belongs to result:, one level further out",
        "fails_if": "it belongs to result:, one level further out",
        "result": "it stands beside http:, not in it",
        "on_error": "it stands beside http:, not in it",
        "then": "it stands beside http:, not in it",
        "parameters": "they stand beside http:, not in it",
        "description": "it stands beside http:, not in it",
    }
    rules: ClassVar[JsonSchemaValue] = {
        "allOf": [
            {
                "if": {"required": ["service"]},
                "then": {"properties": {"url": {"pattern": r"^\s*/"}}},
                "else": {
                    "required": ["url"],
                    "properties": {"url": {"not": {"pattern": r"^\s*/"}}},
                },
            },
            {
                "if": {
                    "required": ["method", "retries"],
                    "properties": {
                        "method": {"enum": ["POST", "PATCH"]},
                        "retries": {"not": {"enum": [0, "0"]}},
                    },
                },
                "then": {"required": ["idempotency_key"]},
            },
        ]
    }

    query: dict[str, Sent] = key("name → value; a value that is missing leaves the name out", {})
    body: Body | None = key("what is sent", None)
    idempotency_key: YesNo = key(
        "yes: a header Idempotency-Key, the same for every attempt, so that none counts twice",
        False,
    )
    max_response: Annotated[Size, AfterValidator(_bounded)] = key(
        "so much of the answer is read at most; more is a failure", 256 * 1024
    )
    redirects: Annotated[int, whole(0, 10)] = key(
        "so many are followed; each is checked, and credentials are dropped on another host", 0
    )
    ok: Annotated[tuple[Annotated[int, whole(100, 599)], ...], OneOrList(scalars=True)] = key(
        "statuses outside 2xx that are no failure", ()
    )

    @property
    def repeatable(self) -> bool:
        """Whether a second attempt can do no harm."""
        return self.idempotency_key or self.method not in _NOT_TWICE

    @model_validator(mode="after")
    def _address_or_path(self) -> Self:
        is_path = self.url is not None and self.url.startswith("/")
        if self.service is None and self.url is None:
            raise mistake(
                "E103",
                "a request needs 'url'",
                "add url: and behind it the address, or service: and the name of a service",
                lacks=("url", "https://example.com"),
            )
        if self.service is None and is_path:
            raise mistake(
                "E114",
                f"'{self.url}' is only the end of an address",
                "write the whole address, or service: and the name of a service "
                "whose address comes before it",
                at=("url",),
            )
        if self.service is not None and self.url is not None and not is_path:
            raise mistake(
                "E114",
                "with 'service', the url is only what comes after the address of the service",
                f"write url: {_path_of(self.url)}",
                at=("url",),
            )
        return self

    @model_validator(mode="after")
    def _not_twice(self) -> Self:
        if "retries" in self.model_fields_set and self.retries and not self.repeatable:
            raise mistake(
                "E112",
                f"a {self.method} is not sent again by itself: it could be done twice",
                "add idempotency_key: yes if the service knows the header Idempotency-Key, "
                "or delete 'retries'",
                at=("retries",),
                on="key",
            )
        return self


def _path_of(url: str) -> str:
    return "/" + re.sub(r"^[a-z]+://[^/]*", "", url, flags=re.IGNORECASE).lstrip("/")


_NOT_TWICE = frozenset({"POST", "PATCH"})

_HIDDEN: JsonSchemaValue = {"properties": {"hide": {"enum": [True, "yes", "true", "on"]}}}


class Result(Block):
    """What of the service's answer is used."""

    noun: ClassVar[str] = "a result"
    rules: ClassVar[JsonSchemaValue] = {
        "allOf": [
            together("pick", "text"),
            *({"not": _HIDDEN | {"required": ["hide", view]}} for view in ("pick", "text")),
        ]
    }

    pick: JmesPath | None = key("JMESPath; the model sees only this", None)
    text: Told | None = key("what the model sees instead of the answer", None, names=("result",))
    save: dict[VariableName, JmesPath] = key(
        "variable → JMESPath of the whole answer; one that finds nothing empties its variable", {}
    )
    hide: YesNo = key("yes: the model sees only that it worked", False)
    max_size: Size = key("what the model sees at most; it is told where that was cut", 4 * 1024)
    fails_if: Condition | None = key(
        "an answer for which this is true is a failure, whatever its status",
        None,
        names=("result",),
    )

    @model_validator(mode="after")
    def _one_view(self) -> Self:
        given = [
            n for n in ("pick", "text", "hide") if n in self.model_fields_set and getattr(self, n)
        ]
        if len(given) > 1:
            raise mistake(
                "E112",
                f"'{given[0]}' and '{given[1]}' both say what the model sees",
                "keep one of the two",
                at=(given[1],),
                on="key",
            )
        return self
