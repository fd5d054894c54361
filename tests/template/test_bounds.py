"""A hostile template, or hostile values, end quickly and without harm."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest

from runner.template import EMPTY, Renderer, analyse

DEEP: list = []
for _ in range(5_000):
    DEEP = [DEEP]
CYCLE: list = []
CYCLE.append(CYCLE)
VALUES = {
    "x": 3,
    "text": "ab " * 30_000,
    "long": ["word"] * 20_000,
    "deep": DEEP,
    "cycle": CYCLE,
    "tags": "<!--" * 50_000 + "<" * 50_000,
    "huge": Decimal("1E+999999999"),
    "f": lambda: "called",
    "cls": str,
}
DOUBLE = "{% set a = [1] %}" + "{% set a = [a, a] %}" * 40
LADDER = "{% set n0 = namespace() %}" + "".join(
    f"{{% set n{i} = namespace() %}}{{% set n{i - 1}.a = n{i} %}}{{% set n{i - 1}.b = n{i} %}}"
    for i in range(1, 60)
)

HOSTILE = [
    "{{ 'a' * 10**9 }}",
    "{% for i in range(99999) %}{% for j in range(99999) %}x{% endfor %}{% endfor %}",
    "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}",
    "{% for i in range(9999) %}{% for j in range(9999) if j < 0 %}{% endfor %}{% endfor %}",
    "{{ 9**9**9 }}",
    "{{ 9**(9**9) }}",
    "{{ 2.0**99999 }}",
    "{{ 10**600 * 10**600 * 10**600 }}",
    "{{ 1e308 * 10 }}",
    "{{ '%09999999d' | format(1) }}",
    "{{ '%*d' | format(99999999, 1) }}",
    "{{ '%09999999d' % 1 }}",
    "{{ [1] * 10**8 }}",
    "{{ x.__class__ }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ x['__class__'] }}",
    "{{ ['x'] | map(attribute='__class__') | list }}",
    "{{ f() }}{{ f }}{{ cls }}{{ cls.mro }}",
    "{{ self }}{{ request }}{{ cycler }}{{ lipsum }}",
    "{{ " + "(" * 10_000 + "1" + ")" * 10_000 + " }}",
    "{{ " + "[" * 10_000,
    "{{ " + "x." * 5_000 + "x }}",
    "{{ x" + "|upper" * 5_000 + " }}",
    "{% if x %}" * 2_000 + "{% endif %}" * 2_000,
    "{{ text | replace('', text) }}",
    "{{ text.replace('', text) }}",
    "{{ long | join(text) }}",
    "{{ text.join(long) }}",
    "{{ text | indent(99999999) }}",
    "{{ text | indent(text) }}",
    "{{ 1.5 | round(99999999, 'ceil') }}",
    "{{ [1] | batch(99999999, 0) | list }}",
    "{{ [1] | slice(99999999) | list }}",
    "{{ long | map('replace', 'w', text) | list }}",
    "{{ tags | striptags }}",
    "{{ huge == 1 }}{{ huge < 1 }}{{ huge == 1.5 }}",
    "{{ huge }}{{ huge | int }}{{ huge * huge }}{{ huge | round }}{{ [huge] | tojson }}",
    "{{ '%d' | format(huge) }}{{ range(huge) }}{{ huge // 1 }}{{ huge % 7 }}{{ huge + 0.5 }}",
    "{{ text | tojson(indent=99999999) }}",
    "{{ deep }}{{ deep | tojson }}{{ deep == [deep] }}",
    "{{ cycle }}{{ cycle | tojson }}{{ cycle | join }}{{ cycle | lines }}{{ cycle == cycle }}",
    "{{ cycle | sort }}{{ cycle in [cycle] }}",
    DOUBLE + "{{ a }}",
    DOUBLE + DOUBLE.replace("a", "b") + "{{ a == b }}",
    LADDER + "{{ n0 }}{{ n0 | upper }}{{ n0 | lines }}{{ [n0] | join }}{{ n0 ~ 'x' }}",
    "{% set s = namespace(t='ab') %}{% for i in range(99) %}{% set s.t = s.t + s.t %}{% endfor %}",
    "{% set s = namespace(t='ab') %}{% for i in range(99) %}{% set s.t = s.t ~ s.t %}{% endfor %}",
    "{% set s = namespace(t=[1]) %}{% for i in range(99) %}{% set s.t = s.t + s.t %}{% endfor %}",
    "{% for i in range(9999) %}{% if text | upper | lower | upper %}{% endif %}{% endfor %}",
    "{% for i in range(9999) %}{% if long | sort | tojson %}{% endif %}{% endfor %}",
    "{% for i in range(9999) %}{% if 'zz' in long %}{% endif %}{% endfor %}",
    "{% set a %}{% for i in range(9999) %}{{ text }}{% endfor %}{% endset %}",
    "{{ '9' * 5000 }}{{ ('9' ~ '9') | int ** 9999 }}",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_template_ends_quickly(text):
    """Size, time, depth and reach are bounded, whatever is written."""
    began = time.process_time()
    analyse(text)
    failures = []
    renderer = Renderer(on_error=failures.append)
    out = renderer.render(text, VALUES)
    renderer.value(text, VALUES)
    assert time.process_time() - began < 3
    assert len(out.encode()) <= 64 * 1024
    assert not any(word in out for word in ("called", "class", "<function", "object at", "None"))


def test_a_long_text_is_cut_and_that_is_told():
    """More than 64 KB is cut at a letter, and reported once."""
    failures = []
    renderer = Renderer(on_error=failures.append)
    out = renderer.render("{{ a }}{{ a }}{{ a }}", {"a": "ế" * 15_000})
    assert 64 * 1024 - 3 < len(out.encode()) <= 64 * 1024
    assert set(out) == {"ế"}
    assert [each.message for each in failures] == ["the text is longer than 64 KB and was cut"]
    small = Renderer(max_output=1024)
    assert len(small.render("{% for i in range(9999) %}ab{% endfor %}", {})) == 1024


def test_what_was_written_before_the_budget_ended_is_kept():
    """An endless loop gives its beginning; such a value or condition is empty or false."""
    failures = []
    # the steps are to end it, on a slow machine too
    renderer = Renderer(on_error=failures.append, max_seconds=60)
    loop = "{% for i in range(9999) %}{% for j in range(9999) %}{% endfor %}{% endfor %}"
    assert renderer.render("Hello " + loop, {}) == "Hello "
    assert [each.message for each in failures] == ["the template takes too many steps"]
    many = " or ".join(["(long | sort | first == 'z')"] * 30)
    assert renderer.value("{{ " + many + " }}", VALUES) is EMPTY
    assert renderer.condition(many, VALUES) is False


def test_time_is_bounded_too():
    """Where the steps are slow, the clock ends a rendering."""
    failures = []
    renderer = Renderer(on_error=failures.append, max_seconds=0)
    renderer.render("{% for i in range(9999) %}{% endfor %}", {})
    assert [each.message for each in failures] == ["the template takes too long"]


def test_a_value_nested_too_deeply_is_empty():
    """A value that cannot be copied is EMPTY, not a crash."""
    assert Renderer().value("{{ deep }}", VALUES) is EMPTY
    assert Renderer().value("{{ cycle }}", VALUES) is EMPTY
