"""Where LiveKit is and how to get in, and which secrets the processes of calls may have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlparse

from runner.egress.secrets import Ledger, Secrets
from runner.template import Renderer, analyse, has_template

if TYPE_CHECKING:
    from runner.link.release import AgentRelease, Release

NAMES: Final = {
    "url": "LIVEKIT_URL",
    "api_key": "LIVEKIT_API_KEY",
    "api_secret": "LIVEKIT_API_SECRET",
}
_SCHEMES: Final = ("ws", "wss", "http", "https")


@dataclass(frozen=True, slots=True)
class LiveKit:
    """Credentials of a LiveKit server."""

    url: str
    api_key: str
    api_secret: str = field(repr=False)

    def to_env(self) -> dict[str, str]:
        """The standard environment variables."""
        return {env: getattr(self, name) for name, env in NAMES.items()}


class CredentialsError(Exception):
    """Credentials that cannot be used; the message is a plain sentence."""


def livekit(release: Release, secrets: Secrets, env: Mapping[str, str]) -> LiveKit | None:
    """Find the credentials: `runner.livekit`, and the environment for what it leaves out.

    Raises:
        CredentialsError: only a part of them is there, or the address is none.
    """
    written = release.process.livekit
    values = {"secrets": Ledger(secrets), "env": env}
    credentials = {}
    for name, variable in NAMES.items():
        text = getattr(written, name)
        credentials[name] = Renderer().render(text, values) if text else env.get(variable, "")
    missing = [NAMES[name] for name, value in credentials.items() if not value.strip()]
    if len(missing) == len(NAMES):
        return None
    if missing:
        names = ", ".join(missing)
        raise CredentialsError(f"LiveKit is configured only in part: {names} has no value")
    parsed = urlparse(credentials["url"])
    if parsed.scheme not in _SCHEMES or not parsed.hostname:
        raise CredentialsError("the address of LiveKit must begin with wss:// or ws://")
    return LiveKit(**{name: value.strip() for name, value in credentials.items()})


def provider_secrets(agent: AgentRelease, secrets: Secrets) -> dict[str, str]:
    """The secrets that an agent's providers use, by name: all that its calls may know."""
    names = {
        use.path[1]
        for provider in agent.providers.values()
        for text in templates(provider.options)
        for use in analyse(text).uses
        if use.path[0] == "secrets" and len(use.path) > 1
    }
    known = {name: secrets.get(name) for name in sorted(names)}
    return {name: value for name, value in known.items() if value is not None}


def templates(options: Any) -> Iterator[str]:
    """The texts among a provider's options that hold a template."""
    if isinstance(options, str):
        if has_template(options):
            yield options
    elif isinstance(options, Mapping):
        for value in options.values():
            yield from templates(value)
    elif isinstance(options, list | tuple):
        for value in options:
            yield from templates(value)


def hidden_from_calls(release: Release) -> list[str]:
    """The environment variables that the processes of calls must not have.

    What providers use reaches a call over the call socket; LiveKit's own stay, since its client
    reads them there.
    """
    return [name for name in release.secrets if name not in NAMES.values()]
