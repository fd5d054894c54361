"""A YAML file as plain data that knows where each key and value stands."""

from __future__ import annotations

from typing import Literal, Protocol, TypeAlias

from runner.diagnostics import Diagnostic, Span

Data: TypeAlias = "dict[str, Data] | list[Data] | str | None"
"""What strictyaml's grammar can hold. `None` is a key with nothing behind it (`tools:`); `""` was written with quotes."""

Location: TypeAlias = "tuple[str | int, ...]"
"""Keys and list positions from the root, as pydantic's `loc`."""

Style = Literal["plain", "quoted", "block", "mapping", "sequence"]


class Document(Protocol):
    file: str
    data: dict[str, Data]
    diagnostics: tuple[Diagnostic, ...]
    words: frozenset[str]
    allows: dict[int, frozenset[str]]

    def value_span(self, location: Location) -> Span: ...

    def key_span(self, location: Location) -> Span: ...

    def style(self, location: Location) -> Style: ...
