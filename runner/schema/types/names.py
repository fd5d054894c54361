"""Names: how they look where they are defined, and what they point to where they are used."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated, ClassVar, Self

from pydantic import AfterValidator, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue

from runner.late_pattern import late
from runner.schema.types.mistake import Place, mistake
from runner.schema.types.texts import Plain, Written

NAME = late(r"[a-z][a-z0-9_-]{0,62}")
FIELD_NAME = late(r"[a-z][a-z0-9_]{0,62}")
SHORT = 50
"""Longest name of a persona or tool: in `transfer_to_<persona>` it must stay below 64."""

RESERVED = frozenset(
    {
        "args", "call", "caller", "env", "error", "job", "language", "now", "open_now",
        "result", "room", "secrets", "today", "today_date",
        "true", "false", "none", "not", "and", "or", "in", "is", "if", "else",
    }
)  # fmt: skip
"""What no variable may be called: templates use these words themselves."""


def check_name(text: str, noun: str, *, field: bool = False, short: bool = False) -> None:
    """Refuse a name that a definition may not have.

    Raises:
        PydanticCustomError: E111 with the nearest name that would do, or E204 for a reserved word.
    """
    pattern = FIELD_NAME if field else NAME
    longest = SHORT if short else 63
    if not pattern.fullmatch(text) or len(text) > longest:
        kinds = "small letters, digits and _" if field else "small letters, digits, _ and -"
        if re.fullmatch(r"[a-z][a-z0-9_-]*", text) and len(text) > longest:
            raise mistake(
                "E111",
                f"'{text}' is too long for the name of {noun}",
                f"write at most {longest} characters",
                on="key",
            )
        raise mistake(
            "E111",
            f"'{text}' cannot be the name of {noun}",
            _better(text, field=field, longest=longest)
            or f"use {kinds}, beginning with a letter, at most {longest} characters",
            on="key",
        )
    if field and text in RESERVED:
        raise mistake(
            "E204",
            f"'{text}' means something else in templates, so it cannot be the name of {noun}",
            f"choose another name, such as my_{text}",
            on="key",
        )


_LETTERS = {
    "\u00e4": "ae", "\u00f6": "oe", "\u00fc": "ue", "\u0111": "d", "\u00f8": "o", " ": "_",
    "\u2010": "_", "\u2011": "_", "\u2013": "_", "\u2014": "_", "\u2019": "_",
}  # fmt: skip
"""Letters and dashes that a name cannot have → how they are written in one."""


def meant(text: str) -> str:
    """The name that was probably meant by a text that cannot be one."""
    better = _better(text, field=False, longest=SHORT) or text
    return better.removeprefix("write ")


def _better(text: str, *, field: bool, longest: int) -> str | None:
    simple = "".join(_LETTERS.get(letter, letter) for letter in text.strip().casefold())
    simple = unicodedata.normalize("NFKD", simple).encode("ascii", "ignore").decode()
    simple = re.sub(r"[^a-z0-9_-]+", "_", simple).strip("_-")
    if field:
        simple = simple.replace("-", "_")
    simple = re.sub(r"^[0-9_-]+", "", simple)
    fits = (FIELD_NAME if field else NAME).fullmatch(simple) and len(simple) <= longest
    return f"write {simple}" if fits and simple != text else None


def _field_key(text: str) -> str:
    check_name(text, "a variable or parameter", field=True)
    return text


FieldKey = Annotated[
    str,
    AfterValidator(_field_key),
    WithJsonSchema({"pattern": rf"^{FIELD_NAME.pattern}$", "not": {"enum": sorted(RESERVED)}}),
]
"""A name that is declared here: of a parameter, of a field of a record."""


def _hook_key(text: str) -> str:
    check_name(text, "an address for events")
    return text


HookKey = Annotated[
    str, AfterValidator(_hook_key), WithJsonSchema({"pattern": rf"^{NAME.pattern}$"})
]
"""The name of an address that is told of events."""


_HEADER = r"[!#$%&'*+.^_`|~0-9A-Za-z-]+"
"""RFC 9110, section 5.6.2."""


def _header(text: str, on: Place) -> str:
    if not re.fullmatch(_HEADER, text):
        better = re.sub(r"[\s:]+", "-", text.strip().rstrip(":").rstrip())
        hint = f"write {better}" if re.fullmatch(_HEADER, better) else None
        raise mistake(
            "E111",
            f"'{text}' cannot be the name of a header",
            hint or "use letters, digits and -, as in X-Api-Key",
            on=on,
        )
    return text


def _header_key(text: str) -> str:
    return _header(text, "key")


def _header_name(text: Plain) -> Plain:
    return Plain(_header(text, "value"))


HeaderKey = Annotated[str, AfterValidator(_header_key), WithJsonSchema({"pattern": f"^{_HEADER}$"})]
"""The name of a header of a request."""

HeaderName = Annotated[
    Plain,
    AfterValidator(_header_name),
    WithJsonSchema({"type": "string", "pattern": f"^{_HEADER}$"}),
]
"""A header that is named as a value."""


METHOD = late(r"[A-Za-z][A-Za-z0-9._-]{0,63}")
"""A method of an app: LiveKit allows 64 bytes."""


def check_method(text: str, *, on: Place) -> None:
    """Refuse the name of a method that there cannot be in an app.

    Raises:
        PydanticCustomError: E111.
    """
    if METHOD.fullmatch(text) and not text.startswith("lk."):
        return
    if text.startswith("lk."):
        message = f"'{text}' belongs to LiveKit, as does all that begins with 'lk.'"
        raise mistake("E111", message, "choose a name without lk.", on=on)
    better = re.sub(r"[^A-Za-z0-9._-]+", "_", text.strip()).strip("_")
    raise mistake(
        "E111",
        f"'{text}' cannot be the name of a method",
        f"write {better}"
        if METHOD.fullmatch(better) and not better.startswith("lk.")
        else "use letters, digits, _ and -, beginning with a letter, at most 64 characters",
        on=on,
    )


def _method_name(text: Plain) -> Plain:
    check_method(text.strip(), on="value")
    return Plain(text.strip())


MethodName = Annotated[
    Plain,
    AfterValidator(_method_name),
    WithJsonSchema({"type": "string", "pattern": rf"^\s*(?!lk\.){METHOD.pattern}\s*$"}),
]
"""A method of the caller's app, that is called."""


class Name(Written):
    """A name that points to a definition. `section` says where it is looked up."""

    __slots__ = ()
    section: ClassVar[str]

    @classmethod
    def read(cls, value: str) -> Self:
        """Accept a name; whether it exists is for the link stage to say.

        Raises:
            PydanticCustomError: E105.
        """
        if not value.strip():
            raise mistake("E105", "there is no name here", "write the name, or delete the line")
        return cls(value)


class AgentName(Name):
    """An agent, by name."""

    __slots__ = ()
    section = "agents"


class PersonaName(Name):
    """A persona, by name."""

    __slots__ = ()
    section = "personas"


class ToolName(Name):
    """A tool, by name: defined in `tools`, or one of those that need no definition."""

    __slots__ = ()
    section = "tools"


class ProviderName(Name):
    """A provider, by name, or an inference string such as `openai/gpt-4.1-mini`."""

    __slots__ = ()
    section = "providers"


class ServiceName(Name):
    """A service, by name."""

    __slots__ = ()
    section = "services"


class ExternalAgentName(Name):
    """An external agent, by name."""

    __slots__ = ()
    section = "external_agents"


class KnowledgeName(Name):
    """A knowledge base, by name."""

    __slots__ = ()
    section = "knowledge"


class VariableName(Name):
    """A variable of the agent."""

    __slots__ = ()
    section = "variables"


class NeedName(Name):
    """What a persona or a tool asks the caller for."""

    __slots__ = ()
    section = "needs"


BUILT_NAMES: dict[str, JsonSchemaValue] = {
    "agents": {"pattern": rf"^{NAME.pattern}$"},
    "external_agents": {"pattern": rf"^{NAME.pattern}$"},
    "campaigns": {"pattern": rf"^{NAME.pattern}$"},
    "tests": {"pattern": rf"^{NAME.pattern}$"},
    "personas": {"pattern": rf"^{NAME.pattern}$", "maxLength": SHORT, "not": {"const": "back"}},
    "providers": {"pattern": rf"^{NAME.pattern}$"},
    "services": {"pattern": rf"^{NAME.pattern}$"},
    "knowledge": {"pattern": rf"^{NAME.pattern}$"},
    "tools": {"pattern": rf"^{NAME.pattern}$", "maxLength": SHORT},
}
"""The shape of a definition's name in each section, for editors."""
