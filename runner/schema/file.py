"""A file: its sections, and what a definition in each of them is."""

from typing import Annotated, ClassVar

from runner.schema.agents import Agent
from runner.schema.campaigns import Campaign
from runner.schema.external_agents import ExternalAgent
from runner.schema.knowledge import Knowledge
from runner.schema.personas import Persona
from runner.schema.process import Process
from runner.schema.providers import Provider
from runner.schema.services import Service
from runner.schema.tests import Test
from runner.schema.tools import Tool
from runner.schema.types.blocks import Block, key
from runner.schema.types.mistake import mistake
from runner.schema.types.settings import Setting


def _version(text: str) -> str:
    if text == "1":
        return text
    if text.isdigit():
        raise mistake("E107", f"'{text}' is not one of the choices here", "write one of: 1")
    raise mistake(
        "E107",
        f"'{text}' is not a version of this language, which is 1 so far",
        "delete the line; in which tongue the agent speaks is said in its instructions:, "
        "and to its stt: and tts:",
    )


class File(Block):
    """What may stand in one file."""

    noun: ClassVar[str] = "a file"
    stray: ClassVar[str] = "delete it, or say it below agents:, personas:, tools: or providers:"
    elsewhere: ClassVar[dict[str, str]] = {
        "agent": "write agents:",
        "persona": "write personas:",
        "tool": "write tools:",
        "provider": "write providers:",
        "service": "write services:",
        "external_agent": "write external_agents:",
        "campaign": "write campaigns:",
        "start": "it belongs to an agent, below agents: and the agent's name",
        "instructions": "they belong to a persona, below personas: and the persona's name",
        "variables": "they belong to an agent, below agents: and the agent's name",
    }

    agents: dict[str, Agent] = key("what calls are dispatched to", {})
    personas: dict[str, Persona] = key("who speaks", {})
    tools: dict[str, Tool] = key("what the model may do besides talking", {})
    services: dict[str, Service] = key("what several requests share", {})
    knowledge: dict[str, Knowledge] = key(
        "documents and services in which tools look things up", {}
    )
    providers: dict[str, Provider] = key("models, speech recognition, voices", {})
    external_agents: dict[str, ExternalAgent] = key(
        "agents that are somebody else's program: it is told by a signed request, and joins", {}
    )
    campaigns: dict[str, Campaign] = key(
        "whom an agent calls, and when: each contact of a table; begun by `lkrun campaign start`",
        {},
    )
    tests: dict[str, Test] = key("conversations that must go as they are written", {})
    runner: Process | None = key("settings of the process; in one file at most", None)
    language: Annotated[str, Setting(_version, {"enum": [1, "1"]})] = key(
        "the version of this language", "1"
    )


SECTIONS = (
    "agents", "personas", "tools", "services", "knowledge", "providers", "external_agents",
    "campaigns", "tests",
)  # fmt: skip
"""Sections of named definitions, in the order in which they are told."""

SINGULAR = {
    "agents": "agent",
    "personas": "persona",
    "tools": "tool",
    "services": "service",
    "knowledge": "knowledge base",
    "providers": "provider",
    "external_agents": "external agent",
    "campaigns": "campaign",
    "tests": "test",
}
