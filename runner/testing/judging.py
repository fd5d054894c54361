"""Checks of meaning, which a model makes: LiveKit's judges, and plain sentences."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

from livekit.agents import llm

from runner.schema.test_steps import Checks
from runner.session.lifecycle.verdicts import JUDGES, chat_of, verdict_on
from runner.testing.turn import TurnRecord


class Judging:
    """Judges turns and talks by a model.

    Attributes:
        model: the model.
    """

    def __init__(self, model: llm.LLM[Any]) -> None:
        self.model = model

    async def failures(self, checks: Checks, turn: TurnRecord) -> AsyncIterator[tuple[str, str]]:
        """Check the meaning of a turn or talk, as `checks.failures` checks the rest."""
        if checks.means is not None:
            criterion = f"What the agent says means this: {checks.means}"
            async for message in self._sentence(criterion, turn):
                yield "means", message
        for wanted in map(str, checks.judge):
            async for message in self._judge(wanted, turn):
                yield "judge", message

    async def _judge(self, wanted: str, turn: TurnRecord) -> AsyncIterator[str]:
        if wanted not in JUDGES:
            async for message in self._sentence(wanted, turn):
                yield message
            return
        try:
            result = await JUDGES[wanted](self.model).evaluate(chat_ctx=chat_of(turn.events))
        except Exception as error:  # noqa: BLE001 - whatever a model's service raises is told in words
            yield f"{wanted} could not be judged: {type(error).__name__}"
            return
        if not result.passed:
            yield f"{wanted}: {result.verdict}: {result.reasoning}"

    async def _sentence(self, criterion: str, turn: TurnRecord) -> AsyncIterator[str]:
        try:
            verdict, reason = await verdict_on(criterion, self.model, turn.events)
        except Exception as error:  # noqa: BLE001 - as above
            yield f"'{criterion}' could not be judged: {type(error).__name__}"
            return
        if verdict != "pass":
            yield f"'{criterion}': {verdict}: {reason}"
