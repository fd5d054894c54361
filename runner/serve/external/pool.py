"""LiveKit's jobs of external agents: a task of main each, no process.

LiveKit's `AgentServer` gives a job that was accepted to its pool of processes. `ExternalServer` has
a pool of tasks in its place: registration, offers, load and draining stay LiveKit's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Final

from livekit.agents import AgentServer
from livekit.agents.job import RunningJobInfo
from livekit.protocol import agent as wire

Course = Callable[[RunningJobInfo, asyncio.Event], Awaitable[str]]
"""Sees a job through; gives why it failed, or nothing. The event: LiveKit has ended it."""

_LAST: Final = 5.0
"""Seconds in which a job that LiveKit has ended sees to its end."""

_log = logging.getLogger("lkrun")


@dataclass(eq=False, slots=True)
class JobTask:
    """A job that is on, as LiveKit's server of agents looks at one."""

    running_job: RunningJobInfo | None
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    async def join(self) -> None:
        """Return when it is over."""
        if self.task is not None:
            await asyncio.wait([self.task])

    async def aclose(self) -> None:
        """LiveKit has ended it: the room is gone."""
        self.ended.set()
        if self.task is not None:
            await asyncio.wait([self.task], timeout=_LAST)


class JobTasks:
    """Stands where LiveKit has its pool of processes.

    Args:
        course: sees a job through.
        tell: tells LiveKit how one goes.
    """

    def __init__(
        self, course: Course, tell: Callable[[str, wire.JobStatus, str], Awaitable[None]]
    ) -> None:
        self._course, self._tell = course, tell
        self.processes: list[JobTask] = []

    def on(self, _event: str, _callback: Callable[..., Any]) -> None:
        """Hear nobody: what becomes of a job is told LiveKit here."""

    def set_target_idle_processes(self, _number: int) -> None:
        """Have none."""

    async def start(self) -> None:
        """Be ready."""

    async def aclose(self) -> None:
        """End all: programs in rooms stay there."""
        tasks = [each.task for each in self.processes if each.task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def get_by_job_id(self, job_id: str) -> JobTask | None:
        """The one of an id."""
        known = (e for e in self.processes if e.running_job and e.running_job.job.id == job_id)
        return next(known, None)

    async def launch_job(self, info: RunningJobInfo) -> None:
        """Begin one."""
        each = JobTask(info)
        self.processes.append(each)
        each.task = asyncio.get_running_loop().create_task(self._run(each, info))

    async def _run(self, each: JobTask, info: RunningJobInfo) -> None:
        status, error = wire.JobStatus.JS_FAILED, "lkrun itself failed"
        try:
            await self._tell(info.job.id, wire.JobStatus.JS_RUNNING, "")
            error = await self._course(info, each.ended)
            status = wire.JobStatus.JS_FAILED if error else wire.JobStatus.JS_SUCCESS
        except Exception as trouble:  # noqa: BLE001 - a bug ends one job, and is told
            _log.error("a job of an external agent failed: %s", type(trouble).__name__)
            _log.debug("the error", exc_info=trouble)
        finally:
            self.processes.remove(each)
        await self._tell(info.job.id, status, error)


class ExternalServer(AgentServer):
    """A server of agents whose jobs are tasks.

    Args:
        course: sees a job through.
    """

    def __init__(self, course: Course, **options: Any) -> None:
        self._tasks = JobTasks(course, self._told)
        super().__init__(**options)

    @property
    def _proc_pool(self) -> Any:
        """What `AgentServer` asks for jobs; it would make one of processes."""
        return self._tasks

    @_proc_pool.setter
    def _proc_pool(self, _processes: Any) -> None:
        """Leave out what it makes: nothing of it is started."""

    async def _told(self, job_id: str, status: wire.JobStatus, error: str) -> None:
        update = wire.UpdateJobStatus(job_id=job_id, status=status, error=error)
        try:
            await self._queue_msg(wire.WorkerMessage(update_job=update))
        except Exception as trouble:  # noqa: BLE001 - the connection is closed: LiveKit knows
            _log.debug("LiveKit was not told of a job: %s", trouble)
