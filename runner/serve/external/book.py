"""External agents as the HTTP front asks for them: implements `runner.front.jobs_port.JobBook`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from runner.delivery.letters import JOB, room_of
from runner.front.port import DialogueError

if TYPE_CHECKING:
    from collections.abc import Callable

    from runner.external.jobs import Job, Status
    from runner.serve.external.jobs import ExternalJobs
    from runner.serve.releases.served import Releases
    from runner.serve.sessions.after_calls import AfterCalls

_LAST: Final = 5

_REPORTED: Final[dict[str, Status]] = {
    "running": "running",
    "success": "success",
    "failed": "failed",
}


class ServedJobs:
    """What the front shows of jobs and deliveries."""

    def __init__(
        self,
        releases: Releases,
        jobs: ExternalJobs,
        after: AfterCalls,
        registered: Callable[[str], bool],
    ) -> None:
        """Take what is served, the jobs, what is delivered, and who is registered."""
        self._releases, self._jobs, self._after = releases, jobs, after
        self._registered = registered

    def jobs(self) -> list[dict[str, Any]]:
        """The last jobs, the newest first."""
        return [job.to_data() for job in self._jobs.all()]

    def job(self, name: str) -> dict[str, Any]:
        """One of them.

        Raises:
            DialogueError: it is unknown.
        """
        return self._job(name).to_data()

    def cancel(self, name: str) -> dict[str, Any]:
        """End one; what it is then.

        Raises:
            DialogueError: it is unknown, or over.
        """
        job = self._job(name)
        if not self._jobs.cancel(job):
            raise _over(job)
        return job.to_data()

    def report(
        self, name: str, token: str, status: str, error: str | None, message: str | None
    ) -> dict[str, Any]:
        """Hear from its program how one goes; what it is then.

        Raises:
            DialogueError: it is unknown or over, or the token is another one's.
        """
        job = self._job(name)
        if not job.is_own(token):
            hint = "send the header 'Authorization: Bearer …' with the job's own status_token"
            raise DialogueError("wrong_token", "this is not the token of such a job", hint)
        if job.over:
            raise _over(job)
        job.message = self._jobs.egress.hide(message or "") or job.message
        self._jobs.advance(job, _REPORTED[status], error or "")
        return job.to_data()

    async def agents(self) -> list[dict[str, Any]]:
        """The external agents that are served, with how they are."""
        outbox = await self._after.outbox()
        listed = await outbox.listed() if outbox is not None else []
        return [
            {
                "name": name,
                "url": str(spec.webhook_url),
                "registered": self._registered(name),
                "disabled": self._jobs.gone(name),
                "fallback": str(spec.fallback) if spec.fallback is not None else None,
                "health": self._jobs.health(name),
                "breaker": self._jobs.breaker(name).state,
                "deliveries": [
                    each.to_data() for each in listed if each.kind == JOB and each.agent == name
                ][:_LAST],
            }
            for name, spec in sorted(self._releases.current.external_agents.items())
        ]

    async def deliveries(self) -> list[dict[str, Any]]:
        """What was sent and is to be sent, the newest first."""
        outbox = await self._after.outbox()
        return [each.to_data() for each in await outbox.listed()] if outbox is not None else []

    async def replay(self, name: str) -> dict[str, Any]:
        """Send one again that was given up; what it is then.

        Raises:
            DialogueError: it is unknown, was not given up, or its room is gone.
        """
        outbox = await self._after.outbox()
        delivery = await outbox.get(name) if outbox is not None else None
        if outbox is None or delivery is None:
            raise DialogueError("unknown_delivery", "there is no such delivery")
        room = room_of(delivery.content) if delivery.kind == JOB else None
        if room is not None and not await self._jobs.has_room(room):
            raise DialogueError("room_gone", "the room of this job is gone: nobody waits in it")
        if not await outbox.replay(name):
            words = {"sent": "it was sent", "waiting": "it is tried again by itself"}
            said = words.get(delivery.state, "it is being sent")
            raise DialogueError("ended", f"this is not sent again: {said}")
        return (await outbox.get(name) or delivery).to_data()

    def _job(self, name: str) -> Job:
        job = self._jobs.get(name)
        if job is None:
            raise DialogueError("unknown_job", "this runner has no such job", _OTHERS)
        return job


_OTHERS = (
    "a job is known to the runner that took it, and to who takes its folder for data over: where "
    "several serve behind one address, give each runner.http.public_url one of its own"
)


def _over(job: Job) -> DialogueError:
    return DialogueError("ended", f"the job is over: {job.status}")
