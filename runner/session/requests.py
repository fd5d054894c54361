"""What somebody outside of a call may have it do: an app, an owner, a service."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from runner.link.private_parts import private_parts, without
from runner.schema.actions import AnyAction
from runner.session import by_request
from runner.session.call import Call
from runner.session.events import ElsewhereEvent, Event, IntentEvent
from runner.session.parts import CallParts
from runner.session.values.templates import Names
from runner.template import as_data


class OutsideRequests:
    """What is asked of a conversation by somebody who is not its caller.

    It is a part of `Conversation`, which has the call and who works in it.
    """

    _call: Call
    _parts: CallParts

    async def from_app(self, method: str, given: Mapping[str, Any]) -> list[Event]:
        """Do something in the caller's app. Turns queue.

        Args:
            method: one of the agent's `app.on`.
            given: what the app sends.

        Returns:
            The events of this turn; none after the end. By voice and in a room they are told.

        Raises:
            AppRefusedError: there is no such method, or what is sent does not fit.
        """
        if self._call.spoken_to:
            await self._parts.app.receive(method, given)
            return []
        return await self._parts.turns.tap(self._parts.app, method, given)

    async def act(
        self,
        actions: tuple[AnyAction, ...],
        names: Names = None,
        begun: Callable[[], None] = lambda: None,
        *,
        event: str | None = None,
    ) -> list[Event]:
        """Do actions between two turns, though nobody in the call has asked for them.

        Args:
            actions: what is done.
            names: what their templates may name besides.
            begun: told that they are being done now.
            event: the type of what has happened elsewhere, whose data is `args` in `names`.

        Returns:
            The events of this turn. By voice and in a room they are told.

        Raises:
            CallOverError: the call ended before it was done.
            MisfitError: a value does not fit its variable; nothing was done.
        """
        happened = as_data(names.get("args") if names is not None else None)
        shown = without(happened, private_parts(self._call.bound.release, actions))

        def elsewhere() -> Event:
            return ElsewhereEvent(persona=self._call.speaking, name=event or "", arguments=shown)

        first = elsewhere if event is not None else None
        return await self._parts.outside.act(actions, names, begun, first=first)

    def means(self, text: str) -> dict[str, Any]:
        """Which intent a text means just now: `intent`, `persona`, and its `actions` as JSON."""
        return by_request.told(self._call, by_request.meant(self._call, text))

    async def act_on(self, intent: str, begun: Callable[[], None] = lambda: None) -> list[Event]:
        """Do what an intent of the persona that speaks does, between two turns.

        Returns, Raises: as `act`.
        """
        persona = self._call.speaking
        actions = self._call.bound.plan.personas[persona].intents[intent].then

        def first() -> Event:
            return IntentEvent(persona=persona, name=intent)

        return await self._parts.outside.act(actions, None, begun, first=first)

    async def use(self, tool: str, arguments: Mapping[str, Any]) -> dict[str, Any]:
        """Have one of the agent's HTTP tools ask its service, without a model.

        Returns:
            What `lkrun tool call` tells; what it saves is stored in the call.
        """
        return await by_request.use(self._call, tool, arguments)
