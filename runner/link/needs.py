"""What must be there: ears and a voice, instructions, an agent at all."""

from __future__ import annotations

from runner.diagnostics import Diagnostic, Span
from runner.link.findings import Findings
from runner.link.scope import Scope
from runner.link.table import Table, name_span
from runner.spec.tools import AddTo, ChangeIn, RemoveFrom

_NEEDED = {"voice": ("llm", "stt", "tts"), "text": ("llm",)}
_WHAT = {"llm": "model", "stt": "ears (speech to text)", "tts": "voice (text to speech)"}


def check_needs(scope: Scope, findings: Findings) -> None:
    """Tell what an agent and its personas lack."""
    agent, document = scope.agent, scope.definition.document
    missing = [key for key in _NEEDED[agent.mode] if getattr(agent, key) is None]
    if missing:
        what = ", no ".join(_WHAT[key] for key in missing)
        keys = ", ".join(f"{key}:" for key in missing)
        each = ", each with the name" if len(missing) > 1 else " with the name"
        hint = f"add {keys}{each} of a provider"
        if "llm" not in missing:
            hint += ", or mode: text for an agent that only writes"
        findings.add(
            name_span(scope.definition), "E207", f"agent '{scope.name}' has no {what}", hint
        )
    for name, persona in scope.personas.items():
        definition = scope.table.entries["personas"][name]
        if (
            persona.instructions is None
            and persona.instructions_file is None
            and agent.instructions is None
        ):
            diagnostic = Diagnostic(
                name_span(definition),
                "E103",
                f"persona '{name}' has no instructions",
                "add instructions: or instructions_file:, so that the model knows what to do",
            )
            findings.add_for(scope.name, ("personas", name), diagnostic)
        if f"transfer_to_{name}" in scope.tools:
            tool = scope.table.entries["tools"][f"transfer_to_{name}"]
            findings.add(
                name_span(tool),
                "E204",
                f"'transfer_to_{name}' is the tool by which the model hands a call to '{name}'",
                "give this tool another name",
            )
    if _lists_remember(scope) and not any(v.remembered for v in scope.variables.values()):
        key, index = _where_remember(scope)
        findings.add(
            document.value_span((*scope.definition.location, *key, index))
            if key
            else name_span(scope.definition),
            "E210",
            f"agent '{scope.name}' has nothing to remember: "
            "none of its variables has a description",
            "add a description: to each variable that the model may store",
        )


def _lists_remember(scope: Scope) -> bool:
    return "remember" in scope.agent.tools or any(
        "remember" in p.tools for p in scope.personas.values()
    )


def _where_remember(scope: Scope) -> tuple[tuple[str, ...], int]:
    if "remember" in scope.agent.tools:
        return ("tools",), scope.agent.tools.index("remember")
    return (), 0


def no_agent(table: Table) -> list[Diagnostic]:
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


def unused_variables(scope: Scope, read: set[str]) -> list[Diagnostic]:
    """Warn of variables that nothing reads or stores."""
    document, base = scope.definition.document, scope.definition.location
    stored = {n for p in scope.personas.values() for n in scope.setters(p)}
    lists = {
        str(getattr(t, t.kind))
        for t in scope.tools.values()
        if isinstance(t, AddTo | ChangeIn | RemoveFrom)
    }
    return [
        Diagnostic(
            document.key_span((*base, "variables", name)),
            "W201",
            f"nothing uses variable '{name}'",
            "use it in a text as {{ " + name + " }}, or delete it",
        )
        for name in scope.agent.variables
        if name not in read | stored | lists | scope.table.words
    ]
