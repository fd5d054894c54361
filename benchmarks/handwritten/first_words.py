"""The desks of `first_words.d`, hand-written for livekit-agents 1.8.9.

Written as `worker.py` beside it. Run it as ``python benchmarks/handwritten/first_words.py start``;
BENCH_SLOW and BENCH_TLS tell where its providers are.
"""

from __future__ import annotations

import math
import os

from livekit.agents import Agent, AgentServer, AgentSession, JobContext, cli
from livekit.plugins import openai
from lkrun_pocketsphinx.options import Options as EarsOptions
from lkrun_pocketsphinx.recognition import PocketsphinxSTT

NAME = "handwritten"
TLS = "tls"
"""The dispatch metadata of a call whose model says the first words, by providers with TLS."""

KEY = "benchmark"
GREETING = "Good day, this is the clinic."


class Host(Agent):
    """Answers the phone."""

    def __init__(self, greeting: str = "") -> None:
        """Take what the model is told to greet with; nothing for fixed words."""
        super().__init__(
            instructions="You answer the phone of a clinic. Keep every reply under two sentences."
        )
        self._greeting = greeting

    async def on_enter(self) -> None:
        """Greet."""
        if self._greeting:
            await self.session.generate_reply(instructions=self._greeting)
        else:
            await self.session.say(GREETING)


server = AgentServer(
    num_idle_processes=2,
    load_fnc=lambda _: 0.0,
    load_threshold=math.inf,
    preload_modules=["livekit.plugins.openai", "lkrun_pocketsphinx.recognition"],
    host="127.0.0.1",
    port=0,
)


@server.rtc_session(agent_name=NAME)
async def entrypoint(ctx: JobContext) -> None:
    """Take a call."""
    far = ctx.job.metadata == TLS
    url = os.environ["BENCH_TLS" if far else "BENCH_SLOW"]
    session = AgentSession[None](
        llm=openai.LLM(base_url=url, api_key=KEY),
        stt=PocketsphinxSTT(EarsOptions(phrases=["hello"])),
        tts=openai.TTS(base_url=url, api_key=KEY, response_format="pcm"),
        turn_handling={"turn_detection": "vad"},
    )
    told = "Greet the caller, and ask what they need." if far else ""
    await session.start(Host(told), room=ctx.room)


if __name__ == "__main__":
    cli.run_app(server)
