"""A warm transfer: the person is called and briefed, while the caller hears a sound.

LiveKit's own task does it (https://docs.livekit.io/agents/prebuilt/tasks/warm-transfer/). It is not
awaited as a task of LiveKit's session, so that a keypad, an intent or somebody elsewhere may begin
it as well as the model; the persona stays who speaks, deaf and mute meanwhile.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
from contextlib import ExitStack, suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from livekit import api, rtc
from livekit.agents import AgentSession, AudioConfig, ToolError
from livekit.agents.beta.workflows import WarmTransferTask
from livekit.agents.beta.workflows.utils import WorkflowInstructions
from livekit.agents.beta.workflows.warm_transfer import WarmTransferResult
from livekit.agents.utils import shortuuid

from runner.schema.actions import Transfer
from runner.schema.transfer import HOLD, PERSONS_ROOM
from runner.session.call import Call
from runner.session.speech.files import BROUGHT, written
from runner.session.telephone.port import Reached, RingUp
from runner.session.telephone.together import Bridged, Moved, Party
from runner.session.values.templates import Names
from runner.template.languages import name_of

log = logging.getLogger("lkrun")

LONGEST: Final = 300.0
"""Seconds that a person may be briefed; then the caller is taken back."""

_SILENT: Final = 4.0
"""Seconds after which the agent speaks first, where the person has picked up and says nothing."""

_VOLUME: Final = 0.8
_FAILURES: Final = {"voicemail": "mailbox", "human agent declined": "declined"}
"""How LiveKit's reasons begin → ours; all others: the person hung up."""


class NotReachedError(Exception):
    """The person was not reached.

    Attributes:
        reached: why not.
    """

    def __init__(self, reached: Reached) -> None:
        super().__init__(reached.words)
        self.reached = reached


class Briefing(WarmTransferTask):
    """LiveKit's task for one transfer.

    Args:
        call: the call, in a room.
        spec: what is wanted.
        wish: whom to call.
        hold: what the caller hears meanwhile.
        instructions: how to brief the person.
    """

    def __init__(
        self, call: Call, spec: Transfer, wish: RingUp, hold: AudioConfig | None, instructions: str
    ) -> None:
        agent = call.session.current_agent
        super().__init__(
            wish.to,
            sip_trunk_id=wish.trunk or "",
            ringing_timeout=spec.ring_for,
            hold_audio=hold,
            instructions=WorkflowInstructions(extra=instructions),
            chat_ctx=agent.chat_ctx,
            turn_handling=call.persona.turns,
            llm=agent.llm,
            stt=agent.stt,
            tts=agent.tts,
            vad=agent.vad,
        )
        self._call, self._wish = call, wish
        self._outcome: asyncio.Future[Reached] = asyncio.get_running_loop().create_future()
        self._caller_room = call.room

    @property
    def session(self) -> AgentSession[Any]:
        """The session with the caller."""
        return self._call.session

    def done(self) -> bool:
        """Whether it is known what came of it."""
        return self._outcome.done()

    def complete(self, result: WarmTransferResult | Exception) -> None:
        """Note what came of it."""
        if not self._outcome.done():
            self._outcome.set_result(_reached(result))

    async def run(self) -> Reached:
        """Call the person, and have them briefed; what came of it."""
        hold = await self._hold()
        dialling = asyncio.create_task(self._dial_human_agent())
        gone = asyncio.ensure_future(self._call.gone.wait())
        try:
            reached = await self._ran(dialling, gone)
        finally:
            gone.cancel()
            dialling.cancel()
            await asyncio.wait([dialling])
            if hold:
                await self._background_audio.aclose()
        if not reached.answered:
            self._set_result(ToolError(reached.words))
        return reached

    async def _hold(self) -> bool:
        """Let the caller hear a sound, and nothing of the agent."""
        self._set_io_enabled(False)
        if self._hold_audio is None or self._caller_room is None:
            return False
        try:
            await self._background_audio.start(room=self._caller_room)
        except Exception as error:  # noqa: BLE001 - whatever LiveKit raises, the transfer goes on
            log.warning("hold_sound cannot be played: %s", error)
            return False
        self._hold_audio_handle = self._background_audio.play(self._hold_audio, loop=True)
        return True

    async def _ran(
        self, dialling: asyncio.Task[AgentSession[Any]], gone: asyncio.Future[Any]
    ) -> Reached:
        first = asyncio.FIRST_COMPLETED
        begun: set[asyncio.Future[Any]] = {dialling, gone, self._human_agent_failed_fut}
        await asyncio.wait(begun, return_when=first)
        if not dialling.done():
            return _gone() if gone.done() else Reached("hung_up", "the person hung up")
        try:
            self._human_agent_sess = person = dialling.result()
        except NotReachedError as error:
            return error.reached
        except Exception as error:  # noqa: BLE001 - whatever LiveKit raises, the caller is taken back
            return Reached("livekit_failed", str(error) or type(error).__name__)
        speaking = asyncio.create_task(_speak_first(person))
        try:
            talk: set[asyncio.Future[Any]] = {self._outcome, gone}
            await asyncio.wait(talk, timeout=LONGEST, return_when=first)
        finally:
            speaking.cancel()
        if self._outcome.done():
            return self._outcome.result()
        return _gone() if gone.done() else Reached("no_answer", "the person did not take the call")

    async def _dial_human_agent(self) -> AgentSession[Any]:
        """Call them into a room of their own: that of an attempt before may still be closing."""
        room = self._caller_room
        assert room is not None  # noqa: S101 - it was looked at before
        named: Any = SimpleNamespace(
            name=f"{room.name}-{shortuuid('')}", local_participant=room.local_participant
        )
        self._caller_room = named
        try:
            return await super()._dial_human_agent()
        finally:
            self._caller_room = room

    async def _originate_human_agent(
        self, *, room_name: str, identity: str, room: rtc.Room
    ) -> None:
        """Have the main process call them: what is never called is never called here either."""
        del room
        assert self._call.transfers is not None  # noqa: S101 - it was looked at before
        wish = replace(self._wish, room=room_name, identity=identity)
        reached = await self._call.transfers.ring_up(wish)
        if not reached.answered:
            raise NotReachedError(reached)

    async def _merge_calls(self) -> None:
        """Bring the two together: in one room where LiveKit can, else through the agent."""
        human, room = self._human_agent_sess, self._caller_room
        assert human is not None and room is not None  # noqa: S101, PT018 - the person is there
        caller = Party(room, self._call.bound.context.facts.caller.identity or "")
        person = Party(human.room_io.room, self._human_agent_identity)
        try:
            await super()._merge_calls()
        except api.TwirpError as error:
            # LiveKit's open-source server cannot move participants
            log.debug("the person is not moved to the caller's room: %s", error)
            human.input.set_audio_enabled(False)
            bridge = Bridged(caller, person, human.shutdown)
            await bridge.open()
            self._call.together = bridge
            return
        human.shutdown()
        self._call.together = Moved(room, (caller.identity, person.identity))

    def _set_result(self, result: WarmTransferResult | Exception) -> None:
        if self._call.together is not None:
            self._human_agent_sess = None  # it carries their voices, or is over
        super()._set_result(result)

    def _set_io_enabled(self, enabled: bool) -> None:
        if not (enabled and self._call.together is not None):
            super()._set_io_enabled(enabled)


async def briefed(
    call: Call, spec: Transfer, to: str, headers: dict[str, str], names: Names
) -> Reached:
    """Call a person, brief them, and bring them together with the caller; what came of it."""
    assert call.room is not None  # noqa: S101 - it was looked at before
    renderer = call.bound.renderer
    phone = call.bound.release.agent.phone
    wish = RingUp(
        to,
        f"{call.room.name}{PERSONS_ROOM}",
        "",
        spec.ring_for,
        spec.trunk or (str(phone.trunk) if phone is not None and phone.trunk else None),
        spec.from_ or (phone.from_ if phone is not None else None),
        renderer.text(spec.press_keys, names) if spec.press_keys is not None else "",
        headers,
    )
    wanted = [renderer.text(spec.instructions, names)] if spec.instructions is not None else []
    spoken = call.bound.context.spoken if call.bound.release.agent.languages is not None else None
    brief = renderer.own("transfer_brief", language=name_of(spoken) if spoken else "")
    with ExitStack() as stack:
        hold = _hold_sound(call, spec, stack)
        return await Briefing(call, spec, wish, hold, "\n\n".join([brief, *wanted])).run()


def _hold_sound(call: Call, spec: Transfer, stack: ExitStack) -> AudioConfig | None:
    """LiveKit plays a file in a circle by its path alone."""
    if spec.hold_sound is False:
        return None
    name = str(spec.hold_sound or HOLD)
    if name in BROUGHT:
        return AudioConfig(BROUGHT[name], volume=_VOLUME)
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="lkrun-sounds-"))
    path = written(name, call.bound.release.sounds, Path(folder))
    return AudioConfig(str(path), volume=_VOLUME)


def _reached(result: WarmTransferResult | Exception) -> Reached:
    if isinstance(result, WarmTransferResult):
        return Reached()
    words = str(result)
    reason = next((ours for begin, ours in _FAILURES.items() if words.startswith(begin)), "hung_up")
    return Reached(reason, f"the person's side: {words}")


def _gone() -> Reached:
    return Reached("caller_left", "the caller has hung up, or the call was ended")


async def _speak_first(person: AgentSession[Any]) -> None:
    """Begin to speak where the person has picked up, and says nothing."""
    spoke = asyncio.Event()
    person.on("user_state_changed", lambda e: spoke.set() if e.new_state == "speaking" else None)
    try:
        async with asyncio.timeout(_SILENT):
            await spoke.wait()
    except TimeoutError:
        with suppress(RuntimeError):  # it is over already
            person.generate_reply()
