"""Hours: when an agent is open, who answers outside, and what `open_now` says at any moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from runner.schema.agents import Agent
from runner.schema.hours import DAYS
from runner.session.clock import SimulatedClock

BERLIN = "Europe/Berlin"

FOLDER = """
agents:
  hotel:
    start: reception
    mode: text
    llm: model
    timezone: Europe/Berlin
    hours:
      monday: 08:00-12:00, 13:30-17:30
      friday: 22:00-02:00
      closed_on:
        - 2026-12-21
      closed: night_desk
personas:
  reception:
    instructions: "The desk is {{ 'open' if open_now else 'closed' }}."
    greeting:
      say: "Reception: {{ open_now }}."
    handoffs:
      manager:
        when: They want the manager.
        if: open_now
  night_desk:
    instructions: You note a name.
    greeting:
      say: "Night desk: {{ open_now }}."
    handoffs:
      reception:
        when: They insist.
  manager:
    instructions: You manage.
providers:
  model:
    llm: script
    with:
      rules:
        - when_caller_says: hello
          say: Hello.
      otherwise: I see.
"""


def agent(zone=BERLIN, **hours):
    """An agent with these hours."""
    return Agent.model_validate({"start": "desk", "timezone": zone, "hours": hours})


def at(text, zone=BERLIN):
    """A moment as the clocks of a zone show it; `*` behind it: when they show it again."""
    return datetime.fromisoformat(text.rstrip("*")).replace(
        tzinfo=ZoneInfo(zone), fold=int(text.endswith("*"))
    )


def opened(spec, texts, zone=BERLIN):
    """At which of these moments it is open."""
    return [text for text in texts.split() if spec.open_at(at(text, zone))]


@pytest.mark.proves("Agent.hours")
def test_the_first_minute_counts_and_the_last_does_not():
    """It opens with the minute that is written, and is closed in the one that ends a span."""
    spec = agent(monday="08:00-12:00, 13:30-17:30")
    moments = (
        "2026-11-30T07:59:59 2026-11-30T08:00 2026-11-30T11:59:59 2026-11-30T12:00 "
        "2026-11-30T13:29:59 2026-11-30T13:30 2026-11-30T17:29:59 2026-11-30T17:30"
    )
    assert opened(spec, moments) == [
        *("2026-11-30T08:00", "2026-11-30T11:59:59", "2026-11-30T13:30", "2026-11-30T17:29:59"),
    ]


@pytest.mark.parametrize("number", range(7))
@pytest.mark.proves(
    "Hours.monday", "Hours.tuesday", "Hours.wednesday", "Hours.thursday",
    "Hours.friday", "Hours.saturday", "Hours.sunday",
)  # fmt: skip
def test_each_day_is_its_own(number):
    """A day that is listed is open on that day alone."""
    spec = agent(**{DAYS[number]: "09:00-10:00"})
    week = [at("2026-11-30T09:30") + timedelta(days=each) for each in range(7)]
    assert [spec.open_at(moment) for moment in week] == [each == number for each in range(7)]


def test_a_night_belongs_to_the_day_on_which_it_begins():
    """Friday's 22:00-02:00 goes on into Saturday, and Friday itself does not begin with it."""
    spec = agent(friday="22:00-02:00")
    moments = (
        "2026-12-04T00:30 2026-12-04T21:59 2026-12-04T22:00 2026-12-04T23:59:59 "
        "2026-12-05T00:00 2026-12-05T01:59:59 2026-12-05T02:00 2026-12-05T22:30"
    )
    assert opened(spec, moments) == [
        *("2026-12-04T22:00", "2026-12-04T23:59:59", "2026-12-05T00:00", "2026-12-05T01:59:59"),
    ]


@pytest.mark.parametrize("end", ["24:00", "00:00"])
def test_a_day_may_end_at_midnight(end):
    """A span may go to the end of the day; the next day's first minute is no more in it."""
    spec = agent(monday=f"20:00-{end}")
    moments = "2026-11-30T00:00 2026-11-30T23:59:59 2026-12-01T00:00"
    assert opened(spec, moments) == ["2026-11-30T23:59:59"]


def test_a_whole_week_has_no_gap():
    """Where each day is open from 00:00 to 24:00 there is no minute in which it is closed."""
    spec = agent(**dict.fromkeys(DAYS, "00:00-24:00"))
    begin = at("2026-10-19T00:00").astimezone(UTC)
    assert all(spec.open_at(begin + timedelta(minutes=each)) for each in range(0, 21 * 1440, 7))


@pytest.mark.proves("Hours.closed_on")
def test_a_date_without_hours_takes_its_whole_night_with_it():
    """On such a date nothing begins: not its night either; the night before ends as ever."""
    spec = agent(thursday="22:00-02:00", friday="08:00-12:00, 22:00-02:00",
                 saturday="00:30-03:00", closed_on=["2026-12-04"])  # fmt: skip
    moments = (
        "2026-12-03T23:00 2026-12-04T01:59 2026-12-04T09:00 2026-12-04T23:00 "
        "2026-12-05T00:15 2026-12-05T00:30"
    )
    assert opened(spec, moments) == ["2026-12-03T23:00", "2026-12-04T01:59", "2026-12-05T00:30"]


@pytest.mark.parametrize(
    ("hours", "moments", "wanted"),
    [
        ("01:00-02:30", "03-29T01:59 03-29T03:00", "03-29T01:59"),
        ("02:30-04:00", "03-29T01:59 03-29T03:00 03-29T04:00", "03-29T03:00"),
        ("02:10-02:50", "03-29T01:59 03-29T03:00 03-29T03:20", ""),
        ("03:30-04:00", "03-29T03:29 03-29T03:30", "03-29T03:30"),
        ("01:00-02:30", "10-25T02:29 10-25T02:30 10-25T02:15*", "10-25T02:29"),
        ("02:30-04:00", "10-25T02:29 10-25T02:30 10-25T02:10*", "10-25T02:30 10-25T02:10*"),
        ("01:00-03:00", "10-25T02:45 10-25T02:45* 10-25T03:00", "10-25T02:45 10-25T02:45*"),
    ],
)  # fmt: skip
def test_the_clocks_are_put_forward_and_back(hours, moments, wanted):
    """A missing hour is passed over; one that comes twice neither opens nor closes again."""
    spec = agent(sunday=hours)
    assert opened(spec, " ".join(f"2026-{m}" for m in moments.split())) == [
        f"2026-{m}" for m in wanted.split()
    ]


@pytest.mark.parametrize(
    ("day", "length"), [("2026-03-28", 3), ("2026-10-24", 5), ("2026-11-07", 4)]
)
def test_a_night_in_which_the_clocks_change_ends_by_the_clock(day, length):
    """23:00-03:00 is an hour shorter or longer in such a night, as the clocks have it."""
    spec = agent(saturday="23:00-03:00")
    begin = at(f"{day}T20:00").astimezone(UTC)
    minutes = [spec.open_at(begin + timedelta(minutes=each)) for each in range(12 * 60)]
    assert sum(minutes) == length * 60


def test_a_midnight_that_does_not_exist_opens_with_the_first_minute():
    """In Cairo clocks go from 23:59 to 01:00: the new day opens then, and the old one has ended."""
    zone = "Africa/Cairo"
    spec = agent(zone, thursday="20:00-24:00", friday="00:00-02:00")
    moments = "2026-04-23T23:59 2026-04-24T01:00 2026-04-24T01:59 2026-04-24T02:00"
    assert opened(spec, moments, zone) == moments.split()[:3]
    assert opened(agent(zone, thursday="20:00-24:00"), moments, zone) == moments.split()[:1]


def test_the_agents_time_zone_decides():
    """The same moment is Tuesday in Vietnam and Monday in New York."""
    moment = datetime(2026, 12, 1, 2, tzinfo=UTC)
    zones = ("Asia/Ho_Chi_Minh", "America/New_York")
    assert [agent(zone, tuesday="09:00-10:00").open_at(moment) for zone in zones] == [True, False]
    assert [agent(zone, monday="21:00-22:00").open_at(moment) for zone in zones] == [False, True]


def clock(text):
    """A clock that stands at a moment in Berlin."""
    return SimulatedClock(at(text).astimezone(UTC))


@pytest.mark.proves("Hours.closed")
@pytest.mark.parametrize(
    ("moment", "greeting"),
    [
        ("2026-11-30T08:00", "Reception: yes."),
        ("2026-11-30T12:00", "Night desk: no."),
        ("2026-12-05T01:59", "Reception: yes."),
        ("2026-12-21T09:00", "Night desk: no."),
    ],
)
async def test_the_hours_choose_who_answers(begin, moment, greeting):
    """Within the hours a call begins with `start`, outside with the persona that `closed` names."""
    talk = await begin(FOLDER, clock=clock(moment))
    assert talk.events.texts == [greeting]
    assert talk.conversation.persona == ("reception" if "yes" in greeting else "night_desk")


async def test_open_now_is_asked_when_it_is_used(begin):
    """The desk closes in the middle of a call: who speaks stays, and what it may do changes."""
    time = clock("2026-11-30T11:58")
    talk = await begin(FOLDER, clock=time)
    context = talk.conversation._call.bound.renderer
    assert context.is_true("open_now")
    time.advance(120)
    assert not context.is_true("open_now")
    assert context.text("{{ open_now }}") == "no"
    assert context.context.sent()["open_now"] is False
    assert talk.conversation.persona == "reception"


async def test_without_closed_everybody_is_answered_alike(begin):
    """Hours without a persona for outside only say whether it is open."""
    folder = FOLDER.replace("      closed: night_desk\n", "").replace(
        "  night_desk:\n    instructions: You note a name.\n    greeting:\n"
        '      say: "Night desk: {{ open_now }}."\n    handoffs:\n      reception:\n'
        "        when: They insist.\n",
        "",
    )
    talk = await begin(folder, clock=clock("2026-11-30T12:00"))
    assert talk.events.texts == ["Reception: no."]


async def test_a_changed_folder_counts_in_open_now_at_once(begin, load):
    """A call goes on with whom it began; whether it is open is asked of the new hours."""
    talk = await begin(FOLDER, clock=clock("2026-11-30T09:00"))
    changed = FOLDER.replace("08:00-12:00, 13:30-17:30", "10:00-12:00")
    done = await talk.conversation.renew(load(changed))
    assert done.waiting == ()
    assert talk.conversation.persona == "reception"
    assert not talk.conversation._call.bound.renderer.is_true("open_now")
