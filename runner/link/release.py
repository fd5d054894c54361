"""The Release: what a folder without mistakes becomes. Frozen, with an id from its content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from runner.schema.agents import Agent
from runner.schema.campaigns import Campaign
from runner.schema.external_agents import ExternalAgent
from runner.schema.fields import Field
from runner.schema.http_providers import HttpOptions
from runner.schema.knowledge import HttpKnowledge, Knowledge, whole_lookup
from runner.schema.nodes import PARTS, listed
from runner.schema.personas import Persona
from runner.schema.process import Process
from runner.schema.providers import Provider
from runner.schema.services import Service, whole_request, whole_tool
from runner.schema.tools import (
    HttpTool,
    KnowledgeTool,
    McpTool,
    PluginTool,
    ProviderTool,
    Tool,
    asked_by,
)
from runner.template import analyse

FORM = 1
"""The version of the form in which releases are stored."""


class AgentRelease(BaseModel):
    """All that one agent needs in a call; nothing outside it is looked up.

    Attributes:
        name: the agent's name.
        agent: its own keys.
        personas: name → persona, all that its calls can reach.
        tools: name → tool, all that these may call or run.
        services: name → service, all that these tools ask.
        knowledge: name → what these tools look things up in.
        documents: such a name → the path of each of its documents → its text.
        providers: name → provider, all that these choose.
        prompts: persona → the text of its `instructions_file`.
        sounds: the path of each sound file → Base64.
        env: the environment variables that its texts use, as they were at load.
        places: template → `file:line`, for what the log says of it.
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    form: int = FORM
    name: str
    agent: Agent
    personas: dict[str, Persona]
    tools: dict[str, Tool]
    services: dict[str, Service] = {}
    knowledge: dict[str, Knowledge] = {}
    documents: dict[str, dict[str, str]] = {}
    providers: dict[str, Provider]
    prompts: dict[str, str] = {}
    sounds: dict[str, str] = {}
    env: dict[str, str] = {}
    places: dict[str, str] = {}

    def to_json(self) -> str:
        """The form in which it is stored: the same content gives the same text."""
        data = self.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return json.dumps(data, ensure_ascii=False, sort_keys=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read what `to_json` gave.

        Raises:
            pydantic.ValidationError: it is something else.
        """
        return cls.model_validate_json(text)

    @cached_property
    def fixed(self) -> dict[str, Any]:
        """The fixed variables: name → text or tuple of texts."""
        return {n: v for n, v in self.agent.variables.items() if not isinstance(v, Field)}

    @cached_property
    def variables(self) -> dict[str, Any]:
        """The agent's variables, and those that are needs: name → fixed value or field."""
        needs = {n: need for p in self.personas.values() for n, need in p.needs.items()}
        on_demand = {n: need for t in self.tools.values() for n, need in asked_by(t).items()}
        known: dict[str, Any] = {**needs, **on_demand, **self.agent.variables}
        # what one of them keeps private is private, wherever else it is declared
        private = {n: need for n, need in {**needs, **on_demand}.items() if need.private}
        return {**known, **private}

    @cached_property
    def pressable(self) -> bool:
        """Whether keys of a telephone do anything in its calls."""
        keypads = (self.agent.keypad, *(p.keypad for p in self.personas.values()))
        needs = (n for p in self.personas.values() for n in p.needs.values())
        on_demand = (n for t in self.tools.values() for n in asked_by(t).values())
        return any(keypads) or any(n.by_keys for n in (*needs, *on_demand))

    @cached_property
    def private_names(self) -> frozenset[str]:
        """The variables whose values neither the model nor the caller may see."""
        declared = self.variables.items()
        return frozenset(str(n) for n, v in declared if isinstance(v, Field) and v.private)

    @cached_property
    def secret_names(self) -> frozenset[str]:
        """The secrets that its tools, services, knowledge and providers use."""
        sections = (self.tools, self.services, self.knowledge, self.providers)
        parts = [part for section in sections for part in section.values()]
        parts += [self.agent.after_call] if self.agent.after_call is not None else []
        return frozenset(name for part in parts for name in secrets_in(part.model_dump()))

    @cached_property
    def requests(self) -> dict[str, HttpTool]:
        """The tools that send requests, with what their services say besides."""
        tools = {n: t for n, t in self.tools.items() if isinstance(t, HttpTool)}
        return {name: whole_tool(tool, self.services) for name, tool in tools.items()}

    @cached_property
    def sources(self) -> dict[str, HttpTool]:
        """The knowledge that is asked by a request, each as a tool that sends it."""
        by_http = {n: k for n, k in self.knowledge.items() if isinstance(k, HttpKnowledge)}
        return {name: knowledge.request(self.services) for name, knowledge in by_http.items()}

    @cached_property
    def lookups(self) -> dict[str, KnowledgeTool]:
        """The tools that look things up, with what their knowledge says besides."""
        tools = {n: t for n, t in self.tools.items() if isinstance(t, KnowledgeTool)}
        return {name: whole_lookup(tool, self.asked_by(tool)) for name, tool in tools.items()}

    @cached_property
    def servers(self) -> dict[str, McpTool]:
        """The tools that are servers with tools of their own."""
        return {n: t for n, t in self.tools.items() if isinstance(t, McpTool)}

    @cached_property
    def asking(self) -> dict[str, HttpTool | KnowledgeTool]:
        """The tools whose answers come from outside of the call."""
        return {**self.requests, **self.lookups}

    def asked_by(self, tool: KnowledgeTool) -> list[HttpTool]:
        """The requests that a tool sends which looks things up."""
        return [self.sources[n] for n in map(str, tool.knowledge) if n in self.sources]

    @cached_property
    def http_providers(self) -> dict[str, HttpOptions]:
        """What the providers ask that are services, with what their services say besides."""
        spoken = {n: p.options for n, p in self.providers.items()}
        return {
            name: whole_request(spec, self.services.get(str(spec.service)))
            for name, spec in spoken.items()
            if isinstance(spec, HttpOptions)
        }

    def nodes(self, persona: str, part: str) -> list[tuple[str, Any]]:
        """The nodes of a part for a persona: its own, else the agent's; name and options."""
        own = list(listed(self.personas[persona].nodes, part))
        return own or list(listed(self.agent.nodes, part))

    @cached_property
    def plugin_options(self) -> list[Any]:
        """The options of all plugins that run in the process of a call, besides providers'."""
        named = (self.agent.nodes, *(persona.nodes for persona in self.personas.values()))
        nodes = [o for some in named for part in PARTS for _, o in listed(some, part)]
        tools = (t for t in self.tools.values() if isinstance(t, PluginTool | ProviderTool))
        return [*nodes, *(tool.options for tool in tools)]

    @cached_property
    def http_services(self) -> tuple[Service, ...]:
        """The services that such providers ask."""
        names = {str(spec.service): None for spec in self.http_providers.values()}
        return tuple(self.services[name] for name in names if name in self.services)

    @cached_property
    def digest(self) -> str:
        """A name for its content: 16 hex digits of the SHA-256.

        It is computed once: an agent that a compilation takes over costs nothing again.
        """
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:16]


class Release(BaseModel):
    """A compiled folder.

    Attributes:
        agents: name → agent; those with `enabled: no` are left out.
        external_agents: name → external agent; those with `enabled: no` are left out.
        campaigns: name → campaign, its table named from the folder.
        process: the section `runner`.
        secrets: names of the secrets that are needed, with the places that need them (`file:line`).
    """

    model_config = ConfigDict(frozen=True, defer_build=True)

    agents: dict[str, AgentRelease]
    external_agents: dict[str, ExternalAgent] = {}
    campaigns: dict[str, Campaign] = {}
    process: Process = Process.model_construct()
    secrets: dict[str, tuple[str, ...]] = {}

    @property
    def names(self) -> list[str]:
        """All that calls can be dispatched to, sorted."""
        return sorted({*self.agents, *self.external_agents})

    @cached_property
    def id(self) -> str:
        """12 hex digits of the SHA-256 of the content."""
        whole = hashlib.sha256()
        for name in sorted(self.agents):
            whole.update(f"{name}\0{self.agents[name].digest}\0".encode())
        for name, external in sorted(self.external_agents.items()):
            said = external.model_dump_json(by_alias=True, exclude_unset=True)
            whole.update(f"{name}\0{said}\0".encode())
        for name, campaign in sorted(self.campaigns.items()):
            said = campaign.model_dump_json(by_alias=True, exclude_unset=True)
            whole.update(f"campaign {name}\0{said}\0".encode())
        whole.update(self.process.model_dump_json(by_alias=True, exclude_unset=True).encode())
        return whole.hexdigest()[:12]


def secrets_in(data: Any) -> Iterator[str]:
    """Yield the names of the secrets that the texts of plain data use."""
    if isinstance(data, Mapping):
        for item in data.values():
            yield from secrets_in(item)
    elif isinstance(data, list | tuple):
        for item in data:
            yield from secrets_in(item)
    elif isinstance(data, str) and "secrets" in data:
        for use in analyse(data).uses:
            if use.path[0] == "secrets" and len(use.path) > 1:
                yield use.path[1]
