"""LiveKit's events of a session as events of a conversation."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from livekit.agents import (
    AgentSession,
    AgentStateChangedEvent,
    ConversationItemAddedEvent,
    FunctionCall,
    FunctionCallOutput,
    FunctionToolsExecutedEvent,
    UserInputTranscribedEvent,
    UserStateChangedEvent,
)

from runner.session.call import Call
from runner.session.events import (
    HandoffEvent,
    MessageEvent,
    ToolCallEvent,
    ToolResultEvent,
)
from runner.session.observers.by_hand import TurnsByHand
from runner.session.observers.failures import Failures
from runner.session.observers.overheard import Overheard
from runner.session.observers.timers import CallTimers
from runner.session.observers.turn_limit import TurnClock
from runner.session.observers.warm_up import WarmUp
from runner.session.plan import TRANSFER
from runner.session.settings.speaking import Manner
from runner.session.tasks.certain import BY_KEYS


class SessionListener:
    """Listens to a session, and tells what happens.

    Attributes:
        asked: `turn()` has begun a turn for the caller's next words.
        warm_up: the first speech, and its echo.
        by_hand: the button of `detection: manual`.
    """

    def __init__(self, call: Call, watch: CallTimers, failures: Failures) -> None:
        """Listen to nothing yet."""
        self._call, self._timers, self._failures = call, watch, failures
        self._overheard = Overheard(call)
        call.hearing = self._overheard
        self.warm_up = WarmUp(call, self._overheard)
        self.by_hand = TurnsByHand(call, self._overheard, self.warm_up)
        self._turn = TurnClock(call)
        call.manner = self._manner = Manner(call)
        self.turn_begun = False

    def listen(self, session: AgentSession[Any]) -> None:
        """Listen to a session before it begins."""
        session.on("conversation_item_added", self._added)
        session.on("function_tools_executed", self._executed)
        session.on("user_state_changed", self._user_state)
        session.on("error", self._failures.heard)
        session.on("user_input_transcribed", self._transcribed)
        session.on("agent_state_changed", self._agent_state)

    def _added(self, event: ConversationItemAddedEvent) -> None:
        item: Any = event.item
        speaking = self._call.speaking
        if item.type == "agent_handoff":
            self._manner.take(item.new_agent_id)
            if item.old_agent_id is not None:
                self._call.events.tell(
                    HandoffEvent(
                        persona=speaking, source=item.old_agent_id, target=item.new_agent_id
                    )
                )
            return
        text = item.text_content or "" if item.type == "message" else ""
        if not text or (item.role == "user" and self._call.bound.release.agent.only_listens):
            return  # who only listens has written down the words as they came
        if item.role == "user":
            self._heard(speaking)
            self._call.needs.heard(item.id, text)
            if BY_KEYS not in item.extra:  # which keys they were is told already
                self._call.events.tell(self._understood(speaking, text))
        elif item.role == "assistant":
            text = self._manner.as_heard(text)
            self._failures.spoke(text)
            self._overheard.spoken(text)
            self._call.events.tell(MessageEvent(persona=speaking, role="agent", text=text))

    def there(self) -> None:
        """The caller has done something: they are there."""
        self._timers.heard()
        self._call.session.reset_away_timer()

    def expects(self) -> None:
        """The caller's next words belong to the turn that has begun."""
        self.turn_begun = True

    def noted(self, text: str) -> None:
        """The caller has said or written something that nobody answers."""
        self._heard(self._call.speaking)
        self._call.events.tell(self._understood(self._call.speaking, text))

    def _understood(self, speaking: str, text: str) -> MessageEvent:
        """The caller's words, with what speech recognition says of them."""
        known = asdict(self._call.bound.models.recognised.of(text))
        return MessageEvent(persona=speaking, role="user", text=text, **known)

    def _heard(self, speaking: str) -> None:
        if not self.turn_begun:
            self._call.events.begin()
        self.turn_begun = False
        self._call.hops = 0
        if self._call.leaving != speaking:  # who takes over tells itself when it has arrived
            self._call.stay()
        self.there()  # LiveKit takes only what is spoken as a sign of life

    def _executed(self, event: FunctionToolsExecutedEvent) -> None:
        """Tell calls that never reached a tool: unknown, with broken arguments, or refused.

        Whoever leaves in this step is not asked to answer what its other tools have found: the next
        persona is told of it.
        """
        if event.has_agent_handoff and self._call.over:
            event.cancel_agent_handoff()
            self._call.stay()
        if event.has_agent_handoff or self._call.last_words or self._call.asking:
            event.cancel_tool_reply()
        for call, out in event.zipped():
            if call.call_id in self._call.shown:
                self._call.shown.discard(call.call_id)
                continue
            self._unreached(call, out)

    def _unreached(self, call: FunctionCall, answer: FunctionCallOutput | None) -> None:
        persona, name, call_id = self._call.speaking, call.name, call.call_id
        arguments = _arguments(call.arguments)
        self._call.events.tell(
            ToolCallEvent(persona=persona, name=name, arguments=arguments, call_id=call_id)
        )
        output = answer.output if answer is not None else ""
        failed = answer is None or answer.is_error or name.startswith(TRANSFER)
        self._call.events.tell(
            ToolResultEvent(
                persona=persona, name=name, call_id=call_id, output=output, error=failed
            )
        )

    def _user_state(self, event: UserStateChangedEvent) -> None:
        if event.new_state == "away":
            self._timers.away()
        elif event.new_state == "speaking":
            self._timers.heard()
            self._turn.talking()

    def _transcribed(self, event: UserInputTranscribedEvent) -> None:
        if event.transcript:
            self._failures.worked("stt_error")
            self._turn.heard(event.transcript, final=event.is_final)
            if event.is_final:
                self._call.tongue.recognised(event.language)
            if self._call.bound.release.agent.only_listens:
                if event.is_final and event.transcript.strip():
                    self.noted(event.transcript.strip())
            elif event.is_final and self._call.persona.speech is None:
                self._overheard.heard(event.transcript)

    def _agent_state(self, event: AgentStateChangedEvent) -> None:
        if event.new_state == "speaking":
            self._failures.worked("tts_error")
            self._turn.reset()
            self.warm_up.speaking()
            self._overheard.watch()
            self._call.keys.cut_short()
        elif event.old_state == "speaking" and self._call.session.user_state == "speaking":
            self._turn.talking()


def _arguments(text: str) -> Any:
    try:
        return json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
