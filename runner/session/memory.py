"""What is known of a caller who calls again, and what is left for their next call."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from runner.schema.memory import Memory
from runner.session.call import Call
from runner.session.clock import within
from runner.template import Renderer, as_data

log = logging.getLogger("lkrun")

RECALL_SECONDS: Final = 1.0
"""Seconds that a call waits at its beginning for what is remembered."""


@dataclass(frozen=True, slots=True)
class Remembered:
    """What is remembered of a caller by an agent; of one who never called, nothing.

    Attributes:
        calls: how often they have called.
        last: when their last call ended, in seconds since 1970.
        summary: what the last calls were about.
        variables: name → value.
    """

    calls: int = 0
    last: float | None = None
    summary: str = ""
    variables: Mapping[str, Any] = field(default_factory=dict)


class UnknownError(Exception):
    """What is remembered cannot be known now; the text says why."""


Recall = Callable[[str], Awaitable[Remembered]]
"""Says what is remembered of somebody, or raises `UnknownError`."""


class CallersMemory:
    """What the agent remembers of the caller of one call.

    Attributes:
        spec: what it remembers, as it was when the call began; None where it has no memory, or
            where nobody can be asked.
        recalled: the variables whose values the call began with.

    Args:
        call: the call.
        recall: asked at its beginning; without it nothing is remembered.
    """

    def __init__(self, call: Call, recall: Recall | None) -> None:
        """Nothing is known yet."""
        self._call, self._recall = call, recall
        self.spec: Memory | None = call.bound.release.agent.memory if recall is not None else None
        self.recalled: tuple[str, ...] = ()
        self._who = ""

    async def known(self) -> Mapping[str, Any] | None:
        """Ask what is remembered of the caller, who is there.

        Whatever fails, the call begins: with nothing remembered, and one line in the log.

        Returns:
            The variables that are kept; None where the caller is not known.
        """
        self._who = self._whom()
        if self.spec is None or self._recall is None or not self._who:
            return None
        try:
            async with within(self._call.clock, RECALL_SECONDS):
                found = await self._recall(self._who)
        except TimeoutError:
            log.warning(
                "memory: what is remembered was not known after %gs, so the call begins without it",
                RECALL_SECONDS,
            )
            return None
        except UnknownError as error:
            log.warning("memory: the call begins with nothing remembered: %s", error)
            return None
        if not found.calls:
            return None
        self._call.bound.context.memory = named(found, summary=self.spec.summary)
        return {n: found.variables[n] for n in self._kept if n in found.variables}

    @property
    def _kept(self) -> tuple[str, ...]:
        """The variables that are kept; private ones never are, whatever a later release says."""
        private = self._call.bound.release.private_names
        names = self.spec.keep if self.spec is not None else ()
        return tuple(str(name) for name in names if str(name) not in private)

    def _whom(self) -> str:
        if self.spec is None:
            return ""
        # that nothing stands there is an answer, and no hole in a text that anybody reads
        render, context = Renderer().render, self._call.bound.context
        who = render(str(self.spec.of), context).strip()
        # words around what is empty are the same for all of whom nothing is known
        return "" if who == render(str(self.spec.of), context.of_nobody()).strip() else who

    def left(self) -> dict[str, Any]:
        """The parts of a report by which the next call of the caller knows of this one."""
        who = self._who or self._whom()
        if self.spec is None or not who or not self._call.recording.kept:
            return {}
        variables = self._call.bound.variables
        values = {
            name: as_data(variables.get(name))
            for name in self._kept
            if name in variables or name in self.recalled  # one that was taken away is forgotten
        }
        return {
            "who": who,
            "remembered": values,
            "remember_for": self.spec.for_,
            "remember_summary": self.spec.summary,
        }


def named(found: Remembered, *, summary: bool) -> dict[str, Any]:
    """What templates may name of it."""
    last = datetime.fromtimestamp(found.last, UTC) if found.last is not None else None
    return {"calls": found.calls, "last": last, "summary": found.summary if summary else ""}
