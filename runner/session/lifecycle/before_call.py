"""`before_call`: what is done while the call is being set up, and before its first word."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from runner.schema.lifecycle import BeforeCall
from runner.session.action_context import ActionContext
from runner.session.action_outcome import ActionOutcome
from runner.session.actions import perform
from runner.session.call import Call
from runner.session.clock import within

log = logging.getLogger("lkrun")


class Opening:
    """Does the steps of `before_call` beside all that has to be built for a call.

    Attributes:
        done: all that the first words may name is known; also where there are no steps.
    """

    def __init__(self, call: Call) -> None:
        """Begin nothing yet."""
        self._call = call
        self._spec = call.bound.release.agent.before_call
        self.done = self._spec is None
        self._then: Callable[[], None] = lambda: None
        self._steps: asyncio.Task[ActionOutcome] | None = None

    def begin(self, then: Callable[[], None]) -> None:
        """Begin with the steps, where there are any.

        Args:
            then: called when they are done, unless the call ends or goes elsewhere.
        """
        if self._spec is not None:
            self._then = then
            self._call.budget.begin(self)
            steps = self._done_in_time(self._spec)
            self._steps = asyncio.get_running_loop().create_task(steps)

    async def finish(self) -> ActionOutcome:
        """Wait for the steps; where one failed, do what the agent says of that.

        Returns:
            Whether the call ends or goes to another persona before it has begun.
        """
        if self._steps is None or self._spec is None:
            return ActionOutcome()
        await asyncio.wait([self._steps])
        outcome = ActionOutcome() if self._steps.cancelled() else self._steps.result()
        if outcome.failed and not self._call.over:
            context = ActionContext(self._call, opening=True)
            outcome = await perform(self._spec.on_failure, context)
        outcome.outputs.clear()  # the model is told of what is in variables, in its instructions
        return outcome

    def stop(self) -> None:
        """Give the steps up: the call has ended, or cannot begin."""
        if self._steps is not None:
            self._steps.cancel()

    async def _done_in_time(self, spec: BeforeCall) -> ActionOutcome:
        try:
            with self._call.busy():
                async with within(self._call.clock, spec.timeout):
                    context = ActionContext(self._call, opening=True)
                    outcome = await perform(spec.steps, context)
        except TimeoutError:
            log.warning(
                "before_call was not done after %gs: what was left of it is given up", spec.timeout
            )
            return ActionOutcome(failed=True)
        if not outcome.stops:
            self.done = True
            self._then()
        return outcome
