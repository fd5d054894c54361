"""What addresses are told of a call as it goes on: `events` of an agent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from runner.delivery.spool import QueuedEvent
from runner.egress.port import Webhook
from runner.link.release import AgentRelease


def queued(
    release: AgentRelease, session: str, number: int, kind: str, data: Mapping[str, Any]
) -> list[QueuedEvent]:
    """One for each address that wants to know.

    Args:
        release: the agent of the call.
        session: of the call.
        number: counts the events of the call.
        kind: the type of the event.
        data: what is told besides whose it is.
    """
    hooks = {n: hook for n, hook in release.agent.events.items() if hook.wants(kind)}
    about = {"session_id": session, "agent": release.name}
    labels = {n: str(text) for n, text in release.agent.labels.items()}
    body = {
        "type": kind,
        "timestamp": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "data": {**about, **({"labels": labels} if labels else {}), **data},
    }
    return [
        QueuedEvent(
            id=f"msg_{session}_{name}_{number}",
            series=f"{session}/{name}",
            number=number,
            target=str(hook.url),
            content=json.dumps({"hook": name, "body": body}, ensure_ascii=False, default=str),
        )
        for name, hook in hooks.items()
    ]


def event_parcel(release: AgentRelease, content: str, name: str) -> Webhook | None:
    """What is posted; None where the address is not there any more.

    Args:
        release: the agent of the call.
        content: as `queued` has it.
        name: its id.
    """
    kept = json.loads(content)
    hook = release.agent.events.get(kept["hook"])
    if hook is None:
        return None
    secret = str(hook.secret) if hook.secret is not None else None
    headers = {str(n): str(text) for n, text in hook.headers.items()}
    body = json.dumps(kept["body"], ensure_ascii=False)
    return Webhook(str(hook.url), secret, headers, {}, body, name)
