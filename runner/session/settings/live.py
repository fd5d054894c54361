"""Settings of LiveKit's session that another release changes in a running call.

What it reads each time it needs it is written to `AgentSession.options`; what it hands on once goes
through `AgentSession.update_options`. Which is which stands in LiveKit 1.8.9's `agent_session.py`
and `agent_activity.py`, and the tests prove it key by key.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AsyncExitStack, suppress
from dataclasses import fields
from typing import Any

from livekit.agents import AgentSession, EndpointingOptions

from runner.schema.agents import Agent
from runner.session.call import Call
from runner.session.settings.options import (
    DETECTION,
    ENDPOINTING,
    OPTIONS,
    livekit_options,
    written,
)
from runner.session.settings.session import settings

_CHANGED = ("turn_handling", "stt_context_options", "endpointing_overrides", "recording_options")
"""Options that are changed otherwise than by being written, or not at all."""

_ENDS = (DETECTION, ENDPOINTING)
"""Groups of options about the end of the caller's turn."""


class LiveSettings:
    """The settings that the call's release asks for, beside those that its session has."""

    def __init__(self, call: Call, before: Agent) -> None:
        """Work them out; nothing is changed yet. `before` is the agent as it was."""
        self._call = call
        # a session that nobody starts: what one would have that began now
        self._wanted = AgentSession(vad=None, **settings(call)).options
        self._own = call.persona.turns
        voice = call.channel == "voice"
        self._terms, self._old_terms = call.bound.release.agent.keyterms, before.keyterms
        old, new = written(before, voice=voice), written(call.bound.release.agent, voice=voice)
        changed = {o.place for o in OPTIONS if old.get(o.key) != new.get(o.key)}
        self._detection, self._ends = DETECTION in changed, not changed.isdisjoint(_ENDS)

    def begin(self, undo: AsyncExitStack, *, vad: bool) -> None:
        """Change what may be refused.

        Args:
            undo: takes everything back.
            vad: what tells speech from silence is another; LiveKit looks once at how both go
                together.

        Raises:
            ValueError: the turn detector and what tells speech from silence do not go together.
            Exception: whatever STT has against the words that it should expect.
        """
        if self._terms != self._old_terms:
            undo.callback(self._forget)
            self._expect(self._terms)
        if not self._detection and not vad:
            return
        now = self._call.session.turn_detection
        undo.callback(self._detect, now)
        wanted = self._wanted.turn_handling.get("turn_detection")
        self._detect(wanted if self._detection else now)

    def _expect(self, terms: Iterable[str]) -> None:
        self._call.session.update_options(keyterms=list(map(str, terms)))

    def _forget(self) -> None:
        # STT that refused these words may refuse the old ones as well
        with suppress(Exception):
            self._expect(self._old_terms)

    def _detect(self, detection: Any) -> None:
        self._call.session.update_options(turn_detection=detection)
        if "turn_detection" in self._own:
            self._call.session.current_agent.turn_detection = self._own["turn_detection"]

    def finish(self) -> None:
        """Change the rest."""
        session, wanted = self._call.session, self._wanted
        options = session.options
        if self._ends:
            session.update_options(endpointing_opts=self._endpointing())
            options.turn_handling["endpointing"] = wanted.endpointing
            options.endpointing_overrides = wanted.endpointing_overrides
        for group in wanted.turn_handling.keys() - {"endpointing", "turn_detection"}:
            options.turn_handling[group] = wanted.turn_handling[group]  # type: ignore[literal-required]  # keys as above
        away = options.user_away_timeout
        for option in fields(options):
            if option.name not in _CHANGED:
                setattr(options, option.name, getattr(wanted, option.name))
        self._call.manner.take(self._call.speaking)
        if away != options.user_away_timeout:
            session.reset_away_timer()

    def _endpointing(self) -> EndpointingOptions:
        """What holds for the persona that speaks: its own, then the agent's, then LiveKit's."""
        agents = livekit_options(
            self._call.bound.release.agent, detector=self._call.bound.models.turn_detector
        ).get("turn_handling", {})
        turns = {**agents, **self._own}
        turns["endpointing"] = {
            **self._wanted.endpointing_overrides,
            **self._own.get("endpointing", {}),
        }
        endpointing: Any = AgentSession(vad=None, turn_handling=turns).options.endpointing  # type: ignore[arg-type]  # keys of both
        return endpointing  # type: ignore[no-any-return]  # a plain dict of the keys
