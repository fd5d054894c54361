"""A call as its own process holds it: what the main process says of it, and what it is told.

The main process imports this module too, so that what builds conversations is imported in a call.
"""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner.serve.socket.line import CallEgress, Line
from runner.serve.socket.messages import (
    TO_CALL,
    Acted,
    Agreed,
    CallHello,
    CallRenewed,
    Ended,
    Failure,
    FromOutside,
    Known,
    MalformedError,
    NotRenewed,
    Renew,
    Reported,
    ToCall,
    Welcome,
)
from runner.serve.socket.peer import Peer
from runner.serve.tasks import Tasks

if TYPE_CHECKING:
    from runner.link.release import AgentRelease
    from runner.serve.child.watchdog import Watchdog
    from runner.session.conversation import Conversation, Renewed
    from runner.session.events import Event


@dataclass(slots=True)
class HeldCall:
    """The call of this process.

    Attributes:
        line: to the main process.
        release: the agent as the call has it.
        talk: the conversation, once it may begin.
        noted: whether main has heard who calls.
        ending: why the main process has it end.
        newest: the release that it is to go on with.
        tasks: what runs as long as the call does.
    """

    id: str
    line: Line[ToCall]
    release: AgentRelease
    welcome: Welcome
    talk: Conversation | None = None
    noted: bool = False
    ending: str | None = None
    newest: Renew | None = None
    tasks: Tasks = field(default_factory=Tasks)
    _watchdog: Watchdog | None = None
    _known: dict[str, Any] = field(default_factory=dict)

    @classmethod
    async def connect(cls, home: Path, call: str) -> HeldCall | None:
        """Connect to the main process; None where that is gone, or knows of no such call.

        Args:
            home: the runtime directory of the runner.
            call: its id.
        """
        try:
            line = Line(await Peer.connect(str(home / "calls")), TO_CALL)
        except OSError:
            return None
        line.send(CallHello(call))
        with contextlib.suppress(MalformedError):
            welcome = await line.peer.receive(TO_CALL)
            if isinstance(welcome, Welcome):
                held = cls(call, line, await _read(welcome.file), welcome)
                held._watch_over(home)
                return held
        await line.peer.close()
        return None

    def _watch_over(self, home: Path) -> None:
        from runner.serve.child.watchdog import Watchdog, suspects

        socket = str(home / "calls")
        self._watchdog = Watchdog(socket, lambda _: suspects(self.release), only=self.id)

    def conversation(self, facts: Any, **more: Any) -> Conversation:
        """The conversation that is had in it.

        Args:
            facts: what is known of the call by now.
            more: as `Conversation` has it.
        """
        from runner.serve.child.network import provider_network
        from runner.serve.child.recalling import recall_by
        from runner.session.conversation import Conversation

        return Conversation(
            self.release,
            CallEgress(self.line, self.id),
            facts,
            on_event=self._heard,
            on_failure=lambda reason, part: self.line.send(Failure(self.id, reason, part)),
            on_agreed=lambda: self.line.send(Agreed(self.id)),
            recall=recall_by(self.line, self.id),
            sound=Path(self.welcome.sound) if self.welcome.sound is not None else None,
            secrets=self.welcome.secrets.get,
            network=provider_network(self.welcome.network),
            **more,
        )

    def _heard(self, event: Event) -> None:
        """Hand on what happens; what the call has come to is kept with each message."""
        self.line.event(self.id, event.to_json())
        if self.talk is not None and (known := self.talk.variables) != self._known:
            self._known = known
            self.line.send(Known(self.id, known))
        if event.type == "message":
            self.note()

    def note(self) -> None:
        """Have main keep what is known of the call by now, whatever becomes of this process.

        Only what is sent after a call needs that again and again; who calls is said once.
        """
        if self.talk is not None and not (self.noted and self.release.agent.after_call is None):
            self.noted = True
            self.line.send(Reported(self.id, self.talk.report().to_data()))

    def end(self, reason: str) -> None:
        """Do what the main process says: end."""
        self.ending = reason
        if self.talk is not None:
            self.tasks.spawn(self.talk.end(reason))

    def renew(self, message: Renew) -> None:
        """Do what the main process says: go on with another release."""
        self.newest = message
        self.tasks.spawn(self._renew(message))

    async def _renew(self, message: Renew) -> None:
        """Take another release into the running call, and say at once whether that went well."""
        from runner.session.errors import CannotRenewError

        release = message.release
        try:
            self.release, done = await self._renewed(message)
        except CannotRenewError as error:
            self.line.send(NotRenewed(self.id, release, str(error)))
        except (OSError, ValueError):
            self.line.send(NotRenewed(self.id, release, "the release cannot be read"))
        else:
            # nothing is awaited between the two: main answers by this release from this line on
            self.line.send(CallRenewed(self.id, release, done.live, done.waiting))

    async def _renewed(self, message: Renew) -> tuple[AgentRelease, Renewed]:
        from runner.serve.child.network import provider_network
        from runner.session.errors import CannotRenewError
        from runner.session.next_turn import ENDED, NEWER

        release = await _read(message.file)
        if self.newest is not message:
            raise CannotRenewError(NEWER)
        if self.talk is None:
            raise CannotRenewError(ENDED if self.ending else "the call has not begun")
        network = provider_network(message.network)
        return release, await self.talk.renew(release, secrets=message.secrets.get, network=network)

    def act(self, message: FromOutside) -> None:
        """Do what the main process says: what others want done."""
        self.tasks.spawn(self._act(message))

    async def _act(self, message: FromOutside) -> None:
        from runner.serve.child.acting import acted

        talk = self.talk
        over = Acted(self.id, message.id, over=True)
        self.line.send(await acted(message, talk, self.line.send) if talk is not None else over)

    async def over(self, reason: str) -> None:
        """The call is over: end what runs, and tell how it ended and what models find in it."""
        if self.talk is not None:
            with contextlib.suppress(Exception):
                await self.talk.end(reason)
            with contextlib.suppress(Exception):
                await self._report(self.talk)
        await self.tasks.cancel()
        if self._watchdog is not None:
            self._watchdog.stop()

    async def _report(self, talk: Conversation) -> None:
        self.line.send(Reported(self.id, talk.report().to_data()))
        if talk.is_read:
            report = await talk.whole_report()
            self.line.send(Reported(self.id, report.to_data()))

    async def leave(self, reason: str) -> None:
        """Say last of all that the call has ended."""
        self.line.send(Ended(self.id, reason))
        await self.line.peer.close()


async def _read(file: str) -> AgentRelease:
    from runner.link.release import AgentRelease

    return AgentRelease.from_json(await asyncio.to_thread(Path(file).read_bytes))
