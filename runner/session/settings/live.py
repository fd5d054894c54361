"""Settings of LiveKit's session that another release changes in a running call.

What it reads each time it needs it is written to `AgentSession.options`; what it hands on once goes
through `AgentSession.update_options`. Which is which stands in LiveKit 1.8.9's `agent_session.py`
and `agent_activity.py`, and the tests prove it key by key.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AsyncExitStack, suppress
from typing import Any

from livekit.agents import AgentSession, EndpointingOptions

from runner.schema.agents import Agent
from runner.session.call import Call
from runner.session.settings.session import settings
from runner.session.settings.turns import turn_handling

_READ = ("interruption", "preemptive_generation", "user_turn_limit")
"""What LiveKit reads of turns whenever it needs it."""

_ENDS = ("detection", "min_delay", "max_delay", "adapt_delay")
"""Keys about the end of the caller's turn."""


class LiveSettings:
    """The settings that the call's release asks for, beside those that its session has."""

    def __init__(self, call: Call, before: Agent) -> None:
        """Work them out; nothing is changed yet. `before` is the agent as it was."""
        self._call, self._before = call, before
        # a session that nobody starts: what one would have that began now
        self._wanted = AgentSession(vad=None, **settings(call)).options
        self._own = call.persona.turns
        turns, old = call.bound.release.agent.turn_taking, before.turn_taking
        self._detection = _asked(turns, "detection") != _asked(old, "detection")
        ends = any(_asked(turns, key) != _asked(old, key) for key in _ENDS)
        self._ends = ends and call.channel == "voice"

    def begin(self, undo: AsyncExitStack, *, vad: bool) -> None:
        """Change what may be refused.

        Args:
            undo: takes everything back.
            vad: what tells speech from silence is another; LiveKit looks once at how both go
                together.

        Raises:
            ValueError: the turn detector and what tells speech from silence do not go together.
            Exception: whatever STT has against the words that they should expect.
        """
        old, terms = self._before.keyterms, self._call.bound.release.agent.keyterms
        if terms != old:
            undo.callback(self._forget, old)
            self._expect(terms)
        changed = self._ends and self._detection
        if not changed and not vad:
            return
        now = self._call.session.turn_detection
        undo.callback(self._detect, now)
        self._detect(self._wanted.turn_handling.get("turn_detection") if changed else now)

    def _expect(self, terms: Iterable[str]) -> None:
        self._call.session.update_options(keyterms=list(map(str, terms)))

    def _forget(self, old: Iterable[str]) -> None:
        # STT that refused these words may refuse the old ones as well
        with suppress(Exception):
            self._expect(old)

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
        for key in _READ:
            options.turn_handling[key] = wanted.turn_handling[key]  # type: ignore[literal-required]  # keys as above
        options.max_tool_steps = wanted.max_tool_steps
        options.tts_text_transforms = wanted.tts_text_transforms
        if options.user_away_timeout != wanted.user_away_timeout:
            options.user_away_timeout = wanted.user_away_timeout
            session.reset_away_timer()

    def _endpointing(self) -> EndpointingOptions:
        """What holds for the persona that speaks: its own, then the agent's, then LiveKit's."""
        turns = {**turn_handling(self._call.bound.release.agent.turn_taking), **self._own}
        agents = self._wanted.endpointing_overrides
        turns["endpointing"] = {**agents, **self._own.get("endpointing", {})}
        found: Any = AgentSession(vad=None, turn_handling=turns).options.endpointing  # type: ignore[arg-type]  # keys of both
        return found  # type: ignore[no-any-return]  # a plain dict of the keys


def _asked(turns: Any, key: str) -> Any:
    """A key of `turn_taking` where it is written."""
    written = turns is not None and key in turns.model_fields_set
    return getattr(turns, key) if written else None
