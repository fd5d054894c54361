"""What services answered to the tools of a session, for a test of it: masked, in memory only."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from runner.recording import Answer, Cassette

if TYPE_CHECKING:
    from runner.egress.mask import Mask
    from runner.egress.port import ToolResponse

MOST: Final = 100
"""Answers of a session that are kept."""

LARGEST: Final = 32_768
"""Characters of all of them."""


@dataclass(slots=True)
class ServiceAnswers:
    """Those of one session, in order.

    Attributes:
        whole: whether each is there: of more than is kept, none is of use.
    """

    whole: bool = True
    _kept: list[Answer] = field(default_factory=list)
    _characters: int = 0

    def add(self, tool: str, response: ToolResponse, mask: Mask) -> None:
        """Keep an answer, in which secrets and private values are hidden."""
        if not self.whole:
            return
        answer = _of(tool, response, mask)
        self._characters += len(answer.body)
        if len(self._kept) < MOST and self._characters <= LARGEST:
            self._kept.append(answer)
        else:
            self.whole = False
            self._kept.clear()

    def cassette(self) -> Cassette | None:
        """All of them; None where there were more than are kept."""
        return Cassette(list(self._kept)) if self.whole else None


def _of(tool: str, response: ToolResponse, mask: Mask) -> Answer:
    if response.ok:
        return Answer(tool, response.status or 200, _text(mask.data(response.result)))
    if response.status is None:
        return Answer(tool, fails=mask.text(response.error or "no answer"))
    return Answer(tool, response.status, _text(mask.data(response.data)))


def _text(data: Any) -> str:
    if data is None:
        return ""
    return data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)
