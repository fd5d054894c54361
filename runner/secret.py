"""A value that nobody may see: it prints as three stars, wherever it stands."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Generic, TypeVar, get_args

import pydantic
from pydantic_core import CoreSchema, core_schema

T = TypeVar("T")
V = TypeVar("V")

STARS: Final = "***"
"""What stands in the place of a secret."""


class Secret(pydantic.Secret[T], Generic[T]):
    """Holds a value from where it is read to where it is sent.

    Texts, logs, representations, formatted texts, JSON and dumps of models show three stars.
    """

    def __repr__(self) -> str:
        """Show three stars."""
        return STARS

    def __format__(self, spec: str) -> str:
        """Show three stars, in the width that is asked for."""
        return format(STARS, spec)

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return bool(self._secret_value)

    def __reduce_ex__(self, _: object) -> str:
        """Refuse to be written where anybody may read.

        Raises:
            TypeError: always.
        """
        raise TypeError("a secret is not pickled")

    def __copy__(self) -> Secret[T]:
        """The same: it never changes."""
        return self

    def __deepcopy__(self, _: object) -> Secret[T]:
        """The same: it never changes."""
        return self

    def map(self, make: Callable[[T], V]) -> Secret[V]:
        """What a function makes of it, as secret as it is."""
        return Secret(make(self._secret_value))

    def reveal(self) -> T:
        """The value itself, for where it leaves this process: a test lists who may ask for it."""
        return self._secret_value

    def _display(self) -> str:
        return STARS

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[Any], handler: pydantic.GetCoreSchemaHandler
    ) -> CoreSchema:
        """Take a secret as it is, since pydantic's own refusal would show what is in it."""

        def sealed(value: Any, validate: Any) -> Secret[Any]:
            return value if isinstance(value, Secret) else Secret(validate(value))

        return core_schema.no_info_wrap_validator_function(
            sealed,
            handler.generate_schema((*get_args(source), str)[0]),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda value, info: STARS if info.mode == "json" else value, info_arg=True
            ),
        )


NONE: Final = Secret("")
"""No secret at all."""


def reveal(value: Secret[T] | T) -> T:
    """The value of a secret, or a value that is none as it is."""
    return value.reveal() if isinstance(value, Secret) else value
