"""A language model whose answers are rules in YAML, for demonstrations and tests without a key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lkrun_script.options import Options
from lkrun_script.rules import Rule
from runner.plugin import Plugin

if TYPE_CHECKING:
    from lkrun_script.model import ScriptLLM

__all__ = ["Options", "Rule", "build", "plugin"]


def build(options: Options) -> ScriptLLM:
    """Make the model for one call."""
    from lkrun_script.model import ScriptLLM  # noqa: PLC0415 - options are checked without livekit, which takes a second to import

    return ScriptLLM(options)


plugin = Plugin(options=Options, build=build)
"""What lkrun finds under `llm: script`."""
