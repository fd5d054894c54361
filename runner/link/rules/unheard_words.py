"""First words of a persona that no call can hear."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from runner.diagnostics import Diagnostic
from runner.link.rule import FolderContext, FolderRule
from runner.link.scope import Scope
from runner.schema.personas import Persona


def _is_handed(scope: Scope, name: str) -> bool:
    return any(name in scope.targets(other) for other in scope.personas if other != name)


def _begins(scope: Scope, name: str) -> bool:
    return name in map(str, scope.agent.answering)


_HEARD: dict[str, tuple[Callable[[Scope, Persona, str], bool], str, str]] = {
    "greeting": (
        lambda scope, persona, name: _begins(scope, name) or persona.on_handoff is None,
        "no call begins with '{name}', and 'on_handoff' stands in for it",
        "delete it, or on_handoff",
    ),
    "on_handoff": (
        lambda scope, _, name: _is_handed(scope, name),
        "nobody hands the call to '{name}'",
        "write what it says at the start in greeting:, or name it below another's handoffs",
    ),
}
"""Key → whether a call of an agent may hear it, why none does, and what to do."""


def _users(scopes: Sequence[Scope]) -> dict[str, list[Scope]]:
    """Persona that has first words → the agents that reach it."""
    users: dict[str, list[Scope]] = {
        name: []
        for scope in scopes
        for name, persona in scope.personas.items()
        if persona.greeting is not None or persona.on_handoff is not None
    }
    for scope in scopes:
        for name in scope.personas.keys() & users.keys():
            users[name].append(scope)
    return users


def _check(context: FolderContext) -> Iterator[Diagnostic]:
    if len(context.scopes) < len(context.table.entries["agents"]):
        return
    definitions = context.table.entries["personas"]
    for name, scopes in _users(context.scopes).items():
        personas = [scope.personas[name] for scope in scopes]
        for key, (heard, why, hint) in _HEARD.items():
            if all(getattr(persona, key) is None for persona in personas):
                continue
            if not any(map(heard, scopes, personas, [name] * len(scopes))):
                definition = definitions[name]
                place = definition.document.key_span((*definition.location, key))
                message = f"'{key}' is never said: {why.format(name=name)}"
                yield Diagnostic(place, "W211", message, hint)


RULE = FolderRule(_check)
