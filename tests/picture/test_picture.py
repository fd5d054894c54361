"""The picture of personas and handoffs, in its three forms."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from itertools import combinations

import pytest

from runner.picture.mermaid import mermaid
from runner.picture.plain import plain
from runner.picture.sketch import Sketch, Way, program, shortened
from runner.picture.svg import svg

SVG = "{http://www.w3.org/2000/svg}"


def parsed(picture):
    """The elements of a picture."""
    return ET.fromstring(picture)  # noqa: S314 - it is of our own making


def ring(number):
    """Personas each of which hands over to each other one."""
    names = tuple(f"p{i}" for i in range(number))
    ways = tuple(Way(a, b, f"from {a} to {b}") for a in names for b in names if a != b)
    return Sketch("ring", "p0", names, ways)


def chain(number):
    """Personas in a row, the last of which goes back to the first."""
    names = tuple(f"p{i}" for i in range(number))
    ways = tuple(Way(a, b, "on") for a, b in zip(names, (*names[1:], names[0]), strict=True))
    return Sketch("chain", "p0", names, ways)


ODD = Sketch(
    "odd",
    "a<b",
    ("a<b", 'say "x" & y', "予約デスク", "nobody comes here"),
    (
        Way("a<b", 'say "x" & y', "the caller <b>shouts</b> & \x1b[31m swears " * 5),
        Way("a<b", "予約デスク", "お客様が予約を希望しています。" * 9),
        Way("予約デスク", "a<b", None),
    ),
)
SKETCHES = [ring(2), ring(7), chain(9), ODD, Sketch("alone", "one", ("one",), ())]


def boxes(picture):
    """Left, top, right, bottom of every box."""
    problems = []
    for rect in parsed(picture).iter(f"{SVG}rect"):
        x, y, wide, tall = (float(rect.get(key)) for key in ("x", "y", "width", "height"))
        problems.append((x, y, x + wide, y + tall))
    return problems


@pytest.mark.parametrize("drawn", SKETCHES, ids=lambda drawn: drawn.agent)
def test_each_persona_has_a_box_and_each_handoff_an_arrow(drawn):
    """The picture is well-formed, and nothing is left out of it."""
    root = parsed(svg([drawn]))
    assert len(list(root.iter(f"{SVG}rect"))) == len(drawn.personas)
    assert sum(p.get("class") == "way" for p in root.iter(f"{SVG}path")) == len(drawn.ways)
    assert [r.get("class") for r in root.iter(f"{SVG}rect")].count("box start") == 1


@pytest.mark.parametrize("drawn", SKETCHES, ids=lambda drawn: drawn.agent)
def test_no_box_lies_upon_another_and_all_are_in_the_picture(drawn):
    """Two agents below each other share no place either."""
    picture = svg([drawn, ring(3)])
    root = parsed(picture)
    for a, b in combinations(boxes(picture), 2):
        assert a[2] < b[0] or b[2] < a[0] or a[3] < b[1] or b[3] < a[1], (a, b)
    for left, top, right, bottom in boxes(picture):
        assert left > 0 < top
        assert right < float(root.get("width"))
        assert bottom < float(root.get("height"))


@pytest.mark.parametrize("drawn", SKETCHES, ids=lambda drawn: drawn.agent)
def test_an_arrow_goes_from_its_row_to_the_head_of_its_target(drawn):
    """It begins at the edge of the box that it leaves and ends at the edge of the other."""
    picture = svg([drawn])
    root = parsed(picture)
    names = [group.find(f"{SVG}title").text.partition(": ")[0] for group in root.iter(f"{SVG}g")]
    at = dict(zip(names, boxes(picture), strict=True))
    arrows = [p.get("d") for p in root.iter(f"{SVG}path") if p.get("class") == "way"]
    ways = [way for name in names for way in drawn.ways_of(name)]
    for way, arrow in zip(ways, arrows, strict=True):
        x, y, *_, to, end = map(float, re.findall(r"-?[\d.]+", arrow))
        source, target = at[way.source], at[way.target]
        assert x in (source[0], source[2])
        assert source[1] < y < source[3]
        assert to == pytest.approx(target[0], abs=0.11) or to == pytest.approx(target[2], abs=0.11)
        assert target[1] < end < target[1] + 34


def test_the_picture_is_read_aloud_too():
    """It has a title and a description that tells every handoff in full."""
    root = parsed(svg([ODD]))
    assert root.get("role") == "img"
    labels = root.get("aria-labelledby").split()
    title, description = (e for e in root.iter() if e.get("id") in labels)
    assert title.text == "Personas and handoffs of odd"
    assert description.text.startswith('A call of odd begins with a<b. From a<b to say "x" & y: ')
    assert "From 予約デスク to a<b: by an action." in description.text
    assert "\x1b" not in description.text


def test_personas_stand_by_their_distance_from_the_start():
    """What no handoff leads to comes last."""
    assert chain(3).layers() == [["p0"], ["p1"], ["p2"]]
    assert ring(3).layers() == [["p0"], ["p1", "p2"]]
    assert ODD.layers() == [["a<b"], ['say "x" & y', "予約デスク"], ["nobody comes here"]]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("short", "short"),
        ("one two three", "one two…"),
        ("one two, three", "one two…"),
        ("nospaceatallinit", "nospacea…"),
    ],
)
def test_a_long_when_is_cut_between_words(text, shown):
    """Where there is no place between words, it is cut where it is full."""
    assert shortened(text, 9) == shown


def test_the_plain_picture():
    """Each persona, the start marked, and where calls go on from it, in columns."""
    assert plain([chain(2)]) == (
        "chain\n  [p0]  (a call begins here)\n    ──▶ p1  on\n  [p1]\n    ──▶ p0  on"
    )
    assert "\x1b" not in plain([ODD])


def test_any_shell_saves_the_svg():
    """Every letter is ASCII: a shell that writes in another encoding than UTF-8 changes nothing."""
    assert svg([ODD]).isascii()


def test_who_answers_outside_the_hours_begins_a_call_too():
    """All three pictures show the persona that `closed` names as a second beginning."""
    drawn = Sketch("hotel", "desk", ("desk", "night"), (), {}, "night")
    assert "[night]  (outside the hours a call begins here)" in plain([drawn])
    assert 'hotel_call -->|"outside the hours"| hotel__night' in mermaid([drawn])
    assert "Outside the hours it begins with night." in svg([drawn])
    assert drawn.layers() == [["desk", "night"]]


def test_a_program_shows_who_takes_its_place():
    """An external agent is a picture as any other: its fallback is a way."""
    text = plain([program("guide", ["ear"], "desk")])
    assert text.splitlines()[0] == "guide  (a program of its own)"
    assert "──▶ desk  where the program does not come" in text
    assert "desk" not in plain([program("guide", [], None)])
