"""What a tool's call costs over the same request by bare httpx, on the same warm connection.

Run: python benchmarks/egress.py [--calls 1000] [--at-once 200].
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import statistics
import time
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from runner.egress.client import HttpEgress
from runner.egress.port import ToolRequest
from runner.egress.secrets import Secrets
from runner.link.release import AgentRelease
from runner.schema.agents import Agent
from runner.schema.services import Service
from runner.schema.tools import HttpTool

BODY = b'{"slots":[{"start":"2026-12-04T09:00"},{"start":"2026-12-04T11:00"}],"next":null}'
ANSWER = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY)
) + BODY
WANTED = 1.25


async def _handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(ANSWER)
    except asyncio.IncompleteReadError:
        writer.close()


def _serve(ready: Any) -> None:
    async def run() -> None:
        server = await asyncio.start_server(_handle, "127.0.0.1", 0, backlog=512)
        ready.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(run())


def release(url: str) -> AgentRelease:
    """An agent with a tool as a clinic has it: a service, a proof, a query, a pick."""
    tool = HttpTool.model_validate(
        {
            "description": "Find free slots.",
            "http": {
                "service": "api",
                "url": "/slots/{{ args.day }}",
                "query": {"branch": "{{ branch }}", "kind": "{{ args.kind }}"},
            },
            "result": {"pick": "slots[].start", "save": {"first": "slots[0].start"}},
        }
    )
    service = Service.model_validate(
        {"url": url, "auth": {"bearer": "{{ secrets.TOKEN }}"}, "max_concurrent": "200"}
    )
    return AgentRelease.model_construct(
        name="desk",
        agent=Agent.model_construct(variables={"branch": "hanoi"}),
        personas={},
        tools={"find_slot": tool},
        services={"api": service},
        providers={},
        env={},
    )


async def _times(call: Callable[[], Awaitable[Any]], calls: int) -> list[float]:
    took = []
    for _ in range(calls):
        begun = time.perf_counter()
        await call()
        took.append(time.perf_counter() - begun)
    return took


async def measure(port: int, calls: int, at_once: int) -> float:
    """Print the figures, and give how many times as long a tool's call takes."""
    url = f"http://127.0.0.1:{port}"
    egress = HttpEgress(Secrets({"TOKEN": "s3cret-token-of-the-clinic"}), ["127.0.0.1"])
    asking = egress.of(release(url))
    ask = ToolRequest("find_slot", {"day": "2026-12-04"}, {"branch": "hanoi"})
    headers = {"Authorization": "Bearer s3cret-token-of-the-clinic"}
    async with httpx.AsyncClient(trust_env=False) as client:

        async def bare() -> None:
            response = await client.get(
                f"{url}/slots/2026-12-04", params={"branch": "hanoi"}, headers=headers
            )
            response.json()

        async def tool() -> None:
            assert (await asking.ask(ask)).ok  # noqa: S101 - a figure of failures is none

        await _times(bare, 50), await _times(tool, 50)  # both are warm
        rounds = 100
        bares, tools = [], []
        for _ in range(rounds):  # in turn, so that both meet the same moments of the machine
            bares += await _times(bare, calls // rounds)
            tools += await _times(tool, calls // rounds)
    factor = statistics.median(tools) / statistics.median(bares)
    print(f"bare httpx   median {statistics.median(bares) * 1e6:7.0f} µs")
    print(f"a tool       median {statistics.median(tools) * 1e6:7.0f} µs, {factor:.2f} times")
    begun = time.perf_counter()
    answers = await asyncio.gather(*(asking.ask(ask) for _ in range(at_once)))
    failed = sum(not answer.ok for answer in answers)
    print(f"{at_once} at once  {time.perf_counter() - begun:.2f} s, {failed} failed")
    await egress.aclose()
    return factor if not failed else float("inf")


def main() -> int:
    """Measure; 1 where it costs more than it should."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1000)
    parser.add_argument("--at-once", type=int, default=200)
    wanted = parser.parse_args()
    ours, theirs = multiprocessing.Pipe()
    server = multiprocessing.Process(target=_serve, args=(theirs,), daemon=True)
    server.start()
    try:
        factor = asyncio.run(measure(ours.recv(), wanted.calls, wanted.at_once))
    finally:
        server.terminate()
        server.join()
    return int(factor > WANTED)


if __name__ == "__main__":
    raise SystemExit(main())
