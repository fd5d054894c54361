"""When a speech-to-speech model counts as one that has not answered."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from livekit.rtc import EventEmitter

from runner.session.budget import TurnBudget
from runner.session.personas.patience import Patience

SILENCE = 0.1


class Handle:
    """A speech that somebody has asked for."""

    def __init__(self):
        self._listener: Any = None

    def add_done_callback(self, listener):
        """As LiveKit has it."""
        self._listener = listener

    def done(self):
        """It has ended."""
        self._listener(self)


class Session(EventEmitter):
    """What LiveKit's session tells, by hand."""

    agent_state = user_state = "listening"

    async def interrupt(self, *, force):
        """Stop what is said."""
        assert force

    def agent(self, state):
        """The agent begins or ends something."""
        self.agent_state = state
        self.emit("agent_state_changed", SimpleNamespace(new_state=state))

    def caller(self, state):
        """The caller begins or ends something."""
        self.user_state = state
        self.emit("user_state_changed", SimpleNamespace(new_state=state))

    def asked(self, source="generate_reply"):
        """A reply is asked for."""
        handle = Handle()
        self.emit("speech_created", SimpleNamespace(speech_handle=handle, source=source))
        return handle


class Line:
    """A call with a model that may hang."""

    def __init__(self, seconds=60.0):
        self.session, self.model = Session(), EventEmitter()
        self.budget, self.over, self.given_up = TurnBudget(lambda: seconds), False, 0
        self.reasons: list[str] = []
        self.spoken: asyncio.Queue[str] = asyncio.Queue()
        persona: Any = SimpleNamespace(realtime_llm_session=self.model)
        call: Any = self
        self.patience = Patience(call, persona, finds_turns=True, silence=SILENCE)
        self._tasks: list[asyncio.Task[None]] = []

    def later(self, work):
        """Do something for which nothing waits."""
        self._tasks.append(asyncio.get_running_loop().create_task(work))

    def give_up(self, reason):
        """Note it."""
        self.reasons.append(reason)
        return "sorry"

    async def speak(self, words):
        """Say it."""
        self.spoken.put_nowait(words)

    async def quiet(self):
        """Longer than the model may be silent: nothing has been said."""
        await asyncio.sleep(3 * SILENCE)  # the silence is what is tested
        assert self.reasons == []


@pytest.fixture
async def line():
    """A call."""
    made = Line()
    yield made
    made.patience.stop()


async def test_a_turn_without_an_answer(line):
    """The model says that the caller has finished, and then nothing."""
    line.session.caller("speaking")
    line.session.caller("listening")
    line.model.emit("input_speech_stopped", None)
    assert await line.spoken.get() == "sorry"
    assert line.reasons == [f"the model did not answer within {SILENCE:g}s"]
    assert line.given_up == 1


async def test_a_reply_that_never_begins(line):
    """A reply is asked for, or begun by the model itself, and nothing is heard of it."""
    line.session.asked()
    assert await line.spoken.get() == "sorry"


async def test_a_turn_that_takes_longer_than_it_may():
    """What is left of the turn counts where it is less than the silence."""
    line = Line(seconds=0.02)
    line.session.asked()
    assert await line.spoken.get() == "sorry"
    assert line.reasons == ["the model had not answered when the turn had taken 0.02s"]
    line.patience.stop()


@pytest.mark.parametrize(
    "happens",
    [
        pytest.param(lambda line, _: line.session.agent("speaking"), id="the agent speaks"),
        pytest.param(lambda line, _: line.session.caller("speaking"), id="the caller speaks"),
        pytest.param(lambda _, handle: handle.done(), id="the reply has ended"),
        pytest.param(lambda line, _: line.patience.stop(), id="another persona speaks"),
    ],
)
async def test_what_is_no_silence_of_the_model(line, happens):
    """Nobody waits for the model any more."""
    happens(line, line.session.asked())
    await line.quiet()


async def test_fixed_words_are_not_the_models(line):
    """Words that are given are no answer that is waited for."""
    line.session.asked("say")
    await line.quiet()


async def test_a_tool_that_takes_long_is_no_model_that_hangs(line):
    """While a tool works the model may be silent; from its end it is waited for anew."""
    with line.budget.tool_works():
        line.session.asked()
        await line.quiet()
    assert await line.spoken.get() == "sorry"


async def test_a_reply_that_goes_on_after_other_words(line):
    """Words in between do not make the model answered: its reply is still waited for."""
    line.session.asked()
    line.session.agent("speaking")
    line.session.agent("thinking")
    assert await line.spoken.get() == "sorry"


async def test_a_call_that_is_over(line):
    """Nothing is said any more where the call is ending."""
    line.over = True
    line.session.asked()
    await line.quiet()


async def replied(*pauses):
    """A reply whose pieces come after pauses; each is a letter: a tenth of a second of speech."""
    for pause in pauses:
        await asyncio.sleep(pause)
        yield "a"


async def test_a_reply_that_stops(line):
    """What came is passed on, and the caller is told once it was heard and nothing follows."""
    pieces = [piece async for piece in line.patience.unbroken(replied(0, 0, 60))]
    assert pieces == ["a", "a"]
    assert await line.spoken.get() == "sorry"
    assert line.reasons == [f"the model stopped in its answer for {SILENCE:g}s"]


async def test_a_reply_with_an_end(line):
    """A reply that comes to its end is whole, whenever it began."""
    pieces = [piece async for piece in line.patience.unbroken(replied(2 * SILENCE, 0))]
    assert pieces == ["a", "a"]
    await line.quiet()
