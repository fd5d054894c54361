"""Looking names up without being held up."""

from __future__ import annotations

import asyncio
import threading

import pytest

from runner.egress.network.resolver import Resolver, Unresolved, system_lookup


async def test_an_address_is_its_own():
    """An address is not looked up."""
    resolver = Resolver(lambda _host: [])
    assert [str(a) for a in await resolver.addresses("::1")] == ["::1"]


async def test_the_system_knows_this_machine():
    """The system's own look-up gives addresses, each once."""
    addresses = await Resolver().addresses("localhost")
    assert len(addresses) == len(set(addresses))
    assert all(a.is_loopback for a in addresses)
    assert system_lookup("127.1") == ["127.0.0.1"]


@pytest.mark.parametrize("error", [OSError("x"), UnicodeError("x")])
async def test_a_name_that_is_not_known(error):
    """A failing look-up is told with the name, and may be tried again."""

    def fail(_host):
        raise error

    resolver = Resolver(fail)
    for _ in range(2):
        with pytest.raises(Unresolved, match=r"'nowhere.example' is not known"):
            await resolver.addresses("nowhere.example")


async def test_a_name_server_that_hangs_costs_one_thread_a_name():
    """Who waits may give up; others join the same look-up and get its answer."""
    go, names = threading.Event(), []

    def slow(host):
        names.append(host)
        go.wait(10)
        return ["192.0.2.1", "192.0.2.1"]

    resolver = Resolver(slow)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(resolver.addresses("a.example"), 0.02)
    joined = asyncio.create_task(resolver.addresses("a.example"))
    await asyncio.sleep(0)
    go.set()
    assert [str(a) for a in await joined] == ["192.0.2.1"]
    assert names == ["a.example"]


def test_an_answer_after_the_end_of_the_loop_is_dropped():
    """A look-up that outlives its event loop disturbs nothing."""
    go, done = threading.Event(), threading.Event()

    def slow(_host):
        go.wait(10)
        done.set()
        return ["192.0.2.1"]

    async def give_up():
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(Resolver(slow).addresses("a.example"), 0.01)

    asyncio.run(give_up())
    go.set()
    assert done.wait(5)
    for thread in threading.enumerate():
        if thread.name == "lookup of a.example":
            thread.join(5)
