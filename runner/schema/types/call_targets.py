"""Whom a call goes to: a phone number, or a SIP address such as `sip:desk@pbx.example`."""

from __future__ import annotations

import re
from typing import Any, ClassVar, Final, Self

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError

from runner.late_pattern import late
from runner.schema.types.mistake import mistake
from runner.schema.types.names import HeaderKey
from runner.schema.types.phone_numbers import in_full, parse_phone_number
from runner.schema.types.texts import Plain, Stored
from runner.template import has_template

_ADDRESS = late(
    r"sips?:(?!/)[A-Za-z0-9\-_.!~*'()&=+$,;?/%]+@"
    r"(?:[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)*|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?"
    r"(?:;[A-Za-z0-9\-_.!~*'()%]+(?:=[A-Za-z0-9\-_.!~*'()%:\[\]]+)?)*"
)
"""RFC 3261, section 19.1.1, without passwords and headers."""

_SCHEME = late(r"(sips?|tel):(?://)?", re.IGNORECASE)
_SUCH: Final = "write it as sip:desk@pbx.example"


LONGEST_RING: Final = 80.0
"""Seconds that LiveKit lets a telephone ring at most."""


class CallTarget(Stored):
    """A phone number or a SIP address; a template may give it."""

    __slots__ = ()
    empty: ClassVar[bool] = False

    @classmethod
    def read(cls, value: str) -> Self:
        """Accept a number or an address.

        Raises:
            PydanticCustomError: E119; the help has the right one where it can be known.
        """
        super().read(value)
        return cls(value if has_template(value) else _checked(value.strip()))

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        del schema, handler
        return _shape(besides=r"|\{[{%]")


class CalledTarget(Plain):
    """A phone number or a SIP address that a test expects."""

    __slots__ = ()

    @classmethod
    def read(cls, value: str) -> Self:
        """Accept a number or an address, written as it is dialled.

        Raises:
            PydanticCustomError: E119, as above.
        """
        super().read(value)
        return cls(_checked(value.strip()))

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        del schema, handler
        return _shape()


def _shape(besides: str = "") -> JsonSchemaValue:
    pattern = rf"^\s*(\+[1-9]\d{{6,14}}|[sS][iI][pP][sS]?:[^@\s]+@[^@\s]+)\s*${besides}"
    return {
        "anyOf": [{"type": "integer", "minimum": 10**6}, {"type": "string", "pattern": pattern}]
    }


def _checked(text: str) -> str:
    if is_address(text):
        return text
    if "@" in text or text.casefold().startswith(("sip:", "sips:")):
        raise _misspelt(text)
    return parse_phone_number(text)


def _misspelt(text: str) -> PydanticCustomError:
    """What is wrong with a SIP address."""
    user, at, host = _SCHEME.sub("", text).partition("@")
    scheme = "sips" if text.casefold().startswith("sips:") else "sip"
    plain = f"{user.strip()}{at}{host.strip()}"
    for guess in (f"{scheme}:{plain}", f"{scheme}:{plain}".replace("@@", "@").replace("..", ".")):
        if is_address(guess):
            message = f"'{text}' is not how a SIP address is written"
            return mistake("E119", message, f"write {guess}")
    if not at:
        message = f"the SIP address '{text}' does not say at which computer: there is no @ in it"
        return mistake("E119", message, _SUCH)
    if not host or not user:
        missing = "whom to call: nothing stands before @"
        if not host:
            missing = "at which computer: nothing stands behind @"
        return mistake("E119", f"the SIP address '{text}' does not say {missing}", _SUCH)
    return mistake("E119", f"'{text}' is not a SIP address", _SUCH)


def is_address(text: str) -> bool:
    """Whether a text is a SIP address."""
    return bool(_ADDRESS.fullmatch(text))


def number_in(address: str) -> str | None:
    """The phone number that a SIP address calls, as `sip:+842412345678@pbx.example` does."""
    user = _SCHEME.sub("", address.strip()).partition("@")[0].partition(";")[0]
    try:
        return parse_phone_number(in_full(user))
    except PydanticCustomError:
        return None


def target_of(value: Any) -> str | None:
    """The number or address that a template gave, as it is dialled; None where it is neither."""
    text = str(value).strip()
    if is_address(text):
        return text
    try:
        return parse_phone_number(in_full(text.removeprefix("tel:")))
    except PydanticCustomError:
        return None


_RESERVED: Final = frozenset(
    {
        "accept", "allow", "authorization", "call-id", "contact", "content-length", "content-type",
        "cseq", "date", "event", "expires", "from", "max-forwards", "proxy-authorization",
        "record-route", "refer-to", "referred-by", "require", "route", "server", "subject",
        "supported", "to", "user-agent", "via", "www-authenticate",
    }
)  # fmt: skip
"""RFC 3261, section 20, and RFC 3515."""


def refuse_reserved(headers: dict[HeaderKey, Any]) -> None:
    """Refuse SIP headers that the telephone network writes itself.

    Raises:
        PydanticCustomError: E111 at the first of them.
    """
    for name in headers:
        if name.casefold() in _RESERVED:
            raise mistake(
                "E111",
                f"the telephone network writes the header '{name}' itself",
                f"choose another name, such as X-{name}",
                at=("headers", name),
                on="key",
            )
