"""A picture as SVG: a box a persona, with a row for each of its handoffs and an arrow from it.

The colours are those of paper for the boxes, and a grey for the arrows that is seen on
a white page and on a black one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final
from xml.sax.saxutils import escape

from runner.diagnostics.render import printable
from runner.picture.layout import (
    CAPTION,
    CHANNEL,
    MARGIN,
    NAME,
    PADDING,
    START,
    Box,
    curves,
    placed,
    sentences,
)
from runner.picture.sketch import Sketch, shortened

_STYLE: Final = """\
text { font: 13px system-ui, sans-serif; fill: #24292f }
.caption { fill: #6e7781; font-weight: bold }
.name { font-weight: bold; font-size: 14px }
.box { fill: #f6f8fa; stroke: #6e7781 }
.start { stroke: #1a7f37; stroke-width: 2.5 }
.way { fill: none; stroke: #6e7781; stroke-width: 1.5 }
.tip { fill: #6e7781 }"""


def svg(sketches: Sequence[Sketch]) -> str:
    """All agents, one below the other."""
    parts: list[str] = []
    wide, top = 0.0, float(MARGIN)
    for drawn in sketches:
        boxes = placed(drawn, top + CAPTION)
        parts += _agent(drawn, boxes, top)
        wide = max(wide, *(box.right for box in boxes.values()))
        top = max(box.bottom for box in boxes.values()) + 2 * MARGIN
    wide, tall = wide + CHANNEL / 2, top - MARGIN
    return "\n".join([*_head(sketches, wide, tall), *parts, "</svg>"])


def _head(sketches: Sequence[Sketch], wide: float, tall: float) -> Iterator[str]:
    names = ", ".join(drawn.agent for drawn in sketches)
    size = f'width="{wide:.0f}" height="{tall:.0f}" viewBox="0 0 {wide:.0f} {tall:.0f}"'
    labelled = 'role="img" aria-labelledby="lkrun-title lkrun-description"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {size} {labelled}>'
    yield f'<title id="lkrun-title">{_text(f"Personas and handoffs of {names}")}</title>'
    described = " ".join(sentence for drawn in sketches for sentence in sentences(drawn))
    yield f'<desc id="lkrun-description">{_text(described)}</desc>'
    yield f"<style>\n{_STYLE}\n</style>"
    yield (
        '<defs><marker id="lkrun-tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" '
        'markerHeight="8" orient="auto"><path class="tip" d="M0 0 L10 5 L0 10 z"/></marker></defs>'
    )


def _agent(drawn: Sketch, boxes: Mapping[str, Box], top: float) -> Iterator[str]:
    yield f'<text class="caption" x="{MARGIN}" y="{top + 12:.1f}">{_text(drawn.title)}</text>'
    for curve in curves(boxes):
        yield f'<path class="way" marker-end="url(#lkrun-tip)" d="{curve}"/>'
    for box in boxes.values():
        yield from _box(box, drawn.begins(box.name))


def _box(box: Box, start: str) -> Iterator[str]:
    kind, mark = ("box start", START) if start else ("box", "")
    place = f'x="{box.left:.1f}" y="{box.top:.1f}" width="{box.wide:.1f}"'
    yield f"<g><title>{_text(box.name)}{f': {start}' if start else ''}</title>"
    yield f'<rect class="{kind}" {place} height="{box.bottom - box.top:.1f}" rx="8"/>'
    x = box.left + PADDING
    name = _text(mark + shortened(box.name, NAME))
    yield f'<text class="name" x="{x:.1f}" y="{box.top + 22:.1f}">{name}</text>'
    for number, way in enumerate(box.ways):
        y = box.row(number) + 4.5
        yield f'<text x="{x:.1f}" y="{y:.1f}">{_text(way.label)}</text>'
    yield "</g>"


def _text(value: str) -> str:
    """What stands between two tags: in ASCII, so that a shell may save it in any encoding."""
    return escape(printable(value)).encode("ascii", "xmlcharrefreplace").decode()
