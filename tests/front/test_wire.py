"""Bounds of the wire: connections that are many, slow or silent."""

from __future__ import annotations

import asyncio
import contextlib

import aiohttp
from front.conftest import Client
from support.one_loop import fixture
from support.waiting import until

from runner.front.app import Front
from runner.front.wire import Limits

SMALL = Limits(in_all=6, per_address=4, head=0.2, idle=0.4, write=0.3)


@fixture
async def small(runner):
    """A front with little room and little patience."""
    made = Front(runner, port=0, limits=SMALL)
    await made.start()
    yield made
    await made.stop()


@fixture
async def dial(small):
    """Open a connection, from any address of this machine; all are closed with the test."""
    opened = []

    async def connect(address="127.0.0.1"):
        pair = await asyncio.open_connection(*small.address, local_addr=(address, 0))
        opened.append(pair[1])
        return pair

    yield connect
    for writer in opened:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


def request(front, path="/health", more=""):
    """A request as it goes over the wire."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{front.address[1]}\r\n{more}\r\n".encode()


async def healthy(front):
    """Whether somebody who comes now is served."""
    async with aiohttp.ClientSession() as session:
        return (
            await Client(session, f"http://127.0.0.1:{front.address[1]}")("GET", "/health")
        ).status


async def test_idle_connections_keep_nobody_out(small, dial):
    """Those that say nothing give way to who comes, the one that is idle longest first."""
    silent = [await dial() for _ in range(SMALL.per_address)]
    assert await healthy(small) == 200
    assert await silent[0][0].read() == b""
    assert not silent[-1][0].at_eof()


async def test_the_last_request_counts_not_the_age(small, dial):
    """A connection that was used just now is not the one that goes."""
    used, unused = await dial(), await dial()
    for _ in range(SMALL.per_address - 2):
        await dial()
    used[1].write(request(small))
    await used[0].readuntil(b'"ok"}')
    assert await healthy(small) == 200
    assert await unused[0].read() == b""
    used[1].write(request(small))
    assert b"200 OK" in await used[0].readuntil(b'"ok"}')


async def test_who_is_answered_is_never_cut_off(small, dial, runner):
    """Where all are busy, one more is told so, and nobody loses an answer."""
    runner.gate.clear()
    busy = [await dial() for _ in range(SMALL.per_address)]
    head = f"POST /v1/agents/clinic/turns HTTP/1.1\r\nHost: 127.0.0.1:{small.address[1]}\r\n\r\n"
    for _, writer in busy:
        writer.write(head.encode())
    while len(runner.asked) < len(busy):
        runner.entered.clear()
        await runner.entered.wait()
    reader, _ = await dial()
    answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b"Retry-After: 5\r\n" in answer
    assert b'"code": "full"' in answer
    runner.gate.set()
    for reader, _ in busy:
        assert b"200 OK" in await reader.readuntil(b"\r\n\r\n")


async def test_one_address_cannot_take_all(dial):
    """Each address has a share of its own; another one's are closed only when all are too many."""
    first = [await dial() for _ in range(SMALL.per_address)]
    second = [await dial("127.0.0.2") for _ in range(SMALL.in_all - SMALL.per_address)]
    await dial("127.0.0.2")
    assert await first[0][0].read() == b""
    await dial()
    assert not second[0][0].at_eof()


async def test_a_head_that_never_ends_is_408(dial):
    """Headers that trickle in are given up, in the shape of every error."""
    reader, writer = await dial()
    writer.write(b"GET /health HTTP/1.1\r\n")
    answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert (
        b'"code": "too_slow", "message": "the headers did not arrive within 0.2 seconds"' in answer
    )


async def test_a_second_head_has_its_time_too(small, dial):
    """A kept connection is watched at each of its requests."""
    reader, writer = await dial()
    writer.write(request(small))
    await reader.readuntil(b'"ok"}')
    writer.write(b"GET /health")
    assert (await reader.read()).startswith(b"HTTP/1.1 408 ")


async def test_a_silent_connection_is_closed_without_a_word(dial):
    """Browsers open connections ahead of need: closing one is no error."""
    reader, _ = await dial()
    assert await reader.read() == b""


async def test_who_does_not_read_is_let_go(small, dial, runner):
    """An answer that nobody takes does not hold its connection for ever."""
    figures = 20_000_000
    runner.metrics = lambda: "x" * figures
    reader, writer = await dial()
    writer.transport.pause_reading()
    writer.write(request(small, "/metrics"))
    await until(lambda: small._server.server.requests_count == 1)
    await until(lambda: not small._server.server._open)
    writer.transport.resume_reading()
    with contextlib.suppress(ConnectionError):
        assert len(await reader.read()) < figures


async def test_a_thousand_silent_connections_stop_nobody(runner):
    """Who comes while a thousand say nothing is answered."""
    front = Front(runner, port=0, limits=Limits(in_all=64, per_address=64))
    await front.start()
    opened = []
    try:
        while len(opened) < 500:
            opened += [(await asyncio.open_connection(*front.address))[1]]
        assert await healthy(front) == 200
        assert len(front._server.server._open) <= 64
    finally:
        for writer in opened:
            writer.close()
        await front.stop()


async def test_a_client_that_is_gone_is_not_answered(small, dial, runner, monkeypatch):
    """What was being done for it is given up at once."""
    begun, given_up = asyncio.Event(), asyncio.Event()

    async def turn(*_, **__):
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            given_up.set()

    monkeypatch.setattr(runner, "turn", turn)
    _, writer = await dial()
    body = b'{"text": "hello"}'
    port = small.address[1]
    writer.write(
        f"POST /v1/agents/clinic/turns HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    await asyncio.wait_for(begun.wait(), 10)
    writer.close()
    await asyncio.wait_for(given_up.wait(), 10)
