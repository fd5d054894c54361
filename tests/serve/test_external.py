"""Jobs of external agents: every outcome, with a stand-in of LiveKit and real programs."""

from __future__ import annotations

import asyncio
import json

import pytest
from support.external import FAILED, SUCCESS, joining
from support.program import SECRET as SIGNING
from support.waiting import until

from runner import __version__
from runner.front.port import DialogueError
from runner.serve.external import presence
from runner.serve.external.book import ServedJobs

YES = (200, {"accepted": True}, {})


@pytest.mark.parametrize(
    "answer", [YES, (204, "", {}), (200, "", {}), (202, {"accepted": True}, {})]
)
async def test_who_accepts_and_joins_has_the_call(world, answer):
    """A yes in any form: the program is in the room, and LiveKit's job ends well with the call."""
    async with joining(world, answer) as program:
        world.serve(program)
        job = await world.call()
        await until(lambda: world.status(job) == "running")
        world.hang_up()
        program.leave(program.jobs[0])
        assert await world.ended(job) == (SUCCESS, "")
    assert (world.jobs.get(job).status, world.jobs.get(job).attempts) == ("success", 1)
    assert world.called() == []
    assert [each.body["status"] for each in world.told("ended")] == ["success"]
    assert not program.refused


BIG = json.dumps({"accepted": True, "error": "x" * (64 * 1024)})

OUTCOMES = {
    "says no": ([(200, {"accepted": False, "error": "full"}, {})], "rejected", 1, "full"),
    **{
        f"{status} again and again": ([(status, "", {})], "failed", 2, str(status))
        for status in (408, 425, 429, 500, 502, 503, 504)
    },
    "is gone": ([(410, "", {})], "failed", 1, "410"),
    "redirects": ([(302, "", {"Location": "http://127.0.0.1:1/"})], "failed", 1, "302"),
    "wants other credentials": ([(401, "", {})], "failed", 1, "401"),
    "is not there": ([(404, "", {})], "failed", 1, "404"),
    "answers with a page": ([(200, "<html>welcome</html>", {})], "failed", 1, "HTML"),
    "answers with no JSON": ([(200, "yes", {})], "failed", 1, "not JSON"),
    "answers with a list": ([(200, "[]", {})], "failed", 1, "JSON object"),
    "does not say yes or no": ([(200, "{}", {})], "failed", 1, "accepted"),
    "answers with more than 64 KB": ([(200, BIG, {})], "failed", 1, "64"),
    "wants more time than there is": ([(503, "", {"Retry-After": "60"})], "failed", 1, "503"),
}


@pytest.mark.parametrize("name", OUTCOMES)
async def test_each_other_outcome_brings_the_fallback(world, name):
    """The caller gets the fallback, LiveKit a failed job, the letter has no token."""
    answers, status, attempts, why = OUTCOMES[name]
    async with joining(world, *answers, joins=False) as program:
        world.serve(program)
        job = await world.call()
        how, error = await world.ended(job)
        sent = {message["access_token"] for message in program.jobs}
    known = world.jobs.get(job)
    assert (how, known.status, known.attempts) == (FAILED, status, attempts)
    assert why in error
    assert why in known.error
    await until(lambda: world.called() == ["desk"])
    assert world.told("ended") == []
    (letter,) = world.told("requested")
    assert letter.state == ("sent" if status == "rejected" else "given_up")
    assert not any(token in letter.content for token in sent)
    assert known.status_token.reveal() not in letter.content
    ids = {headers["webhook-id"] for headers in program.headers}
    assert ids == {f"msg_{job}_requested"}
    assert (
        len({headers["webhook-signature"] for headers in program.headers}) == attempts
        or attempts == 2
    )
    assert not program.refused


async def test_a_failure_that_passes_costs_an_attempt(world):
    """After a 503 the same job is posted again under the same id, and taken."""
    async with joining(world, (503, "", {}), YES) as program:
        world.serve(program)
        job = await world.call()
        await until(lambda: world.status(job) == "running")
        world.hang_up()
        program.leave(program.jobs[-1])
        assert await world.ended(job) == (SUCCESS, "")
    assert [message["attempt"] for message in program.jobs] == [1, 2]
    assert {headers["webhook-id"] for headers in program.headers} == {f"msg_{job}_requested"}


async def test_each_attempt_says_who_sends_it_and_which_trace_it_is_of(world):
    """Idempotency-Key is the id of the message, and one trace holds all attempts of a job."""
    async with joining(world, (503, "", {}), YES) as program:
        world.serve(program)
        job = await world.running()
        first, second = program.headers
    for headers in (first, second):
        assert headers["User-Agent"] == f"lkrun/{__version__}"
        assert headers["Idempotency-Key"] == headers["webhook-id"] == f"msg_{job}_requested"
        assert headers["Content-Type"] == "application/json"
    one, other = (headers["traceparent"].split("-") for headers in (first, second))
    assert (one[:2], one[3]) == (other[:2], "01")
    assert one[2] != other[2]


async def test_who_says_that_it_is_gone_is_asked_again_after_a_reload(world):
    """410 sends all further calls to the fallback, until files are taken over."""
    async with joining(world, (410, "", {}), YES, joins=False) as program:
        world.serve(program)
        await world.ended(await world.call("1"))
        await world.ended(await world.call("2"))
        assert len(program.jobs) == 1
        assert world.called("2") == ["desk"]
        world.serve(program)
        await world.ended(await world.call("3"))
        assert len(program.jobs) == 2


async def test_where_nothing_listens_the_fallback_comes(world):
    """A service that is down is tried again, and then left."""
    async with joining(world) as program:
        pass
    world.serve(program)
    job = await world.call()
    how, error = await world.ended(job)
    assert (how, world.jobs.get(job).attempts) == (FAILED, 2)
    assert "nothing listens" in error
    assert world.called() == ["desk"]


async def test_who_does_not_answer_in_time_is_left(world):
    """An attempt has its timeout, and all of them the deadline."""
    async with joining(world, slow=30, joins=False) as program:
        world.serve(program, timeout="100ms", deadline="1s")
        job = await world.call()
        how, error = await world.ended(job)
    assert (how, world.jobs.get(job).status) == (FAILED, "failed")
    assert "did not answer within" in error
    assert world.called() == ["desk"]


async def test_who_accepts_and_does_not_join_is_kept_out(world):
    """The fallback comes after join_timeout; a program that joins later is taken out again."""
    async with joining(world, joins=False) as program:
        world.serve(program)
        job = await world.call()
        how, error = await world.ended(job)
        assert (how, error) == (FAILED, "it accepted, but did not join in time")
        assert world.called() == ["desk"]
        await program.join(program.jobs[0])
        await world.livekit.until(
            lambda: (
                not any(p.identity == f"agent-{job}" for p in world.livekit.rooms["room-1"].people)
            )
        )
    assert [each.body["status"] for each in world.told("ended")] == ["failed"]
    assert len(world.told("cancelled")) == 1


async def test_without_a_fallback_an_apology_is_said(world):
    """Somebody says so, where nobody takes the call: in its language, else the folder's."""
    async with joining(world, (500, "", {})) as program:
        world.serve(program, fallback=None)
        await world.ended(await world.call("1"))
        world.serve(program, fallback=None, locale="pt-BR")
        await world.ended(await world.call("2"))
    assert world.apologies == [("room-1", "en"), ("room-2", "pt-BR")]


async def test_what_the_program_says_of_itself_is_shown_in_the_room(world):
    """Name, metadata and attributes of its answer are given to its participant."""
    said = {
        "accepted": True, "participant_name": "Ann", "participant_metadata": "m",
        "participant_attributes": {"kind": "guide"}, "participant_identity": "else",
    }  # fmt: skip
    async with joining(world, (200, said, {})) as program:
        world.serve(program)
        await world.call()
        await world.livekit.until(lambda: world.livekit.named)
    (named,) = world.livekit.named
    assert (named.name, named.metadata, dict(named.attributes)) == ("Ann", "m", {"kind": "guide"})
    assert named.identity == "agent-AJ_1"


async def test_the_program_says_how_the_job_went(world):
    """What it reports is the end of the job, once; another job's token says nothing."""
    async with joining(world) as program:
        world.serve(program)
        first, second = await world.call("1"), await world.call("2")
        jobs = world.jobs
        await until(
            lambda: all(jobs.get(j) and jobs.get(j).status == "running" for j in (first, second))
        )
        assert not jobs.get(first).is_own(jobs.get(second).status_token.reveal())
        assert jobs.get(first).is_own(jobs.get(first).status_token.reveal())
        jobs.advance(jobs.get(first), "failed", "the model was down")
        assert await world.ended(first) == (FAILED, "the model was down")
        assert not jobs.advance(jobs.get(first), "success")
    assert [each.body["status"] for each in world.told("ended")] == ["failed"]
    assert world.called("1") == []


async def test_a_cancelled_job_is_taken_out_of_its_room(world):
    """Its program is told, and removed where it stays; no fallback comes."""
    async with joining(world) as program:
        world.serve(program)
        job = await world.call()
        await until(lambda: world.status(job) == "running")
        assert world.jobs.cancel(world.jobs.get(job))
        assert await world.ended(job) == (FAILED, "cancelled")
        assert not world.jobs.cancel(world.jobs.get(job))
    assert world.jobs.get(job).status == "cancelled"
    assert world.called() == []
    assert len(world.told("cancelled")) == 1
    assert [p.identity for p in world.livekit.rooms["room-1"].people] == ["c0"]


async def test_others_get_the_same_job_and_the_fallback_waits_for_all(world):
    """With `also` each program has its own id, identity and token; one that joins is enough."""
    async with joining(world, (500, "", {})) as program, joining(world) as other:
        program.others = {"listener": other}
        world.serve(program, also=["listener"])
        job = await world.call()
        await until(lambda: other.rooms)
        mine, its = program.jobs[0], other.jobs[0]
        assert its["job_id"] == f"{job}-listener"
        assert its["participant_identity"] != mine["participant_identity"]
        assert its["access_token"] != mine["access_token"]
        await until(lambda: world.jobs.get(f"{job}-listener").status == "running")
        world.jobs.advance(world.jobs.get(f"{job}-listener"), "success")
        other.leave(its)
        assert await world.ended(job) == (SUCCESS, "")
    assert world.called() == []


async def test_a_caller_who_goes_ends_the_offer(world):
    """Where the room is gone nobody is called into it."""
    async with joining(world, joins=False) as program:
        world.serve(program, join_timeout="5s")
        job = await world.call()
        await program.until(lambda: program.jobs)
        world.livekit.rooms.clear()
        how, error = await world.ended(job)
    assert (how, error) == (FAILED, "the caller has gone")
    assert world.apologies == []


@pytest.mark.parametrize("fallback", ["desk", None])
@pytest.mark.parametrize("how", ["LiveKit says so", "its room is empty of it"])
async def test_a_program_that_dies_in_a_call_has_failed(world, monkeypatch, how, fallback):
    """However that is noticed: its caller is taken, and it is told once that the job failed."""
    if how == "LiveKit says so":
        monkeypatch.setattr(presence, "STAYING", 60)  # LiveKit comes first
    async with joining(world) as program:
        world.serve(program, fallback=fallback)
        job = await world.running()
        program.leave(program.jobs[0])
        if how == "LiveKit says so":
            await world.livekit.terminate("guide", job)
        assert await world.ended(job) == (FAILED, presence.LEFT)
    assert (world.status(job), world.jobs.get(job).error) == ("failed", presence.LEFT)
    if fallback:
        assert (world.called(), world.apologies) == (["desk"], [])
    else:
        assert (world.called(), world.apologies) == ([], [("room-1", "en")])
    assert [each.body["status"] for each in world.told("ended")] == ["failed"]
    assert world.told("cancelled") == []
    assert world.jobs.counts["guide", "left"] == 1


async def test_a_program_that_hands_its_caller_on_reports_success_first(world):
    """Then it leaves, and nobody takes its place."""
    async with joining(world) as program:
        world.serve(program)
        job = await world.running()
        assert world.jobs.advance(world.jobs.get(job), "success")
        program.leave(program.jobs[0])
        await world.livekit.terminate("guide", job)
        assert await world.ended(job) == (SUCCESS, "")
        # the next job of the same room of work is served as ever: nothing was left to be done
        await world.running("2")
    assert (world.called(), world.apologies) == ([], [])


@pytest.mark.parametrize("status", ["success", "failed"])
async def test_a_program_may_report_before_it_was_seen(world, status):
    """It was there between two looks: success is the end, after a failure the fallback comes."""
    async with joining(world, joins=False) as program:
        world.serve(program, join_timeout="4s")
        job = await world.call()
        await until(lambda: world.status(job) == "accepted")
        world.jobs.advance(world.jobs.get(job), status, "no model" if status == "failed" else "")
        how, error = await world.ended(job)
    if status == "success":
        assert (how, error, world.called()) == (SUCCESS, "", [])
    else:
        assert (how, error) == (FAILED, "no model")
        await until(lambda: world.called() == ["desk"])
    assert [each.body["status"] for each in world.told("ended")] == [status]


async def test_a_program_that_reports_a_failure_and_leaves_is_replaced(world, monkeypatch):
    """LiveKit hears of the failure at once; the fallback comes when the caller is alone."""
    monkeypatch.setattr(presence, "GRACE", 10.0)
    async with joining(world) as program:
        world.serve(program)
        job = await world.running()
        world.jobs.advance(world.jobs.get(job), "failed", "no model")
        assert await world.ended(job) == (FAILED, "no model")
        assert world.called() == []
        program.leave(program.jobs[0])
        await until(lambda: world.called() == ["desk"])


@pytest.mark.parametrize("ended", [False, True])
async def test_a_program_that_comes_back_has_not_left(world, monkeypatch, ended):
    """A connection that is begun anew leaves a gap: whether LiveKit ends the job in it, or not."""
    monkeypatch.setattr(presence, "BACK", 60.0)
    async with joining(world) as program:
        world.serve(program)
        job = await world.running()
        program.leave(program.jobs[0])
        if ended:
            await world.livekit.terminate("guide", job)
        asked = world.livekit.asked.count("ListParticipants")
        await world.livekit.until(lambda: world.livekit.asked.count("ListParticipants") > asked + 2)
        await program.join(program.jobs[0])
        asked = world.livekit.asked.count("ListParticipants")
        await world.livekit.until(lambda: world.livekit.asked.count("ListParticipants") > asked + 2)
        assert world.status(job) == "running"
        world.hang_up()
        program.leave(program.jobs[0])
        assert await world.ended(job) == (SUCCESS, "")
    assert (world.called(), world.told("cancelled")) == ([], [])


async def test_a_caller_who_leaves_after_the_program_was_not_left_behind(world, monkeypatch):
    """Who says goodbye leaves first as often as not: a hang-up soon after is an end in order."""
    monkeypatch.setattr(presence, "BACK", 60.0)
    async with joining(world) as program:
        world.serve(program)
        job = await world.running()
        program.leave(program.jobs[0])
        asked = world.livekit.asked.count("ListParticipants")
        await world.livekit.until(lambda: world.livekit.asked.count("ListParticipants") > asked + 1)
        world.hang_up()
        assert await world.ended(job) == (SUCCESS, "")
    assert world.called() == []


async def test_others_of_a_job_go_on_where_one_has_left(world):
    """The caller is not alone: the one that left has failed, and the job ends well."""
    async with joining(world) as program, joining(world) as other:
        program.others = {"listener": other}
        world.serve(program, also=["listener"])
        job = await world.running()
        await until(lambda: world.status(f"{job}-listener") == "running")
        program.leave(program.jobs[0])
        await world.livekit.terminate("guide", job)
        await until(lambda: world.status(job) == "failed")
        assert world.status(f"{job}-listener") == "running"
        world.hang_up()
        other.leave(other.jobs[0])
        assert await world.ended(job) == (SUCCESS, "")
    assert (world.status(f"{job}-listener"), world.called()) == ("success", [])


async def test_a_dispatch_that_is_deleted_cancels_its_job(world):
    """As LiveKit ends any agent: the program is told, and taken out; nobody takes its place."""
    async with joining(world) as program:
        world.serve(program)
        job = await world.running()
        world.livekit.rooms["room-1"].dispatches.clear()
        await world.livekit.terminate("guide", job)
        assert await world.ended(job) == (FAILED, "cancelled")
    assert world.status(job) == "cancelled"
    assert len(world.told("cancelled")) == 1
    assert (world.called(), world.apologies) == ([], [])


async def test_a_job_that_livekit_ends_after_a_yes_is_told_of(world):
    """LiveKit ends the job before anybody has joined: the letter says that it failed."""
    async with joining(world, joins=False) as program:
        world.serve(program, join_timeout="4s")
        job = await world.call()
        await until(lambda: world.status(job) == "accepted")
        world.livekit.rooms.clear()
        await world.livekit.terminate("guide", job)
        how, error = await world.ended(job)
    assert (how, error, world.status(job)) == (FAILED, "the caller has gone", "failed")
    assert world.apologies == []
    assert [each.body["status"] for each in world.told("ended")] == ["failed"]


async def test_a_program_that_keeps_failing_is_left_alone(world):
    """After five failures in a row calls go to the fallback at once."""
    async with joining(world, (500, "", {})) as program:
        world.serve(program)
        for number in range(5):
            await world.ended(await world.call(str(number)))
        assert world.jobs.breaker("guide").state == "open"
        asked = len(program.jobs)
        await world.ended(await world.call("9"))
        assert len(program.jobs) == asked
    assert world.called("9") == ["desk"]


async def test_a_program_that_is_not_healthy_is_not_asked(world):
    """After three answers in vain calls go to the fallback, until it is well again."""
    async with joining(world) as program:
        program.healthy = False
        world.serve(program, health_url=program.url.replace("livekit", "health"))
        for _ in range(3):
            await world.health.look()
        assert world.jobs.health("guide")["state"] == "unhealthy"
        await world.ended(await world.call("1"))
        assert (program.jobs, world.called("1")) == ([], ["desk"])
        program.healthy = True
        await world.health.look()
        await world.call("2")
        await until(lambda: program.rooms)


async def test_a_secret_is_changed_without_a_gap(world):
    """Each request is signed with each of several secrets: who knows either takes it."""
    async with joining(world) as program:
        world.serve(program, secret=["{{ secrets.GUIDE }}", SIGNING.replace("c2l4", "c2l5")])
        await world.call()
        await until(lambda: program.rooms)
        assert len(program.headers[0]["webhook-signature"].split()) == 2
        assert not program.refused


async def test_the_secret_of_a_running_job_is_its_own(world):
    """Saved files change the address of new jobs; what a job tells goes where it began."""
    async with joining(world) as program, joining(world) as newer:
        world.serve(program)
        job = await world.call()
        await until(lambda: world.status(job) == "running")
        world.serve(newer)
        await world.call("2")
        await until(lambda: newer.rooms)
        program.leave(program.jobs[0])
        await world.ended(job)
    (letter,) = [each for each in world.told("ended") if each.job == job]
    assert letter.url == program.url


async def test_a_secret_an_address_and_headers_change_at_once(world):
    """What is saved holds for the next job; a job that is on tells its end as it began."""
    async with (
        joining(world) as program,
        joining(world, secret=SIGNING.replace("c2l4", "c2l5")) as newer,
    ):
        world.serve(program, headers={"X-Team": "old"})
        job = await world.call()
        await until(lambda: world.status(job) == "running")
        changed = {"secret": [newer.secret], "headers": {"X-Team": "new"}}
        world.serve(newer, **changed)
        await world.call("2")
        await until(lambda: newer.rooms)
        assert (newer.headers[0]["X-Team"], newer.refused) == ("new", [])
        program.leave(program.jobs[0])
        await world.ended(job)
        (letter,) = [each for each in world.told("ended") if each.job == job]
        assert (letter.url, letter.spec["headers"]) == (program.url, {"X-Team": "old"})
        assert letter.spec["secret"] == ["{{ secrets.GUIDE }}"]


async def test_a_region_has_an_address_of_its_own(world):
    """Jobs go to that of LKRUN_REGION, else to the one that is well, else to webhook_url."""
    async with joining(world) as here, joining(world) as there, joining(world) as usual:
        usual.healthy = here.healthy = False
        regions = {"eu": here.url, "us": there.url}
        world.serve(usual, regions=regions, health_url=usual.url.replace("livekit", "health"))
        await world.call("1")
        await until(lambda: usual.rooms)
        await world.health.look()
        await world.call("2")
        await until(lambda: there.rooms)
        world.jobs._env = {"LKRUN_REGION": "eu"}
        await world.call("3")
        await until(lambda: here.rooms)
    assert [len(each.jobs) for each in (usual, there, here)] == [1, 1, 1]


async def test_a_reply_of_exactly_64_kb_is_read(world):
    """One byte more is not."""
    accepted = json.dumps({"accepted": True, "participant_name": "Ann", "more": ""})
    whole = accepted.replace('"more": ""', f'"more": "{"x" * (64 * 1024 - len(accepted))}"')
    assert len(whole) == 64 * 1024
    async with joining(world, (200, whole, {}), (200, whole + " ", {})) as program:
        world.serve(program)
        job = await world.call("1")
        await until(lambda: world.status(job) == "running")
        how, error = await world.ended(await world.call("2"))
        assert how == FAILED
        assert "64" in error
        world.hang_up()
        program.leave(program.jobs[0])
        assert await world.ended(job) == (SUCCESS, "")


async def test_what_is_said_of_a_job_needs_its_own_token(world):
    """A token of another job, and a word after the end, change nothing and say why."""
    async with joining(world) as program:
        world.serve(program)
        first, second = await world.call("1"), await world.call("2")
        book = ServedJobs(world.releases, world.jobs, None, lambda _: True)
        await until(lambda: world.status(first) == world.status(second) == "running")
        tokens = {job["job_id"]: job["status_token"] for job in program.jobs}
        with pytest.raises(DialogueError) as wrong:
            book.report(second, tokens[first], "success", None, None)
        assert (wrong.value.code, world.status(second)) == ("wrong_token", "running")
        assert book.report(first, tokens[first], "failed", "no model", None)["status"] == "failed"
        with pytest.raises(DialogueError) as late:
            book.report(first, tokens[first], "success", None, None)
        assert (late.value.code, world.jobs.get(first).error) == ("ended", "no model")
        with pytest.raises(DialogueError) as elsewhere:
            book.report("AJ_of_another_runner", tokens[first], "success", None, None)
        assert elsewhere.value.code == "unknown_job"
        assert "give each runner.http.public_url one of its own" in elsewhere.value.help
        assert await world.ended(first) == (FAILED, "no model")


async def test_an_identity_of_its_own_is_told_of_and_not_heeded(world, calls):
    """The token has one already: the log says so, once for a job."""
    said = {"accepted": True, "participant_identity": "me"}
    async with joining(world, (200, said, {})) as program:
        world.serve(program)
        job = await world.call()
        await until(lambda: world.status(job) == "running")
    (warned,) = calls._log.named("external_identity")
    assert (warned["level"], warned["job"]) == ("warning", job)


async def fifty(world):
    """Have fifty calls come at once; their jobs."""
    numbers = [str(number) for number in range(50)]
    await world.livekit.until(lambda: "guide" in world.livekit.workers)
    for number in numbers:
        world.livekit.room(f"room-{number}", dispatches={f"AD_{number}": "guide"})
    jobs = []
    for number in numbers:
        job = f"AJ_{number}"
        assert (await world.livekit.offer("guide", job, f"room-{number}", f"AD_{number}")).available
        await world.livekit.assign("guide", job)
        jobs.append(job)
    return jobs


async def test_fifty_jobs_at_once_all_join(world):
    """A service that answers in 200 ms takes fifty calls of one instant."""
    async with joining(world, slow=0.2) as program:
        world.serve(program, join_timeout="4s")
        jobs = await fifty(world)
        await until(lambda: all(world.status(j) == "running" for j in jobs))
        assert len(program.jobs) == 50
        for number, message in enumerate(list(program.jobs)):
            world.hang_up(str(number))
            program.leave(message)
        for job in jobs:
            assert await world.ended(job) == (SUCCESS, "")
    assert not any(world.called(str(number)) for number in range(50))


@pytest.mark.alone
async def test_fifty_calls_of_a_service_that_is_down_get_the_fallback(world):
    """Each within the deadline, and nothing is left of them."""
    async with joining(world) as program:
        pass
    world.serve(program)
    loop = asyncio.get_running_loop()
    begun = loop.time()
    jobs = await fifty(world)
    for job in jobs:
        assert (await world.ended(job))[0] == FAILED
    assert loop.time() - begun < 5
    assert all(world.called(str(number)) == ["desk"] for number in range(50))
    assert not world.jobs._programs
    assert not any(worker.server.active_jobs for worker in world.workers._workers.values())
