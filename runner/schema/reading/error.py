"""An error of pydantic, at its place in the document and with the block that it is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runner.schema.reading.annotations import arms, inside
from runner.schema.types.blocks import Block
from runner.syntax import Location


@dataclass(frozen=True, slots=True)
class Error:
    """One error of pydantic.

    Attributes:
        location: in the document.
        model: the block that it is about.
        kinds: where the block is one of several kinds: their keys.
        annotation: what may stand there.
    """

    code: str
    location: Location
    model: type[Block] | None
    input: Any
    context: dict[str, Any]
    kinds: tuple[str, ...] = ()
    annotation: Any = None

    @property
    def key(self) -> str:
        """The last part of the location."""
        return str(self.location[-1]) if self.location else ""


def read_error(base: Location, annotation: Any, error: Any) -> Error:
    """Follow an entry of `ValidationError.errors()` along the schema.

    Args:
        base: where the validated value stands in the document.
        annotation: the type that it was validated against.
        error: the entry.
    """
    location: list[str | int] = []
    model, current = None, annotation
    kinds: tuple[str, ...] = ()
    for part in error["loc"]:
        if isinstance(part, str) and part[:1] == "<" and part[-1:] == ">":
            kinds = tuple(k for k in (getattr(arm, "kind", "") for arm in arms(current)) if k)
            current = _tagged(current, part[1:-1]) or current
            continue
        if part == "[key]":
            continue
        location.append(part)
        kinds = ()
        block = _block(current)
        if block is not None:
            model = block
            field = block.model_fields.get(block.keys().get(str(part), ""))
            current = field.annotation if field is not None else None
        else:
            current = inside(current, part)
    if error["type"] not in ("missing", "extra_forbidden"):
        model = _block(current) or model
    return Error(
        error["type"],
        (*base, *location),
        model,
        error.get("input"),
        error.get("ctx", {}),
        kinds,
        current,
    )


def _block(annotation: Any) -> type[Block] | None:
    blocks = [a for a in arms(annotation) if isinstance(a, type) and issubclass(a, Block)]
    return blocks[0] if len(blocks) == 1 else None


def _tagged(annotation: Any, name: str) -> Any:
    return next((a for a in arms(annotation) if getattr(a, "__name__", "") == name), None)
