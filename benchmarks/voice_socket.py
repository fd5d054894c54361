"""Calls by the runner's own WebSocket and over LiveKit by turns, and seven at once.

Prints, for each way: connecting → first sound, and the end of what the caller says → the first
sound of the reply; then the same for seven callers by WebSocket at once, who speak in turns of
their own. Needs LiveKit's server: LKRUN_LIVEKIT_SERVER, or `livekit-server` on the path.
Run: ``python benchmarks/voice_socket.py [--quick]``, about 4 minutes.

Targets: a reply by WebSocket takes at most as long as over LiveKit (ratio of medians ≤ 1.0); of
seven at once every turn is answered.
"""

from __future__ import annotations

import asyncio
import contextlib
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, Final

import aiohttp
import numpy as np
from callers import RATE, SPOKEN, NoAnswerError, calling, speech
from figures import Quiet, p95
from machine import Beside
from numpy.typing import NDArray
from programs import LKRUN, Stage, run, stage

QUICK = "--quick" in sys.argv
ROUNDS: Final = 3 if QUICK else 12
TURNS: Final = 2
AT_ONCE: Final = 7
_TURNS_AT_ONCE: Final = 2 if QUICK else 4
_PIECE: Final = RATE // 50
_LOUD: Final = 600
_QUIET: Final = 0.7
_WORDS = speech(SPOKEN)


class SocketCaller:
    """One caller by WebSocket. All times are those of `time.perf_counter`."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._loud: list[float] = []
        self._news = asyncio.Event()
        self._said: NDArray[np.int16] = np.zeros(0, np.int16)
        self._done: asyncio.Future[float] | None = None

    async def speak(self) -> None:
        """Send 20 ms every 20 ms by the clock: silence, or what is to be said."""
        due = time.perf_counter()
        while not self._socket.closed:
            piece, self._said = self._said[:_PIECE], self._said[_PIECE:]
            whole = np.concatenate([piece, np.zeros(_PIECE - len(piece), np.int16)])
            await self._socket.send_bytes(whole.tobytes())
            if self._done is not None and not len(self._said):
                self._done.set_result(time.perf_counter())
                self._done = None
            due = max(due + 0.02, time.perf_counter() - 0.05)
            await asyncio.sleep(max(0.0, due - time.perf_counter()))

    async def listen(self) -> None:
        """Note when something is heard."""
        async for message in self._socket:
            if message.type != aiohttp.WSMsgType.BINARY:
                continue
            samples = np.frombuffer(message.data, np.int16)
            if int(np.abs(samples.astype(np.int32)).max(initial=0)) > _LOUD:
                self._loud.append(time.perf_counter())
                self._news.set()

    async def says(self, samples: NDArray[np.int16]) -> float:
        """Speak; gives the moment at which the last of it was sent."""
        self._done = asyncio.get_running_loop().create_future()
        self._said = samples
        return await self._done

    async def heard(self, after: float, within: float = 20.0) -> float:
        """When the first sound after a moment was heard."""
        return await self._until(lambda: next((t for t in self._loud if t > after), None), within)

    async def quiet(self) -> None:
        """Return when nothing has been heard for a while."""
        while self._loud and (rest := self._loud[-1] + _QUIET - time.perf_counter()) > 0:  # noqa: ASYNC110 - of silence nobody tells
            await asyncio.sleep(rest)

    async def _until(self, look: Callable[[], float | None], within: float) -> float:
        try:
            async with asyncio.timeout(within):
                while (seen := look()) is None:
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            raise NoAnswerError(f"nothing came in {within:g} s") from None
        return seen


@contextlib.asynccontextmanager
async def connected(http: str) -> AsyncIterator[SocketCaller]:
    """A caller by WebSocket, who hangs up at the end."""
    address = f"{http}/v1/agents/{LKRUN}/voice?rate={RATE}"
    async with aiohttp.ClientSession() as session, session.ws_connect(address) as socket:
        caller = SocketCaller(socket)
        tasks = [asyncio.create_task(work()) for work in (caller.speak, caller.listen)]
        try:
            yield caller
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def turns(caller: Any, count: int) -> list[float]:
    """Seconds from the end of each sentence to the reply's first sound."""
    took = []
    for _ in range(count):
        await caller.quiet()
        said = await caller.says(_WORDS)
        took.append(await caller.heard(said) - said)
    await caller.quiet()
    return took


async def by_socket(up: Stage) -> tuple[float, list[float]]:
    """One call by WebSocket."""
    begun = time.perf_counter()
    async with connected(up.lkrun.http) as caller:
        first = await caller.heard(begun) - begun
        return first, await turns(caller, TURNS)


async def by_livekit(up: Stage) -> tuple[float, list[float]]:
    """One call over LiveKit."""
    async with calling(up.livekit.url, microphone=True) as caller:
        await asyncio.sleep(0.5)
        begun = await caller.call(LKRUN)
        first = await caller.heard(begun) - begun
        return first, await turns(caller, TURNS)


async def one_of_seven(up: Stage, number: int) -> tuple[list[float], int]:
    """One caller among others: what turns took, and how many were not answered."""
    async with connected(up.lkrun.http) as caller:
        await caller.heard(0.0)
        await asyncio.sleep(0.4 * number)
        took, failed = [], 0
        for _ in range(_TURNS_AT_ONCE):
            try:
                took += await turns(caller, 1)
            except NoAnswerError:
                failed += 1
        return took, failed


def line(name: str, values: list[float]) -> str:
    """What is printed of some seconds."""
    return (
        f"{name:<44} median {statistics.median(values) * 1000:7.0f} ms, "
        f"p95 {p95(values) * 1000:7.0f} ms, n {len(values)}"
    )


async def main() -> None:
    """Measure and print."""
    ways = {"LiveKit": by_livekit, "WebSocket": by_socket}
    first: dict[str, list[float]] = {name: [] for name in ways}
    took: dict[str, list[float]] = {name: [] for name in ways}
    quiet = Quiet()
    async with stage() as up:
        for call in ways.values():  # the first of each is slower: pages come from the disk
            await call(up)
        done = 0
        while done < ROUNDS:
            beside, row = Beside(), {name: await call(up) for name, call in ways.items()}
            if quiet.again(beside.cores()):
                continue
            done += 1
            for name, (sound, replies) in row.items():
                first[name].append(sound)
                took[name] += replies
        seven = await asyncio.gather(*(one_of_seven(up, n) for n in range(AT_ONCE)))
    for name in ways:
        print(line(f"{name}: begin → first sound", first[name]))
        print(line(f"{name}: end of speech → reply", took[name]))
    ratio = statistics.median(took["WebSocket"]) / statistics.median(took["LiveKit"])
    print(
        f"reply, WebSocket over LiveKit: {ratio:.2f} x  {'ok' if ratio <= 1 else 'MISSED'} (≤ 1.00)"
    )
    all_seven, failed = [t for each, _ in seven for t in each], sum(f for _, f in seven)
    print(line(f"{AT_ONCE} at once by WebSocket: end of speech → reply", all_seven))
    print(f"turns without an answer: {failed} of {len(all_seven) + failed}")
    print(quiet.line())


if __name__ == "__main__":
    run(main(), 1200)
