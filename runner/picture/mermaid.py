"""A flowchart for Mermaid (https://mermaid.js.org/syntax/flowchart.html)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runner.picture.sketch import Sketch, shortened


def mermaid(sketches: Sequence[Sketch]) -> str:
    """All agents as one flowchart."""
    return "\n".join(["flowchart LR", *(line for drawn in sketches for line in _agent(drawn))])


def _agent(drawn: Sketch) -> Iterator[str]:
    agent = drawn.agent
    yield f'  subgraph {_id(agent)}["{drawn.title}"]'
    yield f"    {_id(agent)}_call((call)) --> {_id(agent, drawn.start)}"
    if drawn.closed is not None:
        yield f'    {_id(agent)}_call -->|"outside the hours"| {_id(agent, drawn.closed)}'
    for name in drawn.personas:
        gate = f"<br/>if {_quoted(shortened(drawn.gates[name]))}" if name in drawn.gates else ""
        yield f'    {_id(agent, name)}["{name}{gate}"]'
    for way in drawn.ways:
        shown = way.when if way.when is not None else way.phrase and way.label
        label = f'|"{_quoted(shown)}"| ' if shown else " "
        yield f"    {_id(agent, way.source)} -->{label}{_id(agent, way.target)}"
    yield "  end"


def _id(*names: str) -> str:
    return "__".join(n.replace("-", "_") + ("_" if n == "end" else "") for n in names)


def _quoted(text: str) -> str:
    return text.replace('"', "#quot;")
