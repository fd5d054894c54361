"""The suites for plugins notice what they are there for."""

from __future__ import annotations

import asyncio

import pytest
from livekit.agents import APIConnectionError, tts

from runner.plugin.testing import TTSSuite


class Voice(tts.TTS):
    """Closes, and does nothing else."""

    def __init__(self):
        capabilities = tts.TTSCapabilities(streaming=False)
        super().__init__(capabilities=capabilities, sample_rate=24_000, num_channels=1)

    def synthesize(self, text, *, conn_options):
        """Never asked for."""
        raise NotImplementedError


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

    kit = suite(TTSSuite, Voice)
    if isinstance(error, RuntimeError):
        with pytest.raises(AssertionError, match="came: RuntimeError: a bug"):
            kit._run_broken(use)
    else:
        kit._run_broken(use)


async def made_later():
    """What an author's `async def make` gives."""


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (dict, r"make\(\) gives a tts.TTS of livekit.agents\ncame: a dict\nto mend: return the"),
        (lambda: None, r"came: a NoneType\n"),
        (made_later, r"came: a coroutine\nto mend: write  def make\(self\)  without async"),
    ],
)
def test_what_is_no_voice_is_told(made, words):
    """A method of the author's that gives something else is told before anything is tried."""
    with pytest.raises(AssertionError, match=words):
        suite(TTSSuite, made).test_it_speaks()


def test_a_suite_without_an_object_says_how_to_make_one():
    """`make` is all that has to be written."""
    kit = type("TestIt", (TTSSuite,), {})()
    with pytest.raises(AssertionError, match=r"write  def make\(self\): return build"):
        kit.test_it_speaks()
