"""What the main process is told of a dialogue for what is sent after a call."""

from __future__ import annotations

import asyncio

from livekit.agents.testing import fake_job_context

from runner.serve.child.watchdog import session
from runner.serve.socket.line import Line
from runner.serve.socket.messages import Reported, ToHost
from runner.session.conversation import Conversation


class DialogueReports:
    """Tells what is known of one dialogue.

    Args:
        line: to the main process.
        call: its id.
    """

    def __init__(self, line: Line[ToHost], call: str) -> None:
        self._line, self._call = line, call
        self._noted = self._reported = False
        self._reading: asyncio.Task[None] | None = None

    @property
    def reading(self) -> list[asyncio.Task[None]]:
        """What is awaited of it before the dialogue is gone: what models read."""
        return [self._reading] if self._reading is not None else []

    def say(self, talk: Conversation) -> None:
        """Tell what is known after a turn, or all of it once it is over."""
        if talk.ended.done():
            self.over(talk)
        else:
            self.note(talk)

    def note(self, talk: Conversation) -> None:
        """Have main keep what is known of it by now, whatever becomes of this process.

        Only what is sent after a call needs that again and again; who calls is said once.
        """
        if not (self._noted and talk.release.agent.after_call is None):
            self._noted = True
            self._line.send(Reported(self._call, talk.report().to_data()))

    def over(self, talk: Conversation) -> None:
        """It is over: say so, and what models find in it."""
        if self._reported:
            return
        self._reported = True
        self._line.send(Reported(self._call, talk.report().to_data()))
        if talk.is_read:
            self._reading = asyncio.get_running_loop().create_task(self._whole(talk))

    async def _whole(self, talk: Conversation) -> None:
        session.set(self._call)
        with fake_job_context():
            report = await talk.whole_report()
        self._line.send(Reported(self._call, report.to_data()))
