"""A desk of two personas, hand-written for livekit-agents 1.8.9: what `calls.d` declares.

Written as a careful person would: production mode, two idle processes, what a call needs imported
beforehand, and a load of its own, since LiveKit gives no job to a worker that reports 0.7 or more.
Run it as ``python benchmarks/handwritten/worker.py start``; BENCH_SERVICE tells its tool where to
ask.
"""

from __future__ import annotations

import math
import os

import aiohttp
from livekit.agents import (
    NOT_GIVEN,
    Agent,
    AgentServer,
    AgentSession,
    ChatContext,
    JobContext,
    JobProcess,
    NotGivenOr,
    RunContext,
    cli,
    function_tool,
    utils,
)
from livekit.agents.voice import room_io
from lkrun_espeak import engine
from lkrun_espeak.options import Options as VoiceOptions
from lkrun_espeak.speech import EspeakTTS
from lkrun_pocketsphinx.options import Options as EarsOptions
from lkrun_pocketsphinx.recognition import PocketsphinxSTT
from lkrun_script.model import ScriptLLM
from lkrun_script.options import Options as BrainOptions

NAME = "handwritten"
TEXT = "text"
"""The dispatch metadata of a call by text alone."""

MOST = 20

VOICE = VoiceOptions(voice="en-us", speed=175)
EARS = EarsOptions(
    phrases=[
        "hello",
        "are you open on saturday",
        "what is free on monday",
        "i have a question about my invoice",
        "thank you goodbye",
    ]
)
BRAIN = BrainOptions.model_validate(
    {
        "rules": [
            {
                "when_caller_matches": "(?P<day>monday|tuesday)",
                "call": {"free_slots": {"day": "{day}"}},
            },
            {"when_tool_answered": "free_slots", "say": "There is {answer}."},
            {"when_caller_says": "saturday", "say": "No, we open again on Monday."},
            {"when_caller_says": "invoice", "call": "transfer_to_billing"},
            {"when_caller_says": "reception", "call": "transfer_to_receptionist"},
            {"when_caller_says": "hello", "say": "Hello. What can I do for you?"},
        ],
        "otherwise": "I did not understand that.",
    }
)

Http = aiohttp.ClientSession


class Receptionist(Agent):
    """Answers the phone."""

    def __init__(
        self, chat_ctx: NotGivenOr[ChatContext] = NOT_GIVEN, *, greet: bool = True
    ) -> None:
        """Take what was said before, where somebody has spoken before."""
        super().__init__(
            instructions=(
                "You answer the phone of a clinic. Keep every reply under two sentences."
            ),
            chat_ctx=chat_ctx,
        )
        self._greet = greet

    async def on_enter(self) -> None:
        """Greet, or answer what is still to be answered."""
        if self._greet:
            await self.session.say("Good day, this is the clinic.")
        else:
            await self.session.generate_reply()

    @function_tool
    async def free_slots(self, ctx: RunContext[Http], day: str) -> str:
        """Find free appointments on one day.

        Args:
            ctx: the call.
            day: The day that the caller wants
        """
        url = f"{os.environ['BENCH_SERVICE']}/slots/{day}"
        async with ctx.userdata.get(url, timeout=aiohttp.ClientTimeout(4)) as answer:
            slots = (await answer.json())["slots"]
        return ", ".join(slots)

    @function_tool
    async def transfer_to_billing(self, ctx: RunContext[Http]) -> Agent:
        """The caller asks about an invoice."""
        ctx.disallow_interruptions()
        await ctx.session.say("One moment, I am putting you through.", allow_interruptions=False)
        return Billing(self.chat_ctx.copy(exclude_instructions=True))


class Billing(Agent):
    """Answers questions about invoices."""

    def __init__(self, chat_ctx: ChatContext) -> None:
        """Take what was said before."""
        super().__init__(
            instructions="You answer questions about invoices. Be exact with numbers.",
            chat_ctx=chat_ctx,
        )

    async def on_enter(self) -> None:
        """Take over."""
        await self.session.say("Billing. Which invoice is it about?")

    @function_tool
    async def transfer_to_receptionist(self, ctx: RunContext[Http]) -> Agent:
        """The question about the invoice is answered."""
        ctx.disallow_interruptions()
        return Receptionist(self.chat_ctx.copy(exclude_instructions=True), greet=False)


def load(server: AgentServer) -> float:
    """How busy this worker says it is."""
    return 0.69 * min(1.0, len(server.active_jobs) / MOST)


def prewarm(_: JobProcess) -> None:
    """Load the voice before there is a call."""
    engine.warm()


server = AgentServer(
    num_idle_processes=2,
    load_fnc=load,
    load_threshold=math.inf,
    setup_fnc=prewarm,
    preload_modules=["lkrun_espeak.speech", "lkrun_pocketsphinx.recognition", "lkrun_script.model"],
    host="127.0.0.1",
    port=0,
)


@server.rtc_session(agent_name=NAME)
async def entrypoint(ctx: JobContext) -> None:
    """Take a call."""
    http = utils.http_context.http_session()
    if ctx.job.metadata == TEXT:
        session = AgentSession[Http](llm=ScriptLLM(BRAIN), vad=None, userdata=http)
        options = room_io.RoomOptions(audio_input=False, audio_output=False)
        await session.start(Receptionist(), room=ctx.room, room_options=options)
        return
    session = AgentSession[Http](
        llm=ScriptLLM(BRAIN),
        stt=PocketsphinxSTT(EARS),
        tts=EspeakTTS(VOICE),
        turn_handling={"turn_detection": "vad"},
        userdata=http,
    )
    await session.start(Receptionist(), room=ctx.room)


if __name__ == "__main__":
    cli.run_app(server)
