"""Filters, tests, operators and methods."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import NamedTuple

import pytest

from runner.template import Renderer


@dataclass
class Guest:
    name: str


class Point(NamedTuple):
    x: int
    y: int


VALUES = {
    "order": [
        {"line": 1, "dish": "tea", "quantity": 2, "note": None},
        {"dish": "soup", "quantity": "3"},
    ],
    "words": ["b", "a", "b"],
    "n": 5,
    "paid": True,
    "day": date(2026, 12, 4),
    "now": datetime(2026, 12, 4, 14, 30, tzinfo=UTC),
    "at": time(8, 15),
    "wait": timedelta(days=1, seconds=30),
    "price": Decimal("2.5"),
    "point": Point(3, 4),
    "guest": Guest("Ann"),
    "text": "a <b>bold</b> word",
}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("order | lines", "1. dish: tea, quantity: 2\n2. dish: soup, quantity: 3"),
        ("words | lines", "1. b\n2. a\n3. b"),
        ("order[0] | lines", "1. dish: tea, quantity: 2"),
        ("5 | lines", "1. 5"),
        ("'as it is' | lines", "as it is"),
        ("4711 | spell", "4 7 1 1"),
        (
            "order | rename(dish='Dish') | lines",
            "1. Dish: tea, quantity: 2\n2. Dish: soup, quantity: 3",
        ),
        ("{'a': [{'b': {'a': 1}}]} | rename(a='A', b='x y') | tojson", '{"A":[{"x y":{"A":1}}]}'),
        ("'as it is' | rename(a='b')", "as it is"),
        ("'AB-12 c' | spell", "A B - 1 2 c"),
        ("4711.0 | spell", "4 7 1 1"),
        ("paid | upper", "YES"),
        ("'ab cd' | title", "Ab Cd"),
        ("'ab' | capitalize ~ ' x ' | trim", "Abx"),
        ("words | join(', ')", "b, a, b"),
        ("order | join('/', attribute='dish')", "tea/soup"),
        ("order | map(attribute='dish') | join", "teasoup"),
        ("words | map('upper') | list", "B, A and B"),
        ("words | unique | sort", "a and b"),
        ("order | sort(attribute='dish') | map(attribute='dish') | first", "soup"),
        ("order | sum(attribute='quantity')", "5"),
        ("order | selectattr('note') | list | length", "0"),
        ("order | rejectattr('quantity', 'gt', 2) | map(attribute='dish') | list", "tea"),
        ("[1, 2, 3] | select('odd') | list", "1 and 3"),
        ("order | groupby('dish') | map(attribute='grouper') | list", "soup and tea"),
        ("'5' | round", "5"),
        ("2.345 | round(1)", "2.3"),
        ("'-2' | abs", "2"),
        ("'12' | int + 1", "13"),
        ("'1.5' | float", "1.5"),
        ("'%.2f' | format('3')", "3.00"),
        ("'%s-%03d %%' | format('a', 7)", "a-007 %"),
        ("text | striptags", "a bold word"),
        ("text | wordcount", "3"),
        ("text | truncate(5, true, '')", "a <b>"),
        ("'a\nb' | indent(2)", "a\n  b"),
        ("'a b&' | urlencode", "a%20b%26"),
        ("{'a': 1} | urlencode", "a=1"),
        ("{'b': 1, 'a': 2} | dictsort | first | first", "a"),
        ("'abcabc' | replace('a', 'x')", "xbcxbc"),
        ("'abcabc' | replace('a', 'x', 1)", "xbcabc"),
        ("[1, none, 3] | batch(2) | list", "[[1,null],[3]]"),
        (
            "order | tojson",
            '[{"line":1,"dish":"tea","quantity":2,"note":null},{"dish":"soup","quantity":"3"}]',
        ),
        ("[3, none] | sort | first", "3"),
        ("words | max ~ words | min ~ words | last", "bab"),
        ("n is number ~ n is odd ~ 'a' is string", "yesyesyes"),
        ("n is eq('5') ~ n is gt(9) ~ n is in([5]) ~ n is sameas(5)", "yesnoyesyes"),
        ("n == '5'", "yes"),
        ("n >= '3.5'", "yes"),
        ("'10' > n", "yes"),
        ("n in ['5']", "yes"),
        ("'a' in words ;; 'z' not in words", "yesyes"),
        ("'dish' in order[0] ;; 5 in '515'", "yesyes"),
        ("paid == 'yes' ;; paid == 'no' ;; paid != 'off'", "yesnoyes"),
        ("day == '2026-12-04' ;; day > '2026-12-01'", "yesyes"),
        ("day == now ;; now > '2026-12-04T10:00' ;; now > day", "yesyesno"),
        ("at < '09:00' ;; at < now ;; day == 'soon'", "yesyesno"),
        ("order[0] == order[0] ;; [1] == [2]", "yesno"),
        ("'3' + 4", "7"),
        ("'3' + '4' ;; [1] + [2]", "341 and 2"),
        ("price * 2 ;; '/' ;; price + 0.5", "5/3"),
        ("0.5 + price", "3"),
        ("7 // 2 ;; 7 % 2 ;; 2 ** 3 ;; 7 - 2 ;; 6 / 3", "31852"),
        ("(now - day) is known", "no"),
        ("wait ~ '; ' ~ -wait", "1 day 30 seconds; 1 day 30 seconds"),
        ("now + wait", "Saturday 5 December 2026, 14:30"),
        ("now.hour ~ ':' ~ now.minute ~ ' ' ~ day.year ~ ' ' ~ at.hour", "14:30 2026 8"),
        (
            "now.strftime('%H.%M') ~ ' ' ~ now.date() ~ ' ' ~ now.isoformat()",
            "14.30 Friday 4 December 2026 2026-12-04T14:30:00+00:00",
        ),
        ("now.weekday() ~ wait.total_seconds() ~ wait.days", "4864301"),
        ("point.x ~ point[1]", "34"),
        ("' a '.strip() ~ 'a,b'.split(',') | join('+')", "aa+b"),
        ("', '.join(words) ~ 'aa'.replace('a', 'b')", "b, a, bbb"),
        ("order[0].get('dish') ~ order[0].get('x', 'y') ~ words.index('a')", "teay1"),
        ("'a'.join.x | default('empty')", "empty"),
        ("{'5': 'five'}[5]", "five"),
        ("guest.name ;; guest._x ;; guest.other", "Ann"),
        ("now.strftime('%099999999d') ;; day.strftime('a' * 300)", ""),
        ("[1, 2] == {'a': 1} ;; day == true", "nono"),
        ("words['1'] ~ words.5", "a"),
    ],
)
def test_an_expression_gives(expression, expected):
    """Filters, tests, signs and methods give what their names say; `;;` parts expressions."""
    text = "".join(f"{{{{ {each} }}}}" for each in expression.split(" ;; "))
    assert Renderer().render(text, VALUES) == expected


def test_random_takes_one_of_a_list():
    """`random` gives an entry of the list."""
    assert Renderer().render("{{ words | random }}", VALUES) in {"a", "b"}
