"""Jobs that nobody took, offered anew because somebody wants it: while their room is there."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from support.external import joining
from support.waiting import until

from runner.delivery.couriers import Couriers
from runner.delivery.outbox import Outbox
from runner.delivery.spool import Spool
from runner.front.port import DialogueError
from runner.serve.external.book import ServedJobs

YES = (200, {"accepted": True}, {})


@pytest.fixture
async def book(world):
    """What the front asks, with letters that are kept for real."""
    outbox = Outbox(Spool(world.data), Couriers(world.egress, world.data, world.jobs.offer_again))

    async def kept():
        for letter in world.letters:
            await outbox.put_letter(letter)
        world.letters.clear()
        return outbox

    yield ServedJobs(world.releases, world.jobs, SimpleNamespace(outbox=kept), lambda _: True)
    await outbox.settle()
    await outbox.aclose()


async def test_a_replay_is_the_same_job_with_new_tokens(world, book):
    """It is taken now: its id stays, and what it was let in with and reports by is new."""
    async with joining(world, (404, "", {}), YES) as program:
        world.serve(program)
        job = await world.call()
        await world.ended(job)
        (listed,) = await book.deliveries()
        assert (listed["state"], listed["job_id"]) == ("given_up", job)
        await book.replay(listed["id"])
        await until(lambda: world.status(job) == "running")
        first, second = program.jobs
        assert first["job_id"] == second["job_id"] == job
        assert first["status_token"] != second["status_token"]
        assert not world.jobs.get(job).is_own(first["status_token"])
        assert world.jobs.get(job).is_own(second["status_token"])
        assert len({headers["webhook-id"] for headers in program.headers}) == 1
        with pytest.raises(DialogueError, match="it was sent"):
            await book.replay(listed["id"])
        world.hang_up()
        program.leave(second)
        await until(lambda: world.status(job) == "success")
        await until(lambda: world.told("ended"))


async def test_nobody_is_called_into_a_room_that_is_gone(world, book):
    """A replay is refused where no caller waits any more, and says so; the letter stays."""
    async with joining(world, (404, "", {})) as program:
        world.serve(program)
        await world.ended(await world.call())
        (listed,) = await book.deliveries()
        world.livekit.rooms.clear()
        with pytest.raises(DialogueError) as refused:
            await book.replay(listed["id"])
        assert refused.value.code == "room_gone"
        (still,) = await book.deliveries()
        assert (still["state"], len(program.jobs)) == ("given_up", 1)
        with pytest.raises(DialogueError) as unknown:
            await book.replay("msg_x_requested")
        assert unknown.value.code == "unknown_delivery"


async def test_an_agent_is_shown_with_what_it_was_sent_last(world, book):
    """Its address, its fallback, how it is, and what came of its jobs."""
    async with joining(world, (404, "", {})) as program:
        world.serve(program)
        job = await world.call()
        await world.ended(job)
        (shown,) = await book.agents()
        assert (shown["name"], shown["url"], shown["fallback"]) == ("guide", program.url, "desk")
        assert (shown["registered"], shown["disabled"], shown["breaker"]) == (True, False, "closed")
        assert [each["job_id"] for each in shown["deliveries"]] == [job]
