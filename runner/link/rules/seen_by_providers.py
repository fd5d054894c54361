"""Variables that providers' packages may see, and that are not there."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic
from runner.link.rule import FolderContext, FolderRule
from runner.schema.process import Process


def _check(context: FolderContext) -> Iterator[Diagnostic]:
    definition = context.table.process
    process: Process | None = definition.spec if definition is not None else None
    if definition is None or process is None:
        return
    for number, name in enumerate(map(str, process.environment)):
        if name not in context.around.env:
            span = definition.document.value_span((*definition.location, "environment", number))
            message = f"the environment variable {name} is not set, so no provider sees it"
            hint = "set it before lkrun starts, or delete this line"
            yield Diagnostic(span, "W213", message, hint)


RULE = FolderRule(_check)
