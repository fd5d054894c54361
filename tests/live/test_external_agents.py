"""External agents with a real LiveKit server: a program of somebody else's takes the call."""

from __future__ import annotations

import asyncio
import shutil
import signal
import time
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import jwt
import pytest
from support.live.callers import calling
from support.live.folders import TEXT
from support.program import ECHO, SECRET, Program

pytestmark = pytest.mark.timeout(150)


def folder(program, **keys):
    """Agents `north` and `south`, and the external agent `guide` with these keys."""
    settings = {"deadline": "6s", "join_timeout": "3s", **keys}
    lines = "\n".join(f"    {key}: {value}" for key, value in settings.items())
    return TEXT + (
        "external_agents:\n"
        "  guide:\n"
        f"    webhook_url: {program.url}\n"
        '    secret: "{{ secrets.GUIDE }}"\n'
        f"{lines}\n"
        "    retry:\n"
        "      initial_wait: 100ms\n"
    )


async def test_the_program_joins_and_says_how_it_went(livekit, lkrun_serve, write):
    """A caller who asks for an external agent meets its program, and LiveKit's job ends well."""
    async with Program() as program:
        runner = lkrun_serve(write(agents=folder(program)), GUIDE=SECRET)
        ready = await runner.event("ready", within=60)
        assert ready["agents"] == ["guide", "north", "south"]
        async with calling(livekit, "guide") as caller:
            await caller.reads("The program is here.")
            (job,) = program.jobs
            assert job["room"]["name"] == caller.room
            await runner.event("external_joined")
        await runner.event("external_ended", status="success")
        await program.until(lambda: program.told)
        assert [message["status"] for message in program.told] == ["success"]


async def test_where_nobody_answers_the_fallback_takes_the_call(livekit, lkrun_serve, write):
    """A service that is down costs the caller a moment: then the fallback is there."""
    async with Program() as program:
        text = folder(program, fallback="north").replace(str(program.port), "9")
        runner = lkrun_serve(write(agents=text), GUIDE=SECRET)
        await runner.event("ready", within=60)
        async with calling(livekit, "guide") as caller:
            await caller.reads("North desk.", within=8)
        await runner.event("external_fallback")


async def test_without_a_fallback_an_apology_is_said(livekit, lkrun_serve, write):
    """A program that says no, and nobody in its place: the caller hears so, and is let go."""
    async with Program((200, {"accepted": False, "error": "full"}, {})) as program:
        runner = lkrun_serve(write(agents=folder(program, locale="de")), GUIDE=SECRET)
        await runner.event("ready", within=60)
        async with calling(livekit, "guide") as caller:
            await caller.reads("im Moment kann niemand Ihren Anruf annehmen.")
            await caller.hears()
            await caller.sees_end()


async def asked(runner, path, method="GET"):
    """The status and the text of an answer of the front."""
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, runner.http + path) as answer,
    ):
        return answer.status, await answer.text()


async def test_the_program_reports_by_its_own_token(livekit, lkrun_serve, write):
    """`success` ends its job once; another token and a second end are refused."""
    async with Program() as program:
        runner = lkrun_serve(write(agents=folder(program)), GUIDE=SECRET)
        await runner.event("ready", within=60)
        async with calling(livekit, "guide") as caller:
            await caller.reads("The program is here.")
            (job,) = program.jobs
            assert await program.report(job, token="another", status="success") == 401  # noqa: S106 - it is wrong
            assert await program.report(job, status="running", message="talking") == 200
            status, text = await asked(runner, f"/v1/jobs/{job['job_id']}")
            assert (status, "talking" in text) == (200, True)
            assert await program.report(job, status="success") == 200
            assert await program.report(job, status="failed") == 409
            await program.until(lambda: program.told)
            status, _ = await asked(runner, f"/v1/jobs/{job['job_id']}/cancel", "POST")
            assert status == 409
        assert [message["status"] for message in program.told] == ["success"]


async def test_a_cancelled_program_is_taken_out(livekit, lkrun_serve, write):
    """It is told, and leaves the room after 10 s at the latest; nobody takes its place."""
    async with Program() as program:
        runner = lkrun_serve(write(agents=folder(program, fallback="north")), GUIDE=SECRET)
        await runner.event("ready", within=60)
        async with calling(livekit, "guide") as caller:
            await caller.reads("The program is here.")
            (job,) = program.jobs
            status, _ = await asked(runner, f"/v1/jobs/{job['job_id']}/cancel", "POST")
            assert status == 200
            await program.until(lambda: program.told)
            await caller.until(lambda: not caller.agents, "the program's leaving", 20)
        assert program.told[0]["type"] == "agent.job.cancelled"
        assert not runner.named("external_fallback")


async def test_what_nobody_took_is_offered_again_while_its_room_is_there(
    livekit, lkrun_serve, write
):
    """A replay has a new token and the same id; once the room is gone it is refused."""
    async with Program((404, "", {}), (200, {"accepted": True}, {})) as program:
        runner = lkrun_serve(write(agents=folder(program, fallback="north")), GUIDE=SECRET)
        await runner.event("ready", within=60)
        async with calling(livekit, "guide") as caller:
            await caller.reads("North desk.")
            (first,) = program.jobs
            name = f"msg_{first['job_id']}_requested"
            begin = int(time.time())  # a token knows seconds: two of one second are the same text
            status, _ = await asked(runner, f"/v1/deliveries/{name}/replay", "POST")
            assert status == 202
            await caller.reads("The program is here.")
            second = program.jobs[1]
            assert second["job_id"] == first["job_id"]
            claims = jwt.decode(second["access_token"], options={"verify_signature": False})
            assert claims["nbf"] >= begin
            assert [headers["webhook-id"] for headers in program.headers] == [name, name]
            status, _ = await asked(runner, f"/v1/deliveries/{name}/replay", "POST")
            assert status == 409


async def test_a_program_that_leaves_its_caller_is_replaced(livekit, lkrun_serve, write):
    """It goes without a word while the caller is there: the job has failed, the fallback comes."""
    async with Program() as program:
        runner = lkrun_serve(write(agents=folder(program, fallback="north")), GUIDE=SECRET)
        await runner.event("ready", within=60)
        async with calling(livekit, "guide") as caller:
            await runner.event("external_joined")
            await program.rooms[0].disconnect()
            await caller.reads("North desk.")
            (ended,) = runner.named("external_ended")
            assert ended["status"] == "failed"
            assert "left while the caller was still there" in ended["error"]
        await program.until(lambda: program.told)
        assert [message["status"] for message in program.told] == ["failed"]


async def test_a_program_that_hands_on_in_order_is_not_replaced(livekit, lkrun_serve, write):
    """It reports success and leaves: its caller stays as it wished, and the job has gone well."""
    async with Program() as program:
        runner = lkrun_serve(write(agents=folder(program, fallback="north")), GUIDE=SECRET)
        await runner.event("ready", within=60)
        async with calling(livekit, "guide") as caller:
            await runner.event("external_joined")
            assert await program.report(program.jobs[0], status="success") == 200
            await program.rooms[0].disconnect()
            await runner.event("external_ended", status="success")
            await caller.until(lambda: not caller.agents, "the program's leaving")
            status, text = await asked(runner, f"/v1/jobs/{program.jobs[0]['job_id']}")
            assert (status, '"success"' in text) == (200, True)
        assert not runner.named("external_fallback")


@pytest.mark.parametrize("how", ["stopped", "killed"])
async def test_a_call_outlives_its_runner(livekit, lkrun_serve, write, tmp_path, how):
    """The next runner knows the job and its token, and calls the fallback where it is needed."""
    async with Program() as program:
        text = folder(program, fallback="north") + f"runner:\n  data_dir: {tmp_path / 'data'}\n"
        agents = write(agents=text)
        first = lkrun_serve(agents, "--drain", "0s", GUIDE=SECRET)
        await first.event("ready", within=60)
        async with calling(livekit, "guide") as caller:
            await caller.reads("The program is here.")
            (job,) = program.jobs
            await first.event("external_joined")
            if how == "stopped":
                first.send(signal.SIGTERM)
                assert await first.ended(20) == 0
                assert first.named("external_left")
            else:
                first.process.kill()
                first.code = -signal.SIGKILL
                assert await first.ended(20) == first.code
                for left in first.runtime.glob("lkrun-*"):  # what nobody could put away
                    shutil.rmtree(left)
            second = lkrun_serve(agents, GUIDE=SECRET)
            await second.event("external_resumed", within=60)
            await second.event("ready", within=60)
            job["status_url"] = f"{second.http}/v1/jobs/{job['job_id']}/status"
            assert await program.report(job, status="running", message="still here") == 200
            await program.rooms[0].disconnect()
            await caller.reads("North desk.")
        await program.until(lambda: program.told)
        assert [message["status"] for message in program.told] == ["failed"]
        assert len(program.jobs) == 1


def files(folder):
    """What all files of a folder hold."""
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


async def test_no_token_is_written_anywhere(livekit, lkrun_serve, write):
    """A program that sends all back tells nobody the token: no log, letter, file or answer."""
    async with Program((500, ECHO, {}), joins=False) as program:
        runner = lkrun_serve(
            write(agents=folder(program, fallback="north")), "--log-level", "debug", GUIDE=SECRET
        )
        await runner.event("ready", within=60)
        async with calling(livekit, "guide") as caller:
            await caller.reads("North desk.")
            paths = ("/v1/jobs", "/v1/deliveries", "/v1/external-agents", "/v1/records", "/metrics")
            answers = [(await asked(runner, path))[1] for path in paths]
        await runner.event("session_ended")
        tokens = {job[key] for job in program.jobs for key in ("access_token", "status_token")}
        assert len(program.jobs) == 4
        written = [*files(Path(runner._data)), *files(runner.runtime)]
        everything = b"\n".join([*written, *(text.encode() for text in answers + runner.lines)])
        assert any(job["job_id"].encode() in everything for job in program.jobs)
        for token in (*tokens, SECRET, *(token.rpartition(".")[2] for token in tokens)):
            assert token.encode() not in everything


async def test_two_runners_post_each_job_once(livekit, lkrun_serve, write):
    """Of two runners at one LiveKit one takes a job: its program is asked once, and comes once."""
    async with Program() as program:
        files = write(agents=folder(program))
        runners = [lkrun_serve(files, GUIDE=SECRET) for _ in range(2)]
        for runner in runners:
            await runner.event("ready", within=60)
        async with AsyncExitStack() as stack:
            callers = [await stack.enter_async_context(calling(livekit, "guide")) for _ in range(4)]
            for caller in callers:
                await caller.reads("The program is here.")
            rooms = {caller.room for caller in callers}
        assert sorted(job["room"]["name"] for job in program.jobs) == sorted(rooms)
        assert len({headers["webhook-id"] for headers in program.headers}) == len(rooms)
        posted = [event for runner in runners for event in runner.named("external_job")]
        assert sorted(event["room"] for event in posted) == sorted(rooms)


async def test_a_caller_who_speaks_is_a_job_for_a_publisher(livekit, lkrun_serve, write):
    """In a folder of external agents alone: the job names the caller; silent ones bring none."""
    async with Program() as program:
        text = folder(program, job_types="JT_PUBLISHER").removeprefix(TEXT)
        runner = lkrun_serve(write(agents=text), GUIDE=SECRET)
        assert (await runner.event("ready", within=60))["agents"] == ["guide"]
        async with calling(livekit, "guide", voice=True) as caller:
            await caller.reads("The program is here.")
            (job,) = program.jobs
            assert job["job_type"] == "JT_PUBLISHER"
            assert job["participant"]["identity"] == caller.identity


async def test_a_token_that_is_used_twice_is_one_participant(livekit, lkrun_serve, write):
    """LiveKit lets the second in and the first out; the job goes on, and ends well."""
    async with Program() as program:
        runner = lkrun_serve(write(agents=folder(program)), GUIDE=SECRET)
        await runner.event("ready", within=60)
        async with calling(livekit, "guide") as caller:
            await caller.reads("The program is here.")
            again = asyncio.ensure_future(program.join(program.jobs[0]))
            await caller.reads("The program is here.", times=2)
            await caller.until(lambda: len(caller.agents) == 1, "one agent")
            assert not runner.named("external_ended")
        await runner.event("external_ended", status="success")
        await again
