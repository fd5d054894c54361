"""A job that nobody took, offered anew because somebody wants it: a new token, the same id."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

from google.protobuf.json_format import ParseDict
from livekit.protocol import agent as wire

from runner.delivery.couriers import NotDeliveredError
from runner.schema.external_agents import ExternalAgent
from runner.serve.external.course import Course

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runner.delivery.spool import Delivery
    from runner.serve.external.posting import Offered
    from runner.serve.external.program import JobHost, Program


async def offer(jobs: JobHost, delivery: Delivery, spec: str) -> None:
    """Offer it, and see it through beside.

    Raises:
        NotDeliveredError: the room is gone, or the program does not take it.
    """
    body = json.loads(delivery.content)["body"]
    if not await jobs.has_room(body["room"]["name"]):
        raise NotDeliveredError("the room is gone", final=True)
    about, name = job_of(body), delivery.agent
    served = jobs.spec(name) or ExternalAgent.model_validate_json(spec)
    until = asyncio.get_running_loop().time() + served.deadline
    program = jobs.program(about, name, served, until)
    program.job.again()
    offered = await program.offer.made(jobs.egress, jobs.breaker(name))
    if offered.outcome != "accepted":
        error = jobs.egress.hide(offered.error)
        jobs.advance(program.job, "failed", error)
        jobs.done([program])
        raise NotDeliveredError(error, final=True)
    jobs.advance(program.job, "accepted")
    course = Course(jobs, about, name, asyncio.Event())
    jobs.beside(_followed(jobs, course, program, offered))


async def _followed(jobs: JobHost, course: Course, program: Program, offered: Offered) -> None:
    """No job of LiveKit's waits for it any more."""
    try:
        await course.follow(program, offered)
    finally:
        if program.job.over:
            jobs.tell_end(program)
        jobs.done([program])


def job_of(body: Mapping[str, Any]) -> wire.Job:
    """LiveKit's job, as it was kept; the name of another program is taken from its id."""
    about = wire.Job(
        id=body["job_id"], dispatch_id=body.get("dispatch_id", ""),
        metadata=body.get("metadata", ""), attributes=body.get("attributes", {}),
    )  # fmt: skip
    about.type = wire.JobType.Value(body["job_type"])  # type: ignore[assignment]  # a number, as protobuf has it
    ParseDict(body["room"], about.room, ignore_unknown_fields=True)
    if "participant" in body:
        ParseDict(body["participant"], about.participant, ignore_unknown_fields=True)
    return about
