"""A picture made of text, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from runner.diagnostics.render import PLAIN, Colours, printable, width
from runner.picture.sketch import Sketch, shortened


def plain(sketches: Sequence[Sketch], colours: Colours = PLAIN) -> str:
    """Each agent with its personas, and below each persona where a call goes on from it."""
    return "\n\n".join("\n".join(_agent(drawn, colours)) for drawn in sketches)


def _agent(drawn: Sketch, colours: Colours) -> Iterator[str]:
    beside = f"  ({drawn.about})" if drawn.about else ""
    yield f"{colours.place}{drawn.agent}{colours.off}{beside}"
    column = max((width(way.target) for way in drawn.ways), default=0)
    for name in (name for layer in drawn.layers() for name in layer):
        start = f"  ({drawn.begins(name)})" if drawn.begins(name) else ""
        gate = f"  (if {printable(shortened(drawn.gates[name]))})" if name in drawn.gates else ""
        yield f"  {colours.place}[{name}]{colours.off}{start}{gate}"
        for way in drawn.ways_of(name):
            gap = " " * (column - width(way.target))
            yield f"    ──▶ {way.target}{gap}  {printable(way.label)}"
