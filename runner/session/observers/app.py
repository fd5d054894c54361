"""The caller's app: what it is shown, what it asks for, and what it is asked for.

Methods of LiveKit's RPC (https://docs.livekit.io/home/client/data/rpc/), or data under a topic of
their name, are what the app asks for; attributes of the agent's participant are what it sees.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from functools import partial
from typing import Any, Final

from livekit import rtc

from runner.schema.actions import AnyAction, CallApp, OptOut, PressKeys, RunTool, Set
from runner.schema.app import App, AppMethod
from runner.session.action_context import ActionContext
from runner.session.action_outcome import ActionOutcome
from runner.session.actions import perform
from runner.session.call import Call
from runner.session.clock import within
from runner.session.errors import AppFailedError, AppRefusedError, ArgumentsError
from runner.session.events import AppEvent
from runner.session.observers.app_view import AppView
from runner.session.observers.app_wire import LARGEST, payload, refuse, returned, why
from runner.session.tasks.readiness import cut_short, ready
from runner.session.values.parameters import read
from runner.session.values.variables import MASK
from runner.template import as_data

log = logging.getLogger("lkrun")

MOST: Final = 16
"""Things that the app has done that may wait until somebody can speak of them."""

LOGGED: Final = 5
"""Times that a call's log tells of what is not taken."""

_ON_THE_WAY: Final = 7.0
"""Seconds that LiveKit takes off the time of a method for the way to it and back."""

_WORKS: Final = (Set, RunTool, CallApp, OptOut, PressKeys)
"""Actions that are done at once, whoever speaks."""

_OK: Final = {"ok": True}

Elsewhere = Callable[[str, str, Mapping[str, Any]], Awaitable[Any]]
"""Answers for an app that is not there: tool (or nothing), method, payload. A test does."""


class CallersApp:
    """The app of one call.

    Args:
        call: the call.
        heard: told that the caller is there.
        failed: told what went wrong.
        elsewhere: answers in place of an app, where there is no room.
    """

    def __init__(
        self,
        call: Call,
        heard: Callable[[], None],
        failed: Callable[[BaseException], None],
        elsewhere: Elsewhere | None = None,
    ) -> None:
        """There is no app yet."""
        self._call, self._heard, self._failed = call, heard, failed
        self._elsewhere = elsewhere
        self._room: rtc.Room | None = None
        self._who: Callable[[], str | None] = lambda: None
        self._offered: set[str] = set()
        self._view = AppView(call)
        self._waiting: deque[tuple[tuple[AnyAction, ...], ActionContext, ActionOutcome]] = deque()
        self._in_order = asyncio.Lock()
        self._queued = 0
        self._work: asyncio.Task[None] | None = None
        self._complaints = 0

    def register(self, room: rtc.Room, who: Callable[[], str | None]) -> None:
        """Offer the agent's methods in a room, and show what there is to show.

        Args:
            room: connected.
            who: the identity of the participant that the agent talks with; None: anybody.
        """
        self._room, self._who = room, who
        self._view.begin(room.local_participant)
        room.on("data_received", self._data)
        self._call.listeners.append(self.follow)
        self.follow()

    def follow(self) -> None:
        """Go by the release, the persona and the language that there are now."""
        self._call.bound.variables.watcher = self.changed
        if self._room is not None:
            wanted = set(self._app.on) if self._app is not None else set()
            me = self._room.local_participant
            for name in self._offered - wanted:
                me.unregister_rpc_method(name)
            for name in wanted - self._offered:
                me.register_rpc_method(name, partial(self._invoked, name))
            self._offered = wanted
        self.changed()

    def changed(self) -> None:
        """Something that it is shown may have changed."""
        self._view.changed()

    @property
    def _app(self) -> App | None:
        return self._call.bound.release.agent.app

    # what the app asks for

    async def _invoked(self, name: str, data: rtc.RpcInvocationData) -> str:
        await self._call.entered.wait()
        try:
            self._check(data.caller_identity)
            given = payload(data.payload)
            # an app that waits no longer does not undo what it has asked for
            answer = await asyncio.shield(asyncio.ensure_future(self.receive(name, given)))
            text = json.dumps(answer, ensure_ascii=False)
            if len(text.encode()) > LARGEST:
                refuse(f"the answer of '{name}' is longer than 15 KB")
        except AppRefusedError as refused:
            self._complain(f"the app's call of '{name}' is not taken: {refused}")
            raise rtc.RpcError(rtc.RpcError.ErrorCode.APPLICATION_ERROR, str(refused)) from None
        return text

    def _data(self, packet: rtc.DataPacket) -> None:
        """Take data under the topic of a method; all other data is not for it."""
        name, sender = packet.topic or "", packet.participant
        if self._app is None or name not in self._app.on or self._call.over:
            return
        if self._queued >= MOST:
            self._complain(f"data under '{name}' is dropped: too much comes at once")
            return
        self._queued += 1
        self._call.later(self._taken(name, packet.data, sender.identity if sender else None))

    async def _taken(self, name: str, data: bytes, sender: str | None) -> None:
        await self._call.entered.wait()
        try:
            if sender is not None:  # what comes from LiveKit's own server has no sender
                self._check(sender)
            await self.receive(name, payload(data))
        except AppRefusedError as refused:
            self._complain(f"data under '{name}' is dropped: {refused}")
        finally:
            self._queued -= 1

    def _check(self, identity: str) -> None:
        if identity != (self._who() or identity):
            refuse("the agent talks with somebody else")

    async def receive(
        self, name: str, given: Mapping[str, Any], begun: Callable[[], None] = lambda: None
    ) -> Any:
        """Do what the app asks for.

        Args:
            name: the method.
            given: what came with it.
            begun: told that it will be done: nothing is refused any more.

        Returns:
            What the method returns, as data. What is said of it may be said later.

        Raises:
            AppRefusedError: there is no such method, or what came with it does not fit.
        """
        await self._call.entered.wait()
        async with self._in_order:
            return await self._received(name, given, begun)

    async def _received(
        self, name: str, given: Mapping[str, Any], begun: Callable[[], None]
    ) -> Any:
        call = self._call
        method = self._app.on.get(name) if self._app is not None else None
        if call.over:
            refuse("the call is over")
        if method is None:
            refuse(f"there is no method '{name}'")
        works, speaks = _parts(method.then)
        if speaks and len(self._waiting) >= MOST:
            refuse(f"{MOST} calls wait already: the agent has to speak of them first")
        bound = call.bound
        try:
            args = read(method.parameters, given, bound.renderer, bound.variables.choices)
        except ArgumentsError as problems:
            refuse(str(problems).replace("parameter", "field"))
        begun()
        self._heard()
        self._tell(name, method, given)
        context = ActionContext(call, {"args": args})
        with call.busy():
            outcome = await perform(works, context)
        if speaks or outcome.stops or outcome.due or outcome.outputs:
            self._later(speaks, context, outcome)
        return self._answer(method, context)

    def _answer(self, method: AppMethod, context: ActionContext) -> Any:
        return as_data(context.value(method.answer)) if method.answer is not None else _OK

    def _tell(self, name: str, method: AppMethod, given: Mapping[str, Any]) -> None:
        private = {n for n, field in method.parameters.items() if field.private}
        arguments = {n: MASK if n in private else as_data(v) for n, v in given.items()}
        speaking = self._call.speaking
        self._call.events.tell(
            AppEvent(persona=speaking, role="user", name=name, arguments=arguments)
        )

    def _later(
        self, actions: tuple[AnyAction, ...], context: ActionContext, outcome: ActionOutcome
    ) -> None:
        """Speak of it as soon as nobody else speaks."""
        self._waiting.append((actions, context, outcome))
        cut_short(self._call)
        if self._work is None or self._work.done():
            self._work = asyncio.get_running_loop().create_task(self._run())

    async def settled(self) -> None:
        """Wait until all that the app has done was spoken of."""
        if self._work is not None:
            await self._work

    def stop(self) -> None:
        """The call is over: nothing more is said."""
        self._waiting.clear()
        if self._work is not None:
            self._work.cancel()

    async def _run(self) -> None:
        while self._waiting and not self._call.over:
            try:
                await self._one()
            except RuntimeError as error:
                self._waiting.clear()
                if not self._call.over:
                    self._failed(error)
            except Exception as error:  # noqa: BLE001 - whatever fails, the call goes on
                self._failed(error)

    async def _one(self) -> None:
        call = self._call
        await ready(call, partial(cut_short, call))
        if call.over or not self._waiting:
            return
        actions, context, outcome = self._waiting.popleft()
        if call.spoken_to:
            call.events.begin()
        call.hops = 0
        call.budget.begin(object())
        with call.busy():
            if not outcome.stops:
                outcome.add(await perform(actions, context))
        outcome.awaited = outcome.due
        await call.persona.unasked.follow(outcome)

    def _complain(self, message: str) -> None:
        """Tell the log of what is not taken; not without end."""
        self._complaints += 1
        if self._complaints < LOGGED:
            log.warning("%s", message)
        elif self._complaints == LOGGED:
            log.warning("%s; more of this is not told", message)

    # what the app is asked for

    async def ask(
        self, method: str, sent: Mapping[str, Any], seconds: float, tool: str = ""
    ) -> Any:
        """Call a method in the app; gives what it returns: data where that is JSON, else text.

        Raises:
            AppFailedError: there is no app, it cannot do it, or it takes too long.
        """
        if self._elsewhere is not None:
            return await self._elsewhere(tool, method, sent)
        who = self._who() if self._room is not None else None
        if self._room is None or not who:
            raise AppFailedError("there is no app in this call")
        text = json.dumps(sent, ensure_ascii=False, default=str)
        calling = self._room.local_participant.perform_rpc(
            destination_identity=who,
            method=method,
            payload=text,
            response_timeout=seconds + _ON_THE_WAY,
        )
        try:
            async with within(self._call.clock, seconds):
                answer = await calling
        except TimeoutError:
            raise AppFailedError(f"the app did not answer within {seconds:g}s") from None
        except rtc.RpcError as error:
            raise AppFailedError(why(error, method)) from None
        except Exception as error:  # noqa: BLE001 - whatever LiveKit raises, the call goes on
            raise AppFailedError(f"the app could not be reached: {error}") from None
        return returned(answer)


def _parts(then: tuple[AnyAction, ...]) -> tuple[tuple[AnyAction, ...], tuple[AnyAction, ...]]:
    """What is done at once, and from the first action on that needs the caller's ear."""
    first = next((n for n, each in enumerate(then) if not isinstance(each, _WORKS)), len(then))
    return then[:first], then[first:]
