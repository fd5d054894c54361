"""One dialogue of a text host: what is said in it and wanted of it, one after another."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import Any, Final

from livekit.agents.testing import fake_job_context

from runner.serve.child.acting import acted
from runner.serve.child.dialogue_reports import DialogueReports
from runner.serve.child.dialogue_talk import DialogueTalk, agent_words
from runner.serve.child.network import provider_network
from runner.serve.child.pinned import release_at
from runner.serve.child.watchdog import Suspect, session, suspects
from runner.serve.socket.line import Line
from runner.serve.socket.messages import (
    Acted,
    CallRenewed,
    Failed,
    FromOutside,
    Known,
    NotRenewed,
    Open,
    Renew,
    Reply,
    ToHost,
    TurnText,
    Usage,
)
from runner.session.conversation import CannotRenewError, CannotStartError, Conversation
from runner.session.errors import AppRefusedError, UnfitVariableError
from runner.testing.audio.sound import SoundError

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
        self._on = DialogueTalk(line, opened)
        self._reports = DialogueReports(line, self._call)
        self._work: asyncio.Queue[TurnText | Renew | FromOutside] = asyncio.Queue()
        self._given_up: set[int] = set()
        self._turn: tuple[int, asyncio.Task[Reply | Failed]] | None = None
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
        if self._on.talk is not None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._on.talk.end(reason), _ENDING)
            self._reports.over(self._on.talk)
        if self._turn is not None:
            self._turn[1].cancel()
        if self._on.aloud is not None:
            with contextlib.suppress(TimeoutError, OSError):
                await asyncio.wait_for(self._on.aloud.aclose(), _ENDING)
        self._task.cancel()
        await asyncio.gather(self._task, *self._reports.reading, return_exceptions=True)

    @property
    def talk(self) -> Conversation | None:
        """What is said in it, once it has begun."""
        return self._on.talk

    def suspects(self) -> list[Suspect]:
        """Whose code may block it."""
        return suspects(release_at(self._opened.welcome.file))

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
        if self._on.talk is None:
            return
        with contextlib.suppress(RuntimeError, TimeoutError):  # it has ended, or does not stop
            await asyncio.wait_for(self._on.talk.session.interrupt(force=True), _ENDING)

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
            release = await asyncio.to_thread(release_at, message.file)
            if self._on.talk is None:
                return not_renewed(message, "the call has not begun")
            done = await self._on.talk.renew(
                release, secrets=message.secrets.get, network=provider_network(message.network)
            )
        except CannotRenewError as error:
            return not_renewed(message, str(error))
        except (OSError, ValueError):
            return not_renewed(message, "the release cannot be read")
        return CallRenewed(message.call, message.release, done.live, done.waiting)

    async def _acted(self, message: FromOutside) -> Acted:
        """Do what others want done; the answer comes after all that was said of it."""
        talk = self._on.talk
        if talk is None:
            return await self._apart(message)
        self._on.streamed = None
        done = await acted(message, talk, self._line.send, self._on.around)
        self._reports.say(talk)
        self._line.send(Known(message.call, talk.variables))
        return done

    async def _apart(self, message: FromOutside) -> Acted:
        """Answer what is asked of an agent that talks with nobody: nothing begins."""
        try:
            talk = self._on.conversation()
        except CannotStartError as error:
            return Acted(message.call, message.id, problem=str(error))
        try:
            return await acted(message, talk, self._line.send)
        finally:
            await talk.abandon()

    async def _reply(self, message: TurnText) -> Reply | Failed:
        greeting: list[Event] = []
        self._on.streamed = message.id if message.pieces else None
        if self._on.talk is None:
            try:
                greeting = await self._on.begin()
            except UnfitVariableError as error:
                return Failed(self._call, message.id, "bad_request", str(error))
            except (
                CannotStartError
            ) as error:  # a model that cannot be built is no mistake of who asks
                _log.error("a dialogue could not begin: %s", error)
                return Failed(self._call, message.id, "agent_unavailable", str(error))
        talk = self._on.talk
        assert talk is not None  # noqa: S101 - it has begun
        before = talk.usage
        text = message.text.strip()
        more = bool(text or message.keys is not None or message.app is not None)
        said = await self._on.said(message) if more else []
        after = talk.usage
        self._reports.say(talk)
        return Reply(
            self._call,
            message.id,
            events=(*greeting, *said),
            text="\n".join(agent_words(said if more else greeting)),
            variables=talk.variables,
            persona=talk.persona,
            ended=talk.ended.done(),
            usage=Usage(**{name: after[name] - before.get(name, 0) for name in after}),
            sound_ms=self._on.aloud.milliseconds if self._on.aloud is not None else None,
        )


def not_renewed(message: Renew, why: str) -> NotRenewed:
    """The answer to a renewal that cannot be made."""
    return NotRenewed(message.call, message.release, why)
