"""Requests to services."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Self

from pydantic import PlainValidator, WithJsonSchema, model_validator
from pydantic.json_schema import JsonSchemaValue

from runner.schema.types.blocks import Block, OneOrList, key, together
from runner.schema.types.measures import SomeTime
from runner.schema.types.mistake import clash, mistake
from runner.schema.types.names import HeaderKey, VariableName
from runner.schema.types.texts import Sent, Told
from runner.schema.types.values import JmesPath, Url, YesNo, one_of, whole

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")


def _json(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _json(v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return tuple(_json(v) for v in value)
    return Sent(value)


Json = Annotated[Any, PlainValidator(_json), WithJsonSchema({})]
"""A text, list or mapping of texts, as deep as needed; each text is a `Sent`."""


class Body(Block):
    """What a request carries: exactly one form of it."""

    noun: ClassVar[str] = "a body"
    rules: ClassVar[JsonSchemaValue] = {"minProperties": 1, "maxProperties": 1}

    json_: Json | None = key("a mapping, list or value that is sent as JSON", None, alias="json")
    form: dict[str, Sent] | None = key("name → value, sent as a form", None)
    text: Sent | None = key("sent as it is", None)

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        given = [k for k, name in type(self).keys().items() if name in self.model_fields_set]
        if len(given) > 1:
            raise clash(given[0], given[1], self.noun)
        if not given:
            raise mistake("E106", "a body must say what is sent", "write one of: json, form, text")
        return self


class Request(Block):
    """A request to a service."""

    noun: ClassVar[str] = "a request"
    elsewhere: ClassVar[dict[str, str]] = {
        "json": "write body: and json: below it",
        "params": "write query:",
        "pick": "it belongs to result:, beside http:",
        "save": "it belongs to result:, beside http:",
        "result": "it stands beside http:, not in it",
        "on_error": "it stands beside http:, not in it",
        "then": "it stands beside http:, not in it",
        "parameters": "they stand beside http:, not in it",
        "description": "it stands beside http:, not in it",
    }

    url: Url = key("the address; path values are percent-encoded")
    method: Annotated[str, one_of(*METHODS)] = key("GET POST PUT PATCH DELETE HEAD", "GET")
    query: dict[str, Sent] = key("name → value; a value that is missing leaves the name out", {})
    headers: dict[HeaderKey, Sent] = key("name → value", {})
    body: Body | None = key("what is sent", None)
    timeout: SomeTime = key("one attempt may take so long", 5.0)
    ok: Annotated[tuple[Annotated[int, whole(100, 599)], ...], OneOrList(scalars=True)] = key(
        "statuses outside 2xx that are no failure", ()
    )
    private_network: YesNo = key("whether the service may stand in a private network", False)


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
