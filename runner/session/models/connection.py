"""How a provider is reached: its `timeout`, `retries` and `retry_wait`, as LiveKit has them."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from livekit.agents import DEFAULT_API_CONNECT_OPTIONS, APIConnectOptions

from runner.schema.providers import AnyProvider

_REQUESTS = {
    "llm": ("chat",),
    "stt": ("recognize", "stream"),
    "tts": ("synthesize", "stream"),
}
"""Kind → the methods of LiveKit's object that take connection options."""


@dataclass(frozen=True, slots=True)
class Connection:
    """What a provider says of its connection; what it does not say is LiveKit's choice.

    Attributes:
        timeout: seconds of one attempt.
        retries: further attempts.
        retry_wait: seconds between them.
    """

    timeout: float | None = None
    retries: int | None = None
    retry_wait: float | None = None

    def over(self, usual: APIConnectOptions) -> APIConnectOptions:
        """LiveKit's options, with what is said here in their place."""
        said = {
            "timeout": self.timeout,
            "max_retry": self.retries,
            "retry_interval": self.retry_wait,
        }
        changed: dict[str, Any] = {name: value for name, value in said.items() if value is not None}
        return dataclasses.replace(usual, **changed)

    @property
    def longest(self) -> float:
        """Seconds that all attempts that are asked for may take; 0 where no time is said."""
        if self.timeout is None:
            return 0.0
        wait = self.over(DEFAULT_API_CONNECT_OPTIONS).retry_interval
        retries = self.retries or 0
        return self.timeout * (retries + 1) + wait * retries


def connection_of(provider: AnyProvider | None) -> Connection:
    """What a provider says of its connection."""
    names = (field.name for field in dataclasses.fields(Connection))
    return Connection(**{name: getattr(provider, name, None) for name in names})


def keep_to(made: Any, kind: str, connection: Connection) -> Any:
    """Have each request of a LiveKit object keep to a connection, whoever makes it.

    Sessions and fallback adapters each bring options of their own; what an author has written for
    this provider counts more.
    """
    if connection != Connection():
        for name in _REQUESTS.get(kind, ()):
            setattr(made, name, _keeping(getattr(made, name), connection))
    return made


def _keeping(request: Callable[..., Any], connection: Connection) -> Callable[..., Any]:
    @functools.wraps(request)
    def requested(*arguments: Any, **named: Any) -> Any:
        usual = named.get("conn_options", DEFAULT_API_CONNECT_OPTIONS)
        return request(*arguments, **named | {"conn_options": connection.over(usual)})

    return requested
