"""`runner.http` of what is served: who may come in, and what changes with the files."""

from __future__ import annotations

import pytest

from runner.egress.secrets import Secrets
from runner.front.rates import Rate
from runner.front.tokens import Doors
from runner.secret import Secret
from runner.serve.doors import FrontDoors
from runner.serve.startup import ServeSettings

WRITTEN = """runner:
  http:
    listen: 127.0.0.1:9000
    tokens:
      - "{{ secrets.FIRST }}"
      - prefix-{{ secrets.SECOND }}
    allowed_origins:
      - HTTPS://App.Clinic.example:443
    rate_limit: 60 per minute
"""


def settings(host=None, port=None):
    return ServeSettings(host, port, drain=1.0, follow=True, level="info", form="json")


@pytest.fixture
def guard(releases, log):
    """Make what follows `runner.http`."""

    def make(secrets, **given):
        return FrontDoors(releases, secrets, log, env={}, settings=settings(**given))

    return make


def test_without_the_section_nobody_proves_anything(guard):
    """Loopback, no tokens, no other pages, no limit."""
    doors = guard(Secrets({}))
    assert doors.now() == Doors()
    assert doors.address == ("127.0.0.1", 8090)


@pytest.mark.parametrize(
    ("given", "address"),
    [
        ({}, ("127.0.0.1", 9000)),
        ({"port": 0}, ("127.0.0.1", 0)),
        ({"host": "::1"}, ("::1", 9000)),
        ({"host": "::1", "port": 1}, ("::1", 1)),
    ],
)
def test_the_command_line_wins_part_by_part(guard, changed, releases, given, address):
    """`--port` replaces the port of `listen`, not its address."""
    releases.swap(changed("runner:\n", WRITTEN))
    assert guard(Secrets({}), **given).address == address


def test_tokens_are_read_anew(guard, changed, releases, tmp_path):
    """A secret's file that changes counts at once; a token with a part missing never does."""
    (tmp_path / "FIRST").write_text("one\n")
    releases.swap(changed("runner:\n", WRITTEN))
    doors = guard(Secrets({}, tmp_path))
    origins, rate = frozenset({"https://app.clinic.example"}), Rate(60, 60.0)
    assert doors.now() == Doors((Secret("one"),), origins, rate)
    assert doors.now() is doors.now()
    (tmp_path / "FIRST").write_text("another\n")
    (tmp_path / "SECOND").write_text("two")
    assert doors.now().tokens == (Secret("another"), Secret("prefix-two"))
    (tmp_path / "FIRST").unlink()
    (tmp_path / "SECOND").unlink()
    assert doors.now().tokens == ()


def test_another_release_counts_at_once(guard, changed, releases):
    """What is served says who may come in."""
    doors = guard(Secrets({"FIRST": "one"}))
    assert doors.now().tokens is None
    releases.swap(changed("runner:\n", WRITTEN))
    assert doors.now().tokens == (Secret("one"),)


def test_another_address_waits_for_a_restart(guard, changed, releases, log):
    """It is said once; where the command line says the address, there is nothing to say."""
    doors, fixed = guard(Secrets({})), guard(Secrets({}), host="127.0.0.1", port=0)
    releases.swap(changed("runner:\n", WRITTEN))
    for each in (doors, doors, fixed):
        each.follow()
    (event,) = log.named("restart_needed")
    assert (event["what"], event["level"]) == ("listen", "warning")


def test_tokens_that_go_are_told_where_others_reach_the_front(guard, log):
    """Open to other machines without a token, it lets nobody in, and says so."""
    doors = guard(Secrets({}), host="0.0.0.0")  # noqa: S104 - nothing listens
    doors.follow()
    assert len(log.named("no_tokens")) == 1
    assert guard(Secrets({})).follow() is None
    assert len(log.named("no_tokens")) == 1
