"""Variables that providers' packages may see, and that are not there."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic
from runner.link.rule import FolderContext, FolderRule
from runner.schema.process import Process
from runner.schema.reading.load import Definition


def _check(context: FolderContext) -> Iterator[Diagnostic]:
    own = [d for d in context.table.processes if _names(d)]
    definition = own[-1] if own else None  # a list of the environment's own replaces the other
    for number, name in enumerate(_names(definition) if definition is not None else ()):
        assert definition is not None  # noqa: S101 - it has names
        if name not in context.around.env:
            span = definition.document.value_span((*definition.location, "environment", number))
            message = f"the environment variable {name} is not set, so no provider sees it"
            hint = "set it before lkrun starts, or delete this line"
            yield Diagnostic(span, "W213", message, hint)


def _names(definition: Definition) -> tuple[str, ...]:
    spec = definition.spec
    return tuple(map(str, spec.environment)) if isinstance(spec, Process) else ()


RULE = FolderRule(_check)
