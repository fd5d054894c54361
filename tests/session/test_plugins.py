"""Nodes and tools of packages, and plugins that do harm, in conversations."""

from __future__ import annotations

import importlib.util
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from livekit import rtc
from livekit.agents import Agent, stt
from support.site import Site
from support.speech import Speaker
from support.voice_folder import said

from runner.providers import build as building
from runner.providers.loading import load
from runner.session import CallFacts
from runner.session.conversation import Conversation
from runner.session.errors import CannotStartError

ROOT = Path(__file__).parents[2]

FOLDER = """
agents:
  desk:
    start: reception
    mode: text
    llm: brain
    NODES
personas:
  reception:
    instructions: You answer.
    tools:
      - weigh
tools:
  weigh:
    description: Weigh a parcel.
    parameters:
      grams:
        type: integer
    plugin: scales
    with:
      unit: "{{ secrets.UNIT }}"
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: parcel
          call:
            weigh:
              grams: 1200
        - when_tool_answered: weigh
          say: Weighed.
        - when_tool_failed: weigh
          say: Sorry.
        - when_caller_says: hello
          say: Account 4711.
"""

HEAD = """
import asyncio, time, pydantic
from livekit.agents import ToolError
from runner.plugin import Plugin
class Options(pydantic.BaseModel):
    unit: str = 'kg'
"""
BUILDS = "plugin = Plugin(options=Options, build=build)\n"


@pytest.fixture
def site(tmp_path, monkeypatch):
    """A folder of packages that are installed for this process."""
    made = Site(tmp_path / "site")
    made.folder.mkdir()
    monkeypatch.syspath_prepend(made.folder)
    forget()
    yield made
    forget()


def forget():
    """Let this process look again for what is installed."""
    building.catalogue.cache_clear()
    load.cache_clear()
    for name in [n for n in sys.modules if n.startswith(("made_up_", "house_voice"))]:
        del sys.modules[name]


def tool(site, work):
    source = f"{HEAD}def build(options):\n    async def work(args):\n{work}\n    return work\n"
    site.plugin("scales", source + BUILDS, "tool")


def node(site, name, body, ahead=""):
    lines = "".join(f"        {line}\n" for line in body.splitlines())
    made = f"    async def node(source, settings, forward):\n{lines}    return node\n"
    site.plugin(name, f"{HEAD}def build(options):\n{ahead}{made}{BUILDS}", "node")


TEXTS = """
async for piece in forward(source, settings):
    text = piece if isinstance(piece, str) else piece.delta.content if piece.delta else None
    if text:
        yield CHANGED
"""
WEIGHS = "        return {'weight': args['grams'] / 1000, 'unit': options.unit}"


@pytest.mark.proves("PluginTool.plugin", "PluginTool.with", "PluginTool.parameters")
async def test_a_tool_of_a_package(begin, site):
    """It gets its options and the checked arguments; what it returns is the answer."""
    tool(site, WEIGHS)
    talk = await begin(FOLDER.replace("    NODES\n", ""), secrets={"UNIT": "kg"})
    turn = await talk.say("a parcel")
    assert turn.outputs == ['{"weight": 1.2, "unit": "kg"}']
    assert turn.failed == [False]


@pytest.mark.parametrize(
    "work",
    [
        "        return {'unit': options.unit}",
        "        raise ToolError(f'{options.unit} is refused')",
        "        raise RuntimeError(f'{options.unit} is refused')",
    ],
    ids=["returned", "told", "raised"],
)
async def test_a_tool_of_a_package_brings_no_secret_back(begin, site, caplog, work):
    """A secret among its options is masked in its answer, in its errors and in the log."""
    tool(site, work)
    talk = await begin(FOLDER.replace("    NODES\n", ""), secrets={"UNIT": "sk-live-7A2b9"})
    turn = await talk.say("a parcel")
    assert len(turn.outputs) == 1
    assert "sk-live-7A2b9" not in f"{talk.events} {caplog.text}"


OPEN = """    variables:
      open:
        type: yes_no
        default: yes
"""
ALL = """    if: open
    then:
      say: It is weighed.
    on_error:
      say: The scales are broken.
"""


@pytest.mark.proves(
    "PluginTool.description", "PluginTool.if", "PluginTool.then", "PluginTool.on_error"
)
async def test_what_stands_beside_a_tool_of_a_package(begin, site):
    """It is described to the model and offered while it may; then comes what follows."""
    tool(site, "        return {'weight': 1 / args['grams']}")
    folder = FOLDER.replace("    NODES\n", OPEN)
    folder = folder.replace("    plugin: scales\n", f"{ALL}    plugin: scales\n")
    talk = await begin(folder, secrets={"UNIT": "kg"})
    agent = talk.conversation.session.current_agent
    assert [t.info.raw_schema["description"] for t in agent.tools if t.id == "weigh"] == [
        "Weigh a parcel."
    ]
    assert (await talk.say("a parcel")).texts == ["It is weighed."]
    talk = await begin(folder.replace("grams: 1200", "grams: 0"), secrets={"UNIT": "kg"})
    assert (await talk.say("a parcel")).texts == ["The scales are broken."]
    talk = await begin(folder.replace("default: yes", "default: no"), secrets={"UNIT": "kg"})
    assert (await talk.say("a parcel")).outputs == []


async def test_a_running_call_takes_another_tool_of_a_package(begin, load, site):
    """What stands beside it and its options count from the caller's next turn."""
    tool(site, WEIGHS)
    before = FOLDER.replace("    NODES\n", "")
    talk = await begin(before, secrets={"UNIT": "kg"})
    changed = before.replace('"{{ secrets.UNIT }}"', "tonnes").replace("Weigh a", "Weigh the")
    await talk.conversation.renew(load(changed))
    assert (await talk.say("a parcel")).outputs == ['{"weight": 1.2, "unit": "tonnes"}']
    agent = talk.conversation.session.current_agent
    described = [t.info.raw_schema["description"] for t in agent.tools if t.id == "weigh"]
    assert described == ["Weigh the parcel."]


@pytest.mark.parametrize(
    ("work", "output", "logged"),
    [
        ("        raise ToolError('The scales are out of order.')", "out of order", ""),
        ("        raise RuntimeError('boom')", "did not work", "RuntimeError: boom"),
        ("        import sys; sys.exit(3)", "did not work", "SystemExit"),
    ],
)
async def test_a_tool_that_fails(begin, site, caplog, work, output, logged):  # noqa: PLR0913, PLR0917 - cases
    """The model is told that it did not work, the log why; the call goes on."""
    tool(site, work)
    talk = await begin(FOLDER.replace("    NODES\n", ""), secrets={"UNIT": "kg"})
    turn = await talk.say("a parcel")
    assert output in turn.outputs[0]
    assert turn.failed == [True]
    assert logged in caplog.text
    assert (await talk.say("hello")).texts == ["Account 4711."]


@pytest.mark.proves("Agent.nodes", "Nodes.llm")
async def test_nodes_change_words_in_order(begin, site):
    """Of several nodes the first is asked first, and its `forward` is the next one."""
    body = TEXTS
    node(site, "shout", body.replace("CHANGED", "text.upper()"))
    node(site, "mark", body.replace("CHANGED", "text + options.unit"))
    tool(site, WEIGHS)
    nodes = "nodes:\n      llm:\n        - shout\n        - mark:\n            unit: '!a'"
    talk = await begin(FOLDER.replace("NODES", nodes))
    said = "".join((await talk.say("hello")).texts)
    assert said.replace("!A", "") == "ACCOUNT 4711."
    assert "!A" in said


VOICE = """
agents:
  desk:
    start: reception
    llm: brain
    stt: ears
    tts: warm
    vad: no
    turn_taking:
      detection: manual
personas:
  reception:
    instructions: You answer the phone.
    greeting:
      say: Good day.
    nodes:
      tts:
        - house_voice:
            url: URL
providers:
  warm:
    tts: espeak
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: hello
          say: Hello.
"""


def module(path: Path):
    """A module of the examples."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.fixture
def service():
    """The voice service of the example."""
    server = module(ROOT / "examples" / "voice" / "service.py").server(0)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/synthesize"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def house_voice(site):
    """The plugin of the example, as it is installed."""
    folder = ROOT / "examples" / "voice" / "plugin"
    points = "[lkrun.node]\nhouse_voice = house_voice:plugin\n"
    site.install("lkrun-house-voice", entry_points=points,
                 house_voice=(folder / "house_voice.py").read_text())  # fmt: skip


@pytest.mark.proves("Persona.nodes", "Nodes.tts")
@pytest.mark.usefixtures("house_voice")
async def test_an_own_voice_in_place_of_tts_node(begin, service):
    """The example's plugin speaks what the persona says: its sound is the service's."""
    talk = await begin(VOICE.replace("URL", service), channel="voice")
    await talk.until(said("Good day."))
    persona = talk.conversation.session.current_agent

    async def words():
        yield "Good "
        yield "day."

    frames = [frame async for frame in persona.tts_node(words(), None)]
    assert sum(frame.duration for frame in frames) == pytest.approx(2 * 0.18, abs=0.01)
    loud = np.abs(np.concatenate([np.frombuffer(f.data, "<i2") for f in frames])).max()
    assert loud > 6_000
    assert all(isinstance(frame, rtc.AudioFrame) for frame in frames)


@pytest.mark.proves("Nodes.stt")
async def test_a_node_changes_what_is_heard(begin, site):
    """What speech recognition gives goes through the node before anybody acts on it."""
    node(site, "fix", """
async for event in forward(source, settings):
    for each in event.alternatives:
        each.text = each.text.replace('hallo', 'hello')
    yield event
""")  # fmt: skip
    heard = VOICE.replace(
        "      tts:\n        - house_voice:\n            url: URL\n", "      stt:\n        - fix\n"
    )
    talk = await begin(heard, channel="voice")
    await talk.until(said("Good day."))
    persona = talk.conversation.session.current_agent

    async def forward(_source, _settings):
        words = stt.SpeechData(language="en", text="hallo there")
        yield stt.SpeechEvent(stt.SpeechEventType.FINAL_TRANSCRIPT, alternatives=[words])

    with_forward = pytest.MonkeyPatch()
    with_forward.setattr(
        Agent.default, "stt_node", lambda _, source, settings: forward(source, settings)
    )
    try:
        events = [event async for event in persona.stt_node(None, None)]
    finally:
        with_forward.undo()
    assert [event.alternatives[0].text for event in events] == ["hello there"]


async def test_personas_without_nodes_are_livekits(begin):
    """Where nothing is named, LiveKit's own ears are, which it can hand on at a handoff."""
    text = VOICE.partition("    nodes:")[0] + "providers:" + VOICE.partition("providers:")[2]
    talk = await begin(text, channel="voice")
    await talk.until(said("Good day."))
    kind = type(talk.conversation.session.current_agent)
    assert kind.stt_node is Agent.stt_node


async def test_a_node_that_raises(begin, site, caplog):
    """The log names the package and the node; the caller is told that it did not work."""
    node(site, "broken", "raise ValueError('no voice today')\nyield ''")
    tool(site, WEIGHS)
    talk = await begin(
        FOLDER.replace("NODES", "nodes:\n      llm:\n        - broken"), secrets={"UNIT": "kg"}
    )
    turn = await talk.say("hello")
    assert turn.texts, "nobody is left in silence"
    assert "the node 'broken' (lkrun-broken 1.0) failed: ValueError: no voice today" in caplog.text


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        ("    raise KeyError('licence')\n", "could not be set up"),
        ("    time.sleep(60)\n", "was not ready within 0.2 seconds"),
        ("    while True: pass\n", "was not ready within 0.2 seconds"),
        ("    return 5\n", "it made 'int', where a function belongs"),
        ("    raise SystemExit(1)\n", "could not be set up"),
    ],
)
async def test_a_build_that_does_harm(begin, site, caplog, monkeypatch, ahead, words):  # noqa: PLR0913, PLR0917 - cases
    """One that raises, never ends or gives something else fails the call in words."""
    monkeypatch.setattr(building, "BUILD", 0.2)
    node(site, "harm", "yield ''", ahead)
    tool(site, WEIGHS)
    with pytest.raises(CannotStartError, match=words):
        await begin(FOLDER.replace("NODES", "nodes:\n      llm:\n        - harm"))
    assert "'harm' of lkrun-harm 1.0 (entry point lkrun.node = made_up_harm:plugin)" in caplog.text


async def test_a_model_of_the_wrong_class(begin, site):
    """What `build` of a model gives must be LiveKit's LLM."""
    site.plugin("odd", HEAD + "plugin = Plugin(options=Options, build=lambda options: options)\n")
    text = FOLDER.replace("    NODES\n", "").partition("providers:")[0]
    text = text.replace("    tools:\n      - weigh\n", "").partition("tools:")[0]
    with pytest.raises(CannotStartError, match="it made 'Options', where a LiveKit LLM belongs"):
        await begin(text + "providers:\n  brain:\n    llm: odd\n")


class Loudspeaker(Speaker):
    """A loudspeaker that remembers for how long something was heard."""

    heard = 0.0

    async def capture_frame(self, frame):
        await super().capture_frame(frame)
        self.heard += frame.duration


async def test_a_caller_is_told_that_the_call_cannot_begin(load, site):
    """Where a plugin fails the call, the agent's own voice says so before the call ends."""
    node(site, "harm", "yield ''", "    raise KeyError('licence')\n")
    text = VOICE.replace("house_voice:\n            url: URL", "harm")
    speaker = Loudspeaker()
    talk = Conversation(load(text), Service(), CallFacts(), channel="voice")
    with pytest.raises(CannotStartError, match="licence"):
        await talk.start(audio_out=speaker)
    assert speaker.heard > 1


class Service:
    """No tool is called."""

    async def ask(self, ask):
        raise AssertionError(ask)
