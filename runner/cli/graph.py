"""`lkrun graph`: personas and handoffs as a picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.check import show
from runner.cli.folder import compiled, folder
from runner.cli.options import shared

if TYPE_CHECKING:
    from runner.link.scope import Scope


@click.command()
@folder
@shared
def graph(folder: Path) -> int:
    """Draw the personas and handoffs of the folder DIR (agents.d) as a Mermaid flowchart."""
    result = compiled(folder)
    if result.release is None:
        show([d for d in result.diagnostics if d.severity == "error"], result, folder, "text")
        return 1
    click.echo("flowchart LR")
    for scope in result.scopes:
        for line in mermaid(scope):
            click.echo(line)
    return 0


def mermaid(scope: Scope) -> Iterator[str]:
    """The lines of one agent: a box a persona, an arrow a handoff (https://mermaid.js.org/syntax/flowchart.html)."""
    agent = scope.name
    yield f'  subgraph {_id(agent)}["{agent}"]'
    yield f"    {_id(agent)}_call((call)) --> {_id(agent, str(scope.agent.start))}"
    for name in scope.personas:
        yield f'    {_id(agent, name)}["{name}"]'
    for name, persona in scope.personas.items():
        for target in scope.targets(name):
            handoff = persona.handoffs.get(target) or scope.agent.handoffs.get(target)  # type: ignore[call-overload]  # names are texts
            label = f'|"{_quoted(handoff.when)}"| ' if handoff is not None else ""
            yield f"    {_id(agent, name)} -->{label or ' '}{_id(agent, target)}"
    yield "  end"


def _id(*names: str) -> str:
    return "__".join(n.replace("-", "_") + ("_" if n == "end" else "") for n in names)


def _quoted(text: str) -> str:
    return " ".join(text.replace('"', "#quot;").split())
