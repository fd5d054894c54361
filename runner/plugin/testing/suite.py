"""What the suites of all kinds have in common."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, ClassVar, NoReturn

import pytest
from livekit.agents import APIConnectOptions, APIError

ONCE = APIConnectOptions(max_retry=0, timeout=10.0)
"""Connection options of one attempt."""

_OF_LIVEKIT = (
    "catch what your client raises, and raise APIConnectionError, APIStatusError or "
    "APITimeoutError of livekit.agents in its place: only those are tried again and fall back"
)


class WrongError(AssertionError):
    """What is wrong with a plugin, in words for its author."""


def wrong(wanted: str, came: str, mend: str, cause: BaseException | None = None) -> NoReturn:
    """Fail a test in words for the plugin's author.

    Args:
        wanted: what a call needs here.
        came: what the plugin did.
        mend: what to change, and where.
        cause: the exception that shows the line.
    """
    __tracebackhide__ = True
    raise WrongError(_in_words(wanted, came, mend)) from cause


def _in_words(wanted: str, came: str, mend: str) -> str:
    return f"wanted: {wanted}\ncame: {came}\nto mend: {mend}"


def named(error: BaseException) -> str:
    """An exception in one line."""
    return f"{type(error).__name__}: {error}".rstrip(": ")


class Suite:
    """What the suites have in common.

    Attributes:
        kind: the class of `livekit.agents` that `make` gives an object of.
        patience: seconds that one test may take.
        grace: seconds in which something has to stop, and tasks to end once all is closed.
    """

    kind: ClassVar[type] = object
    patience: ClassVar[float] = 30.0
    grace: ClassVar[float] = 2.0

    def make(self) -> Any:
        """Make the object, within a running event loop."""
        wrong(
            f"a method make(self) in {type(self).__name__} that makes what is tested",
            "there is none",
            "write  def make(self): return build(Options(…))",
        )

    def broken(self) -> Any:
        """Make one whose service fails; None: there is none."""
        return None

    def _checked(self, made: Any, method: str) -> Any:
        """What a method of the author's made, where it is of the kind."""
        if isinstance(made, self.kind):
            return made
        if inspect.iscoroutine(made):
            made.close()
            mend = f"write  def {method}(self)  without async"
        else:
            mend = f"return the object that your build function makes, from {method}()"
        wrong(f"{method}() gives a {_kind(self.kind)}", f"a {type(made).__name__}", mend)

    @asynccontextmanager
    async def _made(self) -> AsyncIterator[Any]:
        made = self._checked(self.make(), "make")
        try:
            yield made
        finally:
            await made.aclose()

    @asynccontextmanager
    async def _at_once(self, wanted: str) -> AsyncIterator[None]:
        """What has to be done within the grace."""
        try:
            async with asyncio.timeout(self.grace) as limit:
                yield
        except TimeoutError as error:
            if not limit.expired():
                raise
            wrong(
                wanted,
                f"it was still at work {self.grace:g} seconds later",
                "let asyncio.CancelledError pass: catch Exception, never BaseException, and ask "
                "nothing of the service once it is raised",
                error,
            )

    def _run(self, work: Coroutine[Any, Any, None], wanted: str) -> None:
        """Have work done in a loop of its own.

        Args:
            work: what is done.
            wanted: what the plugin has to do, for who reads that it did not.
        """

        async def whole() -> None:
            before = asyncio.all_tasks()
            await self._in_time(work, wanted)
            await self._nothing_left(before)

        asyncio.run(whole())

    async def _in_time(self, work: Coroutine[Any, Any, None], wanted: str) -> None:
        try:
            async with asyncio.timeout(self.patience) as limit:
                await work
        except WrongError:
            raise
        except Exception as error:
            if isinstance(error, TimeoutError) and limit.expired():
                wrong(
                    wanted,
                    f"no end within {self.patience:g} seconds",
                    "look for what waits without end: a queue that nobody fills, an answer that "
                    "never comes; give requests a timeout. A slow service may have longer: set "
                    f"'patience' in {type(self).__name__}",
                    error,
                )
            mend = f"the line is shown above; where it is the service that failed, {_OF_LIVEKIT}"
            if isinstance(error, APIError):
                mend = (
                    "look at the key, the address and the options that make() gives, or at the "
                    "line shown above: the plugin says that its service failed"
                )
            error.add_note(_in_words(wanted, named(error), mend))
            raise

    async def _nothing_left(self, before: set[asyncio.Task[Any]]) -> None:
        left = asyncio.all_tasks() - before
        if left:
            await asyncio.wait(left, timeout=self.grace)
        still = sorted(task.get_name() for task in left if not task.done())
        if still:
            wrong(
                "nothing goes on once aclose() has returned",
                f"tasks are left behind: {', '.join(still)}",
                "in aclose(), cancel each task that the plugin began, and wait for it "
                "(livekit.agents.utils.aio.cancel_and_wait)",
            )

    def _run_broken(self, use: Callable[[Any], Coroutine[Any, Any, Any]]) -> None:
        wanted = "one of LiveKit's API errors, since the service of broken() fails"

        async def work() -> None:
            made = self.broken()
            if made is None:
                pytest.skip("no broken service was given")
            made = self._checked(made, "broken")
            try:
                await use(made)
            except APIError:
                return
            except WrongError:
                raise
            except Exception as error:  # noqa: BLE001 - whatever the plugin raises
                wrong(wanted, named(error), _OF_LIVEKIT, error)
            finally:
                await made.aclose()
            wrong(
                wanted,
                "no error: a call would wait for words that never come",
                "raise where the service answers with an error; or let broken() make one whose "
                "service fails, such as one at an address where nothing listens",
            )

        self._run(work(), wanted)

    def test_it_closes(self) -> None:
        """It can be closed without having been used, and closed again."""

        async def work() -> None:
            made = self._checked(self.make(), "make")
            await made.aclose()
            try:
                await made.aclose()
            except Exception as error:  # noqa: BLE001 - whatever the plugin raises
                wrong(
                    "aclose() may be called again",
                    named(error),
                    "in aclose(), return at once where it was called before",
                    error,
                )

        self._run(work(), "it closes without having been used")


def _kind(kind: type) -> str:
    module = kind.__module__.removeprefix("livekit.agents.").partition(".")[0]
    return f"{module}.{kind.__name__} of livekit.agents"
