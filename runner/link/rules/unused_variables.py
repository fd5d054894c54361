"""Variables that nothing reads or stores."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic
from runner.link.rule import AgentContext, AgentRule, Used
from runner.schema.tools import OfRecords


def _check(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    scope = context.scope
    document, base = scope.definition.document, scope.definition.location
    unread = scope.agent.variables.keys() - context.read - scope.table.words
    if not unread:
        return
    stored = set[str]().union(*scope.setters.values())
    lists = {t.records for t in scope.tools.values() if isinstance(t, OfRecords)}
    for name in scope.agent.variables:
        if name in unread and name not in stored and name not in lists:
            span = document.key_span((*base, "variables", name))
            hint = "use it in a text as {{ " + name + " }}, or delete it"
            yield None, Diagnostic(span, "W201", f"nothing uses variable '{name}'", hint)


RULE = AgentRule(_check)
