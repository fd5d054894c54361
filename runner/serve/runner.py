"""The running `lkrun serve`: what is served, what is on, and the answers to the HTTP front."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from runner.front.port import AgentInfo, CallLoad, DialogueError
from runner.front.rooms_port import OpenRoom, ProvenCaller, RoomPass, RoomVisit, RoomWish
from runner.front.talks_port import EarlierLine, Preview, SessionInfo, Tap, Turn, VoiceLine
from runner.recording import of_session
from runner.serve.outgoing.book import ServedCalls
from runner.serve.records.book import ServedRecords
from runner.serve.reload import report
from runner.serve.taps import taps_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from runner.front.campaigns_port import CampaignBook
    from runner.front.jobs_port import JobBook
    from runner.link.release import Release
    from runner.secret import Secret
    from runner.serve.credentials import LiveKit
    from runner.serve.metrics import Metrics
    from runner.serve.outgoing.calls import OutgoingCalls
    from runner.serve.records.recorder import Recorder
    from runner.serve.releases.previews import Previews
    from runner.serve.releases.served import Releases
    from runner.serve.reload.folder_state import FolderState
    from runner.serve.reload.reloader import Reloader
    from runner.serve.sessions.admission import Admission
    from runner.serve.sessions.calls import Calls
    from runner.serve.sessions.dialogues import Dialogues
    from runner.serve.sessions.event_log import EventLog
    from runner.serve.sessions.outside import Outside
    from runner.serve.sessions.voices import Voices
    from runner.serve.workers.livekit import LiveKitAgents
    from runner.serve.workers.rooms import Rooms

Event = dict[str, Any]

_HEARD: Final = 600.0
"""Seconds for which the events of a session are told after its end."""

_MEET = "https://meet.livekit.io/custom"


class ServedRunner:
    """Implements `runner.front.port.Runner`.

    Attributes:
        records: what is kept of sessions and callers.
        external: jobs of external agents, and what is delivered.
        outgoing: calls that agents make.
        campaigns: whom they call, one after the other.
        dev: whether running calls go on with what is saved.

    Args:
        mask: hides secrets in what is handed out to be kept elsewhere.
    """

    def __init__(  # noqa: PLR0913 - the parts that it needs, by name
        self,
        releases: Releases,
        calls: Calls,
        admission: Admission,
        texts: Dialogues,
        voices: Voices,
        *,
        outside: Outside,
        agents: LiveKitAgents,
        reloader: Reloader,
        metrics: Metrics,
        folder: FolderState,
        recorder: Recorder,
        external: JobBook,
        outgoing: OutgoingCalls,
        campaigns: CampaignBook,
        previews: Previews,
        mask: Callable[[Any], Any],
        livekit: LiveKit | None,
        dev: bool = False,
    ) -> None:
        self._releases = releases
        self._calls = calls
        self._admission = admission
        self._texts = texts
        self._voices = voices
        self._outside = outside
        self._agents = agents
        self._reloader = reloader
        self._metrics = metrics
        self._folder = folder
        self._recorder = recorder
        self.records = ServedRecords(releases, recorder)
        self.external = external
        self.outgoing = ServedCalls(outgoing)
        self.campaigns = campaigns
        self._previews = previews
        self._mask = mask
        self._livekit = livekit
        self._begun = False
        self.dev = dev

    def begin(self) -> None:
        """Let the folder be compiled again from now on."""
        self._begun = True

    @property
    def release(self) -> dict[str, Any]:
        """The served release: id, time, agents."""
        current = self._releases.current
        since = self._releases.since.isoformat(timespec="seconds").replace("+00:00", "Z")
        return {"id": current.id, "time": since, "agents": current.names}

    @property
    def livekit_url(self) -> str | None:
        """Where LiveKit is, or None where text only is served."""
        return self._livekit.url if self._livekit else None

    def not_ready(self) -> str | None:
        """Why calls cannot be taken yet, or None."""
        if self._admission.draining:
            return "the runner is shutting down"
        return self._agents.not_ready() or self._texts.hosts.not_ready()

    def load(self) -> CallLoad:
        """How many calls are on, and may be."""
        admission = self._admission
        return CallLoad(admission.calls, admission.most_calls, admission.full)

    def agents(self, release: str | None = None) -> list[AgentInfo]:
        """The agents of the served release, or of another one that is kept."""
        return [
            AgentInfo(
                name,
                release.agent.description,
                str(release.agent.first),
                release.agent.mode,
                self._agents.registered(name),
                tuple(release.personas),
                tuple(map(str, release.variables)),
                tuple(map(str, release.agent.suggestions)),
                release.pressable,
                taps_of(release),
            )
            for name, release in sorted(self._shown(release).agents.items())
        ]

    def portraits(self, release: str | None = None) -> dict[str, dict[str, Any]]:
        """What the page shows of each agent: its picture, its models."""
        from runner.serve.portraits import portraits

        return portraits(self._shown(release))

    def _shown(self, release: str | None) -> Release:
        kept = self._releases.release(release) if release is not None else None
        return kept or self._releases.current

    async def reload(self) -> dict[str, Any]:
        """Compile the folder now.

        Raises:
            DialogueError: the runner has not begun, or ends; or lkrun itself failed.
        """
        if not self._begun or self._admission.draining:
            raise DialogueError("draining", self.not_ready() or "the runner is starting")
        outcome = await self._reloader.attempt()
        if outcome.error is not None:
            raise RuntimeError(outcome.error)
        return report.fields(outcome)

    def metrics(self) -> str:
        """What Prometheus reads."""
        return self._metrics.text()

    async def let_in(self, visit: RoomVisit) -> RoomPass:
        """A token for a room in which the agent will be.

        Raises:
            DialogueError: the agent is unknown or not named, or cannot take a call now.
        """
        return await self._rooms().let_in(visit)

    async def open_room(self, wish: RoomWish) -> OpenRoom:
        """Have a room made and the agent called into it.

        Raises:
            DialogueError: as `let_in`.
        """
        return await self._rooms().open_room(wish)

    def _rooms(self) -> Rooms:
        from runner.serve.workers.rooms import Rooms

        return Rooms(
            self._livekit, self._releases, self._admission, self._agents, self._calls.owners
        )

    def meet_link(self, agent: str) -> str | None:
        """A LiveKit Meet address with a fresh token for the agent; None without LiveKit."""
        if self._livekit is None:
            return None
        from runner.serve.workers.tokens import Visit, mint

        named = self._admission.dispatch(agent).mode == "explicit"
        return meet_link(self._livekit.url, mint(self._livekit, Visit(agent, named=named)).token)

    async def turn(  # noqa: PLR0913 - what a person may say, by name
        self,
        agent: str,
        text: str,
        session_id: str | None,
        variables: dict[str, Any] | None,
        metadata: Any,
        *,
        idle: bool = False,
        history: tuple[EarlierLine, ...] | None = None,
        on_text: Callable[[str], None] | None = None,
        keys: str | None = None,
        audio: bool = False,
        tap: Tap | None = None,
        preview: Preview | None = None,
    ) -> Turn:
        """Say something to a dialogue; without a session id one begins, with `idle` or without.

        Raises:
            DialogueError: the agent or dialogue is unknown, has ended, or the runner is full.
        """
        if session_id is None:
            if self._admission.draining:
                raise DialogueError("draining", "the runner is shutting down")
            agents = self._shown(preview.release if preview is not None else None).agents
            if agent not in agents:
                raise DialogueError("unknown_agent", f"there is no agent '{agent}'")
            mode = agents[agent].agent.mode
            if audio and mode != "voice":
                message = f"agent '{agent}' does not speak: it has mode: {mode}"
                raise DialogueError("bad_request", message, "leave 'audio' out")
        turn = await self._texts.turn(
            agent, text, session_id, variables, metadata,
            idle=idle, history=history, on_text=on_text, keys=keys, audio=audio, tap=tap,
            preview=preview,
        )  # fmt: skip
        await self._recorder.written()  # whatever becomes of the runner, this turn is kept
        return turn

    def sound(self, session_id: str) -> Path:
        """The file with the sound of a spoken dialogue, also of one that has ended for an hour.

        Raises:
            DialogueError: there is none, or not any more.
        """
        file = self._texts.sounds.of(session_id)
        if file is None:
            message = "there is no sound of such a dialogue"
            hint = "it is kept of those that begin with audio: true, for an hour after their end"
            raise DialogueError("unknown_session", message, hint)
        return file

    def expect_voice(self) -> None:
        """Be ready for a call by the front's own voice socket."""
        self._voices.expect()

    def preview(self, token: Secret[str]) -> Preview | None:
        """What the token of a link shows; nothing where it is none, or has had its time."""
        return self._previews.of(token)

    def may_speak(self, agent: str, preview: Preview | None = None) -> None:
        """Whether a call by voice could begin now.

        Raises:
            DialogueError: as `voice`.
        """
        self._voices.check(agent, preview)

    async def voice(
        self,
        agent: str,
        rate: int,
        caller: ProvenCaller | None = None,
        preview: Preview | None = None,
    ) -> VoiceLine:
        """Begin a call by voice that the front holds itself.

        Raises:
            DialogueError: the agent is unknown, does not speak, or takes no call now.
        """
        return await self._voices.begin(agent, rate, caller, preview)

    def sessions(self) -> list[SessionInfo]:
        """Dialogues and calls."""
        return [call.info() for call in self._calls.all()]

    def caller_of(self, session_id: str) -> str | None:
        """The identity of the proven caller whose call it is, also of one that has ended."""
        call = self._calls.get(session_id) or self._calls.past(session_id)
        return call.caller if call is not None else None

    def preview_of(self, session_id: str) -> str | None:
        """The id of the preview that it began with, also of one that has ended."""
        call = self._calls.get(session_id) or self._calls.past(session_id)
        return call.preview if call is not None else None

    async def session(self, session_id: str) -> dict[str, Any]:
        """One of them with its `events` and `variables`; one that has ended for an hour.

        Raises:
            DialogueError: it is unknown.
        """
        call = self._calls.get(session_id) or self._calls.past(session_id)
        if call is None:
            raise _unknown()
        return call.detail()

    async def as_test(self, session_id: str) -> str:
        """A test in YAML of what was said in it; of one that has ended for an hour.

        Raises:
            DialogueError: it is unknown, or its agent is not known any more.
        """
        call = self._calls.get(session_id) or self._calls.past(session_id)
        if call is None:
            raise _unknown()
        release = self._releases.agent(call.release, call.agent)
        release = release or self._releases.current.agents.get(call.agent)
        if release is None:
            raise DialogueError("unknown_agent", f"the agent '{call.agent}' is not served any more")
        events = [self._mask(event) for event in call.events]
        heard = call.services.cassette()
        return await asyncio.to_thread(of_session, release, events, call.started.isoformat(), heard)

    async def events(self, session_id: str, after: int) -> AsyncIterator[tuple[int, Event]]:
        """Its events after a number as they happen, until its end.

        Raises:
            DialogueError: it is unknown, or has ended long ago.
        """
        call = self._calls.get(session_id) or self._calls.past(session_id, _HEARD)
        if call is None:
            raise _unknown()
        return _events(call.events, after)

    def folder(self) -> dict[str, Any]:
        """How the folder stands."""
        return self._folder.to_data()

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

    async def end(self, session_id: str) -> None:
        """End one of them.

        Raises:
            DialogueError: it is unknown.
        """
        call = self._calls.get(session_id)
        if call is None:
            raise _unknown()
        if call.kind == "text":
            self._texts.end(call)
            await self._recorder.settled(session_id)
        else:
            call.tell_end()


def _unknown() -> DialogueError:
    return DialogueError("unknown_session", "there is no such dialogue or call")


async def _events(log: EventLog, after: int) -> AsyncIterator[tuple[int, Event]]:
    while events := await log.more(after):
        for number, event in events:
            yield number, event
            after = number


def meet_link(url: str, token: str) -> str:
    """The address of LiveKit Meet for a server of one's own."""
    return f"{_MEET}?{urlencode({'liveKitUrl': url, 'token': token})}"
