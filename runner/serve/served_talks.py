"""Dialogues and calls, as the HTTP front has them: begun, continued, looked at and ended."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

from runner.front.port import DialogueError
from runner.front.talks_port import EarlierLine, Preview, SessionInfo, Tap, Turn, VoiceLine
from runner.recording import of_session

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from pathlib import Path

    from runner.front.rooms_port import ProvenCaller
    from runner.link.release import Release
    from runner.secret import Secret
    from runner.serve.records.recorder import Recorder
    from runner.serve.releases.previews import Previews
    from runner.serve.releases.served import Releases
    from runner.serve.sessions.admission import Admission
    from runner.serve.sessions.calls import CallInfo, Calls
    from runner.serve.sessions.dialogues import Dialogues
    from runner.serve.sessions.event_log import EventLog
    from runner.serve.sessions.voices import Voices

Event = dict[str, Any]

_HEARD: Final = 600.0
"""Seconds for which the events of a session are told after its end."""


class ServedTalks:
    """Implements `runner.front.talks_port.Talks`.

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
        recorder: Recorder,
        previews: Previews,
        mask: Callable[[Any], Any],
    ) -> None:
        self._releases = releases
        self._calls = calls
        self._admission = admission
        self._texts = texts
        self._voices = voices
        self._recorder = recorder
        self._previews = previews
        self._mask = mask

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
            agents = shown(self._releases, preview.release if preview is not None else None).agents
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
        call = self._either(session_id)
        return call.caller if call is not None else None

    def preview_of(self, session_id: str) -> str | None:
        """The id of the preview that it began with, also of one that has ended."""
        call = self._either(session_id)
        return call.preview if call is not None else None

    def _either(self, session_id: str) -> CallInfo | None:
        return self._calls.get(session_id) or self._calls.past(session_id)

    def _known(self, session_id: str) -> CallInfo:
        call = self._either(session_id)
        if call is None:
            raise _unknown()
        return call

    async def session(self, session_id: str) -> dict[str, Any]:
        """One of them with its `events` and `variables`; one that has ended for an hour.

        Raises:
            DialogueError: it is unknown.
        """
        call = self._known(session_id)
        return call.detail()

    async def as_test(self, session_id: str) -> str:
        """A test in YAML of what was said in it; of one that has ended for an hour.

        Raises:
            DialogueError: it is unknown, or its agent is not known any more.
        """
        call = self._known(session_id)
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


def shown(releases: Releases, release: str | None) -> Release:
    """A release that is kept; what is served where none is named, or it is not kept any more."""
    kept = releases.release(release) if release is not None else None
    return kept or releases.current


def _unknown() -> DialogueError:
    return DialogueError("unknown_session", "there is no such dialogue or call")


async def _events(log: EventLog, after: int) -> AsyncIterator[tuple[int, Event]]:
    while events := await log.more(after):
        for number, event in events:
            yield number, event
            after = number
