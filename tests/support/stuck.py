"""A provider as a bug or a dead service makes it: it blocks its process, hangs, or never ends."""

from __future__ import annotations

from textwrap import dedent

FOLDER = dedent("""\
    agents:
      stuck:
        mode: text
        start: host
        llm: brain
    providers:
      brain:
        llm: stuck
    personas:
      host:
        instructions: x
        greeting:
          say: Welcome.
    """)

SOURCE = dedent("""\
    import asyncio
    import time

    from pydantic import BaseModel

    from runner.plugin import Plugin


    class Options(BaseModel):
        refuses: bool = False


    def build(options):
        from livekit.agents import llm
        from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS

        if options.refuses:
            raise RuntimeError("the service wants money")

        class Stream(llm.LLMStream):
            async def _run(self):
                said = [i.text_content for i in self.chat_ctx.items if i.type == "message"]
                word = said[-1] if said else ""
                if word.startswith("block"):
                    time.sleep(float(word.split()[1]))
                if word == "hang":
                    await asyncio.Event().wait()
                while word == "flood":
                    self._say("on and on ")
                    await asyncio.sleep(0)
                self._say(f"You said {word}.")

            def _say(self, text):
                delta = llm.ChoiceDelta(role="assistant", content=text)
                self._event_ch.send_nowait(llm.ChatChunk(id="stuck", delta=delta))

        class Stuck(llm.LLM):
            def chat(self, *, chat_ctx, tools=None, conn_options=DEFAULT_API_CONNECT_OPTIONS, **_):
                return Stream(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)

        return Stuck()


    plugin = Plugin(options=Options, build=build)
    """)


def install(site):
    """Put the provider on an import path, as pip does."""
    info = site / "lkrun_stuck-1.5.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lkrun-stuck\nVersion: 1.5\n")
    (info / "entry_points.txt").write_text("[lkrun.llm]\nstuck = lkrun_stuck:plugin\n")
    (info / "top_level.txt").write_text("lkrun_stuck\n")
    (site / "lkrun_stuck.py").write_text(SOURCE)
