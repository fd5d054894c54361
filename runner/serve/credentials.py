"""Where LiveKit is and how to get in, and which secrets the processes of calls may have."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlparse

from runner.child_environment import matches, of_plugin, passed_on
from runner.egress.secrets import Ledger, Secrets
from runner.secret import Secret, reveal
from runner.template import Renderer, analyse, has_template

if TYPE_CHECKING:
    from runner.link.release import AgentRelease, Release
    from runner.schema.types.blocks import Block

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
    api_secret: Secret[str]

    def to_env(self) -> dict[str, str]:
        """The standard environment variables."""
        return {env: reveal(getattr(self, name)) for name, env in NAMES.items()}


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
    url, key, secret = (credentials[name].strip() for name in NAMES)
    return LiveKit(url, key, Secret(secret))


def provider_secrets(agent: AgentRelease, secrets: Secrets) -> dict[str, Secret[str]]:
    """The secrets that an agent's providers use, by name: all that its calls may know."""
    parts = (*agent.providers.values(), *agent.http_services)
    names = {name for part in parts for name in _named(part, "secrets")}
    names |= _names_in(agent.plugin_options, "secrets")
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


def child_environment(release: Release, env: Mapping[str, str]) -> dict[str, str]:
    """What the processes of a release's calls get of an environment.

    The secrets of tools never; what a provider names under `with` reaches a call over the call
    socket. LiveKit's own stay, since its client reads them there.
    """
    further = {*map(str, release.process.environment), *NAMES.values()}
    for agent in release.agents.values():
        for provider in agent.providers.values():
            own = of_plugin(str(provider.plugin))
            further |= {name for name in env if matches(name, own)} - _named(provider, "secrets")
            further |= _named(provider, "env")
    hidden = release.secrets.keys() | _NEVER
    return {n: v for n, v in passed_on(env, further).items() if n in further or n not in hidden}


_NEVER: Final = frozenset({"LIVEKIT_AGENT_NAME", "LIVEKIT_AGENT_NAME_OVERRIDE"})
"""What would give all agents one name."""


def _named(part: Block, root: str) -> set[str]:
    """The names behind `root` that a provider's options, or its service, use."""
    return _names_in(part.model_dump(), root)


def _names_in(data: Any, root: str) -> set[str]:
    return {
        use.path[1]
        for text in templates(data)
        for use in analyse(text).uses
        if use.path[0] == root and len(use.path) > 1
    }
