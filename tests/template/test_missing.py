"""Values that are missing, as the language promises them."""

from __future__ import annotations

import pytest

from runner.template import EMPTY, Renderer

VALUES = {
    "caller": {"name": None, "phone": "+84901234567"},
    "score": 0,
    "verified": False,
    "order": [],
    "nothing": None,
}


def render(text: str) -> str:
    return Renderer().render(text, VALUES)


@pytest.mark.parametrize(
    "text",
    [
        "{{ unset }}",
        "{{ nothing }}",
        "{{ caller.name }}",
        "{{ caller.address.street.number }}",
        "{{ caller['name'] }}",
        "{{ order[3].dish }}",
        "{{ none }}",
        "{{ unset | upper }}",
        "{{ unset | lines }}",
        "{{ unset | spell }}",
        "{{ unset | round(2) }}",
        "{{ unset | join(', ') }}",
        "{{ unset | map(attribute='x') | first }}",
        "{{ unset | int }}",
        "{{ unset + 1 }}",
        "{{ 3 * unset }}",
        "{{ -unset }}",
        "{{ unset.upper() }}",
        "{{ 'yes' if unset }}",
        "{% for x in unset %}x{% endfor %}",
        "{{ [unset, none] }}",
        "{{ unset[1:2] }}",
        "{{ order | first }}",
        "{{ unset | sort(attribute=unset) }}",
    ],
)
def test_a_missing_value_becomes_nothing_in_text(text):
    """Whatever is done with a missing value, at any depth, its text is nothing."""
    failures = []
    assert Renderer(on_error=failures.append).render(text, VALUES) == ""
    assert failures == []


@pytest.mark.parametrize("sign", ["==", "!=", "<", "<=", ">", ">=", "in", "not in"])
@pytest.mark.parametrize(("left", "right"), [("unset", "3"), ("[1]", "unset"), ("unset", "unset")])
def test_every_comparison_with_a_missing_value_is_false(left, sign, right):
    """No sign, `!=` and `not in` included, is true of a value that is missing."""
    assert Renderer().condition(f"{left} {sign} {right}", VALUES) is False


@pytest.mark.parametrize("text", ["unset", "caller.name", "nothing", "unset + 1", "broken ("])
def test_a_missing_value_is_false_in_an_if(text):
    """A condition on what is missing, or on what cannot be read, is false."""
    assert Renderer().condition(text, VALUES) is False
    assert Renderer().condition("not unset", VALUES) is True


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hello {{ caller.name or 'there' }}", "Hello there"),
        ("{{ caller.name | default('there') }}", "there"),
        ("{{ caller.name | d('there') }}", "there"),
        ("{{ caller.phone or 'none' }}", "+84901234567"),
        ("{{ order | lines or 'Nothing yet' }}", "Nothing yet"),
        ("{{ unset | lines or 'Nothing yet' }}", "Nothing yet"),
        ("{{ score | default(5) }}", "0"),
        ("{{ score | default(5, true) }}", "5"),
        ("{{ unset | int(7) }}", "7"),
        ("{{ unset | float(default=2) }}", "2"),
        ("{{ unset | length }} {{ unset | count }} {{ unset | sum }}", "0 0 0"),
        ('{"name": {{ unset | tojson }}}', '{"name": null}'),
        ("{{ 1 / 0 or 'unclear' }}", "unclear"),
        ("{% for x in unset %}{{ x }}{% else %}none{% endfor %}", "none"),
    ],
)
def test_the_other_value_is_taken(text, expected):
    """`or` and `default(…)` stand in for what is missing."""
    assert render(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("score is known", True),
        ("verified is known", True),
        ("order is known", True),
        ("unset is known", False),
        ("caller.name is known", False),
        ("caller.name is not known", True),
        ("nothing is defined", False),
        ("nothing is undefined", True),
        ("nothing is none", True),
        ("unset is number", False),
        ("unset is even", False),
        ("unset is mapping", False),
        ("unset is sequence", False),
    ],
)
def test_known_tells_a_value_from_zero_and_no(text, expected):
    """`is known` is true of 0, no and an empty list, and false of what is missing."""
    assert Renderer().condition(text, VALUES) is expected


def test_a_hole_is_reported_once_with_its_path():
    """An emptiness that reaches the text is told once, with what was asked for."""
    missing = []
    text = "{{ caller.name }} {{ caller.name }} {{ slots[0].start }} {{ 'at ' ~ place }}"
    Renderer(on_missing=missing.append).render(text, VALUES)
    assert missing == [("caller", "name"), ("slots", "0", "start"), ("place",)]


@pytest.mark.parametrize(
    "text",
    [
        "{{ caller.name or 'there' }}",
        "{{ caller.name | default('x') }}",
        "{% if caller.name %}{{ caller.name }}{% endif %}",
        "{{ caller.name if caller.name else '' }}",
        "{{ caller.name == 'Ann' }}",
        "{{ caller.name is known }}",
        "{{ not caller.name }}",
        "{{ (caller.name ~ 'a') == 'a' }}",
    ],
)
def test_a_guarded_emptiness_is_not_reported(text):
    """What has a fallback or a test around it leaves no hole."""
    missing = []
    Renderer(on_missing=missing.append).render(text, VALUES)
    assert missing == []


def test_one_empty_expression_is_recognised():
    """A value that is one empty expression is EMPTY, so that its key can be left out."""
    renderer = Renderer()
    assert renderer.value("{{ unset.at.any.depth }}", VALUES) is EMPTY
    assert renderer.value("{{ nothing }}", VALUES) is EMPTY
    assert renderer.value("x{{ unset }}", VALUES) == "x"
    data = {"a": "{{ unset }}", "b": [" {{ caller.name }} ", "c"], "d": {"e": "{{ unset }}"}}
    assert renderer.json_value(data, VALUES) == {"b": ["c"], "d": {}}
    assert renderer.json_value("{{ unset }}", VALUES) is EMPTY
    assert renderer.value("{{ [unset, 1] }}", VALUES) == [None, 1]


def test_empty_behaves_as_nothing_in_python():
    """The constant is false, has no items, equals nothing, and reads as nothing."""
    assert (bool(EMPTY), len(EMPTY), list(EMPTY), str(EMPTY), repr(EMPTY)) == (
        False,
        0,
        [],
        "",
        "EMPTY",
    )
    assert not any((EMPTY == EMPTY, EMPTY != 1, EMPTY < 1, EMPTY >= 1, 1 in EMPTY))  # noqa: PLR0124  (that is the fact)
    assert {EMPTY: 1}
