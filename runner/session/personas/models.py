"""The models and nodes of a persona: its own, or the agent's."""

from __future__ import annotations

from typing import Any

from runner.link.release import AgentRelease
from runner.providers.build import brought_by
from runner.schema.nodes import PARTS
from runner.schema.providers import chosen
from runner.session.call import Call
from runner.session.models.nodes import Node
from runner.session.models.speech import HEARS_AND_THINKS, built_by_themselves, speech_model


def models_of(call: Call, name: str) -> dict[str, Any]:
    """The models of a persona, its own or the agent's; by text it needs no voice.

    Raises:
        CannotStartError: one cannot be built.
    """
    models: dict[str, Any] = {}
    release, made = call.bound.release, call.bound.models
    spoken = call.bound.context.spoken
    speech = speech_model(release, made, call.channel, release.personas[name])
    for kind in built_by_themselves(release, call.channel):
        named = choice(release, name, kind.key, spoken)
        if speech is not None and kind.key in HEARS_AND_THINKS:
            models[kind.key] = None
        elif named:
            models[kind.key] = made.get(kind.key, named)
        else:
            models[kind.key] = made.ordinary(kind.key) if named is None else None
    return models | ({"llm": speech} if speech is not None else {})


def nodes_of(call: Call, name: str) -> dict[str, list[tuple[str, Node]]]:
    """The nodes of a persona: part → names and generators, in order.

    Raises:
        CannotStartError: one cannot be built.
    """
    release, providers = call.bound.release, call.bound.models
    return {
        part: [
            (f"'{node}' ({brought_by('node', node)})", providers.plugin("node", node, options))
            for node, options in nodes
        ]
        for part in PARTS
        if (nodes := release.nodes(name, part)) and (part == "llm" or call.channel == "voice")
    }


def choice(release: AgentRelease, name: str, kind: str, language: str) -> Any:
    """What a persona uses of a kind: names, False for nothing, None where nobody says."""
    own = chosen(release.personas[name], kind, language)
    return chosen(release.agent, kind, language) if own is None else own
