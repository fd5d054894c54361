"""The page's figures in a real Chromium."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from support.fake_jobs import JOB
from support.visiting import WANTED

from runner.front.port import DialogueError

pytestmark = WANTED

_NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)


def hour(ago, calls):
    at = _NOW - timedelta(hours=ago)
    return {"hour": at.strftime("%Y-%m-%dT%H:%M:%SZ"), "calls": calls}


@pytest.fixture
def totals(runner):
    """What a week adds up to."""
    runner.records.totals |= {
        "calls": 400,
        "minutes": 1000.4,
        "ended": {"caller_left": 300, "end_call": 99, "<b>": 1},
        "tokens": {"input": 120_000, "output": 8_000},
        "latency_ms": {
            "stt": {"p50": 180, "p95": 420},
            "llm": {"p50": 600, "p95": 1900},
            "tts": {"p50": None, "p95": None},
            "turn": {"p50": 1050, "p95": 2600},
        },
        "tools": {"look_up": {"ok": 80, "failed": 20}, "book": {"ok": 300, "failed": 0}},
        "hours": [hour(50, 3), hour(26, 7), hour(2, 390)],
    }
    return runner.records.totals


async def rows(visit, title):
    """The rows of the table below a plot."""
    plot = visit.page.locator("figure").filter(has_text=title)
    await plot.locator("summary").click()
    return [each.split("\t") for each in await plot.locator("tbody tr").all_inner_texts()]


@pytest.mark.usefixtures("totals")
async def test_figures_are_drawn_said_and_listed(visit):
    """Each plot has its words and, for those who do not see it, its figures as a table."""
    await visit.page.goto(visit.address)
    await visit.page.get_by_role("link", name="Figures").click()
    await visit.sees(".sums", "400")
    await visit.sees("figcaption", "Half of all answers came within 1.1 s, 95 of 100 within 2.6 s.")
    await visit.sees("figcaption", "20 calls of 400 failed.")
    assert await rows(visit, "How they ended") == [
        ["the caller left", "300", "75 %"],
        ["the agent ended it", "99", "25 %"],
        ["<b>", "1", "under 1 %"],
    ]
    assert await rows(visit, "How long an answer took") == [
        ["Hearing", "180 ms", "420 ms"],
        ["Thinking", "600 ms", "1.9 s"],
        ["A whole answer", "1.1 s", "2.6 s"],
    ]
    assert await rows(visit, "Tools") == [
        ["book", "300", "0", "0 %"], ["look_up", "80", "20", "20 %"],
    ]  # fmt: skip
    assert (await rows(visit, "Tokens of models"))[0] == ["Read", "120,000", "300"]
    failed = visit.page.locator("figure").filter(has_text="Tools").locator("rect.bad-part")
    worked = visit.page.locator("figure").filter(has_text="Tools").locator("rect.ok")
    widths = [float(await each.get_attribute("width")) for each in (failed, worked.last)]
    assert widths[1] == pytest.approx(4 * widths[0], rel=0.01)
    assert visit.complaints == []


@pytest.mark.parametrize(("days", "name", "most"), [("1", "hour", 25), ("7", "day", 8)])
async def test_a_span_has_a_column_for_each_hour_or_day(visit, totals, days, name, most):
    """Those without a call stay empty; what is in none is not lost."""
    totals["hours"] = [hour(2, 390), hour(20, 7)]
    await visit.page.goto(f"{visit.address}#figures?days={days}")
    await visit.sees("figure", f"Conversations by {name}")
    listed = await rows(visit, f"Conversations by {name}")
    assert sum(int(each[-1]) for each in listed) == 397
    assert 1 <= await visit.page.locator("rect.all").count() <= most + 8


async def test_what_is_chosen_is_asked_for_and_stands_in_the_address(visit, runner, totals):
    """Agent, span and kind; the address leads to the same."""
    await visit.page.goto(visit.address + "#figures")
    await visit.sees(".sums", "400")
    totals["calls"] = 12
    await visit.page.get_by_label("Agent", exact=True).select_option("clinic")
    await visit.sees(".sums", "12")
    totals["calls"] = 13
    await visit.page.get_by_label("When", exact=True).select_option("All that is kept")
    await visit.sees(".sums", "13")
    totals["calls"] = 14
    await visit.page.get_by_label("Kind", exact=True).select_option("Calls")
    await visit.sees(".sums", "14")
    assert runner.records.asked[-1] == ("clinic", None, "call")
    await visit.page.reload()
    await visit.sees(".sums", "14")
    assert runner.records.asked[-1] == ("clinic", None, "call")


async def test_no_call_and_no_database_are_told(visit, runner, totals):
    """In words, in place of empty plots."""
    totals["calls"] = 0
    await visit.page.goto(visit.address + "#figures")
    await visit.sees("#plots .empty", "Nothing is kept of this time yet.")
    runner.records.refuses = DialogueError("records_unavailable", "the disk is full", "make room")
    await visit.page.get_by_label("Kind", exact=True).select_option("Calls")
    await visit.sees("#plots .trouble", "The disk is full. Make room.")


@pytest.mark.usefixtures("totals")
async def test_jobs_of_external_agents_are_figures_too(visit, runner):
    """How they ended, and why the last of them failed; of the agent and the time asked for."""
    soon = {**JOB, "requested": datetime.now(UTC).isoformat()}
    failed = {**soon, "agent": "guide", "status": "failed", "error": "<b>nothing listens"}
    old = {**failed, "requested": "2020-01-01T00:00:00.000Z"}
    runner.external.known = [soon, {**soon, "status": "success"}, failed, old]
    await visit.page.goto(visit.address + "#figures")
    await visit.sees("figure", "1 of 3 jobs was not taken, or failed.")
    assert await rows(visit, "Jobs of external agents") == [
        ["Went well", "1"], ["In the room now", "1"], ["Failed", "1"],
    ]  # fmt: skip
    await visit.sees("figure li", "guide: <b>nothing listens")
    await visit.page.get_by_label("Agent", exact=True).select_option("clinic")
    await visit.page.locator("figure", has_text="Jobs of").wait_for(state="detached")
    assert visit.complaints == []
