"""Who has answered a call that the agent makes: LiveKit's detection, and what it is listened for.

Follows https://docs.livekit.io/agents/build/amd/.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable
from typing import TYPE_CHECKING, Any, Final

from livekit.agents.llm import RealtimeModel
from livekit.agents.voice.amd import AMD, AMDCategory
from livekit.agents.voice.amd.detector import DetectionOptions

from runner.session.call import Call
from runner.session.dialling import AnsweredBy

if TYPE_CHECKING:
    from livekit.agents.voice.audio_recognition import _EndOfTurnInfo

log = logging.getLogger("lkrun")

VERDICTS: Final[dict[AMDCategory, AnsweredBy]] = {
    AMDCategory.HUMAN: "person",
    AMDCategory.MACHINE_VM: "mailbox",
    AMDCategory.MACHINE_IVR: "menu",
    AMDCategory.MACHINE_UNAVAILABLE: "full",
    AMDCategory.UNCERTAIN: "unsure",
}

_SILENT: Final = 0.8
"""Seconds of silence after which somebody who was understood has finished: LiveKit's 1.5 let a
person who has said hello wait for too long. Machines are waited for to the end of their turn."""

_WORDS: Final = 2.5
"""Seconds after somebody has spoken in which their words are understood. LiveKit takes who is
silent before that for a person: so a short mailbox would be, whose words are understood slowly."""

_JUDGED: Final = 2.0
"""Seconds in which the model judges further words; then what it said of the first ones holds."""

_BEFORE_THE_END: Final = 0.25
"""Seconds before the end of speech in which its last words may have been understood: what detects
speech takes a breath for the end of it."""

_NOTHING: Final = 4.0
"""Seconds in which whoever picked up says nothing at all; then nobody can tell."""

_BEEP: Final = 1.5
"""Seconds of silence after a mailbox's words, in which its beep comes."""

_LONGEST_BEEP: Final = 60.0
"""Seconds after which a mailbox is told whatever it still says."""

_THERE: Final = 5.0
"""Seconds in which who has answered is in the room."""


class Detection(AMD):
    """LiveKit's, which also hears who speaks already when it begins to listen.

    And nobody is judged before their words are there: that speech has ended is told to LiveKit's
    once it is understood, or when it will not be; and what the model made of the first words does
    not hold while it judges further ones. So what was said decides, not how fast it was understood.
    """

    _ended = 0.0
    _understood = float("-inf")
    _waiting: asyncio.TimerHandle | None = None
    _judging: asyncio.TimerHandle | None = None

    async def aclose(self) -> None:
        """Listen no more."""
        self._wait_no_more()
        if self._judging is not None:
            self._judging.cancel()
        await super().aclose()

    def _start_listening(self) -> None:
        super()._start_listening()
        if self._session.user_state == "speaking":
            self._on_user_speech_started()

    def _on_user_speech_started(self) -> None:
        self._wait_no_more()
        super()._on_user_speech_started()

    def _on_user_speech_ended(self, silence_duration: float) -> None:
        loop = asyncio.get_running_loop()
        self._ended = loop.time() - silence_duration
        understood = self._understood >= self._ended - _BEFORE_THE_END
        if understood or not (self.started and self._understands()):
            super()._on_user_speech_ended(silence_duration)
            return
        self._wait_no_more()
        self._waiting = loop.call_later(max(0.0, _WORDS - silence_duration), self._tell_the_end)

    def _on_transcript(self, text: str) -> None:
        self._understood = asyncio.get_running_loop().time()
        super()._on_transcript(text)
        self._judge_again()
        if self._waiting is not None:
            self._tell_the_end()

    def _on_end_of_turn(self, info: _EndOfTurnInfo) -> bool:
        if self._waiting is not None:
            return False  # of what was said before: with the words there is another one
        return super()._on_end_of_turn(info)

    def _tell_the_end(self) -> None:
        self._wait_no_more()
        super()._on_user_speech_ended(asyncio.get_running_loop().time() - self._ended)

    def _judge_again(self) -> None:
        judge = self._classifier
        before = judge._verdict_result if judge is not None and self.pending else None  # noqa: SLF001 - LiveKit's has no public way
        if judge is None or before is None or before.reason != "llm":
            return

        def as_before() -> None:
            if judge._verdict_result is None:  # noqa: SLF001 - as above
                judge._set_verdict(before)  # noqa: SLF001 - as above

        judge._verdict_result = None  # noqa: SLF001 - as above
        self._judging = asyncio.get_running_loop().call_later(_JUDGED, as_before)

    def _wait_no_more(self) -> None:
        if self._waiting is not None:
            self._waiting.cancel()
            self._waiting = None

    def _understands(self) -> bool:
        """Whether words will come at all."""
        activity = self._session._activity  # noqa: SLF001 - LiveKit's detection asks it as well
        if activity is None:
            return False
        model = activity.llm
        realtime = isinstance(model, RealtimeModel) and model.capabilities.user_transcription
        return activity.stt is not None or realtime


class Answering:
    """Listens for who has answered.

    Args:
        call: the call, in a room.
        identity: of who answers.
        timeout: seconds by which it is decided.
        model: reads what is said; the session's own without it.
    """

    def __init__(self, call: Call, identity: str, timeout: float, model: Any) -> None:
        self._call, self._identity, self._timeout, self._model = call, identity, timeout, model

    @contextlib.asynccontextmanager
    async def detection(self) -> AsyncIterator[AMD | None]:
        """Listen; the agent says nothing meanwhile. None where there is no model that can tell."""
        options: DetectionOptions = {
            "machine_silence_threshold": _SILENT,
            "no_speech_threshold": min(_NOTHING, self._timeout),
            "timeout": self._timeout,
        }
        detector = Detection(
            self._call.session,
            llm=self._model,
            stt=None,
            interrupt_on_machine=False,
            ivr_detection=False,
            participant_identity=self._identity,
            suppress_compatibility_warning=True,
            wait_until_finished=False,  # a menu that never pauses would be listened to for ever
            detection_options=options,
        )
        try:
            await detector.__aenter__()
        except ValueError:
            log.warning("nobody can tell who has answered: there is no llm that could")
            yield None
            return
        try:
            yield detector
        finally:
            await detector.aclose()

    async def verdict(self, detector: AMD | None) -> AnsweredBy:
        """Wait for who it is."""
        if detector is None:
            return "unsure"
        try:
            result = await detector.execute()
        except RuntimeError:  # the call is ending
            return "unsure"
        log.debug("answered by: %s (%s)", result.category.value, result.reason)
        return VERDICTS[result.category]

    async def joined(self, dialling: asyncio.Task[Any]) -> None:
        """Wait until who is rung is in the room, or the ringing is over."""
        await _first(dialling, self._present())

    async def there(self) -> bool:
        """Whether who has answered is in the room, by now or soon."""
        try:
            async with asyncio.timeout(_THERE):
                await self._present()
        except TimeoutError:
            return False
        return True

    async def _present(self) -> None:
        room = self._call.room
        assert room is not None  # noqa: S101 - the call is in one
        if self._identity in room.remote_participants:
            return
        came = asyncio.Event()

        def look(participant: Any) -> None:
            if participant.identity == self._identity:
                came.set()

        room.on("participant_connected", look)
        try:
            await came.wait()
        finally:
            room.off("participant_connected", look)

    async def after_beep(self) -> None:
        """Wait until the mailbox has beeped: until it has been silent for a while."""
        session = self._call.session
        changed = asyncio.Event()
        session.on("user_state_changed", lambda *_: changed.set())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LONGEST_BEEP):
                while True:
                    changed.clear()
                    if session.user_state == "speaking":
                        await changed.wait()
                        continue
                    try:
                        async with asyncio.timeout(_BEEP):
                            await changed.wait()
                    except TimeoutError:
                        return


async def _first(task: asyncio.Task[Any], work: Awaitable[None]) -> None:
    """Wait for one of two; the second is given up."""
    other = asyncio.ensure_future(work)
    try:
        await asyncio.wait([task, other], return_when=asyncio.FIRST_COMPLETED)
    finally:
        other.cancel()
