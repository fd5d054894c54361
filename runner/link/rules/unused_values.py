"""What the model gives and a request leaves out: a parameter, or the question to knowledge."""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.diagnostics import Diagnostic
from runner.link import foreign_names as foreign
from runner.link.rule import AgentContext, AgentRule, Used
from runner.link.walk import walk
from runner.schema.fields import BOUNDS
from runner.schema.knowledge import HttpKnowledge
from runner.schema.reading.load import Definition
from runner.schema.tools import HttpTool
from runner.schema.types.blocks import Block
from runner.schema.types.texts import Text

_QUESTIONS = {"query", "args", *foreign.QUESTIONS}
"""The question, and what it is called by mistake: that is told by itself."""


def _check(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    entries = context.scope.table.entries
    for name, tool in context.scope.tools.items():
        if isinstance(tool, HttpTool):
            for problem in _parameters(context, entries["tools"][name], tool):
                yield ("tools", name), problem
    for name, knowledge in context.scope.knowledge.items():
        if isinstance(knowledge, HttpKnowledge):
            for problem in _question(context, entries["knowledge"][name], knowledge):
                yield ("knowledge", name), problem


def _parameters(context: AgentContext, tool: Definition, spec: HttpTool) -> Iterator[Diagnostic]:
    used = _used(context, tool, spec)
    if ("args",) in used:
        return  # all of them, or one that is known in the call only
    if {path[1] for path in used if path[0] == "args"} - spec.parameters.keys():
        return  # a name that is misspelt is told by itself
    written = " ".join(leaf.value for leaf in walk(spec, tool.location))
    for name, field in spec.parameters.items():
        if field.pattern or any(getattr(field, bound) for bound in BOUNDS):
            continue  # that a code has four letters may be all that it is asked for
        meant = re.search(rf"(?:[{{[<%$(]\s*|\bargs\.){name}\b", written)
        if ("args", name) not in used and not meant:
            place = tool.document.key_span((*tool.location, "parameters", name))
            where = "query:" if spec.http.method in ("GET", "HEAD") else "body:"
            hint = f"write {{{{ args.{name} }}}} where it belongs, such as below {where}"
            message = f"the model is asked for '{name}', and nothing comes of it"
            yield Diagnostic(place, "W211", message, f"{hint} of http; or delete it")


def _question(
    context: AgentContext, source: Definition, spec: HttpKnowledge
) -> Iterator[Diagnostic]:
    if not {path[0] for path in _used(context, source, spec)} & _QUESTIONS:
        place = source.document.key_span((*source.location, "http"))
        message = "what the model asks for is not sent"
        hint = "write {{ query }} where the service reads it, below query: or body: of http"
        yield Diagnostic(place, "W211", message, hint)


def _used(context: AgentContext, source: Definition, spec: Block) -> set[tuple[str, ...]]:
    """The names that the texts of a definition use, each with its first part."""
    texts = (leaf.value for leaf in walk(spec, source.location) if isinstance(leaf.value, Text))
    return {use.path[:2] for text in texts for use in context.texts.analysis(text).uses}


RULE = AgentRule(_check)
