"""Changes as text for people and as JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import groupby

from runner.diagnostics.render import printable
from runner.diff.change import Change
from runner.diff.wording import listed

NOTHING = "nothing changes for callers"


def document(changes: Sequence[Change]) -> str:
    """The JSON document: a list of changes."""
    return json.dumps([change.to_data() for change in changes], ensure_ascii=False, indent=2)


def text(changes: Sequence[Change], *, bold: str = "", off: str = "") -> str:
    """Grouped by the agents that are touched, a line for each change.

    Args:
        changes: in the order in which they are told.
        bold: what begins bright letters on the terminal.
        off: what ends them.
    """
    if not changes:
        return NOTHING
    groups = []
    for agents, group in groupby(changes, key=lambda change: change.agents):
        lines = "\n".join(f"  {printable(change.sentence)}" for change in group)
        groups.append(f"{bold}{printable(listed(agents) or 'the runner')}{off}\n{lines}")
    return "\n\n".join(groups)
