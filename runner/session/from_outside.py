"""What others have an agent do while a call runs: actions that no caller and no model asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from runner.schema.actions import AnyAction, Set
from runner.schema.fields import Field
from runner.session.action_context import ActionContext
from runner.session.actions import perform
from runner.session.call import Call
from runner.session.errors import CallOverError, MisfitError
from runner.session.events import Event
from runner.session.tasks.readiness import between_turns
from runner.session.text_turns import TextTurns
from runner.session.values.conversion import convert, missing
from runner.session.values.templates import Names


class FromOutside:
    """Does them in one call, one list after the other, each between two turns.

    Args:
        call: the call.
        queue: held while what the caller writes is answered.
        turns: has the turns by text.
        failed: told what went wrong.
    """

    def __init__(
        self,
        call: Call,
        queue: asyncio.Lock,
        turns: TextTurns,
        failed: Callable[[BaseException], None],
    ) -> None:
        """Nothing has come."""
        self._call, self._queue, self._turns, self._failed = call, queue, turns, failed
        self._in_order = asyncio.Lock()
        self._waiting: set[asyncio.Timeout] = set()

    async def act(
        self,
        actions: tuple[AnyAction, ...],
        names: Names = None,
        begun: Callable[[], None] = lambda: None,
        *,
        first: Callable[[], Event] | None = None,
    ) -> list[Event]:
        """Do actions.

        Args:
            actions: what is done.
            names: what their templates may name besides.
            begun: told that they are being done now.
            first: makes the event that is told before.

        Returns:
            The events of this turn; by voice and in a room they are told.

        Raises:
            CallOverError: the call ended before it was done.
            MisfitError: a value does not fit its variable; nothing was done.
        """
        self._check(actions, names)

        async def deed() -> None:
            begun()
            if first is not None:
                self._call.events.tell(first())
            await self._do(actions, names)

        if not self._call.spoken_to:
            return await self._turns.act(deed)
        async with self._in_order:
            await self._turn_comes()
            self._call.events.begin()
            await self._safely(deed)
        return []

    def stop(self) -> None:
        """The call is over: what waits is not done."""
        now = asyncio.get_running_loop().time()
        for waiting in self._waiting:
            waiting.reschedule(now)
        self._waiting.clear()

    def _check(self, actions: tuple[AnyAction, ...], names: Names) -> None:
        context, variables = ActionContext(self._call, names), self._call.bound.variables
        for action in actions:
            if not isinstance(action, Set):
                continue
            for name, text in action.set.items():
                field, value = variables.fields.get(str(name)), context.value(text)
                if isinstance(field, Field) and not missing(value):
                    try:
                        convert(field, value, variables.choices)
                    except MisfitError as problem:
                        raise MisfitError(f"'{name}' {problem}") from None

    async def _turn_comes(self) -> None:
        """Wait until it can be done.

        Raises:
            CallOverError: the call ended before.
        """
        waiting = asyncio.timeout(None)
        try:
            async with waiting:
                if self._call.over:
                    raise CallOverError
                self._waiting.add(waiting)
                await between_turns(self._call, self._queue)
        except TimeoutError:
            raise CallOverError from None
        finally:
            self._waiting.discard(waiting)

    async def _safely(self, deed: Callable[[], Awaitable[None]]) -> None:
        try:
            await deed()
        except Exception as error:  # noqa: BLE001 - whatever fails, the call goes on
            if not self._call.over:
                self._failed(error)

    async def _do(self, actions: tuple[AnyAction, ...], names: Names) -> None:
        call = self._call
        call.hops = 0
        call.budget.begin(object())
        with call.busy():
            outcome = await perform(actions, ActionContext(call, names))
        outcome.awaited = outcome.due
        await call.persona.unasked.follow(outcome)
