"""Rendering: text, types, statements, and what a call's values can never do."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

from runner.template import EMPTY, Failure, Renderer

ORDER = [
    {"line": 1, "dish": "margherita", "quantity": 2, "note": None},
    {"line": 4, "dish": "tonno", "quantity": 1},
]
VALUES = {
    "order": ORDER,
    "name": "Ann",
    "n": 5,
    "slots": ["8:00", "9:30"],
    "menu": {"tea": 2, "soup": 5},
    "evil": "{{ secrets.KEY }}{% if x %}",
    "items": {"items": "kept", "keys": 3, "_id": "x1"},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain text, { and } alike", "plain text, { and } alike"),
        ("A literal {{ '{{' }}", "A literal {{"),
        ("{{ evil }}", "{{ secrets.KEY }}{% if x %}"),
        ("{{ evil ~ '!' }}", "{{ secrets.KEY }}{% if x %}!"),
        ("<b>{{ '<&>' }}</b>", "<b><&></b>"),
        (
            "{{ order[0].dish }} {{ order.1.dish }} {{ order[-1]['dish'] }}",
            "margherita tonno tonno",
        ),
        ("{{ items.items }} {{ items.keys }} {{ items._id }}", "kept 3 x1"),
        ("{{ menu.items() | list | length }}", "2"),
        ("{% for d, p in menu.items() %}{{ d }}={{ p }};{% endfor %}", "tea=2;soup=5;"),
        ("{% for d in menu %}{{ d }} {% endfor %}", "tea soup "),
        ("{% for o in order if o.quantity > 1 %}{{ o.dish }}{% endfor %}", "margherita"),
        (
            "{% for s in slots %}{{ loop.index }}/{{ loop.length }} {% endfor %}",
            "1/2 2/2 ",
        ),
        ("{% for s in slots %}{{ loop.cycle('a', 'b') }}{% endfor %}", "ab"),
        ("{% for s in slots %}{% set name = s %}{% endfor %}{{ name }}", "Ann"),
        ("{% if n > 5 %}a{% elif n == 5 %}b{% else %}c{% endif %}", "b"),
        ("{% if n > 9 %}a{% else %}c{% endif %}", "c"),
        ("{% if n > 9 %}a{% endif %}", ""),
        ("{% set total = n * 2 %}{{ total }}", "10"),
        ("{% set a, b = slots %}{{ b }} {{ a }}", "9:30 8:00"),
        ("{% set greeting %}Hi {{ name }}{% endset %}{{ greeting }}!", "Hi Ann!"),
        ("{% set greeting | upper %}Hi {{ name }}{% endset %}{{ greeting }}", "HI ANN"),
        ("{% filter upper %}hi {{ name }}{% endfilter %}", "HI ANN"),
        ("{% with x = n, y = 2 %}{{ x + y }}{% endwith %}{{ x }}", "7"),
        (
            "{% set t = namespace(n=0) %}{% for o in slots %}{% set t.n=2 %}{% endfor %}{{ t.n }}",
            "2",
        ),
        ("{{ dict(a=1).a }} {{ {'a': n}['a'] }} {{ [n, 1][0] }} {{ (1, 2) }}", "1 5 5 1 and 2"),
        ("{{ name[0] }}{{ name[1:] }} {{ slots[::-1] }}", "Ann 9:30 and 8:00"),
        ("{{ 'x' if n == 5 else 'y' }} {{ n and name }} {{ 0 and name }}", "x Ann 0"),
        ("{{ 1 < n < 9 }} {{ 1 < n < 3 }} {{ -n }} {{ +n }}", "yes no -5 5"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("a{# a comment #}b", "ab"),
        ("{{ '\\d' }}", "\\d"),
        ("one\n{% if n %}\ntwo\n{% endif %}\nthree\n", "one\ntwo\nthree\n"),
        ("a  {{- n -}}  b", "a5b"),
        ("{{ n }}\r\nb", "5\nb"),
        ("{% for i in range(3) %}{{ i }}{% endfor %}", "012"),
        ("{% print n %}", "5"),
    ],
)
def test_a_text_is_rendered_as_jinja_has_it(text, expected):
    """Expressions, statements and white space are Jinja's."""
    failures = []
    assert Renderer(on_error=failures.append).render(text, VALUES) == expected
    assert failures == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ slots }}", ["8:00", "9:30"]),
        ("  {{ slots }}\n", ["8:00", "9:30"]),
        ("{{ order }}", ORDER),
        ("{{ 5 }}", 5),
        ("{{ true }}", True),
        ("{{ n > 3 }}", True),
        ("{{ n / 2 }}", 2.5),
        ("{{ slots | reverse }}", ["9:30", "8:00"]),
        ("{{ menu.keys() }}", ["tea", "soup"]),
        ("{{ '<' | escape }}", "&lt;"),
        ("{{ {'a': unset} }}", {"a": None}),
        ("{{ n }} guests", "5 guests"),
        ("5", "5"),
        ("{{ unset }}", EMPTY),
        ("{{ broken", ""),
    ],
)
def test_one_expression_keeps_its_type(text, expected):
    """One expression stays a list, number or yes/no; everything else is text."""
    value = Renderer().value(text, VALUES)
    assert type(value) is type(expected)
    assert value is EMPTY if expected is EMPTY else value == expected


def test_a_body_is_rendered_as_deep_as_it_is():
    """Lists and mappings keep their shape, and fixed text stays text."""
    body = {
        "start": "{{ slots[0] }}",
        "all": ["{{ slots }}", "x{{ n }}"],
        "limit": "5",
        "n": "{{ n }}",
    }
    assert Renderer().json_value(body, VALUES) == {
        "start": "8:00",
        "all": [["8:00", "9:30"], "x5"],
        "limit": "5",
        "n": 5,
    }
    assert Renderer().json_value(None, VALUES) is None


def test_each_part_of_an_address_is_quoted_alone():
    """The author's slashes stay, those of a value are percent-encoded."""
    seen = []

    def encode(part: str) -> str:
        seen.append(part)
        return quote(part, safe="")

    text = "/a/{{ x }}/b/{{ gone }}"
    assert Renderer().render(text, {"x": "1/../2"}, quote=encode) == "/a/1%2F..%2F2/b/"
    assert seen == ["1/../2", ""]


def test_values_may_be_worked_out_when_they_are_asked_for():
    """A lazy mapping is asked only for the names that a text uses."""
    names = []

    class Lazy(Mapping):
        def __getitem__(self, name):
            names.append(name)
            if name == "bad":
                raise RuntimeError("secret 4711")
            if name != "today":
                raise KeyError(name)
            return "Friday"

        def __iter__(self):
            return iter(())

        def __len__(self):
            return 0

    failures = []
    text = "{{ today }}{{ other }}{{ bad }}"
    assert Renderer(on_error=failures.append).render(text, Lazy()) == "Friday"
    assert names == ["today", "other", "bad"]
    assert [each.message for each in failures] == [
        "a part of this template could not be worked out"
    ]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{{ n / 0 }}", "a number was divided by zero"),
        ("{{ n < 'abc' }}", "a number cannot be compared with a text"),
        ("{{ n + 'abc' }}", "'+' cannot be used with a number and a text"),
        ("{{ name * 3 }}", "'*' cannot be used with a text and a number"),
        ("{{ -name }}", "'-' cannot stand before a text"),
        ("{{ (0 - 8) ** 0.5 }}", "a number has no such root"),
        ("{{ n | first }}", "the filter 'first' cannot work with a number"),
        ("{{ n | length }}", "a number has no length"),
        ("{{ name is divisibleby(2) }}", "the test 'divisibleby' cannot work with a text"),
        ("{{ n.upper() }}", "a number has no 'upper'"),
        ("{{ name.split(3) }}", "'split' of a text could not be worked out"),
        ("{{ 3 in n }}", "a number holds nothing that 'in' could look for"),
        ("{{ n[0] }}", "a number has no numbered places"),
        ("{% for x in n %}{{ x }}{% endfor %}", "a loop cannot go through a number"),
        ("{% set a, b = n %}{{ a }}", "there are not 2 parts to name here"),
        ("{% set name.x = 1 %}", "'name' is no namespace, so it cannot be changed"),
        ("{{ range('a') }}", "'range' takes whole numbers"),
        ("{{ x", "'{{' is never closed"),
        ("{{ {[1]: 2}[[1]] }}", "a part of this template could not be worked out"),
    ],
)
def test_what_cannot_be_worked_out_is_empty_and_told_once(text, message):
    """A failure in an expression leaves nothing, raises nothing, and is one plain sentence."""
    failures = []
    renderer = Renderer(on_error=failures.append)
    assert renderer.render(f"{text}", VALUES) in {"", "no"}
    assert [each.message for each in failures] == [message]
    assert isinstance(failures[0], Failure)
    assert failures[0].line == 1


def test_a_failure_tells_its_place_and_no_value():
    """Line and column point into the text; the sentence never holds a caller's value."""
    failures = []
    Renderer(on_error=failures.append).render(
        "one\n {{ pin + 1 }} {{ pin + 1 }}", {"pin": "secret"}
    )
    assert [(each.line, each.message) for each in failures] == [
        (2, "'+' cannot be used with a text and a number"),
        (2, "'+' cannot be used with a text and a number"),
    ]
    assert failures[0].column != failures[1].column


def test_many_threads_may_share_a_renderer():
    """Renderings at the same time do not see each other's values."""
    renderer = Renderer()
    text = "{% set y = x %}{% for i in range(50) %}{{ y }}{% endfor %}"
    with ThreadPoolExecutor(4) as pool:
        texts = list(pool.map(lambda x: renderer.render(text, {"x": x}), range(40)))
    assert texts == [str(x) * 50 for x in range(40)]
