"""What somebody outside has done in a dialogue or call, for the HTTP front."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from runner.front.port import DialogueError

if TYPE_CHECKING:
    from runner.serve.records.recorder import Recorder
    from runner.serve.sessions.admission import Admission
    from runner.serve.sessions.outside import Outside


class ServedActs:
    """Implements `runner.front.acts_port.Acts`."""

    def __init__(self, outside: Outside, admission: Admission, recorder: Recorder) -> None:
        self._outside, self._admission, self._recorder = outside, admission, recorder

    async def act(self, session_id: str, action: dict[str, Any]) -> None:
        """Have one action done in one of them, between two turns.

        Raises:
            DialogueError: it is unknown or has ended, or the action is none that it could do.
        """
        await self._outside.act(session_id, action)
        await self._recorder.written()

    async def event(self, event_type: str, data: Any, session_id: str | None) -> str:
        """Keep something that has happened elsewhere; gives its id.

        Raises:
            DialogueError: the session is unknown or has ended, or what was sent does not fit.
        """
        agent, done = "", False
        if session_id is not None:
            shown = self._outside.shown(session_id, event_type, data)
            agent, done = await self._outside.event(session_id, event_type, data)
            data = shown
        about = {"event_type": event_type, "data": data, "session_id": session_id}
        name = self._recorder.keep("event", agent, "done" if done else "kept", about)
        await self._recorder.written()
        return name

    async def intent(self, agent: str, text: str, session_id: str | None) -> dict[str, Any]:
        """Which intent a text means; in a session, what it does is done.

        Raises:
            DialogueError: there is no such agent or session.
        """
        self._not_draining(session_id)
        return await self._outside.intent(agent, text, session_id)

    async def use_tool(
        self, agent: str, tool: str, arguments: dict[str, Any], session_id: str | None
    ) -> dict[str, Any]:
        """Have an HTTP tool ask its service.

        Raises:
            DialogueError: there is no such agent, session or tool.
        """
        self._not_draining(session_id)
        return await self._outside.use(agent, tool, arguments, session_id)

    def _not_draining(self, session_id: str | None) -> None:
        if session_id is None and self._admission.draining:
            raise DialogueError("draining", "the runner is shutting down")
