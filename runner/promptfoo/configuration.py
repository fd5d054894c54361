"""The files of `lkrun promptfoo init`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from importlib import resources
from typing import Any, Final

CONFIG: Final = "promptfooconfig.yaml"
SCHEMA: Final = "lkrun.schema.json"
_FILES: Final = ("lkrun.mjs", "lkrun.py")
_PROVIDER: Final = {
    "js": ("file://lkrun.mjs", "file://lkrun.mjs:endConversations"),
    "python": ("file://lkrun.py", "file://lkrun.py:end_conversations"),
}
"""Language → the provider, and what ends conversations that tests share."""

_CONFIG: Final = """\
# yaml-language-server: $schema=./{schema}
# Evaluates agents that `lkrun serve` serves:  npx promptfoo eval
# LKRUN_URL says where it answers; it comes before the url below.
description: The agents of this folder

prompts:
  - '{{{{message}}}}'

providers:
{providers}
extensions:
  - {extension}

evaluateOptions:
  cache: false
  maxConcurrency: 5

tests:
  - description: It answers
    vars:
      message: Hello, what can you do for me?
    assert:
      - type: javascript
        value: output.length > 0
      - type: latency
        threshold: 30000
  # a whole conversation: one turn after the other, in one session
  - description: It answers a second time
    options:
      disableVarExpansion: true
    vars:
      message: ''
      turns:
        - Hello
        - What did I say first?
    assert:
      - type: javascript
        value: context.providerResponse.metadata.events.length > 2
"""

_OPTIONS: Final[dict[str, tuple[Any, str]]] = {
    "agent": ("string", "Which agent: clinic, livekit:clinic or livekit:agent:clinic"),
    "url": ("string", "Where lkrun serve answers; the variable LKRUN_URL comes before it"),
    "token": ("string", "The bearer token, where the runner has one; else LKRUN_TOKEN"),
    "sessionTimeout": ("number", "Milliseconds that a whole test may take; 30000 without it"),
    "enableAudio": (
        "boolean",
        "Both speak, in real time; the sound is at metadata.audioUrl, for an hour",
    ),
    "variables": ("object", "First values of the agent's variables"),
    "metadata": ("object", "What a dispatch would carry"),
    "agentPath": ("string", "Changes nothing: the runner serves the folder it was started with"),
    "roomName": ("string", "Changes nothing: conversations by text have no room"),
    "serverUrl": ("string", "Changes nothing: LiveKit's address is read by lkrun serve"),
    "apiKey": ("string", "Changes nothing: LiveKit's key is read by lkrun serve"),
    "apiSecret": ("string", "Changes nothing: LiveKit's secret is read by lkrun serve"),
    "enableVideo": ("boolean", "Changes nothing: agents see nothing in these conversations"),
    "enableChat": ("boolean", "Changes nothing: words are always sent as text"),
    "tools": ("array", "Changes nothing: the agent's tools are declared in its YAML files"),
}
"""Option of a provider → its type and what it does."""


def files(agents: Sequence[str], *, language: str) -> dict[str, str]:
    """Name → text of all files.

    Args:
        agents: the names of the agents, each of which becomes a provider.
        language: `js` or `python`: which of the two provider files the configuration uses.
    """
    folder = resources.files(__package__) / "files"
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in _FILES}
    return {CONFIG: config(agents, language=language), **texts, SCHEMA: schema()}


def config(agents: Sequence[str], *, language: str) -> str:
    """The configuration: a provider for each agent, and one test to begin with."""
    provider, extension = _PROVIDER[language]
    providers = "".join(
        f"  - id: {provider}\n"
        f"    label: livekit:agent:{agent}\n"
        f"    config:\n"
        f"      agent: {agent}\n"
        f"      url: http://127.0.0.1:8090\n"
        for agent in agents
    )
    return _CONFIG.format(schema=SCHEMA, providers=providers, extension=extension)


def schema() -> str:
    """The JSON Schema of the configuration: promptfoo's own, and the options of our providers."""
    options = {
        name: {"type": kind, "description": about} for name, (kind, about) in _OPTIONS.items()
    }
    ours = {"pattern": r"lkrun\.(mjs|py)$"}
    data = {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "promptfoo with the agents of lkrun",
        "allOf": [{"$ref": "https://promptfoo.dev/config-schema.json"}],
        "properties": {
            "providers": {
                "items": {
                    "if": {"properties": {"id": ours}, "required": ["id"]},
                    "then": {"properties": {"config": {"$ref": "#/definitions/options"}}},
                }
            }
        },
        "definitions": {
            "options": {
                "type": "object",
                "required": ["agent"],
                "additionalProperties": False,
                "properties": {
                    **options,
                    "workers": {"type": "integer", "description": "promptfoo's own, for lkrun.py"},
                    "timeout": {"type": "integer", "description": "promptfoo's own, for lkrun.py"},
                    "pythonExecutable": {
                        "type": "string",
                        "description": "promptfoo's own, for lkrun.py",
                    },
                },
            }
        },
    }
    return json.dumps(data, indent=2) + "\n"
