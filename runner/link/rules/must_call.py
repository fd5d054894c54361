"""`must_call`: has the persona that speaks then the tool that its model must call?"""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic
from runner.link.rule import AgentContext, AgentRule, Used
from runner.link.scope import Scope
from runner.link.walk import walk
from runner.schema.actions import MustCall
from runner.schema.reading.load import Definition
from runner.schema.types.blocks import Block


def _check(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    scope, entries = context.scope, context.scope.table.entries
    for name, persona in scope.personas.items():
        source = entries["personas"][name]
        yield from _told(scope, source, persona, (name,), ("personas", name))
    for name, tool in scope.tools.items():
        if not _calls(scope, tool):
            continue
        users = tuple(n for n, p in scope.personas.items() if name in scope.tools_of(p))
        yield from _told(scope, entries["tools"][name], tool, users, ("tools", name))
    everybody = tuple(scope.personas)
    yield from _told(scope, scope.definition, scope.agent, everybody, None, all_of_them=True)


def _told(  # noqa: PLR0913 - a source, and who uses it
    scope: Scope,
    source: Definition,
    spec: Block,
    users: tuple[str, ...],
    used: Used,
    *,
    all_of_them: bool = False,
) -> Iterator[tuple[Used, Diagnostic]]:
    """Each call that a persona which uses this definition cannot make."""
    if not _calls(scope, spec):
        return
    for leaf in walk(spec, source.location):
        if not isinstance(leaf.owner, MustCall) or leaf.key != "must_call":
            continue
        if str(leaf.value) not in scope.tools:
            continue
        lacking = [name for name in users if not _has(scope, name, str(leaf.value))]
        if not lacking or (all_of_them and len(lacking) < len(users)):
            continue
        who = "no persona has" if all_of_them else f"persona '{lacking[0]}' does not have"
        message = f"{who} the tool '{leaf.value}', so its model cannot call it"
        where = f"'{scope.name}'" if all_of_them else f"'{lacking[0]}'"
        hint = f"list {leaf.value} below tools: of {where}"
        yield used, Diagnostic(leaf.span(source.document), "W211", message, hint)


def _calls(scope: Scope, spec: Block) -> bool:
    return any(isinstance(block, MustCall) for block in scope.inside(spec))


def _has(scope: Scope, persona: str, tool: str) -> bool:
    return tool in map(str, (*scope.agent.tools, *scope.personas[persona].tools))


RULE = AgentRule(_check)
