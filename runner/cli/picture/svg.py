"""A picture as SVG: a box a persona, with a row for each of its handoffs and an arrow from it.

The words of a handoff stand in the box that it leaves, so none lies upon another, however many
there are. The colours are those of paper for the boxes, and a grey for the arrows that is seen on
a white page and on a black one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

from runner.cli.picture.sketch import Sketch, Way, shortened
from runner.diagnostics.render import printable, width

_MARGIN: Final = 24
_CAPTION: Final = 32
_HEAD: Final = 34
_ROW: Final = 24
_BETWEEN: Final = 28
"""Between the boxes of a layer."""
_CHANNEL: Final = 110
"""Between two layers."""
_LETTER: Final = 7.4
"""The width that one column of text is given."""
_BOLD: Final = 1.25
"""How much wider a name is."""
_PADDING: Final = 14
_NAME: Final = 40
"""Characters of a name that are shown."""
_START: Final = "▶ "

_STYLE: Final = """\
text { font: 13px system-ui, sans-serif; fill: #24292f }
.caption { fill: #6e7781; font-weight: bold }
.name { font-weight: bold; font-size: 14px }
.box { fill: #f6f8fa; stroke: #6e7781 }
.start { stroke: #1a7f37; stroke-width: 2.5 }
.way { fill: none; stroke: #6e7781; stroke-width: 1.5 }
.tip { fill: #6e7781 }"""


@dataclass(frozen=True, slots=True)
class _Box:
    """A persona, and where it stands."""

    name: str
    layer: int
    left: float
    top: float
    wide: float
    ways: tuple[Way, ...]

    @property
    def right(self) -> float:
        return self.left + self.wide

    @property
    def bottom(self) -> float:
        return self.top + _tall(self.ways)

    def row(self, number: int) -> float:
        """The middle of the row of a handoff."""
        return self.top + _HEAD + (number + 0.5) * _ROW


def svg(sketches: Sequence[Sketch]) -> str:
    """All agents, one below the other."""
    parts: list[str] = []
    wide, top = 0.0, float(_MARGIN)
    for drawn in sketches:
        boxes = _placed(drawn, top + _CAPTION)
        parts += _agent(drawn, boxes, top)
        wide = max(wide, *(box.right for box in boxes.values()))
        top = max(box.bottom for box in boxes.values()) + 2 * _MARGIN
    wide, tall = wide + _CHANNEL / 2, top - _MARGIN
    return "\n".join([*_head(sketches, wide, tall), *parts, "</svg>"])


def _head(sketches: Sequence[Sketch], wide: float, tall: float) -> Iterator[str]:
    names = ", ".join(drawn.agent for drawn in sketches)
    size = f'width="{wide:.0f}" height="{tall:.0f}" viewBox="0 0 {wide:.0f} {tall:.0f}"'
    labelled = 'role="img" aria-labelledby="lkrun-title lkrun-description"'
    yield f'<svg xmlns="http://www.w3.org/2000/svg" {size} {labelled}>'
    yield f'<title id="lkrun-title">{_text(f"Personas and handoffs of {names}")}</title>'
    described = " ".join(sentence for drawn in sketches for sentence in _sentences(drawn))
    yield f'<desc id="lkrun-description">{_text(described)}</desc>'
    yield f"<style>\n{_STYLE}\n</style>"
    yield (
        '<defs><marker id="lkrun-tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" '
        'markerHeight="8" orient="auto"><path class="tip" d="M0 0 L10 5 L0 10 z"/></marker></defs>'
    )


def _sentences(drawn: Sketch) -> Iterator[str]:
    """The same in words, for those who do not see it."""
    yield f"A call of {drawn.agent} begins with {drawn.start}."
    if drawn.closed is not None:
        yield f"Outside the hours it begins with {drawn.closed}."
    for way in drawn.ways:
        yield f"From {way.source} to {way.target}: {(way.when or way.label).rstrip('.')}."


def _placed(drawn: Sketch, top: float) -> dict[str, _Box]:
    layers = drawn.layers()
    rows = {name: drawn.ways_of(name) for name in drawn.personas}
    tallest = max(_height(layer, rows) for layer in layers)
    boxes, left = {}, float(_MARGIN)
    for number, layer in enumerate(layers):
        wide = max(_wide(name, rows[name]) for name in layer)
        y = top + (tallest - _height(layer, rows)) / 2
        for name in layer:
            boxes[name] = _Box(name, number, left, y, wide, rows[name])
            y = boxes[name].bottom + _BETWEEN
        left += wide + _CHANNEL
    return boxes


def _height(layer: Sequence[str], rows: Mapping[str, tuple[Way, ...]]) -> float:
    return sum(_tall(rows[name]) for name in layer) + _BETWEEN * (len(layer) - 1)


def _tall(ways: Sequence[Way]) -> float:
    return _HEAD + _ROW * len(ways) + (_PADDING / 2 if ways else 0)


def _wide(name: str, ways: Sequence[Way]) -> float:
    head = width(_START + shortened(name, _NAME)) * _BOLD
    return max(head, *(width(way.label) for way in ways), 0) * _LETTER + 2 * _PADDING


def _agent(drawn: Sketch, boxes: Mapping[str, _Box], top: float) -> Iterator[str]:
    yield f'<text class="caption" x="{_MARGIN}" y="{top + 12:.1f}">{_text(drawn.agent)}</text>'
    for box in boxes.values():
        for number, way in enumerate(box.ways):
            yield _arrow(box, boxes[way.target], box.row(number))
    for box in boxes.values():
        yield from _box(box, drawn.begins(box.name))


def _arrow(source: _Box, target: _Box, y: float) -> str:
    """From a row to the head of a box: forward, back, or round the side within one layer."""
    end = target.top + _HEAD / 2
    if target.layer > source.layer:
        x, to, bends = source.right, target.left, (_CHANNEL / 2, -_CHANNEL / 2)
    elif target.layer < source.layer:
        x, to, bends = source.left, target.right, (-_CHANNEL / 2, _CHANNEL / 2)
    else:
        x, to, bends = source.right, target.right, (_CHANNEL / 2, _CHANNEL / 2)
    curve = f"C{x + bends[0]:.1f} {y:.1f} {to + bends[1]:.1f} {end:.1f} {to:.1f} {end:.1f}"
    return f'<path class="way" marker-end="url(#lkrun-tip)" d="M{x:.1f} {y:.1f} {curve}"/>'


def _box(box: _Box, start: str) -> Iterator[str]:
    kind, mark = ("box start", _START) if start else ("box", "")
    place = f'x="{box.left:.1f}" y="{box.top:.1f}" width="{box.wide:.1f}"'
    yield f"<g><title>{_text(box.name)}{f': {start}' if start else ''}</title>"
    yield f'<rect class="{kind}" {place} height="{box.bottom - box.top:.1f}" rx="8"/>'
    x = box.left + _PADDING
    name = _text(mark + shortened(box.name, _NAME))
    yield f'<text class="name" x="{x:.1f}" y="{box.top + 22:.1f}">{name}</text>'
    for number, way in enumerate(box.ways):
        y = box.row(number) + 4.5
        yield f'<text x="{x:.1f}" y="{y:.1f}">{_text(way.label)}</text>'
    yield "</g>"


def _text(value: str) -> str:
    """What stands between two tags: in ASCII, so that a shell may save it in any encoding."""
    return escape(printable(value)).encode("ascii", "xmlcharrefreplace").decode()
