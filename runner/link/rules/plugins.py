"""Providers against the plugins that they name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from runner.diagnostics import Diagnostic
from runner.link import named_tools
from runner.link.rule import FolderContext, FolderRule
from runner.providers.problems import NameProblem, OptionProblem, OptionRequest
from runner.schema.process import Process
from runner.schema.providers import AnyProvider
from runner.schema.reading.load import Definition
from runner.syntax import Location
from runner.template import has_template


def _check(context: FolderContext) -> Iterator[Diagnostic]:
    requests: list[tuple[Definition, OptionRequest]] = []
    process: Process | None = context.table.process.spec if context.table.process else None
    environment = tuple(map(str, process.environment)) if process else ()
    for definition in context.table.entries["providers"].values():
        provider: AnyProvider | None = definition.spec
        if provider is None or provider.kind_value:
            continue  # the options of `http` are the language's own
        kind, name = provider.kind, str(provider.plugin)
        span = definition.document.value_span((*definition.location, kind))
        plugin = context.around.catalogue.find(kind, name)
        if isinstance(plugin, NameProblem):
            yield Diagnostic(span, plugin.code, plugin.message, plugin.help)
            continue
        data: Any = definition.data
        values = data.get("with", {})
        opaque = tuple(_opaque(values))
        request = OptionRequest(kind, name, values, opaque, environment)
        requests.append((definition, request))
    answers = context.around.ask_plugins([r for _, r in requests]) if requests else []
    for (definition, request), problems in zip(requests, answers, strict=True):
        users = [s for s in context.scopes if definition.name in s.providers]
        for problem in problems:
            judged = named_tools.judge(problem, users, context.table)
            if judged is not None:
                yield _diagnostic(definition, request, judged)


def _diagnostic(
    definition: Definition, request: OptionRequest, problem: OptionProblem
) -> Diagnostic:
    document, base = definition.document, definition.location
    if problem.code in ("E404", "E206"):
        span = document.value_span((*base, request.kind))
    elif problem.on_key or problem.code == "E103":
        span = document.key_span((*base, "with", *problem.location))
    else:
        span = document.value_span((*base, "with", *problem.location))
    return Diagnostic(span, problem.code, problem.message, problem.help)


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
