"""Connections by asyncio's own streams, as httpcore uses them."""

from __future__ import annotations

import asyncio

import httpcore
import pytest

from runner.egress.network.stream import connect


@pytest.fixture
async def pair():
    """A connection of ours, and the other end of it."""
    other: asyncio.Future = asyncio.get_running_loop().create_future()
    server = await asyncio.start_server(
        lambda reader, writer: other.set_result((reader, writer)), "127.0.0.1", 0
    )
    ours = await connect("127.0.0.1", server.sockets[0].getsockname()[1])
    reader, writer = await other
    yield ours, reader, writer
    await ours.aclose()
    writer.close()
    server.close()


async def test_bytes_go_both_ways(pair):
    """What is written arrives, what comes is read, and at the end there is nothing."""
    ours, reader, writer = pair
    await ours.write(b"hello")
    await ours.write(b"")
    assert await reader.readexactly(5) == b"hello"
    writer.write(b"world")
    assert await ours.read(3) == b"wor"
    assert await ours.read(99) == b"ld"
    writer.close()
    assert await ours.read(99) == b""


async def test_a_pooled_connection_that_got_something_is_not_used_again(pair):
    """Bytes that nobody asked for, and the end, both make it readable: httpcore drops it."""
    ours, _, writer = pair
    assert not ours.get_extra_info("is_readable")
    writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
    await writer.drain()
    assert (await asyncio.wait_for(ours._reader.readuntil(b" "), 5)) == b"HTTP/1.1 "
    assert ours.get_extra_info("is_readable")


async def test_the_end_of_the_other_side_is_seen(pair):
    """A connection that the service closed is not used for the next request."""
    ours, _, writer = pair
    writer.close()
    await writer.wait_closed()
    assert await asyncio.wait_for(ours.read(1), 5) == b""
    assert ours.get_extra_info("is_readable")


async def test_what_breaks_is_httpcores_own_error(pair, closed_port):
    """Its cause is the system's, which says why."""
    ours, _, writer = pair
    with pytest.raises(httpcore.ConnectError) as caught:
        await connect("127.0.0.1", closed_port)
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)
    writer.transport.abort()

    async def flood():
        while True:
            await ours.write(b"x" * 65536)
            await asyncio.sleep(0)

    with pytest.raises(httpcore.WriteError):
        await asyncio.wait_for(flood(), 10)
