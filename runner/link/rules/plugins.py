"""Providers, nodes and tools against the plugins that they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from runner.diagnostics import Diagnostic
from runner.link import named_tools
from runner.link.inferred import IN_WITH, judged
from runner.link.plugin_uses import PluginUse, plugin_uses
from runner.link.rule import FolderContext, FolderRule
from runner.providers.inference_models import MODELS
from runner.providers.problems import NameProblem, OptionProblem, OptionRequest
from runner.syntax import Location
from runner.template import has_template

_OWN_PROCESS = {
    ("turn_detector", "turn_detector"): "write detection: model, by which LiveKit's own model "
    "tells the end of a turn, and delete this provider",
}
"""Plugins of LiveKit that begin a process beside each worker when they are imported."""

_MODEL = ("model",)


def _check(context: FolderContext) -> Iterator[Diagnostic]:
    requests: list[tuple[PluginUse, OptionRequest]] = []
    environment = tuple(map(str, context.table.settings.environment))
    for use in plugin_uses(context.table):
        if (use.kind, use.name) in _OWN_PROCESS:
            message = (
                f"the plugin '{use.name}' needs a process of its own, which lkrun does not run"
            )
            yield Diagnostic(use.at, "E404", message, _OWN_PROCESS[use.kind, use.name])
            continue
        plugin = context.around.catalogue.find(use.kind, use.name)
        if isinstance(plugin, NameProblem):
            yield Diagnostic(use.at, plugin.code, plugin.message, plugin.help)
            continue
        opaque = tuple(_opaque(use.values))
        request = OptionRequest(use.kind, use.name, use.values, opaque, environment)
        requests.append((use, request))
    answers = context.around.ask_plugins([r for _, r in requests]) if requests else []
    for (use, _), problems in zip(requests, answers, strict=True):
        users = [s for s in context.scopes if use.definition.name in s.providers]
        yield from _inferred(context, use)
        for problem in problems:
            if _is_inferred(use) and (problem.code, problem.location) == ("W401", _MODEL):
                continue  # told by the rule of its own
            verdict = named_tools.judge(problem, users, context.table)
            if verdict is not None:
                yield _diagnostic(use, verdict)


def _is_inferred(use: PluginUse) -> bool:
    """Whether its option `model` names one of those that are known."""
    return use.name == IN_WITH and use.kind in MODELS


def _inferred(context: FolderContext, use: PluginUse) -> Iterator[Diagnostic]:
    """A model of LiveKit Inference is judged as where an agent names it."""
    model = use.values.get("model") if isinstance(use.values, dict) else None
    if not _is_inferred(use) or not isinstance(model, str):
        return
    if "/" in model and not has_template(model):
        at, is_plugin = use.span(_MODEL, on_key=False), context.around.catalogue.is_plugin
        yield from judged(model, use.kind, at, is_plugin, in_with=True)


def _diagnostic(use: PluginUse, problem: OptionProblem) -> Diagnostic:
    if problem.code in ("E404", "E206"):
        span = use.at
    else:
        span = use.span(problem.location, on_key=problem.on_key or problem.code == "E103")
    hint = problem.help
    if hint is not None and use.kind == "node":
        hint = hint.replace("write below 'with':  ", "write below its name:  ")
    return Diagnostic(span, problem.code, problem.message, hint)


def _opaque(values: Any, location: Location = ()) -> Iterable[Location]:
    if isinstance(values, dict):
        for name, value in values.items():
            yield from _opaque(value, (*location, name))
    elif isinstance(values, list):
        for index, value in enumerate(values):
            yield from _opaque(value, (*location, index))
    elif isinstance(values, str) and has_template(values):
        yield location


RULE = FolderRule(_check)
