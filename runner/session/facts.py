"""What is known of a call when it begins."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls; what is not known is None."""

    identity: str | None = None
    name: str | None = None
    kind: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    phone: str | None = None
    dialled: str | None = None


@dataclass(frozen=True, slots=True)
class Room:
    """The LiveKit room of the call."""

    name: str | None = None
    metadata: str | None = None


@dataclass(frozen=True, slots=True)
class JobFacts:
    """The LiveKit job of the call.

    Attributes:
        metadata: what was dispatched with it, `parsed`.
    """

    id: str | None = None
    attributes: Mapping[str, str] = field(default_factory=dict)
    metadata: Any = None


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What is known of a call when it begins.

    Attributes:
        started: when it began, with a time zone.
        variables: values that were given from outside; they win over defaults.
        id: names the call in events and logs.
    """

    caller: Caller = field(default_factory=Caller)
    room: Room = field(default_factory=Room)
    job: JobFacts = field(default_factory=JobFacts)
    started: datetime = field(default_factory=lambda: datetime.now(UTC))
    variables: Mapping[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: f"call_{uuid.uuid4().hex[:12]}")


def parsed(metadata: str | None) -> Any:
    """Metadata as data where it is JSON, else as the text that it is; nothing is None."""
    if not metadata or not metadata.strip():
        return None
    try:
        return json.loads(metadata)
    except (ValueError, RecursionError):
        return metadata
