"""What templates see, and what becomes of them."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from runner.session import Caller, CallFacts, JobFacts, Room, parsed
from runner.session.clock import SimulatedClock
from runner.session.values.templates import TemplateContext, TemplateRenderer
from runner.session.values.variables import Variables
from runner.template import EMPTY

FOLDER = """
agents:
  desk:
    start: p
    mode: text
    llm: x/y
    timezone: Asia/Ho_Chi_Minh
    variables:
      house: Sunrise
      guests:
        type: integer
personas:
  p:
    instructions: "{{ env.BRANCH or 'main' }}"
"""

FACTS = CallFacts(
    caller=Caller(
        identity="sip_1",
        name="An",
        kind="sip",
        attributes={"vip": "yes"},
        phone="+84",
        dialled="+85",
    ),
    room=Room(name="blue", metadata="m"),
    job=JobFacts(id="j1", attributes={"a": "b"}, metadata={"patient": {"name": "Lê"}}),
    started=datetime(2026, 12, 4, 1, tzinfo=UTC),
    id="call_1",
)
NOW = datetime(2026, 12, 4, 18, 30, tzinfo=UTC)


@pytest.fixture
def renderer(load):
    """Renders texts of a call whose facts and time are known."""
    release = load(FOLDER)
    variables = Variables(release.agent.variables)
    return TemplateRenderer(
        TemplateContext(release, FACTS, variables, SimulatedClock(NOW)),
        {"{{ guests }}": "all.yaml:9"},
    )


@pytest.mark.proves("Agent.timezone")
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{{ house }} {{ guests or 'nobody' }}", "Sunrise nobody"),
        ("{{ caller.identity }} {{ caller.name }} {{ caller.kind }}", "sip_1 An sip"),
        ("{{ caller.phone }} {{ caller.dialled }} {{ caller.attributes.vip }}", "+84 +85 yes"),
        ("{{ room.name }} {{ room.metadata }}", "blue m"),
        ("{{ job.id }} {{ job.attributes.a }} {{ job.metadata.patient.name }}", "j1 b Lê"),
        ("{{ call.id }} {{ call.agent }} {{ call.persona }}", "call_1 desk p"),
        ("{{ call.started }}", "Friday 4 December 2026, 08:00"),
        ("{{ now }}", "Saturday 5 December 2026, 01:30"),
        ("{{ today }}", "Saturday 5 December 2026"),
        ("{{ args.day }}", "x"),
    ],
)
def test_names(renderer, text, wanted):
    """Every name of the language has its value, times in the agent's zone."""
    assert renderer.text(text, {"args": {"day": "x"}}) == wanted


def test_values_keep_their_type(renderer):
    """One expression keeps its type; what is missing is empty; other texts are texts."""
    assert renderer.value("{{ job.metadata.patient }}") == {"name": "Lê"}
    assert renderer.value("{{ guests }}") is EMPTY
    assert renderer.value("plain") == "plain"
    assert renderer.data({"a": ("{{ 5 }}", "b"), "c": "{{ guests }}"}) == {"a": [5, "b"]}


def test_conditions(renderer):
    """No condition holds; one with a missing value is false."""
    assert renderer.is_true(None)
    assert renderer.is_true("house == 'Sunrise'")
    assert not renderer.is_true("guests > 1")
    assert renderer.is_true("result.ok", {"result": {"ok": True}})


def test_words_in_turn(renderer):
    """A list of words is used in turn, and from the start again."""
    words = ("One in {{ house }}.", "Two.")
    assert [renderer.next(words) for _ in range(3)] == [
        "One in Sunrise.",
        "Two.",
        "One in Sunrise.",
    ]


def test_warned_once(renderer, caplog):
    """A hole in a text is logged once a call, with the place where that is known."""
    for _ in range(2):
        assert renderer.text("Guests: {{ guests }}") == "Guests: "
    renderer.text("{{ 1 / 0 }}")
    lines = [r.getMessage() for r in caplog.records]
    assert lines[0] == "'guests' has no value, so nothing stands in its place"
    assert len(lines) == 2


def test_data_for_the_egress(renderer):
    """The egress gets all names as plain data, dates as ISO 8601."""
    sent = renderer.context.sent()
    assert sent["now"] == "2026-12-05T01:30:00+07:00"
    assert sent["today"] == "2026-12-05"
    assert sent["house"] == "Sunrise"
    assert sent["job"]["metadata"] == {"patient": {"name": "Lê"}}
    assert "guests" not in sent
    assert "env" not in sent


def test_values_are_a_mapping(renderer):
    """The names can be listed."""
    assert {"house", "now", "caller", "env"} <= set(renderer.context)
    assert len(renderer.context) == len(set(renderer.context))
    assert "guests" not in renderer.context


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('{"a": 1}', {"a": 1}),
        ("plain", "plain"),
        ("", None),
        (None, None),
        ("  ", None),
        ("[" * 100_000, "[" * 100_000),
    ],
)
def test_metadata(text, wanted):
    """Metadata is data where it is JSON, else the text that it is."""
    assert parsed(text) == wanted


GERMAN = FOLDER.replace("timezone: Asia/Ho_Chi_Minh", "timezone: Europe/Berlin\n    locale: de")


@pytest.mark.proves("Agent.locale")
@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{{ today }}", "Freitag, 4. Dezember 2026"),
        ("{{ now }}", "Freitag, 4. Dezember 2026, 19:30"),
        ("{{ today_date | plus('14d') }}", "Freitag, 18. Dezember 2026"),
        ("{{ now | plus('-1h') }}", "Freitag, 4. Dezember 2026, 18:30"),
        ("{{ '2026-12-05' | day }}", "Samstag, 5. Dezember 2026"),
        ("{{ 19.9 }} {{ '%.2f' % 19.9 }} {{ '%.1f' | format(0.5) }}", "19,9 19,90 0,5"),
        ("{{ ['Tee', 'Brot', 'Salz'] }}", "Tee, Brot und Salz"),
        ("{{ true }} {{ false }}", "ja nein"),
        ("{{ now.strftime('%A, %d. %B') }}", "Freitag, 04. Dezember"),
        ("{{ [{'preis': 1.5, 'frisch': true}] | lines }}", "1. preis: 1,5, frisch: ja"),
        ("{% if today_date == today %}{{ 1 / 4 }}{% endif %}", "0,25"),
    ],
)
def test_values_read_in_the_language_of_the_agent(load, text, wanted):
    """With `locale`, dates, numbers, lists and yes/no read in that language, wherever written."""
    release = load(GERMAN)
    context = TemplateContext(
        release, FACTS, Variables(release.agent.variables), SimulatedClock(NOW)
    )
    assert TemplateRenderer(context, {}).text(text) == wanted
