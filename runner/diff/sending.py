"""What of the caller and of the secrets goes to which host."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runner.link import AgentRelease
from runner.link.differences import Location
from runner.link.walk import blocks, walk
from runner.schema.fields import Field
from runner.schema.types.blocks import Block
from runner.schema.types.texts import Sent
from runner.schema.types.urls import Url
from runner.template import Renderer, analyse, has_template

_HOST = re.compile(r"(?:https?://)?([^/?#]*)", re.IGNORECASE)

_CALLER = {
    "attributes": "the caller's attributes",
    "dialled": "the number that was rung",
    "identity": "the caller's identity",
    "kind": "the kind of caller",
    "name": "the caller's name",
    "phone": "the caller's phone number",
}


@dataclass(frozen=True, slots=True, order=True)
class Sending:
    """One thing that goes to one host.

    Attributes:
        what: a secret's name, a variable's, or words for what is known of the caller.
        host: where it goes; the plugin, where a provider's options hold it.
        by: the tool or provider that sends it.
        section: the section of `by`.
    """

    what: str
    host: str
    by: str
    section: str

    @property
    def location(self) -> Location:
        """Where it stands."""
        return (self.section, self.by)


def sendings(release: AgentRelease, beside: frozenset[int] = frozenset()) -> set[Sending]:
    """All that an agent sends, beside what some definitions do, by their `id`."""
    sent = set()
    for name, tool in release.tools.items():
        if id(tool) in beside:
            continue
        for request in _requests(tool):
            host = _host(str(getattr(request, "url", "")), release)
            sent |= {Sending(w, host, name, "tools") for w in _what(request, release)}
    for name, provider in release.providers.items():
        if isinstance(provider, Block) and id(provider) not in beside:
            plugin = f"the plugin {getattr(provider, provider.kind)}"
            sent |= {Sending(w, plugin, name, "providers") for w in _what(provider, release)}
    return sent


def shared(old: AgentRelease, new: AgentRelease) -> frozenset[int]:
    """The definitions of two releases that send the same in both, by their `id`."""
    if (old.fixed, old.env, old.variables) != (new.fixed, new.env, new.variables):
        return frozenset()
    return _definitions(old) & _definitions(new)


def _definitions(release: AgentRelease) -> frozenset[int]:
    return frozenset(map(id, (*release.tools.values(), *release.providers.values())))


def _requests(tool: Any) -> Iterator[Block]:
    """The blocks of a tool that have an address."""
    return (b for b in blocks(tool) if isinstance(getattr(b, "url", None), Url))


def _host(url: str, release: AgentRelease) -> str:
    match = _HOST.match(url)
    host = match[1] if match else ""
    if has_template(host):
        host = Renderer().render(host, {**release.fixed, "env": release.env})
    return host.rpartition("@")[2].casefold() or "an address that is worked out"


def _what(block: Block, release: AgentRelease) -> Iterator[str]:
    for leaf in walk(block, ()):
        if isinstance(leaf.value, Sent) and has_template(leaf.value):
            for use in analyse(leaf.value).uses:
                if named := _named(use.path, release):
                    yield named


def _named(used: tuple[str, ...], release: AgentRelease) -> str | None:
    first, second = used[0], used[1] if len(used) > 1 else ""
    if first == "secrets":
        return second
    if first == "caller":
        return _CALLER.get(second, "what is known of the caller")
    return first if isinstance(release.variables.get(first), Field) else None
