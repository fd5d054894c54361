"""What happened in calls is kept, whatever is killed, slow or away."""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import urllib.error
import urllib.parse
import urllib.request

import pytest
from support.address import Address
from support.command import serving
from support.postgresql import postgresql

FOLDER = """
agents:
  desk:
    mode: text
    start: host
    llm: brain
    labels:
      customer: sunrise
    variables:
      guest:
        description: The guest's name
personas:
  host:
    instructions: x
    greeting:
      say: Welcome.
    tools:
      - end_call
      - remember
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: bye
          call: end_call
        - when_caller_matches: 'i am (?P<name>[a-z]+)'
          call:
            remember:
              guest: "{name}"
      otherwise: I hear you.
runner:
  data_dir: data
  records:
    database: DATABASE
"""


@pytest.fixture
def place(tmp_path):
    """Writes a folder of agents whose records are in a database."""

    def write(database="sqlite:///records.db"):
        folder = tmp_path / "agents.d"
        folder.mkdir(exist_ok=True)
        (folder / "a.yaml").write_text(FOLDER.replace("DATABASE", database))
        return folder

    return write


async def end(runner, session):
    """End a session by its route."""

    def asked():
        url = f"{runner.front}/v1/sessions/{session}"
        request = urllib.request.Request(url, method="DELETE")  # noqa: S310 - our own address
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
            assert answer.status == 204

    await asyncio.to_thread(asked)


async def listed(runner, **query):
    """The records of a runner."""
    path = f"/v1/records?{urllib.parse.urlencode(query)}"
    return (await runner.ask(path))["records"]


async def test_a_finished_talk_can_be_read(place):
    """As soon as its end is answered, it is in the list, the search, the figures and the table."""
    async with serving(place()) as runner:
        session = (await runner.turn("desk", "i am mai"))["session_id"]
        await end(runner, session)
        record = await runner.ask(f"/v1/records/{session}")
        said = [line["text"] for line in record["transcript"]]
        assert said == ["Welcome.", "i am mai", "I hear you."]
        assert [call["name"] for call in record["tool_calls"]] == ["remember"]
        assert record["variables"] == {"guest": "mai"}
        assert (record["outcome"], record["labels"]) == ("caller_left", {"customer": "sunrise"})
        assert record["usage"]["input_tokens"] > 0
        assert record["latency"][0]["ms"]["turn"] > 0
        assert [each["id"] for each in await listed(runner, q="MAI", agent="desk")] == [session]
        assert await listed(runner, q="nobody") == []
        assert (await runner.ask("/v1/stats?kind=text"))["calls"] == 1
        table = await asyncio.to_thread(fetched, f"{runner.front}/v1/records.csv")
        assert [line.split(",")[0] for line in table.splitlines()[:2]] == ["id", session]


def fetched(address):
    """The text behind an address."""
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - our own address
        return answer.read().decode()


async def test_an_interaction_of_elsewhere_is_kept(place):
    """It is beside the calls, and what is kept of its user tells nothing of a call."""
    async with serving(place()) as runner:
        about = {"agent": "desk", "user_id": "mai", "input": "open?", "output": "yes"}
        name = (await runner.ask("/interactions/log", about))["id"]
        await until_listed(runner, 1, kind="interaction", q="open")
        record = await runner.ask(f"/v1/records/{name}")
        assert (record["input"], record["output"]) == ("open?", "yes")


async def until_listed(runner, count, **query):
    """Wait until so many fit."""
    async with asyncio.timeout(30):
        while len(entries := await listed(runner, **query)) < count:  # noqa: ASYNC110 - a runner tells nobody
            await asyncio.sleep(0.05)
    assert len(entries) == count
    return entries


@pytest.mark.timeout(120)  # fifty talks, two runners
async def test_no_finished_turn_is_lost_when_main_is_killed(place):
    """Fifty talks go on while main is killed: each turn that was answered is in a record."""
    folder = place()
    answered: dict[str, int] = {}
    async with serving(folder) as runner:
        runner.ends_with = -signal.SIGKILL
        enough = asyncio.Event()

        async def talk(number):
            session = (await runner.turn("desk"))["session_id"]
            answered[session] = 0
            while True:
                await runner.turn("desk", f"word{number}x{answered[session] + 1}", session)
                answered[session] += 1
                if len(answered) == 50 and sum(answered.values()) >= 120:
                    enough.set()

        talks = [asyncio.create_task(talk(number)) for number in range(50)]
        await asyncio.wait_for(enough.wait(), 60)
        runner.process.kill()
        await asyncio.gather(*talks, return_exceptions=True)
    async with serving(folder) as runner:
        kept = {each["id"]: each for each in await until_listed(runner, 50)}
        assert set(kept) == set(answered)
        for session, turns in answered.items():
            assert kept[session]["outcome"] == "crashed"
            record = await runner.ask(f"/v1/records/{session}")
            said = [line for line in record["transcript"] if line["role"] == "user"]
            heard = [line for line in record["transcript"] if line["text"] == "I hear you."]
            assert min(len(said), len(heard)) >= turns


@pytest.mark.timeout(120)  # a server is stopped and started
async def test_a_database_that_is_away_loses_nothing(place):
    """While PostgreSQL is stopped talks go on as ever, and what happened in them comes later."""
    with postgresql() as server:
        folder = place('"' + server.url("records", "{{ secrets.DB }}").replace("%20", " ") + '"')
        server.create("records")
        async with serving(folder, DB="river stone 42") as runner:
            first = (await runner.turn("desk", "before"))["session_id"]
            await end(runner, first)
            assert [each["id"] for each in await listed(runner)] == [first]
            await asyncio.to_thread(server.stop)
            second = (await runner.turn("desk", "meanwhile"))["session_id"]
            third = (await runner.turn("desk", "unfinished"))["session_id"]
            await end(runner, second)
            assert (await runner.event("records_not_stored"))["level"] == "error"
            figures = await asyncio.to_thread(fetched, f"{runner.front}/metrics")
            assert "lkrun_records_database_up 0.0" in figures
            assert 'lkrun_records_waiting{state="waiting"} 1.0' in figures
            with pytest.raises(urllib.error.HTTPError, match="503"):
                await listed(runner)
            await asyncio.to_thread(server.start)
            await runner.event("records_stored")
            await end(runner, third)
            assert [each["id"] for each in await until_listed(runner, 3)] == [third, second, first]


async def test_a_file_that_is_no_database_stops_nobody(place, tmp_path):
    """It is told once what to do; once that is done, all is stored."""
    folder = place()
    (tmp_path / "data").mkdir()
    file = tmp_path / "data" / "records.db"
    file.write_text("Dear diary " * 100)
    async with serving(folder) as runner:
        event = await runner.event("records_not_stored")
        assert event["help"] == "move it away: lkrun begins a new one"
        session = (await runner.turn("desk", "hello"))["session_id"]
        await end(runner, session)
        await asyncio.to_thread(file.rename, tmp_path / "diary")
        await runner.event("records_stored")
        assert [each["id"] for each in await listed(runner)] == [session]


async def test_a_folder_that_cannot_be_written_stops_nobody(place, tmp_path):
    """Talks go on; it is told where nothing can be kept."""
    folder = place()
    (tmp_path / "data").write_text("a file, where a folder should be")
    async with serving(folder) as runner:
        session = (await runner.turn("desk", "hello"))["session_id"]
        event = await runner.event("records_not_spooled")
        assert event["folder"] == "data"
        assert (await runner.turn("desk", "hello", session))["text"] == "I hear you."


async def test_a_talk_that_could_not_begin_leaves_no_record(place, tmp_path):
    """A dialogue that could not begin is none."""
    async with serving(place()) as runner:
        with pytest.raises(urllib.error.HTTPError, match="HTTP Error"):
            await runner.ask("/v1/agents/desk/turns", {"variables": {"nobody": "x"}})
        session = (await runner.turn("desk", "hello"))["session_id"]
        await end(runner, session)
        assert [each["id"] for each in await listed(runner)] == [session]
    with sqlite3.connect(tmp_path / "data" / "spool" / "records.db") as spool:
        assert spool.execute("SELECT count(*) FROM sessions").fetchone() == (0,)
    spool.close()


async def test_a_reload_moves_the_database(place):
    """What ends after a save is kept where the files say now."""
    folder = place()
    async with serving(folder) as runner:
        first = (await runner.turn("desk", "hello"))["session_id"]
        await end(runner, first)
        place("sqlite:///others.db")
        await runner.event("reload")
        second = (await runner.turn("desk", "hello"))["session_id"]
        await end(runner, second)
        assert [each["id"] for each in await until_listed(runner, 1)] == [second]


CARD, MAIL, PHONE = "4111 1111 1111 1111", "anna@example.com", "+49 30 1234567"
SENT = """\
    events:
      crm:
        url: http://127.0.0.1:PORT/crm
    after_call:
      send:
        - csv: calls.csv
          columns:
            guest: "{{ guest }}"
            said: "{{ call.transcript }}"
        - webhook: http://127.0.0.1:PORT/after
    record:
      mask:
        - card
        - email
        - phone
      keep: 90d
  quiet:
    mode: text
    start: host
    llm: brain
    variables:
      guest:
        description: The guest's name
    record:
      transcript: no
personas:
"""
NETWORK = """\
runner:
  network:
    allow:
      - 127.0.0.1:PORT
"""


@pytest.fixture
def private(place):
    """A folder whose agents keep little, and the address that they tell what happens."""
    address = Address()
    folder = place()
    file = folder / "a.yaml"
    text = file.read_text().replace("personas:\n", SENT, 1).replace("runner:\n", NETWORK, 1)
    text = text.replace("i am (?P<name>[a-z]+)", "(?s)i am (?P<name>.+)")
    file.write_text(text.replace("PORT", str(address.port)))
    yield folder, address
    address.close()


async def test_what_is_masked_is_written_nowhere(private, tmp_path):
    """Cards, mail and telephones are in no record, file, event or log; the model has had them."""
    folder, address = private
    said = f"i am {CARD}, {MAIL}, {PHONE}"
    async with serving(folder) as runner:
        reply = await runner.turn("desk", said)
        session = reply["session_id"]
        assert reply["variables"] == {"guest": said.removeprefix("i am ")}
        await runner.turn("desk", "bye", session)
        for path, kind in (("/crm", "session_ended"), ("/after", "after_call")):
            await asyncio.to_thread(address.until, path, kind)
        [listed_] = await until_listed(runner, 1)
        record = await runner.ask(f"/v1/records/{session}")
        assert record["transcript"][1]["text"] == "i am [card], [email], [phone]"
        assert record["variables"] == {"guest": "[card], [email], [phone]"}
        assert record["tool_calls"][0]["arguments"] == {"guest": "[card], [email], [phone]"}
        assert listed_["id"] == session
    rows = (tmp_path / "data" / "calls.csv").read_text()
    assert "[card], [email], [phone]" in rows
    files = [each for each in (tmp_path / "data").rglob("*") if each.is_file()]
    assert files
    everything = [each.read_bytes() for each in files]
    everything += [str(address.got).encode(), str(runner.events).encode()]
    for secret in (CARD, MAIL, PHONE):
        assert not any(secret.encode() in each for each in everything), secret


PARTS = ("four one one one", "one one one one, and then", "1111", "it ends in eleven eleven")


async def test_a_number_that_is_dictated_in_parts_is_kept_nowhere(private, tmp_path):
    """No part of it is in the record, in what is sent after the call, or found by a search."""
    folder, address = private
    async with serving(folder) as runner:
        session = (await runner.turn("desk", ""))["session_id"]
        for part in PARTS:
            await runner.turn("desk", part, session)
        await runner.turn("desk", "bye", session)
        await asyncio.to_thread(address.until, "/after", "after_call")
        await asyncio.to_thread(address.until, "/crm", "session_ended")
        await until_listed(runner, 1)
        record = await runner.ask(f"/v1/records/{session}")
        assert await listed(runner, q="eleven") == []
    said = [each["text"] for each in record["transcript"] if each["role"] == "user"]
    assert said == ["[card]", "[card]", "[card]", "it ends in [card]", "bye"]
    rows = (tmp_path / "data" / "calls.csv").read_text()
    assert "Caller: it ends in [card]" in rows
    assert "one one" not in rows
    told = [each["data"] for _, each in address.got if each["type"] == "transcript"]
    assert [each["text"] for each in told if each["role"] == "user"][3] == "it ends in [card]"


async def test_what_happens_elsewhere_is_masked(private):
    """The data of an event, with a session, without one, and where a private value is in it."""
    folder, _ = private
    file = folder / "a.yaml"
    file.write_text(file.read_text().replace("    variables:\n", PRIVATE, 1))
    async with serving(folder) as runner:
        session = (await runner.turn("desk", ""))["session_id"]
        data = {"note": f"paid by {CARD}", "pin": "8315", "deep": {"pins": ["8315", "x"]}}
        for event in (
            {"event_type": "paid", "data": data, "session_id": session},
            {"event_type": "paid", "data": data},
        ):
            await runner.ask("/agent/event", event)
        await end(runner, session)
        listed_ = await until_listed(runner, 3)
        names = [each["id"] for each in listed_ if each["kind"] == "event"]
        about = [(await runner.ask(f"/v1/records/{name}"))["data"] for name in names]
        record = await runner.ask(f"/v1/records/{session}")
    assert sorted(each["note"] for each in about) == ["paid by [card]"] * 2
    [happened] = [each for each in record["events"] if each["type"] == "event"]
    assert happened["arguments"] in about
    assert happened["arguments"] == {
        "note": "paid by [card]", "pin": "•••", "deep": {"pins": ["•••", "x"]},
    }  # fmt: skip


PRIVATE = """\
    on_event:
      paid:
        - set:
            pin: "{{ args.pin }}"
            other_pin: "{{ args.deep.pins[0] | trim }}"
    variables:
      pin:
        private: yes
      other_pin:
        private: yes
"""


async def test_no_words_are_kept(private, tmp_path):
    """With transcript: no, what is counted is there, and nothing of what was said."""
    folder, _ = private
    async with serving(folder) as runner:
        session = (await runner.turn("quiet", "i am marigold"))["session_id"]
        await runner.turn("quiet", "bye", session)
        [listed_] = await until_listed(runner, 1)
        record = await runner.ask(f"/v1/records/{session}")
    assert (listed_["turns"], listed_["outcome"]) == (2, "end_call")
    assert (record["transcript"], record["variables"], record["summary"]) == ([], {}, "")
    calls = [(c["name"], c["arguments"], c["output"]) for c in record["tool_calls"]]
    assert calls == [("remember", {}, ""), ("end_call", {}, "")]
    assert record["usage"]["input_tokens"] > 0
    files = [each for each in (tmp_path / "data").rglob("*") if each.is_file()]
    assert not any(b"marigold" in each.read_bytes() for each in files)


async def test_each_agent_keeps_for_its_own_time(private, tmp_path):
    """`record.keep` of an agent counts for its calls; others go by the runner."""
    folder, _ = private
    async with serving(folder) as runner:
        for agent in ("desk", "quiet"):
            session = (await runner.turn(agent, "hello"))["session_id"]
            await end(runner, session)
        await until_listed(runner, 2)
    with sqlite3.connect(tmp_path / "data" / "records.db") as database:
        rows = database.execute("SELECT agent, round((expires - ended) / 86400) FROM records")
        assert dict(rows.fetchall()) == {"desk": 90, "quiet": 30}


async def test_nothing_is_kept_before_a_yes(private, tmp_path):
    """A caller who agrees has a record from then on; one who does not has none, nor its words."""
    folder, address = private
    file = folder / "a.yaml"
    asks = "    record:\n      consent:\n        ask: May we record this?\n"
    file.write_text(file.read_text().replace("    record:\n", asks, 1))
    async with serving(folder) as runner:
        yes = (await runner.turn("desk", "yes"))["session_id"]
        await runner.turn("desk", "my dog is kept", yes)
        await runner.turn("desk", "bye", yes)
        no = (await runner.turn("desk"))["session_id"]
        await runner.turn("desk", "no marigold", no)
        await runner.turn("desk", "i am marigold", no)
        await runner.turn("desk", "bye", no)
        for path, kind in (("/crm", "session_ended"), ("/after", "after_call")):
            await asyncio.to_thread(address.until_count, path, kind, 2)
        assert [each["id"] for each in await until_listed(runner, 1)] == [yes]
        record = await runner.ask(f"/v1/records/{yes}")
        said = [line["text"] for line in record["transcript"]]
        assert said[:4] == ["Welcome.", "my dog is kept", "I hear you.", "bye"]
    told = [body for path, body in address.got if path == "/crm"]
    of_no = [body["type"] for body in told if body["data"]["session_id"] == no]
    assert of_no == ["session_started", "session_ended"]
    after = {b["data"]["session_id"]: b["data"] for path, b in address.got if path == "/after"}
    assert (after[no]["transcript"], len(after[yes]["transcript"])) == ([], len(said))
    spool = tmp_path / "data" / "spool" / "records.db"
    assert b"marigold" not in spool.read_bytes()
    assert b"marigold" not in (tmp_path / "data" / "records.db").read_bytes()
