"""Paths into answers."""

from __future__ import annotations

import re

from runner.schema.types.mistake import mistake
from runner.schema.types.texts import Plain


def _without_braces(path: str) -> str:
    if path.startswith("result."):
        return f"write {path.removeprefix('result.')}: a path begins at the answer"
    return f"write it without braces: {path}"


def _jmespath(text: str) -> str:
    import jmespath  # noqa: PLC0415 - only folders with a `pick` or `save` pay for it
    from jmespath.exceptions import JMESPathError  # noqa: PLC0415 - as above

    try:
        jmespath.compile(text)
    except (JMESPathError, RecursionError) as error:
        where = getattr(error, "lex_position", None)
        place = f" at character {where + 1}" if isinstance(where, int) and where >= 0 else ""
        inner = re.fullmatch(r"\s*\{\{\s*([^{}]+?)\s*\}\}\s*", text)
        hint = _without_braces(inner[1]) if inner else _meant_path(text)
        message = f"'{text}' cannot be read as a JMESPath expression{place}"
        raise mistake("E116", message, hint) from None
    return text


def _meant_path(text: str) -> str:
    """What to write where a path is one of JSONPath, of a program, or has a dash in a name."""
    path = re.sub(r"^\$\.?", "", text.strip())
    path = re.sub(r"\.(\d+)(?=\.|\[|$)", r"[\1]", path)
    path = re.sub(r"\[(['\"])([^'\"\[\]]+)\1\]", r".\2", path).lstrip(".")
    if re.fullmatch(r"[\w-]+(?:\[(?:\d+|\*)?\]|\.[\w-]+)*", path) and not path[0].isdigit():
        dashed = re.sub(r"[\w]*-[\w-]*", lambda name: f'"{name[0]}"', path)
        if _reads(dashed):
            return f"write {dashed}" if dashed == path else f"write '{dashed}'"
    return "write the names of the answer with dots, such as customer.name or slots[0].start"


def _reads(path: str) -> bool:
    import jmespath  # noqa: PLC0415 - as above
    from jmespath.exceptions import JMESPathError  # noqa: PLC0415 - as above

    try:
        jmespath.compile(path)
    except (JMESPathError, RecursionError):
        return False
    return True


class JmesPath(Plain):
    """Which part of an answer is meant: https://jmespath.org/specification.html."""

    __slots__ = ()

    @classmethod
    def read(cls, value: str) -> JmesPath:
        """Accept what JMESPath can read.

        Raises:
            PydanticCustomError: E116.
        """
        return cls(_jmespath(super().read(value)))
