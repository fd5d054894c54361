"""What callers, services and models do wrong: nothing breaks, and somebody answers."""

from __future__ import annotations

import asyncio
import os
import re
from dataclasses import dataclass

import pytest
from aiohttp import web
from support.live.callers import calling
from support.live.folders import TEXT, VOICE
from support.live.served import ROOT

SERVICE = """
agents:
  desk:
    start: desk
    mode: text
    llm: brain

personas:
  desk:
    instructions: Be short.
    greeting:
      say: Hello {{ job.metadata.name or 'there' }}.
    tools:
      - ask

tools:
  ask:
    description: Ask the service.
    parameters:
      what:
        description: What to ask
    http:
      url: http://127.0.0.1:%(port)s/{{ args.what }}
      timeout: 500ms
    result:
      pick: answer

runner:
  network:
    allow:
      - 127.0.0.1:%(port)s

providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_matches: 'ask (?P<what>\\w+)'
          call:
            ask:
              what: "{what}"
        - when_tool_failed: ask
          say: That did not work.
        - when_tool_answered: ask
          say: "It says {answer}."
        - when_caller_says: break down
          fail: the model is overloaded
      otherwise: Yes?
"""


@pytest.fixture
async def service():
    """A service that does what its path says; gives its port."""

    async def answer(request: web.Request) -> web.StreamResponse:
        what = request.match_info["what"]
        if what == "slow":
            await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=2)
        if what == "cut":
            assert request.transport is not None
            request.transport.abort()
        return {
            "broken": lambda: web.Response(status=500, text="<h1>Internal Server Error</h1>"),
            "html": lambda: web.Response(text="<h1>Welcome</h1>", content_type="text/html"),
            "huge": lambda: web.Response(body=b" " * 20_000_000),
            "list": lambda: web.json_response([1, 2]),
        }.get(what, lambda: web.json_response({"answer": "forty two"}))()

    app = web.Application()
    app.router.add_get("/{what}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield runner.addresses[0][1]
    await runner.cleanup()


async def test_a_service_that_misbehaves_ends_no_call(livekit, lkrun_serve, write, service):
    """Whatever the service does, the caller gets an answer, and the next request works."""
    runner = lkrun_serve(write(agents=SERVICE % {"port": service}))
    await runner.event("ready")
    async with calling(livekit, "desk") as caller:
        await caller.reads("Hello there.")
        for times, what in enumerate(("broken", "html", "huge", "cut", "slow"), 1):
            await caller.writes(f"ask {what}")
            await caller.reads("That did not work.", times=times)
        await caller.writes("ask well")
        await caller.reads("It says forty two.")
    assert len(runner.named("tool_failed", tool="ask")) == 5


async def test_a_service_that_is_down_ends_no_call(livekit, lkrun_serve, write, unused_tcp_port):
    """Nobody listens: the caller is told so, and the call goes on."""
    runner = lkrun_serve(write(agents=SERVICE % {"port": unused_tcp_port}))
    await runner.event("ready")
    async with calling(livekit, "desk") as caller:
        await caller.reads("Hello there.")
        await caller.writes("ask anything")
        await caller.reads("That did not work.")
        await caller.writes("and now")
        await caller.reads("Yes?")
    (failed,) = runner.named("tool_failed")
    assert "Error" not in failed["error"]


async def test_metadata_that_is_no_json_is_text(livekit, lkrun_serve, write, service):
    """A job's metadata is read as JSON where it is JSON; anything else breaks nothing."""
    runner = lkrun_serve(write(agents=SERVICE % {"port": service}))
    await runner.event("ready")
    for metadata, greeting in (
        ('{"name": "Mary"}', "Hello Mary."),
        ('{"name": ', "Hello there."),
        ("[" * 5000, "Hello there."),
        ("\u0000\u2028\ufffd", "Hello there."),
    ):
        async with calling(livekit, "desk", metadata=metadata) as caller:
            await caller.reads(greeting)


async def test_callers_who_leave_at_once_or_want_nobody_harm_no_other(livekit, lkrun_serve, write):
    """Those who hang up while the agent comes, and tokens for an unknown agent, change nothing."""
    runner = lkrun_serve(write(agents=TEXT))
    await runner.event("ready")
    async with calling(livekit, "nobody") as lost:
        for _ in range(3):
            async with calling(livekit, "north"):
                pass
        async with calling(livekit, "north") as caller:
            await caller.reads("North desk.")
            await caller.writes("number 4")
            await caller.reads("I have number 4.")
        assert not lost.agents


@dataclass(frozen=True)
class Kind:
    """A kind of calls: an agent, its reply to a number, and to how many of 100 it replies."""

    folder: str
    agent: str
    reply: str
    answers: int


@pytest.mark.parametrize(
    "kind",
    [Kind(TEXT, "north", "I have number {}.", 100), Kind(VOICE, "desk", "Number {}.", 1)],
    ids=["text", "voice"],
)
async def test_texts_of_any_size_and_number_are_borne(livekit, lkrun_serve, write, kind):
    """A text of 1 MB, some of nothing, 100 in a second: all are taken, and the call goes on.

    By voice each interrupts the one before. Texts of one instant arrive in any order.
    """
    runner = lkrun_serve(write(agents=kind.folder))
    await runner.event("ready")
    async with calling(livekit, kind.agent) as caller:
        await caller.until(lambda: caller.told, "a greeting")
        await caller.writes("")
        await caller.writes(" \n ")
        await caller.writes("number 1 " + "x" * 1_000_000)
        await caller.reads(kind.reply.format(1))
        for number in range(300, 400):
            await caller.writes(f"number {number}")
        answered = re.compile(re.escape(kind.reply).replace(r"\{\}", r"3\d\d"))
        await caller.until(
            lambda: len(answered.findall(caller.told)) >= kind.answers, "answers to 100 texts", 30
        )
        await caller.writes("number 2")
        await caller.reads(kind.reply.format(2))
    ended = await runner.event("session_ended")
    assert (ended["reason"], ended["turns"]) == ("caller_left", 102)


BROKEN_EARS = """
from livekit.agents import stt
from pydantic import BaseModel
from runner.plugin import Plugin

class Options(BaseModel):
    phrases: list[str]

class Ears(stt.STT):
    def __init__(self):
        super().__init__(capabilities=stt.STTCapabilities(streaming=True, interim_results=False))

    async def _recognize_impl(self, buffer, *, language, conn_options):
        raise IndexError("out of bounds")

    def stream(self, *, language=None, conn_options):
        return Stream(stt=self, conn_options=conn_options, sample_rate=16000)

class Stream(stt.RecognizeStream):
    async def _run(self):
        async for frame in self._input_ch:
            raise IndexError("out of bounds")

plugin = Plugin(options=Options, build=lambda options: Ears())
"""


async def test_ears_that_break_are_no_silence(livekit, lkrun_serve, write, tmp_path):
    """A plugin's bug that makes the agent deaf: the caller is told, and the call ends in order."""
    package = tmp_path / "site" / "broken_ears-1.0.dist-info"
    package.mkdir(parents=True)
    (package / "METADATA").write_text("Metadata-Version: 2.1\nName: broken-ears\nVersion: 1.0\n")
    (package / "entry_points.txt").write_text("[lkrun.stt]\nbroken = broken_ears:plugin\n")
    (tmp_path / "site" / "broken_ears.py").write_text(BROKEN_EARS)
    folder = write(agents=VOICE.replace("stt: pocketsphinx", "stt: broken"))
    runner = lkrun_serve(folder, PYTHONPATH=f"{ROOT}{os.pathsep}{tmp_path / 'site'}")
    await runner.event("ready")
    async with calling(livekit, "desk", voice=True) as caller:
        await caller.reads("Sorry, something went wrong. Please call again later.")
        await caller.sees_end()
    ended = await runner.event("session_ended")
    assert ended["reason"] == "error"


async def test_a_model_that_breaks_down_in_a_call_is_said_plainly(livekit, lkrun_serve, write):
    """LiveKit tries again, then the caller is told, and the call ends in order."""
    rule = "        - when_caller_says: break down\n          fail: the model is overloaded\n"
    failing = VOICE.replace("      rules:\n", f"      rules:\n{rule}")
    runner = lkrun_serve(write(agents=failing))
    await runner.event("ready")
    async with calling(livekit, "desk") as caller:
        await caller.reads("Hello there.")
        await caller.writes("break down")
        await caller.reads("Sorry, something went wrong.", within=25)
        await caller.sees_end()
    ended = await runner.event("session_ended")
    assert ended["reason"] == "error"
    assert any("the model is overloaded" in line for line in runner.lines)
