"""What must not be shown: private values, and secrets that were written out."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from runner.link.differences import Location
from runner.schema.fields import Field
from runner.schema.types.blocks import Block
from runner.schema.types.settings import SECRET_ENDINGS
from runner.schema.types.texts import Credential, Scalar, Sent, Stored
from runner.template import has_template

STARS = "***"

_SECRET_NAMES = ("AUTHORIZATION", "COOKIE", "SIGNATURE")
_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_SCHEME = re.compile(r"\b(Basic|Bearer|Token)\b", re.IGNORECASE)
_USER = re.compile(r"(https?://)[^/?#@\s]+@", re.IGNORECASE)
_PARAMETER = re.compile(
    r"([?&][^=&#\s]*(?:key|token|secret|password|signature)=)(?!\{\{)[^&#\s]+", re.IGNORECASE
)


def masked(value: Any, location: Location, private: Collection[str], *, hidden: bool) -> Any:
    """The same value with stars where something must not be shown.

    Args:
        value: as the models hold it.
        location: where it stands.
        private: names of the variables and parameters that are private.
        hidden: whether all of it is private.
    """
    if isinstance(value, Block):
        shown = {
            name: masked(
                getattr(value, name),
                (*location, key),
                private,
                hidden=hidden or (name == "default" and isinstance(value, Field) and value.private),
            )
            for key, name in type(value).keys().items()
            if name in value.model_fields_set
        }
        return value.model_copy(update=shown)
    if isinstance(value, dict):
        return {
            name: masked(inner, (*location, str(name)), private, hidden=hidden)
            for name, inner in value.items()
        }
    if isinstance(value, tuple):
        return tuple(
            masked(inner, (*location, index), private, hidden=hidden)
            for index, inner in enumerate(value)
        )
    if isinstance(value, str):
        return _text(value, location, private, hidden=hidden)
    return STARS if hidden and value is not None else value


def _text(value: str, location: Location, private: Collection[str], *, hidden: bool) -> str:
    named = isinstance(value, Scalar | Sent | Stored) and _secret(location, private)
    secret = named or isinstance(value, Credential)
    if hidden or (secret and _written_out(value)):
        return type(value)(STARS)
    shown = _PARAMETER.sub(rf"\1{STARS}", _USER.sub(rf"\1{STARS}@", value))
    return value if shown == value else type(value)(shown)


def _secret(location: Location, private: Collection[str]) -> bool:
    parts = [p for p in location[2:] if isinstance(p, str)]
    return any(_secret_name(p) for p in parts) or (bool(parts) and parts[-1] in private)


def _secret_name(part: str) -> bool:
    name = part.upper().replace("-", "_")
    return name.endswith((*SECRET_ENDINGS, *_SECRET_NAMES)) or part == "auth"


def _written_out(value: str) -> bool:
    """Whether more than templates stands there."""
    rest = _TEMPLATE.sub("", value) if has_template(value) else value
    return bool(re.search(r"\w", _SCHEME.sub("", rest)))


def data(value: Any) -> Any:
    """A masked value as JSON has it."""
    if isinstance(value, Block):
        keys = type(value).keys().items()
        return {k: data(getattr(value, n)) for k, n in keys if n in value.model_fields_set}
    if isinstance(value, dict):
        return {str(name): data(inner) for name, inner in value.items()}
    if isinstance(value, tuple):
        return [data(inner) for inner in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)
