"""The suites for plugins notice what they are there for."""

from __future__ import annotations

import asyncio

import pytest
from livekit.agents import APIConnectionError

from runner.plugin.testing import LLMSuite, TTSSuite


class Voice:
    """Closes, and does nothing else."""

    async def aclose(self):
        """Close it."""


class Leaving(Voice):
    """Leaves a task behind."""

    async def aclose(self):
        self.task = asyncio.get_running_loop().create_task(asyncio.sleep(60), name="left")


class Once(Voice):
    """Cannot be closed twice."""

    closed = False

    async def aclose(self):
        assert not self.closed, "closed twice"
        self.closed = True


def suite(kind, made):
    """A suite of a kind, as a plugin's author writes it."""
    return type("TestIt", (kind,), {"make": lambda _: made(), "broken": lambda _: made()})()


def test_what_closes_is_fine():
    """Nothing is said about it."""
    suite(TTSSuite, Voice).test_it_closes()


@pytest.mark.parametrize(("made", "words"), [(Leaving, "left"), (Once, "closed twice")])
def test_what_does_not_close_is_told(made, words):
    """A task that is left behind, and what cannot be closed again."""
    kit = suite(TTSSuite, made)
    type(kit).grace = 0.01
    with pytest.raises(AssertionError, match=words):
        kit.test_it_closes()


@pytest.mark.parametrize("error", [APIConnectionError("away"), RuntimeError("a bug")])
def test_a_failure_has_to_be_one_of_livekits(error):
    """Only LiveKit's API errors are tried again and fall back: any other is a fault."""

    async def use(_made):
        raise error

    kit = suite(LLMSuite, Voice)
    if isinstance(error, RuntimeError):
        with pytest.raises(RuntimeError, match="a bug"):
            kit._run_broken(use)
    else:
        kit._run_broken(use)
