"""One call, in a LiveKit job process: from the dispatch to the end of the room.

The functions are module-level because LiveKit sends them to the process by name. What they share
lies in the process's `userdata`, since a process serves one call.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from livekit import rtc
from livekit.agents import JobContext
from livekit.agents.job import DEFAULT_PARTICIPANT_KINDS

from runner.serve.socket.line import CallEgress, Line
from runner.serve.socket.messages import (
    TO_CALL,
    CallHello,
    CallRenewed,
    End,
    Ended,
    MalformedError,
    NotRenewed,
    Renew,
    Reported,
    Started,
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

AGENT: Final = "lkrun.agent"
RELEASE: Final = "lkrun.release"
HOME: Final = "lkrun.home"
"""Attributes of the job that the main process sets when it accepts it, for its own process only."""

_OWN: Final = frozenset({AGENT, RELEASE, HOME})
_STATE: Final = "lkrun"
_NOBODY: Final = 60.0
"""Seconds that a call waits for its caller, at the beginning and when they have gone."""

_LOOK: Final = 2.0
_CLOSING: Final = 5.0
"""Seconds in which LiveKit should have closed a room."""

_LAST_WORDS: Final = 0.3
"""Seconds for the last written words to arrive; spoken ones have been heard to their end."""

_log = logging.getLogger("lkrun")


@dataclass(slots=True)
class _Job:
    """The call of this process."""

    ctx: JobContext
    line: Line[ToCall]
    release: AgentRelease
    welcome: Welcome
    talk: Conversation | None = None
    reason: str | None = None
    ending: str | None = None
    newest: Renew | None = None
    closing: asyncio.Future[Any] | None = None
    tasks: Tasks = field(default_factory=Tasks)
    watchdog: Watchdog | None = None
    over: bool = False


async def entrypoint(ctx: JobContext) -> None:
    """Take a call: LiveKit runs this for each one."""
    job = await _connect(ctx)
    if job is None:
        ctx.shutdown("the runner is gone")
        return
    ctx.proc.userdata[_STATE] = job
    try:
        await _begin(job)
    except Exception as error:  # noqa: BLE001 - whatever a provider or room raises ends this call with one line in the log
        _finish(job, "error")
        _tell(error)


async def session_end(ctx: JobContext) -> None:
    """Tell the main process that the call has ended: LiveKit runs this at the end of each."""
    job: _Job | None = ctx.proc.userdata.get(_STATE)
    if job is None:
        return
    job.over = True
    if job.talk is not None:
        with contextlib.suppress(Exception):
            await job.talk.end(job.reason or "shutdown")
        with contextlib.suppress(Exception):
            await _report(job, job.talk)
    await job.tasks.cancel()
    if job.watchdog is not None:
        job.watchdog.stop()
    if job.closing is not None:
        await asyncio.wait([job.closing], timeout=_CLOSING)
    job.line.send(Ended(ctx.job.id, job.reason or "shutdown"))
    await job.line.peer.close()


async def _connect(ctx: JobContext) -> _Job | None:
    home = Path(ctx.job.attributes[HOME])
    try:
        line = Line(await Peer.connect(str(home / "calls")), TO_CALL)
    except OSError:
        return None
    line.send(CallHello(ctx.job.id))
    with contextlib.suppress(MalformedError):
        welcome = await line.peer.receive(TO_CALL)
        if isinstance(welcome, Welcome):
            job = _Job(ctx, line, await _read(welcome.file), welcome)
            _watch_over(job, home)
            return job
    await line.peer.close()
    return None


def _watch_over(job: _Job, home: Path) -> None:
    from runner.serve.child.watchdog import Watchdog, suspects

    call = job.ctx.job.id
    job.watchdog = Watchdog(str(home / "calls"), lambda _: suspects(job.release), only=call)


async def _begin(job: _Job) -> None:
    job.line.on_message = lambda message: _take(job, message)
    job.tasks.spawn(_listen(job))
    caller, talk = await _met(job)
    if caller is None or job.ending is not None:
        await talk.abandon()
        _finish(job, job.ending or "no_caller")
        return
    job.talk = talk
    job.tasks.spawn(_watch(job, talk))
    job.tasks.spawn(_company(job))
    job.line.send(Started(job.ctx.job.id))
    await talk.start(job.ctx.room, facts=_facts(job.ctx, caller))
    _note(job)


async def _met(job: _Job) -> tuple[rtc.RemoteParticipant | None, Conversation]:
    """Join the room and find the caller; what needs neither is done meanwhile."""
    joining = asyncio.create_task(job.ctx.connect())
    try:
        await asyncio.sleep(0)  # the request is on its way before anything is built
        talk = _conversation(job)
        preparing = asyncio.create_task(talk.prepare())
        await joining
        caller = await _linked(job)
        await preparing
    except BaseException:
        joining.cancel()
        raise
    return caller, talk


async def _listen(job: _Job) -> None:
    """Hear the main process; where that is gone, leave the room at once.

    LiveKit ends this process without leaving it, and would see only after 20 s that nobody
    answers; another runner takes the call when the agent is gone.
    """
    try:
        await job.line.listen()
    finally:
        if not job.over:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(job.ctx.room.disconnect(), _CLOSING)


async def _linked(job: _Job) -> rtc.RemoteParticipant | None:
    """The participant who is talked with: whom the author names, else whoever came first."""
    from runner.session.settings.room import named_participant

    named = named_participant(job.release, _facts(job.ctx, None))
    caller = await _caller(job, named)
    if caller is None or named:
        return caller
    named = named_participant(job.release, _facts(job.ctx, caller))
    return caller if named in ("", caller.identity) else await _caller(job, named)


async def _caller(job: _Job, named: str) -> rtc.RemoteParticipant | None:
    """A participant by identity; without one, of those who are there whoever came first."""
    room = job.release.agent.room
    kinds = list(DEFAULT_PARTICIPANT_KINDS)
    who = {"identity": named} if named else {}
    if room is not None and room.participants:
        kinds = [_KINDS[kind] for kind in room.participants]
    try:
        async with asyncio.timeout(_NOBODY):
            active = await job.ctx.wait_for_participant(kind=kinds, **who)
    except TimeoutError:
        return None
    if named:
        return active
    # LiveKit's own choice among several is the order of a mapping
    others = job.ctx.room.remote_participants.values()
    return min((active, *(each for each in others if each.kind in kinds)), key=_joined)


def _joined(participant: rtc.RemoteParticipant) -> float:
    return participant.joined_at.timestamp() if participant.joined_at else math.inf


_KINDS: Final = {
    "connector": rtc.ParticipantKind.PARTICIPANT_KIND_CONNECTOR,
    "sip": rtc.ParticipantKind.PARTICIPANT_KIND_SIP,
    "standard": rtc.ParticipantKind.PARTICIPANT_KIND_STANDARD,
}


def _conversation(job: _Job) -> Conversation:
    from runner.serve.child.network import provider_network
    from runner.session.conversation import Conversation
    from runner.session.speech.sounds import Sounds

    call = job.ctx.job.id
    return Conversation(
        job.release,
        CallEgress(job.line, call),
        _facts(job.ctx, None),
        on_event=lambda event: _heard(job, event),
        secrets=job.welcome.secrets.get,
        network=provider_network(job.welcome.network),
        channel="voice" if job.release.agent.mode == "voice" else "text",
        sounds=Sounds(Path(job.ctx.job.attributes[HOME]) / "sounds"),
        awaited=True,
    )


def _heard(job: _Job, event: Event) -> None:
    """Hand on what happens; what the call has come to is kept with each message of the agent."""
    job.line.event(job.ctx.job.id, event.to_json())
    if event.type == "message":
        _note(job)


def _note(job: _Job) -> None:
    """Have main keep what is known of the call by now, whatever becomes of this process."""
    if job.talk is not None and job.release.agent.after_call is not None:
        job.line.send(Reported(job.ctx.job.id, job.talk.report().to_data()))


async def _report(job: _Job, talk: Conversation) -> None:
    """Tell how the call ended; then what models find in it."""
    if job.release.agent.after_call is not None:
        _note(job)
        report = await talk.whole_report()
        job.line.send(Reported(job.ctx.job.id, report.to_data()))


def _facts(ctx: JobContext, participant: rtc.RemoteParticipant | None) -> Any:
    """What is known of the call; without a participant, before the caller is there."""
    from runner.session import Caller, CallFacts, JobFacts, Room, parsed

    return CallFacts(
        caller=Caller() if participant is None else _caller_facts(participant),
        room=Room(ctx.room.name, ctx.room.metadata or None),
        job=JobFacts(
            ctx.job.id,
            {n: v for n, v in ctx.job.attributes.items() if n not in _OWN},
            parsed(ctx.job.metadata),
        ),
        id=ctx.job.id,
    )


def _caller_facts(participant: rtc.RemoteParticipant) -> Any:
    from runner.session import Caller

    attributes = dict(participant.attributes)
    names = {number: word for word, number in _KINDS.items()}
    return Caller(
        identity=participant.identity,
        name=participant.name or None,
        kind=names.get(participant.kind),
        attributes=attributes,
        phone=attributes.get("sip.phoneNumber") or None,
        dialled=attributes.get("sip.trunkPhoneNumber") or None,
    )


def _take(job: _Job, message: ToCall) -> None:
    """Do what the main process says."""
    match message:
        case End():
            job.ending = message.reason
            if job.talk is None:
                _finish(job, job.ending)
            else:
                job.tasks.spawn(job.talk.end(job.ending))
        case Renew():
            job.newest = message
            job.tasks.spawn(_renew(job, message))


async def _renew(job: _Job, message: Renew) -> None:
    """Take another release into the running call, and say at once whether that went well."""
    from runner.session.errors import CannotRenewError

    call, release = message.call, message.release
    try:
        job.release, done = await _renewed(job, message)
    except CannotRenewError as error:
        job.line.send(NotRenewed(call, release, str(error)))
    except (OSError, ValueError):
        job.line.send(NotRenewed(call, release, "the release cannot be read"))
    else:
        # nothing is awaited between the two: main answers by this release from this line on
        job.line.send(CallRenewed(call, release, done.live, done.waiting))


async def _renewed(job: _Job, message: Renew) -> tuple[AgentRelease, Renewed]:
    from runner.serve.child.network import provider_network
    from runner.session.errors import CannotRenewError
    from runner.session.next_turn import ENDED, NEWER

    release = await _read(message.file)
    if job.newest is not message:
        raise CannotRenewError(NEWER)
    if job.talk is None:
        raise CannotRenewError(ENDED if job.ending else "the call has not begun")
    network = provider_network(message.network)
    return release, await job.talk.renew(release, secrets=message.secrets.get, network=network)


async def _read(file: str) -> AgentRelease:
    from runner.link.release import AgentRelease

    return AgentRelease.from_json(await asyncio.to_thread(Path(file).read_bytes))


async def _watch(job: _Job, talk: Conversation) -> None:
    """See the call off when the conversation has ended."""
    reason = await talk.ended
    _finish(job, reason)


async def _company(job: _Job) -> None:
    """End the call when nobody has been there for a minute, as after a restart of LiveKit."""
    alone = 0.0
    while job.reason is None:
        await asyncio.sleep(_LOOK)
        alone = 0.0 if job.ctx.room.remote_participants else alone + _LOOK
        room = job.release.agent.room
        longest = max(_NOBODY, room.wait_for_return if room is not None else 0.0)
        if alone >= longest and job.talk is not None:
            await job.talk.end("caller_left")


def _finish(job: _Job, reason: str) -> None:
    """Close the room where the agent ended the call, then the job; the first reason stands."""
    if job.reason is not None:
        return
    job.reason = reason
    room = job.release.agent.room
    wanted = room.delete_on_close if room is not None else None
    if wanted if wanted is not None else reason not in _LEFT:
        job.closing = asyncio.get_running_loop().create_task(_close_room(job))
    elif reason not in _LEFT:
        job.closing = asyncio.get_running_loop().create_task(_last_words(job))
    job.ctx.shutdown(reason)


async def _close_room(job: _Job) -> None:
    await _last_words(job)
    await job.ctx.delete_room()


async def _last_words(job: _Job) -> None:
    if job.release.agent.mode == "text":
        await asyncio.sleep(_LAST_WORDS)


_LEFT: Final = frozenset({"caller_left"})
"""Ends after which whoever else is in the room may stay."""


def _tell(error: Exception) -> None:
    """One line for the log; the traceback for those who asked for `debug`."""
    _log.error("a call ended: %s", str(error) or type(error).__name__)
    _log.debug("the error of the call", exc_info=error)
