"""A job is offered to a program: posted, as often as there is sense and time."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from google.protobuf.json_format import MessageToDict

from runner.egress.signed import SignedPost, body_of
from runner.egress.trouble import RequestError
from runner.external import replies
from runner.external.messages import REQUESTED, JobReply, JobRequested, data, message_id
from runner.external.waits import LEAST, wait
from runner.secret import Secret

if TYPE_CHECKING:
    from livekit.protocol import agent as wire

    from runner.egress.client import HttpEgress
    from runner.egress.policy.breaker import Breaker
    from runner.external.jobs import Job
    from runner.schema.external_agents import ExternalAgent

Outcome = Literal["accepted", "rejected", "gone", "failed", "late", "over"]
"""What came of an offer.

`gone`: it never wants one again (410). `failed`: for good, or attempts are spent. `late`: no time
is left. `over`: the job ended meanwhile.
"""


@dataclass(frozen=True, slots=True)
class Offered:
    """What came of it.

    Attributes:
        error: why not, in words without a secret.
        reply: what it said of itself, where it accepted.
    """

    outcome: Outcome
    error: str = ""
    reply: JobReply | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """One job for one program.

    Attributes:
        spec: the program, as it was when the job came.
        url: which of its addresses.
        about: LiveKit's job: room, participant, metadata, attributes.
        token: mints a room token.
        status_url: where it says how the job goes.
        until: by the loop's clock: when somebody must have joined.
    """

    job: Job
    spec: ExternalAgent
    url: str
    about: wire.Job
    server_url: str
    token: Callable[[], Secret[str]]
    status_url: str
    until: float

    def document(self, token: Secret[str] | None) -> dict[str, Any]:
        """The request's body; without a token: as it may be kept."""
        about, job = self.about, self.job
        left = self.until - asyncio.get_running_loop().time()
        message = JobRequested(
            job_id=job.id,
            dispatch_id=job.dispatch,
            agent_name=job.agent,
            job_type="JT_PUBLISHER" if job.kind == "JT_PUBLISHER" else "JT_ROOM",
            room=MessageToDict(about.room),
            participant=MessageToDict(about.participant) if about.HasField("participant") else None,
            metadata=about.metadata,
            attributes={n: v for n, v in about.attributes.items() if not n.startswith("lkrun.")},
            participant_identity=job.identity,
            access_token=token.reveal() if token is not None else "",
            server_url=self.server_url,
            timestamp=int(time.time()),
            attempt=max(job.attempts, 1),
            deadline=_iso(time.time() + left),
            status_url=self.status_url,
            status_token=job.status_token.reveal() if token is not None else "",
        )
        body = data(message)
        if token is None:
            del body["access_token"], body["status_token"]
        return body

    async def made(self, egress: HttpEgress, breaker: Breaker) -> Offered:
        """Make it, as often as the author allows and there is time for."""
        retry, attempt = self.spec.retry, 0
        while True:
            left = self.until - asyncio.get_running_loop().time()
            if left < LEAST:
                return Offered("late", "there was no answer within the deadline")
            try:
                with breaker.guarding():
                    status, body = await self._sent(egress, left)
            except RequestError as trouble:
                if trouble.status == replies.GONE:
                    return Offered("gone", trouble.error)
                left = self.until - asyncio.get_running_loop().time()
                seconds = wait(
                    attempt, retry.initial_wait, retry.max_wait, left, trouble.retry_after
                )
                if not trouble.passing or attempt >= retry.max_retries:
                    return Offered("failed", trouble.error)
                if seconds is None:
                    return Offered("late", trouble.error)
                attempt += 1
                await asyncio.sleep(seconds)
                continue
            return self._understood(status, body)

    async def _sent(self, egress: HttpEgress, left: float) -> tuple[int, bytes]:
        self.job.attempts += 1
        token = self.token()
        spec = self.spec
        return await egress.post_signed(
            SignedPost(
                self.url,
                tuple(map(str, spec.secret)),
                {name: str(text) for name, text in spec.headers.items()},
                body_of(self.document(token)),
                message_id(self.job.id, REQUESTED),
                spec.signature,
                min(spec.timeout, left),
                (token, self.job.status_token),
                _trace(self.job.id),
            )
        )

    def _understood(self, status: int, body: bytes) -> Offered:
        try:
            reply = replies.read(status, body)
        except replies.BadReplyError as error:
            return Offered("failed", str(error))
        if not reply.accepted:
            return Offered("rejected", (reply.error or "it said no")[:300])
        return Offered("accepted", reply=reply)


def _trace(job: str) -> str:
    """The trace of a job: the same over all attempts, each a part of its own."""
    return f"00-{hashlib.sha256(job.encode()).hexdigest()[:32]}-{secrets.token_hex(8)}-01"


def _iso(moment: float) -> str:
    when = datetime.fromtimestamp(moment, UTC)
    return when.isoformat(timespec="milliseconds").replace("+00:00", "Z")
