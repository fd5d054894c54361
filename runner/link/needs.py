"""What must be there: a model and a voice, instructions, an agent at all."""

from __future__ import annotations

from runner.diagnostics import Diagnostic, Span
from runner.link.findings import Findings
from runner.link.scope import Scope
from runner.link.table import SymbolTable, name_span
from runner.provider_kinds import ProviderKind, needed_in
from runner.schema.providers import chosen


def check_needs(scope: Scope, findings: Findings) -> None:
    """Tell what an agent and its personas lack."""
    missing = [
        kind for kind in needed_in(scope.agent.mode) if chosen(scope.agent, kind.key) is None
    ]
    if missing:
        findings.add(_no_provider(scope, missing))
    for name, persona in scope.personas.items():
        if not (persona.instructions or persona.instructions_file or scope.agent.instructions):
            place = name_span(scope.table.entries["personas"][name])
            hint = "add instructions: or instructions_file:, so that the model knows what to do"
            message = f"persona '{name}' has no instructions"
            findings.add_for(("personas", name), Diagnostic(place, "E103", message, hint))
        taken = f"transfer_to_{name}"
        if taken in scope.tools:
            place = name_span(scope.table.entries["tools"][taken])
            message = f"'{taken}' is the tool by which the model hands a call to '{name}'"
            findings.add(Diagnostic(place, "E204", message, "give this tool another name"))
    listed = scope.agent.tools + sum((p.tools for p in scope.personas.values()), ())
    if "remember" in listed and not any(v.remembered for v in scope.variables.values()):
        findings.add(_nothing_to_remember(scope))


def _no_provider(scope: Scope, missing: list[ProviderKind]) -> Diagnostic:
    what = ", no ".join(kind.noun for kind in missing)
    keys = ", ".join(f"{kind.key}:" for kind in missing)
    each = ", each with the name" if len(missing) > 1 else " with the name"
    hint = f"add {keys}{each} of a provider"
    if not {kind.key for kind in missing} & {kind.key for kind in needed_in("text")}:
        hint += ", or mode: text for an agent that only writes"
    message = f"agent '{scope.name}' has no {what}"
    return Diagnostic(name_span(scope.definition), "E207", message, hint)


def _nothing_to_remember(scope: Scope) -> Diagnostic:
    definition, tools = scope.definition, scope.agent.tools
    place = name_span(definition)
    if "remember" in tools:
        location = (*definition.location, "tools", tools.index("remember"))
        place = definition.document.value_span(location)
    return Diagnostic(
        place,
        "E210",
        f"agent '{scope.name}' has nothing to remember: none of its variables has a description",
        "add a description: to each variable that the model may store",
    )


def no_agent(table: SymbolTable) -> list[Diagnostic]:
    """Tell that a folder has no agent, unless one may stand in a part that could not be read."""
    if table.entries["agents"] or "agents" in table.words:
        return []
    return [
        Diagnostic(
            Span("."),
            "E201",
            "no agent is declared in this folder",
            "add agents: with the name of an agent below it, and its start: and llm: below that",
        )
    ]
