"""What of a call is kept, and in what form: as `record` of its agent says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from runner.masking import masking

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.masking import Masking
    from runner.schema.recording import Record

_WORDS: Final[dict[str, dict[str, Any]]] = {
    "app": {"arguments": {}},
    "keypad": {"keys": None},
    "message": {"text": ""},
    "tool_call": {"arguments": {}},
    "tool_result": {"output": ""},
}
"""Type of an event → what stands in place of the words in it."""

_SAID: Final[dict[str, Any]] = {"variables": {}, "summary": "", "reasons": {}}
"""The parts of a report that are words of the caller, or of what was said."""


def masking_of(record: Record | None) -> Masking:
    """What masks what is kept and sent of a call."""
    return masking(frozenset(record.mask if record is not None else ()))


class Kept:
    """Says what of a call goes into its record.

    Attributes:
        keep: seconds for which it is kept.

    Args:
        record: the agent's, as it was when the call began.
        keep: seconds for which the runner keeps records.
    """

    def __init__(self, record: Record | None, keep: float) -> None:
        """Take what the agent says, and what holds without it."""
        self._words = record is None or record.transcript
        self._masking = masking_of(record)
        own = record.keep if record is not None else None
        self.keep = own if own is not None else keep

    def data(self, value: Any) -> Any:
        """Anything that is known of the call."""
        return self._masking.data(value)

    def event(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Something that happened in it."""
        bare = {} if self._words else _WORDS.get(str(event.get("type")), {})
        return {name: bare[name] if name in bare else self.data(v) for name, v in event.items()}

    def report(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """What its process says of it."""
        bare = {} if self._words else _SAID
        return {
            name: bare[name] if name in bare else value if name in _AS_IT_IS else self.data(value)
            for name, value in said.items()
        }


_AS_IT_IS: Final = frozenset(
    {
        "session", "usage", "latency",
        "remembered", "who", "remember_for", "remember_summary",
    }
)  # fmt: skip
"""Parts of a report that hold no words, or are kept so that they may be used in the next call."""
