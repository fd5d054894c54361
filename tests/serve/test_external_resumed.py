"""Jobs of external agents that a runner leaves: the next looks after them, and nobody else."""

from __future__ import annotations

import pytest
from support.external import joining
from support.waiting import until

from runner.serve.external import presence


@pytest.fixture
async def next_runner(world):
    """Ends the runner that has the jobs, as a restart does; gives the next one."""
    runners = []

    async def begin(meanwhile=lambda: None):
        await world.workers.stop()
        await world.jobs.stop()
        meanwhile()
        runners.append(world.runner())
        await runners[-1].adopt()
        return runners[-1]

    yield begin
    for each in runners:
        await each.stop()


async def test_a_job_outlives_its_runner(world, next_runner):
    """The next runner knows it by its id and its token, and tells its program how it ended."""
    async with joining(world) as program:
        world.serve(program)
        job = await world.running()
        token = program.jobs[0]["status_token"]
        jobs = await next_runner()
        (left,) = world.log.named("external_left")
        assert left["jobs"] == 1
        known = jobs.get(job)
        assert (known.status, known.attempts) == ("running", 1)
        await until(lambda: jobs.serves("room-1"))
        assert known.joined is not None
        assert known.is_own(token)
        assert not known.is_own(token + "x")
        assert world.told("ended") == []
        world.hang_up()
        program.leave(program.jobs[0])
        await until(lambda: known.status == "success")
        await until(lambda: not jobs.serves("room-1"))
    (letter,) = world.told("ended")
    assert (letter.id, letter.url) == (f"msg_{job}_ended", program.url)
    assert letter.spec["secret"] == ["{{ secrets.GUIDE }}"]
    assert world.called() == []


async def test_a_program_that_leaves_its_caller_meanwhile_is_replaced(world, next_runner):
    """It died while no runner was there: the next calls the fallback."""
    async with joining(world) as program:
        world.serve(program)
        job = await world.running()
        jobs = await next_runner(lambda: program.leave(program.jobs[0]))
        await until(lambda: world.called() == ["desk"])
        assert jobs.get(job).error == presence.LEFT
    assert [each.body["status"] for each in world.told("ended")] == ["failed"]


async def test_a_call_that_ended_meanwhile_is_told_of(world, next_runner):
    """Its room is gone: the job went well, and its program hears so, late and once."""
    async with joining(world) as program:
        world.serve(program)
        job = await world.running()
        jobs = await next_runner(world.livekit.rooms.clear)
        await until(lambda: jobs.get(job).status == "success")
        await until(lambda: world.told("ended"))
        again = world.runner()
        assert await again._shelf.adopt() == []
        await again.stop()
    assert [each.body["status"] for each in world.told("ended")] == ["success"]


async def test_a_program_that_has_accepted_and_never_comes_is_replaced(world, next_runner):
    """Between its yes and its joining the runner ended: the deadline is still the caller's."""
    async with joining(world, joins=False) as program:
        world.serve(program, join_timeout="4s")
        job = await world.call()
        await until(lambda: world.status(job) == "accepted")
        jobs = await next_runner()
        await until(lambda: jobs.get(job).over)
        await until(lambda: world.called() == ["desk"])
    assert [each.body["status"] for each in world.told("ended")] == ["failed"]


async def test_programs_of_one_job_are_left_together(world, next_runner):
    """The fallback comes only where none of them is in the room."""
    async with joining(world) as program, joining(world) as other:
        program.others = {"listener": other}
        world.serve(program, also=["listener"])
        job = await world.running()
        await until(lambda: world.status(f"{job}-listener") == "running")
        jobs = await next_runner()
        program.leave(program.jobs[0])
        await until(lambda: jobs.get(job).status == "failed")
        world.hang_up()
        other.leave(other.jobs[0])
        await until(lambda: jobs.get(f"{job}-listener").status == "success")
        await until(lambda: not jobs.serves("room-1"))
    assert world.called() == []


async def test_a_runner_that_lives_keeps_its_jobs(world):
    """Of two that share a folder for data each looks after its own."""
    async with joining(world) as program:
        world.serve(program)
        job = await world.running()
        other = world.runner()
        await other.adopt()
        assert (other.get(job), world.status(job)) == (None, "running")
        await other.stop()


async def test_no_token_is_on_the_disk(world, next_runner):
    """What is kept of a job lets nobody into its room, and nobody report for it."""
    async with joining(world) as program:
        world.serve(program)
        await world.running()
        await next_runner()
        (asked,) = program.jobs
        kept = b"".join(each.read_bytes() for each in world.data.rglob("*") if each.is_file())
    assert asked["job_id"].encode() in kept
    for name in ("access_token", "status_token"):
        assert asked[name].encode() not in kept
