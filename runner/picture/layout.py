"""Where everything stands in a picture: a box a persona, with a row for each of its handoffs.

The words of a handoff stand in the box that it leaves, so none lies upon another, however many
there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from runner.diagnostics.render import width
from runner.picture.sketch import Sketch, Way, shortened

MARGIN: Final = 24
CAPTION: Final = 32
HEAD: Final = 34
_ROW: Final = 24
_BETWEEN: Final = 28
"""Between the boxes of a layer."""
CHANNEL: Final = 110
"""Between two layers."""
_LETTER: Final = 7.4
"""The width that one column of text is given."""
_BOLD: Final = 1.25
"""How much wider a name is."""
PADDING: Final = 14
NAME: Final = 40
"""Characters of a name that are shown."""
START: Final = "▶ "


@dataclass(frozen=True, slots=True)
class Box:
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
        return self.top + HEAD + (number + 0.5) * _ROW


def sentences(drawn: Sketch) -> Iterator[str]:
    """The same in words, for those who do not see it."""
    yield f"A call of {drawn.agent} begins with {drawn.start}."
    if drawn.closed is not None:
        yield f"Outside the hours it begins with {drawn.closed}."
    for way in drawn.ways:
        yield f"From {way.source} to {way.target}: {(way.when or way.label).rstrip('.')}."


def placed(drawn: Sketch, top: float) -> dict[str, Box]:
    """Each persona where it stands: in layers, by its distance from the start."""
    layers = drawn.layers()
    rows = {name: drawn.ways_of(name) for name in drawn.personas}
    tallest = max(_height(layer, rows) for layer in layers)
    boxes, left = {}, float(MARGIN)
    for number, layer in enumerate(layers):
        wide = max(_wide(name, rows[name]) for name in layer)
        y = top + (tallest - _height(layer, rows)) / 2
        for name in layer:
            boxes[name] = Box(name, number, left, y, wide, rows[name])
            y = boxes[name].bottom + _BETWEEN
        left += wide + CHANNEL
    return boxes


def _height(layer: Sequence[str], rows: Mapping[str, tuple[Way, ...]]) -> float:
    return sum(_tall(rows[name]) for name in layer) + _BETWEEN * (len(layer) - 1)


def _tall(ways: Sequence[Way]) -> float:
    return HEAD + _ROW * len(ways) + (PADDING / 2 if ways else 0)


def _wide(name: str, ways: Sequence[Way]) -> float:
    head = width(START + shortened(name, NAME)) * _BOLD
    return max(head, *(width(way.label) for way in ways), 0) * _LETTER + 2 * PADDING


def curve(source: Box, target: Box, y: float) -> str:
    """From a row to the head of a box: forward, back, or round the side within one layer."""
    end = target.top + HEAD / 2
    if target.layer > source.layer:
        x, to, bends = source.right, target.left, (CHANNEL / 2, -CHANNEL / 2)
    elif target.layer < source.layer:
        x, to, bends = source.left, target.right, (-CHANNEL / 2, CHANNEL / 2)
    else:
        x, to, bends = source.right, target.right, (CHANNEL / 2, CHANNEL / 2)
    bow = f"C{x + bends[0]:.1f} {y:.1f} {to + bends[1]:.1f} {end:.1f} {to:.1f} {end:.1f}"
    return f"M{x:.1f} {y:.1f} {bow}"


def curves(boxes: Mapping[str, Box]) -> Iterator[str]:
    """The arrow of each handoff, as the data of an SVG path."""
    for box in boxes.values():
        for number, way in enumerate(box.ways):
            yield curve(box, boxes[way.target], box.row(number))


def drawing(drawn: Sketch) -> dict[str, Any]:
    """An agent's picture as data, for who draws it with its own colours."""
    boxes = placed(drawn, float(MARGIN))
    return {
        "wide": round(max(box.right for box in boxes.values()) + CHANNEL / 2),
        "tall": round(max(box.bottom for box in boxes.values()) + MARGIN),
        "boxes": [
            {
                "name": box.name,
                "title": (START if drawn.begins(box.name) else "") + shortened(box.name, NAME),
                "begins": drawn.begins(box.name),
                "left": round(box.left, 1),
                "top": round(box.top, 1),
                "wide": round(box.wide, 1),
                "tall": round(box.bottom - box.top, 1),
                "rows": [{"label": w.label, "y": box.row(n)} for n, w in enumerate(box.ways)],
            }
            for box in boxes.values()
        ],
        "ways": list(curves(boxes)),
        "sentences": list(sentences(drawn)),
    }
