"""What a program is told beside its job, and a job as it is kept where nobody took it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from runner.delivery.letters import Letter
from runner.external.messages import (
    CANCELLED,
    ENDED,
    REQUESTED,
    JobCancelled,
    JobEnded,
    data,
    message_id,
)

if TYPE_CHECKING:
    from runner.serve.external.program import Program


def ended(program: Program) -> Letter:
    """Its job is over."""
    job = program.job
    status: Any = job.status
    message = JobEnded(
        job_id=job.id, agent_name=job.agent, room_name=job.room, timestamp=int(time.time()),
        status=status, error=job.error,
    )  # fmt: skip
    return _letter(program, ENDED, data(message))


def cancelled(program: Program, reason: str) -> Letter:
    """It is not wanted any more."""
    job = program.job
    message = JobCancelled(
        job_id=job.id, agent_name=job.agent, room_name=job.room, timestamp=int(time.time()),
        reason=reason,
    )  # fmt: skip
    return _letter(program, CANCELLED, data(message))


def requested(program: Program, state: str, error: str) -> Letter:
    """The job that it was offered, without tokens, and what came of that."""
    letter = _letter(program, REQUESTED, program.offer.document(None))
    return letter.came_to(state, program.job.attempts, error)


def _letter(program: Program, kind: str, body: dict[str, Any]) -> Letter:
    job, offer = program.job, program.offer
    spec = offer.spec.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return Letter(message_id(job.id, kind), job.id, job.agent, kind, offer.url, spec, body)
