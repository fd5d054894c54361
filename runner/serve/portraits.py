"""What the page shows of an agent: its picture, its models, when and how it is there."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from runner.provider_kinds import ROWS

if TYPE_CHECKING:
    from runner.link.release import AgentRelease, Release
    from runner.schema.providers import Provider

_SHOWN: Final = ("model", "voice", "language")
"""Options of a plugin by which people know what it is."""

_TEMPLATE: Final = "{{"


def portraits(release: Release) -> dict[str, dict[str, Any]]:
    """Of each agent of a release, by name."""
    return {name: _portrait(_Same(agent)) for name, agent in release.agents.items()}


class _Same:
    """An agent as a key: the same content is the same."""

    def __init__(self, agent: AgentRelease) -> None:
        self.agent = agent

    def __hash__(self) -> int:
        return hash(self.agent.digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and other.agent.digest == self.agent.digest


@lru_cache(maxsize=256)
def _portrait(same: _Same) -> dict[str, Any]:
    from runner.link.paths import ReleasePaths
    from runner.picture.layout import drawing
    from runner.picture.sketch import sketch

    return {
        "picture": drawing(sketch(ReleasePaths(same.agent))),
        "models": list(_models(same.agent)),
        "tools": sorted(same.agent.tools),
    }


def _models(agent: AgentRelease) -> Iterator[dict[str, Any]]:
    """The providers of an agent by their kind, in the order of the kinds."""
    from runner.schema.providers import choices

    users = [agent.agent, *agent.personas.values()]
    for kind in ROWS:
        choosing = [user for user in users if kind.key in type(user).model_fields]
        chosen = (name for user in choosing for name in choices(user, kind.key))
        named = dict.fromkeys(map(str, chosen))
        own = {n for n, p in agent.providers.items() if p.kind == kind.key}
        shown = [_model(n, agent.providers.get(n)) for n in [*named, *sorted(own - named.keys())]]
        if shown:
            yield {"kind": kind.key, "noun": kind.noun, "names": shown}


def _model(name: str, provider: Provider | None) -> dict[str, str]:
    """A provider by its name; one of LiveKit's inference has no other."""
    if provider is None:
        return {"name": name, "about": ""}
    options = provider.options if isinstance(provider.options, dict) else {}
    known = [str(options[each]) for each in _SHOWN if isinstance(options.get(each), str)]
    said = [str(provider.plugin), *(each for each in known if _TEMPLATE not in each)]
    return {"name": name, "about": " · ".join(said)}
