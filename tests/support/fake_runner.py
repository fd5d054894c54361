"""A runner with canned turns: a clinic's desk that books, and one that only says hello."""

from __future__ import annotations

import asyncio
import itertools
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from support.fake_calls import FakeCalls
from support.fake_campaigns import FakeCampaigns
from support.fake_jobs import FakeJobs
from support.fake_records import FakeRecords

from runner.front.port import AgentInfo, CallLoad, DialogueError, TapField, TapInfo
from runner.front.rooms_port import OpenRoom, RoomPass
from runner.front.talks_port import Preview, SessionInfo, Turn
from runner.secret import Secret

AGENTS = [
    AgentInfo(
        name="clinic",
        description="Phone desk of Sunrise Dental: appointments, and questions about invoices",
        start="receptionist",
        mode="voice",
        registered=True,
        personas=("receptionist", "booking", "billing"),
        variables=("clinic_name", "patient_name", "treatments", "first_slot"),
        suggestions=("Are you open on Saturday?", "I need an appointment"),
        keypad=True,
        taps=(
            TapInfo(
                "choose_dish",
                (
                    TapField("dish", "choice", ("soup", "bread")),
                    TapField("quantity", "integer"),
                    TapField("spicy", "yes_no", optional=True),
                    TapField("extras", "list", optional=True),
                ),
            ),
            TapInfo("call_waiter"),
        ),
    ),
    AgentInfo("hotel", "Night porter of the Harbour Hotel", "porter", "voice", False, ("porter",)),
    AgentInfo("survey", None, "interviewer", "text", True, ("interviewer",)),
]

SLOTS = [
    {"day": "Monday 3 March", "at": "09:30", "dentist": "Dr. Amari"},
    {"day": "Monday 3 March", "at": "14:00", "dentist": "Dr. Lindqvist"},
]


def say(text: str) -> dict[str, Any]:
    return {"type": "message", "text": text}


def tool(name: str, output: Any, *, error: bool = False, **arguments: Any) -> list[dict[str, Any]]:
    made = {"name": name, "call_id": f"call_{name}"}
    return [
        {"type": "tool_call", "arguments": arguments} | made,
        {"type": "tool_result", "output": output, "error": error} | made,
    ]


SCRIPTS: list[tuple[str, list[dict[str, Any]], dict[str, Any]]] = [
    (
        "appointment",
        [
            say("One moment, I am putting you through to our booking desk."),
            *tool("transfer_to_booking", "ok"),
            {"type": "handoff", "from": "receptionist", "to": "booking"},
            say("Booking desk, hello. What shall be done, a check-up, a cleaning or a filling?"),
        ],
        {},
    ),
    (
        "monday",
        [
            *tool("find_slots", SLOTS, day="monday", treatment="cleaning"),
            say("I have Monday at half past nine with Dr. Amari, or at two. Shall I book that?"),
        ],
        {"first_slot": "2026-03-03T09:30"},
    ),
    (
        "cleaning",
        [
            *tool("add_treatment", "noted", treatment="cleaning", teeth=1),
            say("Noted. Anything else, or shall I look for a slot? On which day?"),
        ],
        {"treatments": [{"treatment": "cleaning", "teeth": 1}]},
    ),
    (
        "invoice",
        [
            *tool("look_up_invoice", "the service did not answer", error=True, number="118"),
            say("I am sorry, I cannot see invoices right now. May we call you back?"),
        ],
        {},
    ),
    ("mary", [say("Thank you, Mary. I have noted your name.")], {"patient_name": "Mary"}),
    ("html", [say("<img src=x onerror=\"document.title='broken'\"> <b>bold</b>")], {}),
    (
        "goodbye",
        [say("Goodbye, and have a good day."), {"type": "end", "reason": "end_call"}],
        {},
    ),
]
"""A word of the caller → the events, the variables that change."""


def _box(name: str, left: float, begins: str = "", *labels: str) -> dict[str, Any]:
    rows = [{"label": label, "y": 70.0 + 24 * n} for n, label in enumerate(labels)]
    place = {"left": left, "top": 24.0, "wide": 190.0, "tall": 34.0 + 31 * len(rows)}
    title = f"▶ {name}" if begins else name
    return {"name": name, "title": title, "begins": begins, "rows": rows, **place}


PORTRAIT: dict[str, Any] = {
    "picture": {
        "wide": 560, "tall": 150,
        "boxes": [
            _box("receptionist", 24, "a call begins here", "the caller <b>books</b>"),
            _box("booking", 324),
        ],
        "ways": ["M214.0 70.0 C269.0 70.0 269.0 41.0 324.0 41.0"],
        "sentences": [
            "A call of clinic begins with receptionist.",
            "From receptionist to booking: the caller <b>books</b>.",
        ],
    },
    "models": [
        {"kind": "llm", "noun": "model", "names": [{"name": "brain", "about": "openai · gpt-4.1"}]},
        {"kind": "tts", "noun": "voice", "names": [{"name": "warm", "about": "espeak"}]},
    ],
    "tools": ["find_slots"],
}  # fmt: skip
"""What the page shows of an agent."""


@dataclass
class Dialogue:
    """A canned dialogue."""

    id: str
    agent: AgentInfo
    persona: str
    variables: dict[str, Any]
    release: str
    events: list[dict[str, Any]] = field(default_factory=list)
    turns: int = 0
    ended: bool = False
    busy: asyncio.Lock = field(default_factory=asyncio.Lock)
    news: asyncio.Event = field(default_factory=asyncio.Event)


class FakeLine:
    """A call by voice: what came of the caller, and what it is told from outside."""

    session_id = "voice_1"

    def __init__(self, rate: int) -> None:
        """Begin a call at a rate."""
        self.rate = rate
        self.heard: list[bytes] = []
        self.said: list[tuple[str, str]] = []
        self.takes = True
        self.gone = asyncio.Event()
        self.came = asyncio.Event()
        self.pieces: asyncio.Queue[bytes | dict[str, Any] | None] = asyncio.Queue()

    async def frames(self) -> AsyncIterator[bytes | dict[str, Any]]:
        while (piece := await self.pieces.get()) is not None:
            yield piece

    def hear(self, pcm: bytes) -> bool:
        self.heard.append(pcm)
        self.came.set()
        return self.takes

    def say(self, text: str) -> None:
        self.said.append(("text", text))
        self.came.set()

    def press(self, keys: str) -> None:
        self.said.append(("keys", keys))
        self.came.set()

    def hang_up(self) -> None:
        self.gone.set()


class FakeRunner:
    """Plays the runner; what it answers can be set from outside."""

    def __init__(self, *, livekit_url: str | None = None) -> None:
        """Start without dialogues."""
        self.livekit_url = livekit_url
        self.release: dict[str, Any] = {
            "id": "r-7f3a9c21",
            "time": "2026-03-02T08:15:00Z",
            "agents": [each.name for each in AGENTS],
        }
        self.reloaded: dict[str, Any] = {
            "result": "unchanged",
            "release": "r-7f3a9c21",
            "diagnostics": [],
            "changes": [],
            "took_ms": 12.5,
        }
        self.folder_state: dict[str, Any] = {
            "broken": False,
            "looked": "2026-03-02T08:15:00Z",
            "diagnostics": [],
            "changed": None,
            "release": None,
            "changes": [],
        }
        self.dev = False
        self.idle = False
        self.history: Any = None
        self.visit: Any = None
        self.wish: Any = None
        self.caller: Any = None
        self.callers: dict[str, str] = {}
        self.failure: str | None = None
        self.previews: dict[Secret[str], Preview] = {}
        self.previewed: dict[str, str] = {}
        self.shown: Preview | None = None
        self.audio = False
        self.calls_now = CallLoad(0, None, full=False)
        self.sound_ms: int | None = None
        self.sound_file: Path | None = None
        self.acted: list[tuple[str, dict[str, Any]]] = []
        self.happened: list[tuple[str, Any, str | None]] = []
        self.remembers = False
        self.expected = False
        self.line: FakeLine | None = None
        self.why_not_ready: str | None = None
        self.refuses: Exception | None = None
        self.asked: list[tuple[Any, ...]] = []
        self.dialogues: dict[str, Dialogue] = {}
        self.records = FakeRecords()
        self.external = FakeJobs()
        self.outgoing = FakeCalls()
        self.campaigns = FakeCampaigns()
        self.gate = asyncio.Event()
        self.gate.set()
        self.entered = asyncio.Event()
        self._numbers = itertools.count(1)
        self._links = itertools.count(1)

    def not_ready(self) -> str | None:
        return self.why_not_ready

    def load(self) -> CallLoad:
        return self.calls_now

    def preview(self, token: Secret[str]) -> Preview | None:
        return self.previews.get(token)

    def preview_of(self, session_id: str) -> str | None:
        return self.previewed.get(session_id)

    def agents(self, release: str | None = None) -> list[AgentInfo]:
        return AGENTS[:1] if release is not None else AGENTS

    def portraits(self, release: str | None = None) -> dict[str, dict[str, Any]]:
        return {each.name: PORTRAIT for each in self.agents(release)}

    async def reload(self) -> dict[str, Any]:
        if self.refuses is not None:
            raise self.refuses
        return self.reloaded

    def metrics(self) -> str:
        return "# HELP lkrun_sessions On.\nlkrun_sessions 2.0\n"

    async def let_in(self, visit):
        self.visit = visit
        if self.refuses is not None:
            raise self.refuses
        room = visit.room or "clinic-0a1b"
        url = self.livekit_url or "wss://calls.example"
        return RoomPass(url, "tok.en", room, visit.name or "caller-1")

    async def open_room(self, wish):
        self.wish = wish
        if self.refuses is not None:
            raise self.refuses
        return OpenRoom(wish.room or "clinic-0a1b", wish.agent or "clinic", "AD_1")

    def expect_voice(self) -> None:
        self.expected = True

    def may_speak(self, agent: str, preview: Preview | None = None) -> None:
        self.shown = preview
        if self.refuses is not None:
            raise self.refuses
        if agent not in {each.name for each in AGENTS}:
            raise DialogueError("unknown_agent", f"there is no agent '{agent}'")

    async def voice(
        self, agent: str, rate: int, caller: Any = None, preview: Preview | None = None
    ) -> FakeLine:
        self.may_speak(agent)
        self.caller = caller
        self.line = FakeLine(rate)
        known = next(each for each in AGENTS if each.name == agent)
        name = self.line.session_id
        if preview is not None:
            self.previewed[name] = preview.id
        self.dialogues[name] = Dialogue(name, known, known.start, {}, self.release["id"])
        return self.line

    def meet_link(self, agent: str) -> str | None:
        if self.livekit_url is None:
            return None
        return f"https://meet.livekit.io/custom?liveKitUrl=wss&token={agent}-{next(self._links)}"

    def folder(self) -> dict[str, Any]:
        return self.folder_state

    async def events(
        self, session_id: str, after: int
    ) -> AsyncIterator[tuple[int, dict[str, Any]]]:
        return self._events(self._find(session_id), after)

    async def _events(self, dialogue: Dialogue, after: int) -> Any:
        while True:
            for event in dialogue.events[after:]:
                after += 1
                yield after, event
            if dialogue.ended:
                return
            await dialogue.news.wait()
            dialogue.news.clear()

    def happen(self, session_id: str, **event: Any) -> None:
        """Something happens in a dialogue between two turns."""
        dialogue = self._find(session_id)
        self._happen(dialogue, event)
        dialogue.news.set()

    async def turn(  # noqa: PLR0913 - the port's
        self, agent, text, session_id, variables, metadata,
        *, idle=False, history=None, on_text=None, keys=None, audio=False, tap=None,
        preview=None,
    ) -> Turn:  # fmt: skip
        self.history = history
        self.idle = idle
        self.keys = keys
        self.audio = audio
        self.tap = tap
        self.asked.append((agent, text, session_id, variables, metadata))
        self.entered.set()
        if self.refuses is not None:
            raise self.refuses
        known = {each.name: each for each in AGENTS}
        if agent not in known:
            raise DialogueError("unknown_agent", f"there is no agent '{agent}'")
        fresh = session_id is None
        dialogue = self._begin(known[agent], variables) if fresh else self._find(session_id)
        if preview is not None:
            dialogue.release = preview.release
            self.previewed[dialogue.id] = preview.id
        if dialogue.ended:
            raise DialogueError("ended", "this dialogue has ended", "begin a new one")
        async with dialogue.busy:
            await self.gate.wait()
            before = len(dialogue.events)
            if fresh and history is None:
                self._say(dialogue, "Good day, this is Sunrise Dental. How can I help you?")
            if text:
                self._answer(dialogue, text)
            events = dialogue.events[before:]
            dialogue.news.set()
        said = " ".join(
            each["text"]
            for each in events
            if each.get("role") == "agent" and (each["turn"] > 0 or not text)
        )
        for piece in re.findall(r"\S+\s*", said) if on_text is not None else ():
            on_text(piece)
        return Turn(
            session_id=dialogue.id,
            text=said,
            events=tuple(events),
            input_tokens=40 if text else 0,
            output_tokens=len(said) // 4,
            ended=dialogue.ended,
            release=dialogue.release,
            persona=dialogue.persona,
            variables=dict(dialogue.variables),
            first_event=before + 1,
            failure=self.failure,
            sound_ms=self.sound_ms if audio else None,
        )

    def sound(self, session_id: str) -> Path:
        self._find(session_id)
        if self.sound_file is None:
            raise DialogueError("unknown_session", "there is no sound of such a dialogue")
        return self.sound_file

    def caller_of(self, session_id: str) -> str | None:
        return self.callers.get(session_id)

    def sessions(self) -> list[SessionInfo]:
        return [SessionInfo(**self._row(each)) for each in self.dialogues.values()]

    async def session(self, session_id: str) -> dict[str, Any]:
        session = self._find(session_id)
        row = self._row(session) | {"events": session.events, "variables": session.variables}
        if not session.ended:
            return row
        return row | {"ended": "2026-03-02T08:25:00Z", "reason": session.events[-1]["reason"]}

    async def as_test(self, session_id: str) -> str:
        said = [each["text"] for each in self._find(session_id).events if "text" in each]
        return "tests:\n  talk:\n" + "".join(f"    # {each}\n" for each in said)

    async def event(self, event_type: str, data: Any, session_id: str | None) -> str:
        self.happened.append((event_type, data, session_id))
        await self.gate.wait()
        if self.refuses is not None:
            raise self.refuses
        if session_id is not None:
            self._find(session_id)
        return f"event_{len(self.happened)}"

    async def intent(self, agent: str, text: str, session_id: str | None) -> dict[str, Any]:
        self._known_agent(agent, session_id)
        self.asked.append((agent, text, session_id))
        intent = "wants_human" if "person" in text else None
        return {"intent": intent, "persona": "receptionist", "actions": []}

    async def use_tool(
        self, agent: str, tool: str, arguments: dict[str, Any], session_id: str | None
    ) -> dict[str, Any]:
        self._known_agent(agent, session_id)
        self.asked.append((agent, tool, arguments, session_id))
        attempt = {"method": "GET", "url": "http://x", "status": 200, "error": None, "ms": 1.5}
        return {"ok": True, "output": "9:30", "saved": {}, "error": None, "attempts": [attempt],
                "total_ms": 2.0}  # fmt: skip

    def _known_agent(self, agent: str, session_id: str | None) -> None:
        if self.refuses is not None:
            raise self.refuses
        if agent not in {each.name for each in AGENTS}:
            raise DialogueError("unknown_agent", f"there is no agent '{agent}'")
        if session_id is not None:
            self._find(session_id)

    async def act(self, session_id: str, action: dict[str, Any]) -> None:
        self.acted.append((session_id, action))
        if self.refuses is not None:
            raise self.refuses
        if self._find(session_id).ended:
            raise DialogueError("ended", "this session has ended")

    async def end(self, session_id: str) -> None:
        self.happen(session_id, type="end", reason="caller_left")
        if not self.remembers:
            del self.dialogues[session_id]

    def _find(self, session_id: str) -> Dialogue:
        if session_id not in self.dialogues:
            raise DialogueError("unknown_session", f"there is no dialogue '{session_id}'")
        return self.dialogues[session_id]

    def _begin(self, agent: AgentInfo, variables: dict[str, Any] | None) -> Dialogue:
        name = f"s-{next(self._numbers)}"
        first = {"clinic_name": "Sunrise Dental", "patient_name": None, "treatments": []}
        known = first | (variables or {})
        self.dialogues[name] = Dialogue(name, agent, agent.start, known, self.release["id"])
        return self.dialogues[name]

    def _say(self, dialogue: Dialogue, text: str, role: str = "agent") -> None:
        said = {"turn": dialogue.turns, "type": "message", "role": role}
        dialogue.events.append(said | {"persona": dialogue.persona, "text": text})

    def _answer(self, dialogue: Dialogue, text: str) -> None:
        dialogue.turns += 1
        self._say(dialogue, text, "user")
        for word, events, changes in SCRIPTS:
            if word in text.lower():
                for event in events:
                    self._happen(dialogue, event)
                dialogue.variables |= changes
                return
        self._say(dialogue, "Sorry, I did not understand. An appointment or an invoice?")

    def _happen(self, dialogue: Dialogue, event: dict[str, Any]) -> None:
        if event["type"] == "message":
            return self._say(dialogue, event["text"])
        dialogue.events.append({"turn": dialogue.turns} | event)
        if event["type"] == "handoff":
            dialogue.persona = event["to"]
        dialogue.ended = event["type"] == "end"
        return None

    def _row(self, each: Dialogue) -> dict[str, Any]:
        return {
            "id": each.id,
            "agent": each.agent.name,
            "persona": each.persona,
            "kind": "text",
            "release": each.release,
            "started": "2026-03-02T08:20:00Z",
            "turns": each.turns,
        }
