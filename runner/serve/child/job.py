"""One call, in a LiveKit job process: from the dispatch to the end of the room.

The functions are module-level because LiveKit sends them to the process by name. What they share
lies in the process's `userdata`, since a process serves one call.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
import threading
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from livekit import rtc
from livekit.agents import JobContext
from livekit.agents.job import DEFAULT_PARTICIPANT_KINDS
from livekit.agents.types import ATTRIBUTE_PUBLISH_ON_BEHALF

from runner.serve.child.held import HeldCall
from runner.serve.child.log_hiding import hide_in_logs
from runner.serve.dispatches import VISIT
from runner.serve.socket.messages import Act, End, Mean, Ordered, Renew, Started, ToCall, UseTool

if TYPE_CHECKING:
    from runner.serve.child.dialling import CallTelephone
    from runner.session import CallFacts
    from runner.session.conversation import Conversation

AGENT: Final = "lkrun.agent"
RELEASE: Final = "lkrun.release"
HOME: Final = "lkrun.home"
"""Attributes of the job that the main process sets when it accepts it, for its own process only."""

_OWN: Final = frozenset({AGENT, RELEASE, HOME, VISIT})
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
    """The call of this process, in LiveKit's room."""

    ctx: JobContext
    held: HeldCall
    reason: str | None = None
    closing: asyncio.Future[Any] | None = None
    telephone: CallTelephone | None = None
    over: bool = False


async def entrypoint(ctx: JobContext) -> None:
    """Take a call: LiveKit runs this for each one."""
    job = await _connect(ctx)
    if job is None:
        ctx.shutdown("the runner is gone")
        return
    ctx.proc.userdata[_STATE] = job
    hide_in_logs(lambda: [job.held.talk])
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
    await job.held.over(job.reason or "shutdown")
    if job.closing is not None:
        await asyncio.wait([job.closing], timeout=_CLOSING)
    await _flush_traces()
    await job.held.leave(job.reason or "shutdown")


async def _flush_traces() -> None:
    from runner.session import tracing

    await tracing.flush()


async def _connect(ctx: JobContext) -> _Job | None:
    held = await HeldCall.connect(Path(ctx.job.attributes[HOME]), ctx.job.id)
    return None if held is None else _Job(ctx, held)


async def _begin(job: _Job) -> None:
    from runner.session import tracing

    tracing.begin()
    job.held.line.on_message = lambda message: _take(job, message)
    job.held.tasks.spawn(_listen(job))
    facts, talk = await _met(job)
    if facts is None or job.held.ending is not None:
        await talk.abandon()
        _finish(job, job.held.ending or "no_caller")
        return
    job.held.talk = talk
    job.held.tasks.spawn(_watch(job, talk))
    job.held.tasks.spawn(_company(job))
    job.held.line.send(Started(job.ctx.job.id))
    await talk.start(job.ctx.room, facts=facts, telephone=job.telephone)
    job.held.note()


async def _met(job: _Job) -> tuple[CallFacts | None, Conversation]:
    """Join the room and find the caller; what needs neither is done meanwhile.

    An agent that dials finds nobody; it has a telephone.
    """
    joining = asyncio.create_task(job.ctx.connect())
    try:
        await asyncio.sleep(0)  # the request is on its way before anything is built
        talk = _conversation(job)
        preparing = asyncio.create_task(talk.prepare())
        await joining
        if _dials(job):
            facts: CallFacts | None = _outgoing(job)
        else:
            caller = await _linked(job)
            facts = _facts(job.ctx, caller, job.held.welcome.order) if caller is not None else None
        await preparing
    except BaseException:
        joining.cancel()
        raise
    return facts, talk


def _dials(job: _Job) -> bool:
    """Whether the agent calls somebody: it was ordered to, or nobody is there who called it."""
    if job.held.release.agent.dial is None or VISIT in job.ctx.job.attributes:
        return False
    return job.held.welcome.order is not None or not _others(job.ctx.room)


def _outgoing(job: _Job) -> CallFacts:
    """What is known of a call that the agent makes, before it is dialled."""
    from runner.serve.child.dialling import CallTelephone
    from runner.session import Caller
    from runner.session.settings.room import number_called

    order, facts = job.held.welcome.order, _facts(job.ctx, None, job.held.welcome.order)
    to = order.to if order is not None else None
    telephone = CallTelephone(job.held.line, job.ctx.job.id, job.ctx.room, to)
    job.telephone = telephone
    phone = to or number_called(job.held.release, facts) or None
    return replace(facts, caller=Caller(telephone.identity, kind="sip", phone=phone))


async def _listen(job: _Job) -> None:
    """Hear the main process; where that is gone, leave the room at once.

    LiveKit ends this process without leaving it, and would see only after 20 s that nobody
    answers; another runner takes the call when the agent is gone. A call that was ordered there is
    nobody else's: who is rung, or spoken with, is not left with nobody.
    """
    try:
        await job.held.line.listen()
    finally:
        if not job.over and job.held.welcome.order is not None:
            _close_at_once(job.ctx.room.name)
        elif not job.over:
            with contextlib.suppress(Exception):
                await asyncio.wait_for(job.ctx.room.disconnect(), _CLOSING)


def _close_at_once(room: str) -> None:
    """Close a room although this process is being ended: in a thread, for which its end waits.

    LiveKit stops the loop of a job, and whatever is asked in it, when the main process is gone.
    """
    from livekit import api

    async def close() -> None:
        async with api.LiveKitAPI() as livekit:
            await livekit.room.delete_room(api.DeleteRoomRequest(room=room))

    def closing() -> None:
        with contextlib.suppress(Exception):
            asyncio.run(asyncio.wait_for(close(), _CLOSING))

    threading.Thread(target=closing, name="lkrun-closes").start()


async def _linked(job: _Job) -> rtc.RemoteParticipant | None:
    """The participant who is talked with: whom the author names, else whoever came first."""
    from runner.session.settings.room import named_participant

    if job.held.release.agent.dispatch is not None and (own := job.ctx.job.participant.identity):
        return await _caller(job, own)
    named = named_participant(job.held.release, _facts(job.ctx, None, job.held.welcome.order))
    caller = await _caller(job, named)
    if caller is None or named:
        return caller
    named = named_participant(job.held.release, _facts(job.ctx, caller, job.held.welcome.order))
    return caller if named in ("", caller.identity) else await _caller(job, named)


async def _caller(job: _Job, named: str) -> rtc.RemoteParticipant | None:
    """A participant by identity; without one, of those who are there whoever came first."""
    room = job.held.release.agent.room
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
    from runner.serve.child.transferring import CallTransfers
    from runner.session.speech.sounds import Sounds

    return job.held.conversation(
        _facts(job.ctx, None, job.held.welcome.order),
        channel="text" if job.held.release.agent.mode == "text" else "voice",
        sounds=Sounds(Path(job.ctx.job.attributes[HOME]) / "sounds"),
        awaited=True,
        transfers=CallTransfers(job.held.line, job.ctx.job.id),
    )


def _facts(
    ctx: JobContext, participant: rtc.RemoteParticipant | None, order: Ordered | None = None
) -> CallFacts:
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
        variables=order.variables if order is not None else {},
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
            job.held.end(message.reason)
            if job.held.talk is None:
                _finish(job, message.reason)
        case Renew():
            job.held.renew(message)
        case Act() | Mean() | UseTool():
            job.held.act(message)


async def _watch(job: _Job, talk: Conversation) -> None:
    """See the call off when the conversation has ended."""
    reason = await talk.ended
    await talk.parted()
    _finish(job, reason)


async def _company(job: _Job) -> None:
    """End the call when nobody has been there for a minute, as after a restart of LiveKit."""
    alone = 0.0
    while job.reason is None:
        await asyncio.sleep(_LOOK)
        alone = 0.0 if _others(job.ctx.room) else alone + _LOOK
        room = job.held.release.agent.room
        dial = job.held.release.agent.dial
        longest = max(
            _NOBODY,
            room.wait_for_return if room is not None else 0.0,
            dial.ring_for + _NOBODY if dial is not None else 0.0,
        )
        if alone >= longest and job.held.talk is not None:
            await job.held.talk.end("caller_left")


def _others(room: rtc.Room) -> list[rtc.RemoteParticipant]:
    """All who are in the room, but the agent's own avatar."""
    agent = room.local_participant.identity
    there = room.remote_participants.values()
    return [each for each in there if each.attributes.get(ATTRIBUTE_PUBLISH_ON_BEHALF) != agent]


def _finish(job: _Job, reason: str) -> None:
    """Close the room where the agent ended the call, then the job; the first reason stands."""
    if job.reason is not None:
        return
    job.reason = reason
    room = job.held.release.agent.room
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
    if job.held.release.agent.mode == "text":
        await asyncio.sleep(_LAST_WORDS)


_LEFT: Final = frozenset({"caller_left"})
"""Ends after which whoever else is in the room may stay."""


def _tell(error: Exception) -> None:
    """One line for the log; the traceback for those who asked for `debug`."""
    _log.error("a call ended: %s", str(error) or type(error).__name__)
    _log.debug("the error of the call", exc_info=error)
