"""One run of a test: a talk with the agent, in process, without a server."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from runner.link.cases import Path, TestCase
from runner.schema.test_steps import (
    AgentStep,
    AppStep,
    Checks,
    HangUpStep,
    KeypadStep,
    SilenceStep,
    UserStep,
)
from runner.session.conversation import CannotStartError
from runner.session.errors import AppRefusedError
from runner.testing.audio.sound import SoundError
from runner.testing.audio.talk import AudioTalk, NothingToInterruptError
from runner.testing.checks import failures
from runner.testing.judging import Judging
from runner.testing.mocks import plain
from runner.testing.outcome import Failure
from runner.testing.simulate import SimulatedCaller
from runner.testing.talk import Talk
from runner.testing.turn import Event, TurnRecord

_NO_SOUND: Final = (SoundError, NothingToInterruptError)


class SkippedError(Exception):
    """A test that cannot be run here; the message says what it needs."""


@dataclass
class RunResult:
    """What came of one run.

    Attributes:
        waits: aloud, the seconds that the caller waited for the first word of each answer.
    """

    failures: list[Failure]
    events: list[Event]
    waits: Sequence[float] = ()


class TestRun:
    """Runs a test once.

    Args:
        case: the test.
        talk: a talk with its agent, which has not begun.
        judging: judges meaning; without it a test that asks for meaning is skipped.
    """

    __test__ = False

    def __init__(self, case: TestCase, talk: Talk, judging: Judging | None) -> None:
        self._case, self._talk, self._judging = case, talk, judging
        self._aloud = talk if isinstance(talk, AudioTalk) else None
        self._failures: list[Failure] = []
        self._deferred: list[tuple[AgentStep, int]] = []

    async def run(self) -> RunResult:
        """Have the talk, and check it.

        Raises:
            SkippedError: it needs a model, and there is none.
        """
        self._needs_no_model()
        time = self._case.spec.timeout + _simulated(self._case)
        try:
            async with asyncio.timeout(time):
                await self._whole()
        except TimeoutError:
            message = f"the test took longer than {self._case.spec.timeout:g} s"
            self._fail((), "timeout", message, 0)
        finally:
            await self._talk.aclose()
        waits = self._aloud.waits if self._aloud is not None else ()
        return RunResult(self._failures, self._talk.events, waits)

    def _needs_no_model(self) -> None:
        if self._judging is None and self._case.spec.wants_model:
            raise SkippedError("it needs a model that judges: name one with --model")

    async def _whole(self) -> None:
        try:
            await self._start()
        except (CannotStartError, *_NO_SOUND) as error:
            self._fail((), "start", f"the conversation cannot start: {error}", 0)
            return
        if self._case.spec.simulate is not None:
            await self._simulated(self._case.spec.simulate.max_turns)
        else:
            for place, step in enumerate(self._case.spec.steps):
                if not await self._step(step, place):
                    break
        if self._case.spec.finally_ is not None:
            await self._hang_up_for(self._case.spec.finally_)
            await self._check(self._case.spec.finally_, ("finally",), 0, self._talk.whole)
        for tool in self._talk.unmocked:
            message = f"tool '{tool}' was called, and the test has no mock of it"
            self._fail(("mocks",), "mocks", message, 0, self._talk.events)

    async def _hang_up_for(self, checks: Checks) -> None:
        """What is sent after a call is looked at once the caller has hung up."""
        if (checks.csv_row or checks.webhook_body) and self._talk.ended is None:
            await self._talk.hang_up()

    async def _start(self) -> None:
        if self._aloud is not None:
            await self._aloud.start(answered=not self._interrupted(-1))
        else:
            await self._talk.start()

    def _interrupted(self, place: int) -> bool:
        """Whether the caller speaks over what the agent says after a step."""
        later = (s for s in self._case.spec.steps[place + 1 :] if not isinstance(s, AgentStep))
        following = next(later, None)
        return isinstance(following, UserStep) and following.interrupts is not None

    async def _step(self, step: Any, place: int) -> bool:
        """Do a step; False where the test cannot go on."""
        talk = self._talk
        if isinstance(step, AgentStep):
            if self._interrupted(place):  # what it said is known when it has been cut short
                self._deferred.append((step, place))
            else:
                await self._checked(step, place, talk.last)
            return True
        if talk.ended is not None:
            self._fail(
                ("steps", place),
                step.kind,
                f"the call has ended before this step ({talk.ended})",
                place + 1,
                talk.last.events,
            )
            return False
        match step:
            case UserStep():
                return await self._user(step, place)
            case SilenceStep():
                await talk.silence(step.silence)
            case KeypadStep():
                await talk.press(step.keypad)
            case AppStep():
                return await self._app(step, place)
            case HangUpStep():
                await talk.hang_up()
        return True

    async def _app(self, step: AppStep, place: int) -> bool:
        given = {str(name): plain(value) for name, value in step.arguments.items()}
        try:
            await self._talk.app(str(step.app), given)
        except AppRefusedError as refused:
            message = f"the agent does not take this from the app: {refused}"
            self._fail(("steps", place), "app", message, place + 1, self._talk.last.events)
            return False
        return True

    async def _user(self, step: UserStep, place: int) -> bool:
        if self._aloud is None:
            await self._talk.user(str(step.user))
            return True
        try:
            await self._aloud.user(
                str(step.user),
                interrupts=step.interrupts,
                recording=str(step.recording) if step.recording is not None else None,
                answered=not self._interrupted(place),
            )
        except (CannotStartError, *_NO_SOUND) as error:
            key = "interrupts" if isinstance(error, NothingToInterruptError) else "user"
            path = ("steps", place, key)
            self._fail(path, key, str(error), place + 1, self._talk.last.events)
            return False
        for deferred, earlier in self._deferred:
            await self._checked(deferred, earlier, self._talk.before)
        self._deferred.clear()
        return True

    async def _checked(self, step: AgentStep, place: int, turn: TurnRecord) -> None:
        await self._check(step.agent, ("steps", place, "agent"), place + 1, turn)

    async def _simulated(self, most: int) -> None:
        assert self._judging is not None  # noqa: S101 - `_needs_no_model` has looked
        assert self._case.spec.simulate is not None  # noqa: S101 - the caller has looked
        caller = SimulatedCaller(self._judging.model, str(self._case.spec.simulate.caller))
        for _ in range(most):
            if self._talk.ended is not None:
                return
            words = await caller.next(self._talk.events)
            if words is None:
                break
            await self._talk.user(words)
        if self._talk.ended is None:
            await self._talk.hang_up()

    async def _check(self, checks: Checks, path: Path, step: int, turn: TurnRecord) -> None:
        for key, message in failures(checks, turn):
            self._fail((*path, key), key, message, step, turn.events)
        if self._judging is not None:
            async for key, message in self._judging.failures(checks, turn):
                self._fail((*path, key), key, message, step, turn.events)

    def _fail(self, path: Path, check: str, message: str, step: int, events: Any = ()) -> None:
        line = self._case.line_of(path)
        self._failures.append(Failure(step, line, check, message, tuple(events)))


def _simulated(case: TestCase) -> float:
    """Seconds that pass at once in the test."""
    silences = sum(s.silence for s in case.spec.steps if isinstance(s, SilenceStep))
    slow = sum(m.slow or 0.0 for mocks in case.spec.mocks.values() for m in mocks)
    return silences + slow * (1 + len(case.spec.steps))
