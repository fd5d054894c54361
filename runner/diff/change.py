"""What is said of a difference between two releases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from runner.link.differences import Kind


@dataclass(frozen=True, slots=True)
class Change:
    """What is told of a difference.

    Attributes:
        path: where it stands, such as `agents.clinic.limits.max_duration`.
        kind: as in `Difference`.
        before: as JSON has it; what is private reads `***`.
        after: likewise.
        sentence: what callers will notice.
        agents: the agents that it touches; none where it touches the whole process.
    """

    path: str
    kind: Kind
    before: Any
    after: Any
    sentence: str
    agents: tuple[str, ...] = ()

    def to_data(self) -> dict[str, Any]:
        """The row of the JSON document."""
        return {
            "path": self.path,
            "kind": self.kind,
            "before": self.before,
            "after": self.after,
            "sentence": self.sentence,
        }
