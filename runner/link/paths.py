"""Where a call can go from a persona: in a checked folder, and in a served release."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from runner.link.release import AgentRelease
from runner.link.walk import blocks
from runner.schema.actions import BACK, HandOff, RunTool, tool_of
from runner.schema.agents import Agent
from runner.schema.http import Request
from runner.schema.lifecycle import ToolSend
from runner.schema.personas import Persona
from runner.schema.services import Service
from runner.schema.tools import KnowledgeTool
from runner.schema.types.blocks import Block


class Paths:
    """An agent with all that its calls can reach."""

    agent: Agent
    personas: Mapping[str, Persona]
    tools: Mapping[str, Block]
    services: Mapping[str, Service]
    knowledge: Mapping[str, Block]

    @property
    def name(self) -> str:
        """The agent's name."""
        raise NotImplementedError

    def inside(self, user: Block) -> tuple[Block, ...]:
        """A block and all blocks in it."""
        return tuple(blocks(user))

    def tools_of(self, persona: Persona) -> dict[str, Block]:
        """The tools that the model may call while a persona speaks, and those that these run."""
        all_of_it = (*self.acting(persona), *self.acting(self.agent))
        doing = (block for block in all_of_it if not isinstance(block, ToolSend))
        names = [*self.agent.tools, *persona.tools, *filter(None, map(tool_of, doing))]
        tools: dict[str, Block] = {}
        while names:
            name = str(names.pop(0))
            if name in self.tools and name not in tools:
                tools[name] = self.tools[name]
                acting = self.acting(self.tools[name])
                names += [a.tool for a in acting if isinstance(a, RunTool)]
        return tools

    def acting(self, user: Block) -> Iterator[Block]:
        """All blocks of a definition, of the services that its requests name, of its knowledge."""
        for block in self.inside(user):
            yield block
            if isinstance(block, Request) and str(block.service) in self.services:
                yield from self.inside(self.services[str(block.service)])
            elif isinstance(block, KnowledgeTool):
                for name in map(str, block.knowledge):
                    yield from self.acting(self.knowledge[name]) if name in self.knowledge else ()

    def targets(self, name: str) -> Iterator[str]:
        """Personas that a call can go to from a persona, by the model's choice or by an action."""
        persona = self.personas[name]
        seen = {name, BACK}
        sources: list[Block] = [persona, *self.tools_of(persona).values(), self.agent]
        named = [*persona.handoffs, *self.agent.handoffs]
        acted = [b.handoff for s in sources for b in self.acting(s) if isinstance(b, HandOff)]
        for target in map(str, named + acted):
            if target not in seen and target in self.personas:
                seen.add(target)
                yield target


@dataclass
class ReleasePaths(Paths):
    """Those of an agent of a release."""

    release: AgentRelease

    def __post_init__(self) -> None:
        """Take what it has."""
        for each in ("agent", "personas", "tools", "services", "knowledge"):
            setattr(self, each, getattr(self.release, each))

    @property
    def name(self) -> str:
        """The agent's name."""
        return self.release.name
