"""Each key of a call is proved to count in a call that runs, or to wait as the reference says.

A call that takes a changed folder is compared with one that begins with it: what LiveKit has of
both must be the same, and where that does not show the change, what both say and do must be.
"""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from support import renewal_keys
from support.keys import ELSEWHERE, blocks, keys, owner
from support.mutations import mutated
from support.renewal_changes import TEXT, VOICE, WITHOUT
from support.renewal_flow import CHANGES
from support.renewal_folder import FOLDER, TALK
from support.voice_folder import exceeded

from runner.egress.port import ToolResponse
from runner.link.differences import WalkPoint, differences, of_agent
from runner.schema.agents import Agent, Room
from runner.schema.background import BackgroundAudio, BackgroundSound
from runner.schema.event_hooks import EventHook
from runner.schema.fields import Field
from runner.schema.hours import DAYS
from runner.schema.lifecycle import AfterCall, BeforeCall, CsvSend, ToolSend, WebhookSend
from runner.schema.mcp import CommandServer, ServerToolOptions, UrlServer
from runner.schema.outgoing import Dial, Voicemail
from runner.schema.personas import Persona
from runner.schema.providers import BUILT_IN, Provider
from runner.schema.tools import Tool
from runner.schema.turns import PersonaInterruptions, PersonaTurns
from runner.schema.types.blocks import Block
from runner.schema.types.live import marks
from runner.session.clock import SimulatedClock
from runner.session.next_turn import renewed


def names(block):
    """The keys of a block as they are written."""
    return tuple(block.keys())


LATER = (
    BackgroundAudio,
    BackgroundSound,
    Room,
    PersonaTurns,
    PersonaInterruptions,
    BeforeCall,
    AfterCall,
    CsvSend,
    ToolSend,
    WebhookSend,
    EventHook,
    Dial,
    Voicemail,
)
WAITING = {
    *("Agent.start", "Hours.closed", "Agent.mode", "Agent.room", "Persona.turn_taking"),
    "Agent.after_call",
    "Agent.events",
    "Agent.record",
    *("Agent.memory", "Memory.of", "Memory.keep", "Memory.summary", "Memory.for"),
    *("Record.audio", "Record.announce", "Record.consent", "Consent.ask", "Consent.on_refusal"),
    "Agent.background_audio",
    "Agent.dispatch",
    "Agent.before_call",
    "Agent.phone",
    *("Agent.dial", "Agent.voicemail", "Phone.trunk", "Phone.from"),
    *("Agent.nodes", "Persona.nodes", "Nodes.llm", "Nodes.stt", "Nodes.tts"),
    *("Interruptions.how", "Interruptions.ignore_within", "TurnTaking.warm_up"),
    *(f"{block.__name__}.{key}" for block in LATER for key in names(block)),
}
"""Keys that wait, as their marks and those above them say."""

WAITING |= {"Agent.realtime", "Persona.realtime", "RealtimeProvider.realtime"}
WAITING |= {"NoiseCancellation.default", "NoiseCancellation.telephone"}
WAITING |= {"NoiseCancellationProvider.noise_cancellation", "NoiseCancellationProvider.with"}
WAITING |= {"Agent.avatar", "AvatarProvider.avatar", "AvatarProvider.with"}
WAITING |= {"TurnDetectorProvider.turn_detector", "TurnDetectorProvider.with"}
WAITING |= {"RealtimeProvider.with", "FallbackRealtimeProvider.with", "SpeechModelsInOrder.order"}

OF_MAIN = {*ELSEWHERE, "Agent.reload", "HttpTool.http", "HttpTool.result", "Result.save"}
OF_MAIN |= {"KnowledgeTool.knowledge"}
"""Keys that the main process goes by, which asks by the new release as soon as the call has it."""

SERVER_BLOCKS = (UrlServer, CommandServer, ServerToolOptions)
SERVERS = {f"{kind.__name__}.{key}" for kind in SERVER_BLOCKS for key in names(kind)}
WAITING |= {"McpTool.mcp", *SERVERS}

OF_PROVIDERS = {
    *("HttpModel", "HttpRecognition", "HttpVoice", "InOrder", "ModelsInOrder", "RecordedForm"),
    *(made.__name__ for made in BUILT_IN),
}

ALONE = {
    **dict.fromkeys(
        ("Agent.languages", "Languages.speak", "Languages.switch"),
        "they are asked with each turn of the caller: test_languages.py",
    ),
    "McpTool.if": "a server has to tell of its tools first: test_servers.py",
    **dict.fromkeys(
        (*("McpTool.then", "McpTool.on_error"),),
        "as above",
    ),
    **dict.fromkeys(
        (f"Hours.{day}" for day in DAYS if day != "monday"),
        "these calls are had on a Monday: test_hours.py",
    ),
    **dict.fromkeys(
        (
            *(
                key
                for key in keys()
                if key.partition(".")[0] in OF_PROVIDERS and key not in WAITING
            ),
            *(f"{kind}Provider.timeout" for kind in ("Llm", "Stt", "Tts")),
            *(f"{kind}Provider.retries" for kind in ("Llm", "Stt", "Tts")),
            *(f"{kind}Provider.retry_wait" for kind in ("Llm", "Stt", "Tts")),
            "TtsProvider.cache",
        ),
        "a provider is made anew as a whole, whichever of its keys changes: LlmProvider.with",
    ),
    **dict.fromkeys(
        (
            *("PluginTool.plugin", "PluginTool.with", "PluginTool.parameters", "PluginTool.if"),
            *("PluginTool.description", "PluginTool.then", "PluginTool.on_error"),
        ),
        "a package has to be installed: test_plugins.py",
    ),
    **dict.fromkeys(
        (
            *("ProviderTool.provider_tool", "ProviderTool.with", "ProviderTool.if"),
            *("ProviderTool.description", "ProviderTool.parameters", "ProviderTool.then"),
        ),
        "a model of a service has to have it: test_provider_tools.py",
    ),
    "Play.interruptible": "by text nothing is heard: test_sounds.py",
    "McpTool.description": "it is the server's, and cannot be written",
    "McpTool.parameters": "as above",
    "VadProvider.vad": "there is one plugin of its kind",
    **dict.fromkeys(
        ("CallApp.timeout", "AppTool.timeout"), "how long an app may take: test_app.py"
    ),
    "Need.wait": "how long a key is waited for: test_pressed_keys.py",
    "OptOut.opt_out": "it can only be yes",
    **dict.fromkeys(
        (
            *("Transfer.ring_for", "Transfer.headers", "Transfer.press_keys", "Transfer.trunk"),
            *("Transfer.from", "Transfer.hold_sound", "Transfer.instructions"),
        ),
        "there is no telephone by text: test_transfer.py, test_warm_transfer.py",
    ),
    "Need.default": "a value that a call has is kept",
    "Need.private": "a need can only be private as a whole",
    **dict.fromkeys(
        (
            "AddTo.parameters",
            "KnowledgeTool.parameters",
            "ChangeIn.parameters",
            "RemoveFrom.parameters",
            "Remember.parameters",
            "Wait.parameters",
            "PressKeysTool.parameters",
            "AskTool.parameters",
        ),
        "they follow from the variable and cannot be written",
    ),
}


def test_every_key_is_proved_or_waits():
    """No key counts at once that nobody has proved to, and none waits without being marked."""
    proved = {*TEXT, *VOICE, *CHANGES, *renewal_keys.CHANGES}
    assert keys() == proved | WAITING | OF_MAIN | set(ALONE)
    assert not proved & WAITING


CALLING = {
    *("refusals", "confirm", "max_uses"),
    *("while_waiting", "if_already_running", "interruptible", "background"),
}
"""What every call of a tool goes by; what each does is proved by tests of its own."""

EARS = ("stt", "tts", "vad")


async def view(talk):
    """What LiveKit and the call have of a release just now."""
    call, session = talk.conversation._call, talk.conversation.session
    agent, activity, options = session.current_agent, session._activity, session.options
    watch, recognition = talk.conversation._parts.timers, session._activity._audio_recognition
    turns = {k: v for k, v in options.turn_handling.items() if k != "turn_detection"}
    tools = call.bound.plan.tools
    offered = agent.makeup.toolbox.offered(agent.plan, agent.tools)
    return {
        "instructions": agent.instructions,
        "tools": [tool.info.raw_schema for tool in offered],
        "calling": {name: tool.model_dump(include=CALLING) for name, tool in tools.items()},
        "models": {kind: made_of(call, getattr(activity, kind)) for kind in ("llm", *EARS)},
        "variables": call.bound.variables.shown(),
        "zone": call.bound.context.zone,
        "limits": (watch._limits, due(watch)),
        "idle": (watch._idle, options.user_away_timeout),
        "turns": (turns, options.endpointing_overrides, activity.endpointing_opts),
        "delays": delays(recognition._endpointing) if recognition else None,
        "detection": activity._turn_detection,
        "interruptions": activity.allow_interruptions,
        "preemptive": activity.preemptive_generation_opts,
        "steps": options.max_tool_steps,
        "budget": call.budget.whole,
        "keyterms": session.keyterms,
        "texts": call.bound.renderer.own("apology"),
        "spoken": await spoken(options.tts_text_transforms),
        "thinking": call.bound.release.agent.turn_taking.model_dump(include={"while_thinking"}),
        "speech": (
            [each for each in options.tts_text_transforms if isinstance(each, str)],
            options.min_consecutive_speech_delay,
            options.use_tts_aligned_transcript,
            session._expressive,
        ),
    }


def made_of(call, made):
    """What an object of the call was made of."""
    models = call.bound.models
    return [recipe for key, recipe in models._made_by.items() if models._single[key] is made]


def delays(endpointing):
    """How long the end of the caller's turn is waited for."""
    return type(endpointing), endpointing.min_delay, endpointing.max_delay


def due(watch):
    """After how many seconds of the call it has lasted too long."""
    timer = watch._timers.get("longest")
    return None if timer is None else timer.when() - watch._began


async def spoken(transforms):
    """What the voice is given for a word that may be replaced."""

    async def words():
        yield "Dr Smith "

    text = words()
    for each in transforms:
        text = text if isinstance(each, str) else each(text)
    return "".join([part async for part in text])


async def heard(talk, channel):
    """What is said and done in a long talk."""
    speeches, said = [], []
    session = talk.conversation.session
    if channel == "voice":
        await session.current_agent.on_user_turn_exceeded(exceeded())
        return talk.events.texts
    session.on("speech_created", lambda ev: speeches.append(ev.speech_handle.allow_interruptions))
    for text in TALK:
        events = await talk.say(text)
        said += [{k: v for k, v in e.items() if k not in ("call_id", "turn")} for e in events]
        held = talk.conversation._parts.timers._held_until
        chat = [m.text_content for m in session.current_agent.chat_ctx.messages()]
        said.append((talk.conversation.variables, held, chat))
    return said, [(ask.tool, ask.arguments) for ask in talk.service.asked], speeches


@pytest.fixture
def compile_(load, tmp_path):
    """Compile the folder with one change."""
    (tmp_path / "agents.d").mkdir()
    (tmp_path / "agents.d" / "prompt.md").write_text("Be short.")
    (tmp_path / "agents.d" / "other.md").write_text("Be long.")

    def read(*pairs):
        text = FOLDER
        for old, new in pairs:
            assert old in text, old
            text = text.replace(old, new, 1)
        return load(text)

    return read


@pytest.fixture
def talks(begin):
    """Begin a call of a release; its service answers, then fails."""

    async def start(release, channel="text"):
        good = ToolResponse(ok=True, output='{"free": 8}', saved={"status": "free"})
        bad = ToolResponse(ok=False, output="no", error="no")
        given = {"sizes": ["small"], "names": ["Mary"]}
        clock = SimulatedClock(datetime(2026, 11, 30, 9, tzinfo=UTC))
        return await begin(
            release, good, good, good, bad, channel=channel, given=given, clock=clock
        )

    return start


ROWS = [
    pytest.param(key, channel, id=f"{key}-{channel}")
    for channel, table in (("text", TEXT), ("voice", VOICE))
    for key in table
]


@pytest.mark.parametrize(("key", "channel"), ROWS)
async def test_a_changed_key_counts_as_in_a_new_call(key, channel, compile_, talks):
    """A call that takes the change is in all that can be seen like one that begins with it."""
    change = (TEXT if channel == "text" else VOICE)[key]
    base = [WITHOUT[key]] if key in WITHOUT else []
    before, after = compile_(*base), compile_(*base, change)
    assert any(key.partition(".")[2] in map(str, d.location) for d in of_agent(before, after))
    old, new, running = [await talks(each, channel) for each in (before, after, before)]
    done = await running.conversation.renew(after)
    assert done.live
    assert done.waiting == ()
    seen = await view(new)
    assert await view(running) == seen
    if await view(old) != seen:
        return
    wanted = await heard(new, channel)
    assert await heard(running, channel) == wanted
    assert await heard(old, channel) != wanted


def test_marks_are_those_of_keys_that_wait():
    """Every mark in the models belongs to a key that this file holds to wait."""
    known: set[type[Block]] = set()
    for annotation in (Agent, Persona, Tool, Provider, Field):
        blocks(annotation, known)
    marked = {
        f"{owner(block, key)}.{key}"
        for block in known
        for key, name in block.keys().items()
        if marks(block)[name] != "now"
    }
    assert marked <= WAITING


WHOLE = {("turn_taking",), ("turn_taking", "interruptions")}
"""Blocks in which a key stands that waits."""


def test_each_change_is_told_once(compile_):
    """Whatever changes in an agent is named once: among what counts, or among what waits."""
    before = compile_()
    for path, agent in mutated(before.agent):
        after = before.model_copy(update={"agent": agent})
        done = renewed(before, after, "desk")
        paths = [*done.live, *done.waiting]
        assert len(paths) == len(set(paths)), path
        assert bool(paths) == (path[0] != "start" and path[-1] != "closed"), path
        waits = {"mode", "room", "how", "ignore_within"} & {*path} or path in WHOLE
        assert bool(done.waiting) == bool(waits), path


def test_what_stands_for_several_keys_waits_as_the_last_of_them():
    """A block that comes or goes as a whole counts when all that is written in it does."""
    quiet = Agent.model_validate({"start": "p", "turn_taking": {"interruptions": "no"}})
    for key, when in (("how", "call"), ("ignore_within", "visit"), ("min_words", "now")):
        written = {"how": "vad", "ignore_within": "2s", "min_words": "2"}[key]
        loud = Agent.model_validate(
            {"start": "p", "turn_taking": {"interruptions": {key: written, "allow": "yes"}}}
        )
        (difference,) = differences(quiet, loud, WalkPoint(("agents", "a")))
        assert difference.live == when
