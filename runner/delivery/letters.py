"""Messages about jobs of external agents: what is told once, and jobs that nobody took."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from runner.egress.signed import SignedPost, body_of
from runner.schema.external_agents import ExternalAgent

JOB: Final = "job"
"""The kind of such a delivery."""

OF_JOBS: Final = "/job"
"""Behind the id of a job: the row that its letters hang on."""

REQUESTED: Final = "agent.job.requested"
"""The message that is a job."""

SECONDS: Final = 15.0
"""In which such a message has to be answered."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One message, without a token.

    Attributes:
        id: the `webhook-id`, the same over all attempts.
        kind: the `type` of the message.
        url: where it goes, without secrets.
        spec: the external agent as it was when the job came.
        state: what came of it already: `waiting`, `sent` or `given_up`.
    """

    id: str
    job: str
    agent: str
    kind: str
    url: str
    spec: Mapping[str, Any]
    body: Mapping[str, Any]
    state: str = "waiting"
    attempts: int = 0
    error: str = ""

    def came_to(self, state: str, attempts: int, error: str) -> Letter:
        """The same with what came of it."""
        return replace(self, state=state, attempts=attempts, error=error)

    @property
    def release(self) -> tuple[str, str]:
        """The external agent as the spool keeps it: a digest, and its content."""
        content = json.dumps(self.spec, ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(content.encode()).hexdigest()[:16], content

    @property
    def content(self) -> str:
        """What is sent, as the spool keeps it."""
        kept = {"type": self.kind, "url": self.url, "body": self.body}
        return json.dumps(kept, ensure_ascii=False, default=str)


def signed_post(name: str, spec: str, content: str) -> SignedPost:
    """What is posted of a letter that was kept.

    Args:
        name: its id.
        spec: the external agent, as it was kept.
        content: the letter, likewise.
    """
    agent, kept = ExternalAgent.model_validate_json(spec), json.loads(content)
    headers = {header: str(text) for header, text in agent.headers.items()}
    secrets = tuple(map(str, agent.secret))
    body = body_of(kept["body"])
    return SignedPost(kept["url"], secrets, headers, body, name, agent.signature, SECONDS)


def room_of(content: str) -> str | None:
    """The room of a job that a letter would offer anew; None: the letter is another one."""
    kept = json.loads(content)
    return str(kept["body"]["room"]["name"]) if kept["type"] == REQUESTED else None
