"""The results of a campaign for a spreadsheet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

from runner.records.export import cells

_COLUMNS: Final = (
    "line", "phone", "timezone", "state", "outcome", "attempts", "last_call", "answered_by",
    "session_id", "message",
)  # fmt: skip


def table(contacts: Iterable[dict[str, Any]]) -> Iterator[str]:
    """Yield its lines: what came of each contact, then what the table said of them."""
    own: tuple[str, ...] | None = None
    for each in contacts:
        if own is None:
            own = tuple(n for n in each["columns"] if n not in ("phone", "timezone"))
            yield cells([*_COLUMNS, *own])
        yield cells([*_result(each), *(each["columns"].get(name, "") for name in own)])
    if own is None:
        yield cells(_COLUMNS)


def _result(contact: dict[str, Any]) -> list[Any]:
    made = contact["attempts"]
    last = made[-1] if made else {}
    return [
        contact["line"], contact["phone"], contact["timezone"] or "", contact["state"],
        contact["outcome"] or "", len(made),
        *(last.get(name) or "" for name in ("began", "answered_by", "session_id", "message")),
    ]  # fmt: skip
