"""Gates of personas: one where calls begin, and one that no call can open."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic
from runner.link.gates import Ways
from runner.link.rule import AgentContext, AgentRule, Used


def _check(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    scope, starts = context.scope, list(map(str, context.scope.agent.answering))
    ways = Ways(scope, context.texts.analyses)
    for name, persona in scope.personas.items():
        if persona.condition is None:
            continue
        definition = scope.table.entries["personas"][name]
        place = definition.document.key_span((*definition.location, "if"))
        used = ("personas", name)
        if name in starts:
            message = f"'if' cannot stand in '{name}': calls of '{scope.name}' begin with it"
            where = "as the agent's start" if name == starts[0] else "in closed: below hours:"
            hint = f"delete it, or name another persona {where}"
            yield used, Diagnostic(place, "E112", message, hint)
        elif not ways.path(name):
            yield used, Diagnostic(place, "W202", *_closed(ways, name))


def _closed(ways: Ways, name: str) -> tuple[str, str]:
    settable = frozenset[str]().union(*ways.scope.setters.values())
    wanted = sorted(ways.wanted(name))
    never = [variable for variable in wanted if variable not in settable]
    if never:
        message = f"no call can reach persona '{name}': nothing ever sets '{never[0]}'"
        hint = f"set {never[0]}: on the way, by a tool's set: or save:, or change the if"
        return message, hint
    wanted = wanted or ["a variable"]
    message = f"no call can reach persona '{name}': no way to it sets '{wanted[0]}'"
    return message, f"set {wanted[0]}: in a persona that leads to '{name}', or change the if"


RULE = AgentRule(_check)
