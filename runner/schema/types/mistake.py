"""How a validator of the schema tells a person's mistake."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from pydantic_core import PydanticCustomError

Place = Literal["value", "key"]


def mistake(  # noqa: PLR0913 - one value for each part
    code: str,
    message: str,
    help: str | None = None,  # noqa: A002 - the word of the diagnostics
    *,
    at: tuple[str | int, ...] = (),
    on: Place = "value",
    write: tuple[str, ...] = (),
    lacks: tuple[str, str] | None = None,
) -> PydanticCustomError:
    """Make the error that pydantic collects and `load` turns into a `Diagnostic`.

    Args:
        code: a key of `diagnostics.codes.CODES`.
        message: what is wrong.
        help: what to write.
        at: where below the validated value it is.
        on: whether the key or the value there is shown.
        write: lines to write, as far to the left as the line that holds the value.
        lacks: the key that the value needs and has not, and a value with which the rest of it
            can be read all the same.
    """
    return PydanticCustomError(
        code,
        "{message}",
        {
            "message": message,
            "help": help,
            "at": at,
            "on": on,
            "write": write,
            "lacks": lacks,
        },
    )


def none_of(
    noun: str, named: Sequence[str], all_: Sequence[str] = (), such: str | None = None
) -> PydanticCustomError:
    """Make the error of a block that has none of the keys of which it needs one.

    Args:
        noun: what a message calls the block.
        named: the keys to name.
        all_: those that there are, where they are more.
        such: the one that the block's other keys belong to.
    """
    more = ", \u2026" * (len(all_) > len(named))
    return mistake(
        "E106",
        f"{noun} needs one of: {', '.join(named)}{more}",
        f"add the one that says what it does, such as {such or named[0]}:",
    )


def clash(
    first: str, second: str, noun: str, hint: str = "keep one of the two"
) -> PydanticCustomError:
    """Make the error of two keys of which a block has exactly one."""
    message = f"'{first}' and '{second}' stand together, but {noun} has exactly one of them"
    return mistake("E106", message, hint, at=(second,), on="key")
