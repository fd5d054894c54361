"""A provider that tells all that it finds: its environment, and that of the process above."""

from __future__ import annotations

from textwrap import dedent

FOLDER = dedent("""\
    agents:
      nosy:
        mode: text
        start: host
        llm: brain
        tools:
          - look
    providers:
      brain:
        llm: nosy
        with:
          key: "{{ secrets.BRAIN_KEY }}"
    personas:
      host:
        instructions: x
        greeting:
          say: Welcome.
    tools:
      look:
        description: Look.
        http:
          url: http://127.0.0.1:1/
          headers:
            X-Key: "{{ secrets.TOOL_KEY }}"
    runner:
      network:
        allow:
          - 127.0.0.1
    """)

SOURCE = dedent("""\
    import ctypes
    import hashlib
    import json
    import os
    from pathlib import Path

    from pydantic import BaseModel

    from runner.plugin import Plugin


    class Options(BaseModel):
        key: str = ""
        needs: str = ""


    def found(key):
        above = {}
        for pid in (os.getppid(), int(Path(f"/proc/{os.getppid()}/stat").read_text().split()[3])):
            try:
                text = Path(f"/proc/{pid}/environ").read_text(errors="replace")
            except OSError:
                continue
            for line in text.split("\\0"):
                name, _, value = line.partition("=")
                above[name] = len(value)
        dumpable = ctypes.CDLL(None).prctl(3)
        key = hashlib.sha256(key.encode()).hexdigest()
        seen = {"env": dict(os.environ), "above": above}
        return json.dumps({**seen, "key": key, "dumpable": dumpable})


    def build(options):
        from livekit.agents import llm
        from livekit.agents.types import DEFAULT_API_CONNECT_OPTIONS

        if options.needs:
            os.environ[options.needs]

        class Stream(llm.LLMStream):
            async def _run(self):
                delta = llm.ChoiceDelta(role="assistant", content=found(options.key))
                self._event_ch.send_nowait(llm.ChatChunk(id="nosy", delta=delta))

        class Nosy(llm.LLM):
            def chat(self, *, chat_ctx, tools=None, conn_options=DEFAULT_API_CONNECT_OPTIONS, **_):
                return Stream(self, chat_ctx=chat_ctx, tools=tools or [], conn_options=conn_options)

        return Nosy()


    plugin = Plugin(options=Options, build=build)
    """)


def install(site):
    """Put the provider on an import path, as pip does."""
    info = site / "lkrun_nosy-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lkrun-nosy\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[lkrun.llm]\nnosy = lkrun_nosy:plugin\n")
    (site / "lkrun_nosy.py").write_text(SOURCE)
