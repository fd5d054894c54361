"""What somebody outside may have done in a dialogue or call."""

from __future__ import annotations

from typing import Any, Protocol


class Acts(Protocol):
    """What is done in a dialogue or call though nobody in it has asked."""

    async def act(self, session_id: str, action: dict[str, Any]) -> None:
        """Have one action of the language done in one of them, between two turns.

        Args:
            session_id: which.
            action: as JSON, such as `{"say": "One moment."}`.

        Raises:
            DialogueError: it is unknown, has ended or not begun, or the action is none that it
                could do.
        """
        ...

    async def event(self, event_type: str, data: Any, session_id: str | None) -> str:
        """Take something that has happened elsewhere; gives the id by which it is kept.

        Args:
            event_type: what, as who tells of it calls it.
            data: JSON.
            session_id: where the agent does what it does then; without it, it is only kept.

        Raises:
            DialogueError: the session is unknown, has ended or not begun, or the data does not fit.
        """
        ...

    async def intent(self, agent: str, text: str, session_id: str | None) -> dict[str, Any]:
        """Which intent of an agent a text means: `intent`, `persona`, `actions`.

        Args:
            agent: whose.
            text: what somebody has said.
            session_id: where what it does is done; without it, the first persona is asked.

        Raises:
            DialogueError: there is no such agent or session, or it has ended or not begun.
        """
        ...

    async def use_tool(
        self, agent: str, tool: str, arguments: dict[str, Any], session_id: str | None
    ) -> dict[str, Any]:
        """Have an HTTP tool of an agent ask its service: what `lkrun tool call` tells.

        Args:
            agent: whose.
            tool: its name.
            arguments: as the model would give them.
            session_id: whose values it uses, and where what it saves is stored.

        Raises:
            DialogueError: there is no such agent, session or tool.
        """
        ...
