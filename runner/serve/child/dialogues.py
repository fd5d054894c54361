"""The text host: the child process in which the text dialogues of the HTTP front run.

Started by `sessions/texthost` as `python -m runner.serve.child.dialogues SOCKET`; ends when the
main process is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final

from livekit.agents.testing import fake_job_context
from livekit.agents.utils import http_context

from runner.link.release import AgentRelease
from runner.serve import core_files
from runner.serve.child.acting import acted
from runner.serve.child.network import provider_network
from runner.serve.child.recalling import recall_by
from runner.serve.child.spoken import SpokenDialogue
from runner.serve.child.to_main import log_to_main
from runner.serve.child.watchdog import Suspect, Watchdog, die_with, session, suspects
from runner.serve.socket.line import CallEgress, Line
from runner.serve.socket.messages import (
    TO_HOST,
    Act,
    Acted,
    Agreed,
    CallRenewed,
    Cancel,
    End,
    Failed,
    Failure,
    FromOutside,
    HostHello,
    Known,
    Mean,
    NotRenewed,
    Open,
    Piece,
    Ping,
    Pong,
    Renew,
    Reply,
    Reported,
    ToHost,
    TurnText,
    Usage,
    UseTool,
)
from runner.serve.socket.peer import Peer
from runner.serve.tasks import Tasks
from runner.session import CallFacts, JobFacts, tracing
from runner.session.conversation import CannotRenewError, CannotStartError, Conversation
from runner.session.errors import AppRefusedError
from runner.session.events import Event as TalkEvent
from runner.testing.audio.sound import SoundError

_KEPT: Final = 64
"""Agents whose releases are kept in memory."""

_ENDING: Final = 5.0
"""Seconds that a dialogue is given to end in order."""

Event = dict[str, Any]

_log = logging.getLogger("lkrun")


class Dialogue:
    """One dialogue: its turns queue, in a task and LiveKit job context of its own."""

    def __init__(self, line: Line[ToHost], opened: Open) -> None:
        """Take what the main process says of it."""
        self._line = line
        self._opened = opened
        self._call = opened.welcome.call
        self._talk: Conversation | None = None
        self._aloud: SpokenDialogue | None = None
        self._work: asyncio.Queue[TurnText | Renew | FromOutside] = asyncio.Queue()
        self._given_up: set[int] = set()
        self._streamed: int | None = None
        self._turn: tuple[int, asyncio.Task[Reply | Failed]] | None = None
        self._reporting: asyncio.Task[None] | None = None
        self._noted = self._reported = False
        self._task = asyncio.get_running_loop().create_task(self._run())

    def put(self, message: TurnText | Renew | FromOutside) -> None:
        """Do this when all that came before is done."""
        self._work.put_nowait(message)

    def give_up(self, number: int) -> None:
        """Stop a turn for whose answer nobody waits, or never begin it."""
        if self._turn is not None and self._turn[0] == number:
            self._turn[1].cancel()
        else:
            self._given_up.add(number)

    async def end(self, reason: str) -> None:
        """End it now, whatever it is doing."""
        if self._talk is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._talk.end(reason), _ENDING)
            self._report(self._talk)
        if self._turn is not None:
            self._turn[1].cancel()
        if self._aloud is not None:
            with contextlib.suppress(TimeoutError, OSError):
                await asyncio.wait_for(self._aloud.aclose(), _ENDING)
        self._task.cancel()
        waited = [self._task, *([self._reporting] if self._reporting is not None else [])]
        await asyncio.gather(*waited, return_exceptions=True)

    def suspects(self) -> list[Suspect]:
        """Whose code may block it."""
        return suspects(_release(self._opened.welcome.file))

    async def _run(self) -> None:
        session.set(self._call)  # of this task, and of all that it begins
        with fake_job_context():
            while True:
                message = await self._work.get()
                if isinstance(message, Renew):
                    self._line.send(await self._renewed(message))
                elif isinstance(message, FromOutside):
                    self._line.send(await self._acted(message))
                elif message.id in self._given_up:
                    self._given_up.remove(message.id)
                else:
                    await self._answer(message)

    async def _answer(self, message: TurnText) -> None:
        answering = asyncio.get_running_loop().create_task(self._answered(message))
        self._turn = message.id, answering
        await asyncio.wait([answering])
        self._turn = None
        if answering.cancelled():
            await self._interrupt()
        else:
            self._line.send(answering.result())

    async def _interrupt(self) -> None:
        """Have LiveKit stop what it was doing for a turn that was given up."""
        if self._talk is None:
            return
        with contextlib.suppress(RuntimeError, TimeoutError):  # it has ended, or does not stop
            await asyncio.wait_for(self._talk.session.interrupt(force=True), _ENDING)

    async def _answered(self, message: TurnText) -> Reply | Failed:
        try:
            return await self._reply(message)
        except CannotStartError as error:
            return Failed(self._call, message.id, "bad_request", str(error))
        except AppRefusedError as error:
            why = f"the app cannot do this: {error}"
            return Failed(self._call, message.id, "bad_request", why, goes_on=True)
        except SoundError as error:  # who speaks for the caller is a service, and may fail
            return Failed(self._call, message.id, "agent_unavailable", str(error))
        except Exception as error:  # noqa: BLE001 - a bug in one dialogue must not end the others
            _log.error("a dialogue failed: %s", error)
            _log.debug("the failure", exc_info=error)
            why = "the dialogue could not go on"
            return Failed(self._call, message.id, "bad_request", why)

    async def _renewed(self, message: Renew) -> CallRenewed | NotRenewed:
        """Take another release; the answer is sent before anything else is done."""
        try:
            release = await asyncio.to_thread(_release, message.file)
            if self._talk is None:
                return _refused(message, "the call has not begun")
            done = await self._talk.renew(
                release, secrets=message.secrets.get, network=provider_network(message.network)
            )
        except CannotRenewError as error:
            return _refused(message, str(error))
        except (OSError, ValueError):
            return _refused(message, "the release cannot be read")
        return CallRenewed(message.call, message.release, done.live, done.waiting)

    async def _acted(self, message: FromOutside) -> Acted:
        """Do what others want done; the answer comes after all that was said of it."""
        talk, aloud = self._talk, self._aloud
        if talk is None:
            return await self._apart(message)
        self._streamed = None
        done = await acted(
            message, talk, self._line.send, aloud.around if aloud is not None else lambda do: do()
        )
        if talk.ended.done():
            self._report(talk)
        else:
            self._note()
        self._line.send(Known(message.call, talk.variables))
        return done

    async def _apart(self, message: FromOutside) -> Acted:
        """Answer what is asked of an agent that talks with nobody: nothing begins."""
        try:
            talk = self._conversation()
        except CannotStartError as error:
            return Acted(message.call, message.id, problem=str(error))
        try:
            return await acted(message, talk, self._line.send)
        finally:
            await talk.abandon()

    async def _reply(self, message: TurnText) -> Reply | Failed:
        greeting: list[Event] = []
        self._streamed = message.id if message.pieces else None
        if self._talk is None:
            try:
                greeting = await self._begin()
            except (
                CannotStartError
            ) as error:  # a model that cannot be built is no mistake of who asks
                _log.error("a dialogue could not begin: %s", error)
                return Failed(self._call, message.id, "agent_unavailable", str(error))
        assert self._talk is not None  # noqa: S101 - it has begun
        before = self._talk.usage
        text = message.text.strip()
        more = bool(text or message.keys is not None or message.app is not None)
        said = await self._said(message) if more else []
        after = self._talk.usage
        if self._talk.ended.done():
            self._report(self._talk)
        else:
            self._note()
        return Reply(
            self._call,
            message.id,
            events=(*greeting, *said),
            text="\n".join(_words(said if more else greeting)),
            variables=self._talk.variables,
            persona=self._talk.persona,
            ended=self._talk.ended.done(),
            usage=Usage(**{name: after[name] - before.get(name, 0) for name in after}),
            sound_ms=self._aloud.milliseconds if self._aloud is not None else None,
        )

    async def _begin(self) -> list[Event]:
        """Begin, by text or aloud; the greeting.

        Raises:
            CannotStartError: it cannot be built.
        """
        if self._opened.sound is None:
            self._talk = self._conversation()
            return _data(await self._talk.start())
        welcome = self._opened.welcome
        self._aloud = SpokenDialogue(
            _release(welcome.file),
            welcome.secrets,
            provider_network(welcome.network),
            begin=self._conversation,
            file=Path(self._opened.sound),
            longest=self._opened.longest,
        )
        greeting = await self._aloud.greeting()
        self._talk = self._aloud.conversation
        return greeting

    async def _said(self, message: TurnText) -> list[Event]:
        """Say a text, press keys or do something in the app; what came of it."""
        assert self._talk is not None  # noqa: S101 - it has begun
        if message.app is not None:
            tap = partial(self._talk.from_app, message.app, message.sent or {})
            return await self._aloud.around(tap) if self._aloud is not None else _data(await tap())
        if self._aloud is not None:
            if message.keys is not None:
                return await self._aloud.keys(message.keys)
            return await self._aloud.say(message.text)
        if message.keys is not None:
            return _data(await self._talk.press(message.keys))
        return _data(await self._talk.turn(message.text))

    def _conversation(self, hear: Callable[[Event], None] = lambda _: None) -> Conversation:
        opened, welcome, call = self._opened, self._opened.welcome, self._call
        facts = CallFacts(
            job=JobFacts(metadata=opened.metadata), variables=opened.variables or {}, id=call
        )

        def told(event: TalkEvent) -> None:
            data = event.to_json()
            hear(data)
            self._line.event(call, data)

        return Conversation(
            _release(welcome.file),
            CallEgress(self._line, call),
            facts,
            on_event=told,
            secrets=welcome.secrets.get,
            network=provider_network(welcome.network),
            on_failure=lambda reason, part: self._line.send(Failure(call, reason, part)),
            on_agreed=lambda: self._line.send(Agreed(call)),
            recall=recall_by(self._line, call),
            channel="text" if opened.sound is None else "voice",
            idle=opened.idle,
            history=opened.history,
            on_text=self._piece,
        )

    def _note(self) -> None:
        """Have main keep what is known of it by now, whatever becomes of this process.

        Only what is sent after a call needs that again and again; who calls is said once.
        """
        talk = self._talk
        if talk is not None and not (self._noted and talk.release.agent.after_call is None):
            self._noted = True
            self._line.send(Reported(self._call, talk.report().to_data()))

    def _report(self, talk: Conversation) -> None:
        """It is over: say so, and what models find in it."""
        if self._reported:
            return
        self._reported = True
        self._line.send(Reported(self._call, talk.report().to_data()))
        if talk.is_read:
            self._reporting = asyncio.get_running_loop().create_task(self._whole(talk))

    async def _whole(self, talk: Conversation) -> None:
        session.set(self._call)
        with fake_job_context():
            report = await talk.whole_report()
        self._line.send(Reported(self._call, report.to_data()))

    def _piece(self, text: str) -> None:
        if self._streamed is not None:
            self._line.send(Piece(self._call, self._streamed, text))


@lru_cache(maxsize=_KEPT)
def _release(file: str) -> AgentRelease:
    """A release by its file, whose name is its content's."""
    return AgentRelease.from_json(Path(file).read_bytes())


def _refused(message: Renew, why: str) -> NotRenewed:
    return NotRenewed(message.call, message.release, why)


def _data(events: list[TalkEvent]) -> list[Event]:
    return [event.to_json() for event in events]


def _words(events: list[Event]) -> list[str]:
    return [e["text"] for e in events if e["type"] == "message" and e["role"] == "agent"]


class DialogueHost:
    """All dialogues of this process."""

    def __init__(self, line: Line[ToHost]) -> None:
        """Take the line to the main process."""
        self._line = line
        self._open: dict[str, Dialogue] = {}
        self._tasks = Tasks()
        line.on_message = self._take

    def suspects(self, call: str) -> list[Suspect]:
        """Whose code may block a dialogue."""
        dialogue = self._open.get(call)
        return dialogue.suspects() if dialogue is not None else []

    def _take(self, message: ToHost) -> None:
        match message:
            case Open():
                call = message.welcome.call
                self._open[call] = Dialogue(self._line, message)
            case TurnText() | Renew() | Act() | Mean() | UseTool():
                self._put(message)
            case Cancel():
                if (dialogue := self._open.get(message.call)) is not None:
                    dialogue.give_up(message.id)
            case Ping():
                self._line.send(Pong())
            case End():
                if (dialogue := self._open.pop(message.call, None)) is not None:
                    self._tasks.spawn(dialogue.end(message.reason))

    def _put(self, message: TurnText | Renew | FromOutside) -> None:
        dialogue = self._open.get(message.call)
        if dialogue is not None:
            dialogue.put(message)
        elif isinstance(message, Renew):
            self._line.send(_refused(message, "the call has ended"))
        elif isinstance(message, FromOutside):
            self._line.send(Acted(message.call, message.id, over=True))


async def _main(socket: str) -> None:
    line = Line(await Peer.connect(socket), TO_HOST)
    log_to_main(line)
    tracing.begin()
    host = DialogueHost(line)
    line.send(HostHello(os.getpid()))
    Watchdog(socket, host.suspects)
    # plugins ask services by LiveKit's session, which a process of calls has from LiveKit
    async with http_context.open():
        await line.listen()
        await tracing.flush()


def main() -> None:
    """Serve dialogues until the main process is gone."""
    # Ctrl-C reaches the whole group; the main process decides
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    path, parent = sys.argv[1:]
    die_with(int(parent))
    core_files.forbid()
    asyncio.run(_main(path))


if __name__ == "__main__":
    main()
