"""Providers against the plugins that they name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from runner.diagnostics import Diagnostic
from runner.providers.catalogue import Catalogue
from runner.providers.problems import NameProblem, OptionProblem, OptionRequest
from runner.schema.providers import AnyProvider
from runner.schema.reading.load import Definition
from runner.syntax import Location
from runner.template import has_template

OptionChecker = Callable[[Sequence[OptionRequest]], list[list[OptionProblem]]]
"""Asks the plugins about options; `providers.checks.check_options` in the product."""


def check_plugins(
    definitions: Iterable[Definition], catalogue: Catalogue, ask: OptionChecker
) -> list[Diagnostic]:
    """Tell plugins that are not there, and options that they refuse."""
    found: list[Diagnostic] = []
    asked: list[tuple[Definition, OptionRequest]] = []
    for definition in definitions:
        provider: AnyProvider | None = definition.spec
        if provider is None:
            continue
        kind, name = provider.kind, str(provider.plugin)
        span = definition.document.value_span((*definition.location, kind))
        meant = catalogue.find(kind, name)
        if isinstance(meant, NameProblem):
            found.append(Diagnostic(span, meant.code, meant.message, meant.help))
            continue
        data: Any = definition.data
        values = data.get("with", {})
        asked.append((definition, OptionRequest(kind, name, values, tuple(_opaque(values)))))
    answers = ask([request for _, request in asked]) if asked else []
    for (definition, request), problems in zip(asked, answers, strict=True):
        found += [_diagnostic(definition, request, p) for p in problems]
    return found


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
