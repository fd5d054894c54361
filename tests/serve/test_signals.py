"""Signals that reach the runner, each in a process of its own."""

import os
import pty
import signal
import subprocess
import sys

import pytest

PROBE = """
import asyncio, signal, sys
from runner.serve.signals import Signals

async def main(signals):
    signals.listen()
    print("listening", flush=True)
    first = await signals.next()
    print(signal.Signals(first).name, flush=True)
    sys.stdin.readline()

signals = Signals(lambda: print("reload", flush=True))
asyncio.run(main(signals))
print("ended", flush=True)
sys.stdin.readline()
print(signals.deafen(), flush=True)
"""


@pytest.fixture
def probe():
    """A process that listens to signals."""
    running = []

    def start(**streams):
        process = subprocess.Popen(
            [sys.executable, "-c", PROBE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            **streams,
        )
        running.append(process)
        assert process.stdout.readline() == "listening\n"
        return process

    yield start
    for process in running:
        process.kill()
        process.wait()
        process.stdin.close()
        process.stdout.close()


def test_hang_up_is_a_reload(probe):
    """As other servers have it; the runner goes on."""
    process = probe()
    process.send_signal(signal.SIGHUP)
    assert process.stdout.readline() == "reload\n"
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == "SIGTERM\n"


def test_a_terminal_that_is_gone_ends_the_runner(probe):
    """Who closes the window wants no runner without one."""
    main, other = pty.openpty()
    process = probe(stderr=other, start_new_session=True)
    os.close(other)
    os.close(main)
    process.send_signal(signal.SIGHUP)
    assert process.stdout.readline() == "SIGTERM\n"


@pytest.mark.parametrize("when", ["before", "after"])
def test_ctrl_c_counts_to_the_very_end(probe, when):
    """Also when the loop has ended already; the first signal does not count."""
    process = probe()
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "SIGINT\n"
    if when == "before":
        process.send_signal(signal.SIGINT)
    process.stdin.write("go on\n")
    assert process.stdout.readline() == "ended\n"
    if when == "after":
        process.send_signal(signal.SIGINT)
    process.stdin.write("go on\n")
    assert process.stdout.readline() == "True\n"


def test_one_ctrl_c_is_an_end_in_order(probe):
    """Nothing came after it."""
    process = probe()
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "SIGINT\n"
    process.stdin.write("go on\ngo on\n")
    assert process.stdout.readline() == "ended\n"
    assert process.stdout.readline() == "False\n"
    assert process.wait(10) == 0
