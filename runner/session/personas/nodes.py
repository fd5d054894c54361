"""Personas with nodes: LiveKit tells by the class whether a node is its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from functools import partial
from typing import Any

from livekit.agents import Agent, ModelSettings

from runner.session.models.nodes import Node, through


class NodesOfSTT(Agent):
    """Has nodes between the caller's sound and what is understood."""

    nodes: dict[str, list[tuple[str, Node]]]

    def stt_node(
        self, audio: AsyncIterable[Any], model_settings: ModelSettings
    ) -> AsyncGenerator[Any, None]:
        """The author's nodes, and LiveKit's own behind them."""
        last = partial(Agent.default.stt_node, self)
        return through(self.nodes.get("stt", ()), last, audio, model_settings)


BY_PART: dict[str, type[Agent]] = {"stt": NodesOfSTT}
"""Part → what a persona with nodes there is as well."""
