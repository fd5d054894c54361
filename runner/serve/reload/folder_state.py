"""How the folder stands: what its owner is told of it on the page."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from runner.diagnostics import render

if TYPE_CHECKING:
    from runner.diagnostics import Diagnostic
    from runner.serve.reload.reloader import ReloadResult


class FolderState:
    """Whether the files are served as they are, and what the last change of them was.

    Args:
        diagnostics: what was said of the files when the runner started.
        broken: whether they are not served.
    """

    def __init__(self, diagnostics: Sequence[Diagnostic], *, broken: bool) -> None:
        self._data: dict[str, Any] = {"changed": None, "release": None, "changes": []}
        self._look(diagnostics, broken=broken)

    def hear(self, outcome: ReloadResult) -> None:
        """Note what came of an attempt; going back to a release says nothing of the files."""
        if not outcome.rolled:
            self._look(outcome.diagnostics, broken=outcome.result == "rejected")
        if outcome.result == "ok":
            sentences = [change.sentence for change in outcome.changes]
            self._data["changes"] = list(dict.fromkeys(sentences))
            self._data["changed"], self._data["release"] = _now(), outcome.release

    def to_data(self) -> dict[str, Any]:
        """The same as plain data."""
        return dict(self._data)

    def _look(self, diagnostics: Sequence[Diagnostic], *, broken: bool) -> None:
        mistakes = [d for d in diagnostics if d.severity == "error"] if broken else []
        self._data["broken"], self._data["looked"] = broken, _now()
        self._data["diagnostics"] = [render.diagnostic_data(d) for d in mistakes]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
