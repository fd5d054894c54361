"""Which tests ask nobody outside of this machine."""

from __future__ import annotations

from collections.abc import Iterator

from runner.link.cases import TestCase
from runner.link.release import AgentRelease
from runner.providers.catalogue import Catalogue, InstalledProvider
from runner.schema.providers import choices


def left_out(case: TestCase, release: AgentRelease) -> str | None:
    """Why a test does not run before files are served; None where it does."""
    if case.aloud:
        return "mode: audio takes the time that speech takes; lkrun test runs it"
    return asks_outside(case, release)


def asks_outside(case: TestCase, release: AgentRelease) -> str | None:
    """Why a test cannot run without a network and keys; None where it can.

    Models of LiveKit's plugins and of LiveKit Inference are services; a provider that is an entry
    point of lkrun's own API, such as the scripted model, is taken to run here.
    """
    real = next((str(tool) for tool, ms in case.spec.mocks.items() if any(m.real for m in ms)), "")
    if real:
        return f"its mock of '{real}' asks the real service"
    model = next(_services(release), None)
    return f"the model '{model}' is asked over the network" if model is not None else None


def _services(release: AgentRelease) -> Iterator[str]:
    catalogue = Catalogue()
    for user in (release.agent, *release.personas.values()):
        for name in choices(user, "llm"):
            provider = release.providers.get(name)
            plugin = catalogue.find("llm", str(provider.plugin)) if provider is not None else None
            if not isinstance(plugin, InstalledProvider) or plugin.source != "plugin":
                yield name
