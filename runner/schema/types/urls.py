"""Addresses: of a service, of a request, and of anything else."""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from runner.late_pattern import late
from runner.schema.types.meant import advice
from runner.schema.types.mistake import mistake
from runner.schema.types.texts import Sent

_BRACES = r"\{\{.*?\}\}|\{%.*?%\}"


class Url(Sent):
    """An address, `http://` or `https://`. Its host is the author's, never a caller's."""

    __slots__ = ()
    empty = False
    letter: ClassVar[str] = r"\S"
    """What may stand in it, as a regular expression."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        begin = r"^\s*(?=https?://[^/\s]|\{\{|\{%|[hH][tT][tT][pP])"
        return {"type": "string", "pattern": rf"{begin}({_BRACES}|{cls.letter})+\s*$"}

    @classmethod
    def read(cls, value: str) -> Url:
        """Accept an address that begins with http://, https:// or a template for its host."""
        text = value.strip()
        if not text:
            raise mistake(
                "E105",
                "there is no address here",
                "write the address, such as https://api.example/slots",
            )
        if not re.match(r"https?://[^/\s]|\{\{|\{%", text, re.IGNORECASE):
            raise mistake("E114", f"'{text}' is not an address", _address_hint(text))
        return cls(without_space(text))


def _address_hint(text: str) -> str | None:
    if re.match(r"[A-Z]{3,6}\s", text):
        return f"write {text.split(maxsplit=1)[0]} behind method:, and the address alone here"
    if re.match(r"/(?!/)", text):
        return f"write the whole address, such as https://api.example{text}"
    return advice("url", text)


_TEMPLATE = late(_BRACES, re.DOTALL)


def without_templates(text: str) -> str:
    """The same text, each template taken out of it."""
    return _TEMPLATE.sub("", text)


def without_space(address: str) -> str:
    """The same address.

    Raises:
        PydanticCustomError: E114, there is a space in it.
    """
    if re.search(r"\s", without_templates(address)):
        raise mistake(
            "E114", "an address cannot hold a space", "write %20, or put the text under query:"
        )
    return address


class ServiceUrl(Url):
    """The address of a service: what comes after it belongs to a request."""

    __slots__ = ()
    letter = r"[^\s?#]"

    @classmethod
    def read(cls, value: str) -> ServiceUrl:
        """Accept an address that ends before a query."""
        address = super().read(value)
        sign = re.search(r"[?#]", without_templates(address))
        if sign:
            raise mistake(
                "E114",
                f"the address of a service cannot hold a '{sign[0]}'",
                "end it before that, and write query: in each request",
            )
        return cls(address)


class RequestUrl(Url):
    """An address, or the path after the address of a service."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        whole = super().__get_pydantic_json_schema__(schema, handler)
        return {"anyOf": [whole, {"type": "string", "pattern": rf"^\s*/({_BRACES}|\S)*\s*$"}]}

    @classmethod
    def read(cls, value: str) -> RequestUrl:
        """Accept an address as `Url` does, or what begins with a slash."""
        text = value.strip()
        if re.fullmatch(r"[\w-]+(?:/\S*)?", without_templates(text)) and text[0] != "{":
            hint = f"write the whole address; or service: and its name, and url: /{text}"
            raise mistake("E114", f"'{text}' is not an address", hint)
        return cls(without_space(text) if text.startswith("/") else super().read(value))
