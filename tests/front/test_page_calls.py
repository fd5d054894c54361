"""The page's calls in a real Chromium: the list, one call with its sound, one that is on."""

from __future__ import annotations

import wave
from datetime import UTC, datetime, timedelta

import pytest
from support.fake_records import DETAIL, SUMMARY
from support.visiting import WANTED, Visit

from runner.front.app import Front
from runner.front.port import DialogueError
from runner.front.records_port import RecordFilter
from runner.front.tokens import Doors
from runner.secret import Secret

pytestmark = WANTED

BEGAN = datetime(2026, 3, 2, 8, 20, tzinfo=UTC)


def event(second, turn, kind, **about):
    at = (BEGAN + timedelta(seconds=second)).isoformat(timespec="milliseconds")
    return {"turn": turn, "type": kind, "at": at.replace("+00:00", "Z"), **about}


def said(second, turn, role, text, persona="receptionist"):
    return event(second, turn, "message", role=role, persona=persona, text=text)


EVENTS = [
    said(1, 0, "agent", "Good day, this is Sunrise Dental."),
    said(4, 1, "user", "An <b>appointment</b>, please", None),
    event(5, 1, "tool_call", name="find_slots", call_id="c1", arguments={"day": "monday"}),
    event(6, 1, "tool_result", name="find_slots", call_id="c1", output="[1]", error=False),
    event(6, 1, "handoff", **{"from": "receptionist", "to": "booking"}),
    said(7, 1, "agent", "Booking desk, hello.", "booking"),
    said(11, 2, "user", "Goodbye", None),
    said(12, 2, "agent", "Goodbye.", "booking"),
    event(13, 2, "end", reason="end_call"),
]

TALKED = DETAIL | {
    "id": "call-7", "events": EVENTS, "turns": 2, "summary": "Wants a <i>cleaning</i> on Monday.",
    "extract": {"day": "monday"}, "verdicts": {"polite": True}, "reasons": {"polite": "It was."},
    "variables": {"patient_name": "Mai"},
    "latency": [{"turn": 1, "ms": {"stt": 120, "llm": 700, "tts": 180, "turn": 1100}},
                {"turn": 2, "ms": {"turn": 2400}}],
}  # fmt: skip


@pytest.fixture
def records(runner, tmp_path):
    """Two calls that are kept, one of them with sound."""
    runner.records.sound = tmp_path / "sound.wav"
    with wave.open(str(runner.records.sound), "wb") as made:
        made.setparams((1, 2, 8000, 0, "NONE", ""))
        made.writeframes(bytes(2 * 8000 * 14))
    runner.records.rows = [
        SUMMARY | {"id": "call-7", "summary": TALKED["summary"]},
        SUMMARY | {"id": "text-1", "agent": "hotel", "kind": "text", "caller": ""},
    ]
    runner.records.details = {"call-7": TALKED, "text-1": TALKED | {"id": "text-1", "audio": False}}
    return runner.records


@pytest.mark.usefixtures("records")
async def test_calls_are_listed_and_opened(visit):
    """The newest first, as text; a row leads to the call, whose address can be shared."""
    await visit.page.goto(visit.address)
    await visit.page.get_by_role("link", name="Calls").click()
    row = await visit.sees("[data-record=call-7]", "Wants a <i>cleaning</i> on Monday.")
    assert "1 turn" in await row.inner_text()
    await row.click()
    await visit.sees("h1", "Call with clinic")
    assert visit.page.url.endswith("#calls/call-7")
    await visit.page.reload()
    await visit.sees("h1", "Call with clinic")
    await visit.page.get_by_role("link", name="All calls").click()
    await visit.sees("[data-record=text-1]", "Dialogue by text")
    assert visit.complaints == []


async def test_what_is_asked_for_stands_in_the_address(visit, records):
    """Words, agent, end, kind and days are asked for; the address of the list can be shared."""
    await visit.page.goto(visit.address + "#calls")
    await visit.sees("[data-record=call-7]")
    await visit.page.get_by_label("Agent", exact=True).select_option("clinic")
    await visit.page.get_by_label("Ended").select_option("end_call")
    await visit.page.get_by_label("From").fill("2026-03-02")
    await visit.page.get_by_label("Until").fill("2026-03-02")
    await visit.page.get_by_label("Words").fill("my tooth")
    await visit.page.wait_for_url("**q=my+tooth**")
    await visit.page.wait_for_selector("[data-record=text-1]", state="detached")
    zone = await visit.page.evaluate("new Date(2026, 2, 2).getTime() / 1000")
    wanted = RecordFilter(
        agent="clinic", since=zone, until=zone + 86_400, words="my tooth", outcome="end_call"
    )
    assert records.asked[-1] == wanted
    await visit.page.reload()
    await visit.sees("[data-record=call-7]")
    assert await visit.page.get_by_label("Words").input_value() == "my tooth"
    assert records.asked[-1] == wanted
    assert visit.complaints == []


async def test_the_list_goes_on(visit, records):
    """More are shown on demand, below what is there, and the first of them has the focus."""
    records.cursors = ["abc"]
    await visit.page.goto(visit.address + "#calls")
    await visit.sees("[data-record=text-1]")
    records.rows = [SUMMARY | {"id": "call-3"}]
    await visit.page.get_by_role("button", name="Show more").click()
    await visit.sees("[data-record=call-3]:focus")
    assert records.asked[-1].cursor == "abc"
    assert await visit.page.locator("#records li").count() == 3
    assert await visit.page.get_by_role("button", name="Show more").is_hidden()


async def test_nothing_found_and_no_database_are_told(visit, records):
    """Both in words: what to do, and what is wrong."""
    records.rows = []
    await visit.page.goto(visit.address + "#calls")
    await visit.sees(".empty", "Nothing is kept yet.")
    await visit.page.get_by_label("Words").fill("tooth")
    await visit.sees(".empty", "Nothing was found.")
    records.refuses = DialogueError("records_unavailable", "the database does not answer", "wait")
    await visit.page.get_by_label("Words").fill("teeth")
    await visit.sees(".trouble", "The database does not answer. Wait.")


@pytest.mark.usefixtures("records")
async def test_one_call_is_told(visit):
    """Turn by turn with tools and handoffs; what was found, how long each turn took; as text."""
    await visit.page.goto(visit.address + "#calls/text-1")
    await visit.sees("[data-turn='1'] .mine", "An <b>appointment</b>, please")
    tool = await visit.sees("[data-turn='1'] [data-tool=find_slots]", "done")
    await tool.locator("summary").click()
    assert await tool.locator("pre").first.inner_text() == "day: monday"
    await visit.sees("[data-turn='1'] [data-handoff=booking]")
    await visit.sees("[data-turn='2'] .turn-head", "0:11 · answered in 2.4 s")
    await visit.sees(".ending", "The agent has ended the conversation.")
    side = await visit.page.locator("aside[aria-label='About this call']").inner_text()
    for each in ("Wants a <i>cleaning</i>", "polite", "It was.", "patient_name", "Latency by turn"):
        assert each in side
    assert await visit.page.locator(".canvas rect.llm").count() == 1
    await visit.page.get_by_text("As a table").click()
    cells = await visit.page.locator(".as-table tbody tr").all_inner_texts()
    assert [each.split("\t") for each in cells] == [
        ["Turn 1", "120 ms", "700 ms", "180 ms", "1.1 s"],
        ["Turn 2", "–", "–", "–", "2.4 s"],
    ]  # fmt: skip
    assert await visit.page.locator("audio").count() == 0
    assert visit.complaints == []


@pytest.mark.usefixtures("records")
async def test_the_turn_that_is_heard_is_marked(visit):
    """A turn's button plays from it, and the turn at which the sound is, is marked."""
    await visit.page.goto(visit.address + "#calls/call-7")
    await visit.sees(".player audio")
    audio = visit.page.locator("audio")
    await visit.page.get_by_role("button", name="Hear turn 1").click()
    await visit.sees("[data-turn='1'][aria-current]")
    assert 3.9 <= await audio.evaluate("audio => audio.currentTime") < 11
    await audio.evaluate("audio => { audio.currentTime = 12; }")
    await visit.sees("[data-turn='2'][aria-current]")
    assert await visit.page.locator("[aria-current][data-turn]").count() == 1
    assert visit.complaints == []


async def test_a_call_is_deleted_after_a_question(visit, records):
    """Kept where one thinks better of it; else it is gone, and the list is shown."""
    await visit.page.goto(visit.address + "#calls/text-1")
    await visit.page.get_by_role("button", name="Delete", exact=True).click()
    await visit.page.get_by_role("button", name="Keep it").click()
    assert records.dropped == []
    await visit.page.get_by_role("button", name="Delete", exact=True).click()
    await visit.page.get_by_role("button", name="Delete for good").click()
    await visit.sees("[data-record=call-7]")
    assert records.dropped == ["text-1"]


@pytest.mark.usefixtures("records")
async def test_a_call_that_is_not_there_is_told(visit):
    """A shared link may be older than its call."""
    await visit.page.goto(visit.address + "#calls/gone")
    await visit.sees(".empty", "There is no such call.")


async def test_what_is_on_is_followed_until_it_is_kept(visit, runner, records):
    """It stands above the list; its events come as they happen; after its end, what is kept."""
    await runner.turn("clinic", "", None, None, None)
    await visit.page.goto(visit.address + "#calls")
    await visit.page.locator("[data-session=s-1]").click()
    await visit.sees(".turn", "Good day, this is Sunrise Dental.")
    await runner.turn("clinic", "I need an appointment", "s-1", None, None)
    await visit.sees("[data-turn='1'] [data-handoff=booking]")
    await visit.sees(".story .line", "with booking")
    records.details["s-1"] = TALKED | {"id": "s-1", "audio": False}
    await visit.page.get_by_role("button", name="End this conversation").click()
    await visit.sees(".ending", "The agent has ended the conversation.")
    assert all("404" in each for each in visit.complaints)


@pytest.mark.usefixtures("records")
async def test_the_sound_and_the_list_want_the_token_too(browser, runner):
    """With tokens all of it goes with the one that was asked for."""
    front = Front(runner, port=0, doors=lambda: Doors(tokens=(Secret("secret"),)))
    await front.start()
    try:
        visit = Visit(await browser.new_page(), front)
        await visit.page.goto(visit.address + "#calls/call-7")
        await visit.page.get_by_label("Token", exact=True).fill("secret")
        await visit.page.get_by_role("button", name="Go on").click()
        await visit.sees(".player audio")
        await visit.page.get_by_role("button", name="Hear turn 2").click()
        await visit.sees("[data-turn='2'][aria-current]")
    finally:
        await front.stop()
