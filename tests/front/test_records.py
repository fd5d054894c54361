"""The routes of records: what they ask for, and what they refuse."""

from __future__ import annotations

import pytest

from runner.front.port import DialogueError
from runner.front.records_port import RecordFilter

DAY = 1_772_409_600.0
"""2 March 2026, 00:00 UTC."""


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", RecordFilter()),
        ("agent=clinic&q=my+tooth", RecordFilter(agent="clinic", words="my tooth")),
        ("since=2026-03-02", RecordFilter(since=DAY)),
        ("until=2026-03-02", RecordFilter(until=DAY + 86_400)),
        ("since=2026-03-02T08:00:00Z", RecordFilter(since=DAY + 8 * 3600)),
        ("since=2026-03-02T08:00:00%2B07:00", RecordFilter(since=DAY + 3600)),
        ("since=2026-03-02T08:00:00+07:00", RecordFilter(since=DAY + 3600)),
        ("since=2026-03-02T08:00:00", RecordFilter(since=DAY + 8 * 3600)),
        ("outcome=end_call&kind=text&cursor=abc&agent=",
         RecordFilter(outcome="end_call", kind="text", cursor="abc")),
    ],
)  # fmt: skip
async def test_what_stands_in_the_address_is_asked_for(ask, runner, query, wanted):
    """Dates are whole days, moments are moments, and what is empty is left out."""
    assert (await ask("GET", f"/v1/records?{query}")).status == 200
    assert runner.records.asked == [wanted]


@pytest.mark.parametrize(
    ("query", "message", "help"),
    [
        ("since=yesterday", "'since' is neither a date nor a moment: 'yesterday'",
         "write 2026-03-02, or 2026-03-02T08:00:00Z"),
        ("until=9999-12-31", "'until' is neither a date nor a moment: '9999-12-31'",
         "write 2026-03-02, or 2026-03-02T08:00:00Z"),
        ("since=2026-02-30", "'since' is neither a date nor a moment: '2026-02-30'",
         "write 2026-03-02, or 2026-03-02T08:00:00Z"),
        ("agnet=clinic", "unknown parameter 'agnet'", "did you mean 'agent'?"),
        ("kind=phone", "'phone' is not a kind of record",
         "there are: call, text, interaction, event"),
        (f"q={'x' * 501}", "'q' is longer than 500 characters", None),
        ("q=a&agent=clinic&q=b", "'q' stands twice in the address", "give it once"),
    ],
)  # fmt: skip
async def test_what_cannot_be_asked_for_is_told(ask, query, message, help):  # noqa: A002 - the word of the API
    """A mistake in the address says what to write."""
    answer = await ask("GET", f"/v1/records?{query}")
    assert answer.status == 400
    assert (answer.error["message"], answer.error["help"]) == (message, help)


@pytest.mark.parametrize(
    "path", ["/v1/records", "/v1/records/s-1", "/v1/records.csv", "/v1/stats", "/v1/memory/x"]
)
async def test_a_database_that_is_away_is_no_fault_of_who_asks(ask, runner, path):
    """503 with when to ask again, and why."""
    runner.records.refuses = DialogueError("records_unavailable", "db does not answer", "start it")
    answer = await ask("GET", path)
    assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert answer.error["message"] == "db does not answer"


async def test_a_table_is_one_file(ask):
    """It is what a browser saves."""
    answer = await ask("GET", "/v1/records.csv")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="records.csv"'
    assert answer.body == b"id\r\ns-1\r\n"


async def test_an_interaction_says_something(ask, runner):
    """What it says is kept as it is; one that says nothing is refused."""
    about = {"user_id": "mai", "input": {"text": "Are you open?"}, "metadata": [1, None]}
    answer = await ask("POST", "/interactions/log", json={"agent": "clinic", **about})
    assert (answer.status, answer.json) == (201, {"id": "interaction_1"})
    assert runner.records.asked == [("clinic", about)]
    answer = await ask("POST", "/interactions/log", json={"agent": "clinic", "user_id": "mai"})
    assert answer.status == 422
    assert "input, output, error, metadata" in answer.error["message"]
