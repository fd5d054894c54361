"""The code by which a phone opens the page, and at which address."""

from __future__ import annotations

import io
import socket

import pytest

from runner.serve import phone_code
from runner.serve.phone_code import code, reached

ADDRESS = "http://192.168.1.20:8090"


@pytest.mark.parametrize("address", ["http://127.0.0.1:8090", "http://[::1]:8090"])
def test_this_machine_only_has_none(address):
    """Nobody else reaches it."""
    assert reached(address) is None


@pytest.mark.parametrize("address", [ADDRESS, "http://[fd00::20]:8090", "https://lkrun.example"])
def test_an_address_of_the_network_is_itself(address):
    """As it was written."""
    assert reached(address) == address


@pytest.mark.parametrize(
    ("listening", "own", "opened"),
    [
        ("http://0.0.0.0:8090", "192.168.1.20", ADDRESS),
        ("http://[::]:8090", "fd00::20", "http://[fd00::20]:8090"),
        ("http://0.0.0.0:8090", None, None),
    ],
)
def test_all_addresses_are_the_machines_own(monkeypatch, listening, own, opened):
    """A phone cannot open 0.0.0.0; a machine in no network is reached by nobody."""
    monkeypatch.setattr(phone_code, "_own", lambda _: own)
    assert reached(listening) == opened


def test_a_machine_in_no_network_has_no_address(monkeypatch):
    """No way leads out of it."""

    def nowhere(*_):
        raise OSError(101, "Network is unreachable")

    monkeypatch.setattr(socket.socket, "connect", nowhere)
    assert phone_code._own(4) is None


def test_the_code_is_that_of_the_address():
    """Its light and dark points are those that a decoder of its own makes of the address."""
    import segno  # noqa: PLC0415 - as the module does

    points = segno.make(ADDRESS, error="m", micro=False)
    drawn = code(ADDRESS, colour=False, columns=80).splitlines()
    rows = [list(row) for row in points.matrix_iter(border=2)]
    shown = [_halves(line) for line in drawn[:-1]]
    flat = [row for both in shown for row in both][: len(rows)]
    assert flat == [[bool(each) for each in row] for row in rows]
    assert drawn[-1] == f"a phone in this network opens the page at {ADDRESS}"


def _halves(line):
    """The two rows of points of a line: a full block is two light ones, a blank two dark ones."""
    above = [sign in " ▄" for sign in line]
    below = [sign in " ▀" for sign in line]
    return above, below


def test_colours_are_its_own():
    """Light on dark, so that it is no negative on a light terminal."""
    first = code(ADDRESS, colour=True, columns=80).splitlines()[0]
    assert first.startswith("\x1b[97;40m█")
    assert first.endswith("\x1b[0m")


def test_a_narrow_terminal_has_the_address_alone():
    """A code that is broken into lines is none."""
    assert code(ADDRESS, colour=True, columns=20).count("\n") == 1


@pytest.mark.parametrize(
    ("dev", "form", "address", "terminal", "shown"),
    [
        (True, "text", ADDRESS, True, True),
        (True, "text", "http://127.0.0.1:8090", True, False),
        (False, "text", ADDRESS, True, False),
        (True, "json", ADDRESS, True, False),
        (True, "text", ADDRESS, False, False),
    ],
)
def test_it_is_for_a_person_before_a_terminal(dev, form, address, terminal, shown):
    """With --dev, and only where the network reaches the front; no program is shown it."""
    stream = io.StringIO()
    stream.isatty = lambda: terminal
    phone_code.show(address, stream, wanted=dev and form == "text")
    assert bool(stream.getvalue()) == shown
