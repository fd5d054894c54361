"""Tools that a model's provider runs: does the model have such a provider?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from runner.diagnostics import Diagnostic, Span
from runner.link.chosen import named
from runner.link.rule import AgentContext, AgentRule, DefinitionContext, LeafRule, Used
from runner.link.scope import Scope
from runner.link.walk import Leaf
from runner.provider_kinds import BY_KEY
from runner.providers import hosted, known
from runner.providers.problems import NameProblem
from runner.schema.personas import Persona
from runner.schema.providers import Order, choices
from runner.schema.speech import realtime_of
from runner.schema.tools import ProviderTool
from runner.schema.types.names import ToolName


@dataclass(frozen=True, slots=True)
class _Model:
    """A model that a persona speaks through.

    Attributes:
        plugin: the plugin's name; empty for an inference string.
    """

    name: str
    kind: str
    plugin: str


def _check(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    scope = context.scope
    for name, tool in scope.tools.items():
        if not isinstance(tool, ProviderTool):
            continue
        wanted = str(tool.provider_tool)
        if isinstance(context.around.catalogue.find(tool.kind, wanted), NameProblem):
            continue
        for persona, spec in scope.personas.items():
            models = list(_models(scope, spec)) if name in scope.tools_of(spec) else []
            if models and not any(hosted.runs(m.plugin, m.kind, wanted) for m in models):
                definition = scope.table.entries["tools"][name]
                at = definition.document.value_span((*definition.location, tool.kind))
                yield ("tools", name), _misfit(at, wanted, persona, models[0])
                break


def _models(scope: Scope, persona: Persona) -> Iterator[_Model]:
    """All that the persona may speak through; nothing where one of them cannot be told."""
    speech = realtime_of(scope.agent, persona)
    kind = "realtime" if speech else "llm"
    user = persona if any(choices(persona, kind)) else scope.agent
    waiting = list(named(scope, choices(user, kind)))
    for name in waiting:
        provider: Any = scope.providers.get(name)
        if provider is not None and isinstance(provider.options, Order):
            waiting += [str(each) for each in provider.options.order if str(each) not in waiting]
        else:
            yield _Model(name, kind, str(provider.plugin) if provider is not None else "")


def _misfit(at: Span, tool: str, persona: str, model: _Model) -> Diagnostic:
    module = tool.partition(".")[0]
    what = f"the {BY_KEY[model.kind].noun} '{model.name}'"
    message = f"'{tool}' is run by {module} alone, and persona '{persona}' speaks through {what}"
    if model.plugin.partition(".")[0] == module:
        message = f"'{tool}' is not run by {what} of persona '{persona}'"
    return Diagnostic(at, "E112", message, _hint(module, model))


def _hint(module: str, model: _Model) -> str:
    kinds = known.RUNS_TOOLS.get(module, {"llm": module})
    own = kinds.get(model.kind)
    if own is None:
        beside = "llm:, stt: and tts: in place of realtime:"
        return f"write {beside}, with a provider that has llm: {kinds['llm']}, or delete the tool"
    line = f"{model.kind}: {own}"
    if model.plugin:
        return f"write {line} in the provider '{model.name}', or delete the tool"
    return (
        f"below providers:, give a provider of your own {line}, and write its name in place of "
        f"{model.name}; or delete the tool"
    )


def _check_name(context: DefinitionContext, leaf: Leaf, _place: Span) -> Iterator[Diagnostic]:
    """A place that waits for lkrun to run such a tool, or to see it run."""
    if not isinstance(leaf.value, ToolName) or leaf.key == "tools":
        return
    entry = context.table.entries["tools"].get(str(leaf.value))
    if entry is None or not isinstance(entry.readable, ProviderTool):
        return
    span = leaf.span(context.definition.document)
    if context.definition.section == "tests":
        message = f"the model's provider runs '{leaf.value}', and lkrun does not hear of it"
        yield Diagnostic(span, "E112", message, "delete it, and check what the agent says")
        return
    message = f"'{leaf.value}' cannot be run here: only the model's provider runs it"
    hint = "delete it, or write instructions: that have the model use it"
    yield Diagnostic(span, "E112", message, hint)


RULE = AgentRule(_check)
NAMED = LeafRule(_check_name)
