"""Jobs that a runner has left whose programs are in calls: this one looks after them."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from datetime import datetime
from typing import TYPE_CHECKING, Any

from runner.schema.external_agents import ExternalAgent
from runner.serve.external.again import job_of as livekits_job
from runner.serve.external.course import Course
from runner.serve.external.shelf import job_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.serve.external.program import JobHost, Program

Kept = dict[str, Any]


def groups(left: Iterable[Kept]) -> list[list[Kept]]:
    """Those of one of LiveKit's jobs together: the fallback comes where none of them is there."""
    together: defaultdict[tuple[str, ...], list[Kept]] = defaultdict(list)
    for kept in left:
        body = kept["body"]
        key = (body["room"]["name"], body.get("dispatch_id") or body["job_id"], kept["main"])
        together[key].append(kept)
    return list(together.values())


class Left:
    """The programs of one of LiveKit's jobs, as they were kept."""

    def __init__(self, jobs: JobHost, kept: list[Kept]) -> None:
        self._jobs, self._first = jobs, kept[0]
        self._programs = [self._program(each) for each in kept]
        self.room = str(kept[0]["body"]["room"]["name"])

    async def see_through(self) -> None:
        """See them through, as if this runner had offered them their job."""
        about = livekits_job(self._first["body"])
        course = Course(self._jobs, about, self._first["main"], asyncio.Event())
        await course.resume(self._programs)

    def _program(self, kept: Kept) -> Program:
        body = kept["body"]
        deadline = datetime.fromisoformat(body["deadline"]).timestamp()
        until = asyncio.get_running_loop().time() + deadline - time.time()
        spec = ExternalAgent.model_validate_json(json.dumps(kept["spec"]))
        self._jobs.know(job_of(kept))
        about = livekits_job(body)
        program = self._jobs.program(about, body["agent_name"], spec, until, kept["url"])
        program.main = kept["main"]
        return program
