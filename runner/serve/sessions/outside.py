"""What others have an agent do while a call runs: it is handed to the call's process."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from runner.diagnostics import Diagnostic
from runner.diagnostics.nearest import did_you_mean
from runner.front.port import DialogueError
from runner.link.private_parts import private_parts, without
from runner.serve.socket.messages import Act, Acted, Acting, Mean, UseTool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from runner.link.release import AgentRelease
    from runner.schema.actions import AnyAction
    from runner.serve.releases.served import Releases
    from runner.serve.sessions.calls import CallInfo, Calls
    from runner.serve.sessions.dialogues import Dialogues
    from runner.serve.socket.messages import Message

MOST: Final = 16
"""Of one call: lists of actions that wait to be done."""

ENDED_BY_AGENT: Final = frozenset({"end_call", "transferred"})
"""Why a call ends that an action has ended."""

GRACE: Final = 10.0
"""Seconds beyond the time of a request after which nobody waits for its answer."""

MOMENT: Final = 1.0
"""Seconds in which who tells of an event is told that it does not fit."""

PATIENCE: Final = 10.0
"""Seconds in which a client is told what came of it; what is not done by then is done later."""


@dataclass(slots=True)
class _Waiting:
    """What is not done yet.

    Attributes:
        begun: it is being done.
        document: the answer to it that is known already.
    """

    call: str
    answer: asyncio.Future[Acted]
    begun: bool = False
    document: dict[str, Any] | None = None


class Outside:
    """Hands actions to the processes of calls.

    Args:
        releases: what is served.
        calls: those that are on.
        texts: the dialogues, and where agents are asked that talk with nobody.
    """

    def __init__(self, releases: Releases, calls: Calls, texts: Dialogues) -> None:
        self._releases, self._calls, self._texts = releases, calls, texts
        self._ids = itertools.count(1)
        self._waiting: dict[int, _Waiting] = {}
        calls.on_end.append(self._over)

    async def act(self, session: str, action: Mapping[str, Any]) -> None:
        """Have one action done in a session, between two turns.

        Args:
            session: its id.
            action: as JSON.

        Raises:
            DialogueError: there is no such session, it has ended or not begun, or the action is
                none that it could do.
        """
        call = self.call(session)
        await self.do(call, (read(self.agent(call), action),))

    async def event(self, session: str, event_type: str, data: Any) -> tuple[str, bool]:
        """Have done in a session what its agent does when something happens elsewhere.

        Returns:
            The agent's name, and whether it does anything then. What takes longer than a moment is
            not waited for.

        Raises:
            DialogueError: there is no such session, it has ended or not begun, or what was sent
                does not fit.
        """
        call = self.call(session)
        actions = self.agent(call).agent.on_event.get(event_type, ())
        if actions:
            await self.do(call, actions, {"args": data}, event=event_type, patience=MOMENT)
        return call.agent, bool(actions)

    def shown(self, session: str, event_type: str, data: Any) -> Any:
        """What is sent of something that has happened elsewhere, without what is private.

        Raises:
            DialogueError: as `event`.
        """
        agent = self.agent(self.call(session))
        actions = agent.agent.on_event.get(event_type, ())
        return without(data, private_parts(agent, actions))

    def call(self, session: str) -> CallInfo:
        """A session that has begun and goes on.

        Raises:
            DialogueError: there is none.
        """
        call = self._calls.get(session)
        if call is None:
            if self._calls.past(session) is not None or self._texts.ended(session):
                raise DialogueError("ended", "this session has ended")
            raise DialogueError("unknown_session", "there is no such dialogue or call")
        if not call.answered or call.peer is None:
            raise DialogueError("not_ready", "the call has not begun yet", "try again")
        return call

    def agent(self, call: CallInfo) -> AgentRelease:
        """The agent, as a session has it.

        Raises:
            DialogueError: the release has gone.
        """
        agent = self._releases.agent(call.release, call.agent)
        if agent is None:
            raise DialogueError("ended", "this session has ended")
        return agent

    async def do(
        self,
        call: CallInfo,
        actions: Sequence[AnyAction],
        names: dict[str, Any] | None = None,
        *,
        event: str | None = None,
        patience: float | None = None,
    ) -> None:
        """Have actions done that were read; returns when they are, or after a while.

        Raises:
            DialogueError: the session has ended, or a value does not fit.
        """
        data = tuple(
            action.model_dump(mode="json", by_alias=True, exclude_unset=True) for action in actions
        )
        await self._answered(
            call, lambda number: Act(call.id, number, data, names, event),
            PATIENCE if patience is None else patience,
        )  # fmt: skip

    async def intent(self, agent: str, text: str, session: str | None) -> dict[str, Any]:
        """Which intent a text means; in a session, what it does is done.

        Raises:
            DialogueError: there is no such agent or session, or it has ended or not begun.
        """
        return await self._asked(
            agent,
            session,
            PATIENCE,
            lambda call, number: Mean(call.id, number, text, call.answered),
        )

    async def use(
        self, agent: str, tool: str, arguments: dict[str, Any], session: str | None
    ) -> dict[str, Any]:
        """Have an HTTP tool ask its service: what `lkrun tool call` tells.

        Raises:
            DialogueError: there is no such agent, session or tool.
        """
        release = self._release(agent, session)
        if tool not in release.requests:
            known = did_you_mean(tool, release.requests, noun="tools with http")
            what = "has no" if tool not in release.tools else "has, but without http, the"
            message = f"agent '{agent}' {what} tool '{tool}'"
            raise DialogueError("bad_request", message, known)
        longest = release.requests[tool].http.longest + GRACE
        return await self._asked(
            agent, session, longest, lambda call, number: UseTool(call.id, number, tool, arguments)
        )

    def _release(self, agent: str, session: str | None) -> AgentRelease:
        if session is not None:
            return self.agent(self._of(agent, session))
        release = self._releases.current.agents.get(agent)
        if release is None:
            raise DialogueError("unknown_agent", f"there is no agent '{agent}'")
        return release

    def _of(self, agent: str, session: str) -> CallInfo:
        """A session of an agent."""
        call = self.call(session)
        if call.agent != agent:
            raise DialogueError("unknown_session", "there is no such session of this agent")
        return call

    async def _asked(
        self,
        agent: str,
        session: str | None,
        longest: float,
        ask: Callable[[CallInfo, int], Message],
    ) -> dict[str, Any]:
        self._release(agent, session)
        call = await self._texts.visit(agent) if session is None else self._of(agent, session)
        try:
            found = await self._answered(call, partial(ask, call), longest)
        finally:
            if session is None:
                self._texts.leave(call)
        if found is None:
            raise DialogueError(
                "agent_unavailable", "the agent did not answer in time", "try again"
            )
        return found

    async def _answered(
        self, call: CallInfo, ask: Callable[[int], Message], longest: float
    ) -> dict[str, Any] | None:
        """Ask the process of a call; what it has answered within so many seconds.

        Raises:
            DialogueError: the call has ended, or what was sent does not fit.
        """
        number = next(self._ids)
        if sum(waiting.call == call.id for waiting in self._waiting.values()) >= MOST:
            message = f"{MOST} of them wait already to be done in this session"
            raise DialogueError("too_many_requests", message, "send the next when they are done")
        answer: asyncio.Future[Acted] = asyncio.get_running_loop().create_future()
        waiting = self._waiting[number] = _Waiting(call.id, answer)
        assert call.peer is not None  # noqa: S101 - it was looked at when the session was found
        call.peer.send(ask(number))
        done, _ = await asyncio.wait({answer}, timeout=longest)
        if not done:
            return waiting.document
        _told(answer.result())
        return answer.result().document or waiting.document

    def acted(self, message: Acting | Acted) -> None:
        """Note what a process says came of it."""
        waiting = self._waiting.get(message.id)
        if waiting is None or waiting.call != message.call:
            return
        if isinstance(message, Acting):
            waiting.begun, waiting.document = True, message.document
        else:
            del self._waiting[message.id]
            waiting.answer.set_result(message)

    def _over(self, call: CallInfo) -> None:
        for number, waiting in list(self._waiting.items()):
            if waiting.call == call.id:
                del self._waiting[number]
                itself = waiting.begun and call.reason in ENDED_BY_AGENT
                waiting.answer.set_result(Acted(call.id, number, over=not itself))


def read(agent: AgentRelease, action: Mapping[str, Any]) -> AnyAction:
    """Read one action.

    Raises:
        DialogueError: it is none, or names what the agent does not have.
    """
    from runner.link.from_outside import read_action

    found = read_action(agent, action)
    if isinstance(found, Diagnostic):
        raise DialogueError("bad_request", found.message, found.help)
    return found


def _told(acted: Acted) -> None:
    if acted.over:
        raise DialogueError("ended", "the session ended before this was done")
    if acted.problem is not None:
        raise DialogueError("out_of_bounds", acted.problem)
