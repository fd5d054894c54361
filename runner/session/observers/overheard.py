"""What the caller says while nothing can answer it: kept, and answered afterwards.

LiveKit drops a turn that ends while words are spoken that cannot be interrupted, or while the call
is handed over, without telling anybody. Here its words wait.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

from livekit.agents import (
    ChatMessage,
    ConversationItemAddedEvent,
    StopResponse,
)
from livekit.agents.voice import SpeechHandle
from livekit.agents.voice.agent_activity import ActivityClosedError

from runner.session.call import Call

_ECHO = 0.8
"""Where so many of the words are those that the agent just spoke, it has heard itself."""

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class _Heard:
    """Something that STT has understood.

    Attributes:
        learning: the echo of the agent's voice was still being learnt.
    """

    text: str
    learning: bool


class Overheard:
    """Keeps what STT has understood until it is part of the talk.

    Args:
        call: the call; its session begins before anything is heard.

    Attributes:
        learning: the echo of the agent's voice is being learnt.
        holding: the caller holds the button of `detection: manual`: they have not finished.
    """

    def __init__(self, call: Call) -> None:
        """Nothing has been heard."""
        self._call = call
        self._pending: list[_Heard] = []
        self._reasons: set[str] = set()
        self._watched: SpeechHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._spoken = ""
        self.learning = False
        self.holding = False

    def listen(self, reason: str) -> None:
        """Hear the caller over words that cannot be interrupted too."""
        self._reasons.add(reason)
        self._tell_livekit()

    def stop_listening(self, reason: str) -> None:
        """Go by what the agent says of it again, as far as this reason goes."""
        if reason in self._reasons:
            self._reasons.discard(reason)
            self._tell_livekit()

    def _tell_livekit(self) -> None:
        turns = self._call.bound.release.agent.turn_taking
        interruptions = turns.interruptions if turns is not None else None
        keeps = bool(interruptions and interruptions.keep_audio)
        options = self._call.session.options.interruption
        options["discard_audio_if_uninterruptible"] = not (self._reasons or keeps)

    def heard(self, text: str) -> None:
        """STT has understood something, and will not change it."""
        if text.strip():
            self._pending.append(_Heard(text.strip(), self.learning))
            self.watch()

    def spoken(self, text: str) -> None:
        """The agent has said something."""
        self._spoken = text

    def watch(self) -> None:
        """Look after what is spoken, where it cannot be interrupted and words are waiting."""
        speech = self._call.session.current_speech
        if speech is None or speech.allow_interruptions or speech is self._watched:
            return
        if self._pending:
            self._watched = speech
            speech.add_done_callback(self._over)

    def _over(self, speech: SpeechHandle) -> None:
        if self._watched is speech:
            self._watched = None
        self.settle()

    def settle(self) -> None:
        """Answer what waits when nobody speaks any more, unless LiveKit does."""
        task = asyncio.get_running_loop().create_task(self._answer())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _answer(self) -> None:
        """Answer what LiveKit has dropped, once nobody speaks and it has settled each turn."""
        try:
            await self._call.quiet()
            if self._call.over or self.holding:
                return
            if text := self.take():
                self._call.session.generate_reply(user_input=text)
        except (ActivityClosedError, RuntimeError):
            return  # the call is ending

    def forget(self) -> None:
        """What waits is not meant to be said."""
        self._pending = []

    def take(self) -> str:
        """What waits, without what the agent has heard of itself; it waits no longer."""
        waiting, self._pending = self._pending, []
        return " ".join(each.text for each in waiting if not self._echo(each))

    def _echo(self, heard: _Heard) -> bool:
        words = _words(heard.text)
        own = set(_words(self._spoken))
        return heard.learning and sum(word in own for word in words) >= _ECHO * len(words)

    def turn(self, message: ChatMessage) -> None:
        """A turn of the caller has ended that LiveKit is about to answer.

        What it dropped before is put in front.

        Raises:
            StopResponse: it is not to be answered now.
        """
        text = message.text_content or ""
        whole = " ".join(each.text for each in self._pending)
        if not whole.endswith(text):
            self._pending = [_Heard(text, learning=False)]
        if self._call.leaving not in (None, self._call.speaking):
            raise StopResponse  # the persona that takes over is told of it
        whole = self.take()
        if not whole:
            raise StopResponse
        if whole != text:
            message.content = [whole]

    def tell(self, text: str) -> ChatMessage:
        """Put what nobody answers into the talk."""
        session, message = self._call.session, ChatMessage(role="user", content=[text])
        session.history.insert(message)
        session.emit("conversation_item_added", ConversationItemAddedEvent(item=message))
        return message


def _words(text: str) -> list[str]:
    return _WORD.findall(text.casefold())
