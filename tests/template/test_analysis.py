"""What is told of a template at load."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from runner.template import Analysis, TemplateProblem, Use, analyse, analyse_condition, has_template

LITERAL = "to mean the two characters themselves, write {{ '{{' }}"
BRACES = "a condition is written without braces"


def uses(text: str) -> list[tuple[str, bool]]:
    return [(".".join(use.path), use.guarded) for use in analyse(text).uses]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ caller.name }}", [("caller.name", False)]),
        ("{{ job.metadata.patient }}", [("job.metadata.patient", False)]),
        ("{{ args['day'] }} {{ slots[0].start }}", [("args.day", False), ("slots.0.start", False)]),
        ("{{ prices[kind].net }}", [("prices", False), ("kind", False)]),
        ("{{ name.upper() }} {{ menu.items() }}", [("name", False), ("menu", False)]),
        (
            "{{ (a ~ b)[0] }} {{ (a or b).x }}",
            [("a", False), ("b", False), ("a", True), ("b", False)],
        ),
        ("{{ caller.name or 'there' }}", [("caller.name", True)]),
        ("{{ 'x' or caller.name }}", [("caller.name", False)]),
        ("{{ x or x.y }}", [("x", True), ("x.y", True)]),
        ("{{ x | default('y') }} {{ x | d(z) }}", [("x", True), ("x", True), ("z", False)]),
        ("{{ x | upper }} {{ x | length }}", [("x", False), ("x", True)]),
        ("{{ x is known }} {{ x is not defined }} {{ not x }}", [("x", True)] * 3),
        ("{{ x > 3 }} {{ x in y }}", [("x", True)] * 2 + [("y", True)]),
        ("{{ x if x else 'n' }}", [("x", True), ("x", True)]),
        ("{{ x if y else z }}", [("x", False), ("y", True), ("z", False)]),
        ("{{ x and x.y }}", [("x", False), ("x.y", True)]),
        (
            "{% if x %}{{ x.y }}{{ z }}{% elif z %}{{ z }}{% else %}{{ w }}{% endif %}",
            [("x", True), ("x.y", True), ("z", False), ("z", True), ("z", True), ("w", False)],
        ),
        (
            "{% for o in order if o.n > m %}{{ o.x }}{{ loop.index }}{% else %}{{ o }}{% endfor %}",
            [("order", True), ("m", True), ("o", False)],
        ),
        (
            "{% set y = x %}{{ y }}{% with z = y %}{{ z.a }}{% endwith %}{{ z }}",
            [("x", False), ("z", False)],
        ),
        ("{% set y %}{{ x }}{% endset %}{{ y }}", [("x", False)]),
        ("{% filter upper %}{{ x }}{% endfilter %}", [("x", False)]),
        ("{{ range(n) }} {{ range }}", [("n", False), ("range", False)]),
        ("{{ {'a': x}['a'] + -y }}", [("x", False), ("y", False)]),
        ("{% raw %}{{ x }}{% endraw %}{# y #}", []),
        ("no template", []),
    ],
)
def test_uses_are_the_undeclared_names(text, expected):
    """Each undeclared name is a use with its chain, guarded where emptiness leaves no hole."""
    assert analyse(text).problems == ()
    assert uses(text) == expected


def test_a_use_knows_its_place():
    """Line and column are those of the name, the offset that of its braces."""
    analysis = analyse("https://{{ host }}\n/a/{{ args.day }}")
    assert analysis.uses == (
        Use(("host",), 1, 12, guarded=False, part=True, offset=8),
        Use(("args", "day"), 2, 7, guarded=False, part=True, offset=22),
    )
    spaced = analyse("a  \n  {%- if x -%}  {{y}}{% endif %}")
    assert [(use.line, use.column, use.offset) for use in spaced.uses] == [(2, 10, 6), (2, 19, 20)]


@pytest.mark.parametrize(
    ("text", "single", "parts"),
    [
        ("{{ x }}", True, [False]),
        ("\n {{ x.y }} \n", True, [False]),
        ("{{ x or y }}", True, [True, True]),
        ("{{ x.get('a') }}", True, [True]),
        ("{{ x }}!", False, [True]),
        ("{{ x }}{{ y }}", False, [True, True]),
        ("{% if x %}a{% endif %}", False, [True]),
        ("{# c #}{{ x }}", True, [False]),
        ("{{ 5 }}", True, []),
        ("5", False, []),
    ],
)
def test_one_expression_is_told_from_text(text, single, parts):
    """A text of one expression is single; a use that is all of it is no part."""
    analysis = analyse(text)
    assert analysis.single is single
    assert [use.part for use in analysis.uses] == parts


def test_text_without_braces_is_literal():
    """A text without `{{`, `{%` and `{#` is its own rendering."""
    assert analyse("say { this }") == Analysis(literal=True)
    assert not analyse("{# x #}").literal
    assert [has_template(t) for t in ("a", "{{", "{%", "{#", "{ {")] == [
        False,
        True,
        True,
        True,
        False,
    ]


def test_every_use_of_a_condition_is_guarded():
    """A condition on what is missing is false, so nothing in it can leave a hole."""
    analysis = analyse_condition("attempts >= 3 and caller.name")
    assert [(use.path, use.guarded) for use in analysis.uses] == [
        (("attempts",), True),
        (("caller", "name"), True),
    ]
    assert not analysis.single


@pytest.mark.parametrize("text", ["{{ x or 'y' }}", "{{ x | nope }}", "plain", "{{"])
def test_an_analysis_can_be_kept_in_a_file(text):
    """What is written as JSON and read again is the same analysis."""
    analysis = analyse(text)
    assert Analysis.from_data(json.loads(json.dumps(analysis.to_data()))) == analysis


def test_jinja_is_imported_only_where_there_are_braces():
    """A folder without a template never pays for the import of Jinja2."""
    code = (
        "import sys, runner.template as t\n"
        "t.analyse('plain'); t.Renderer().value('plain', {})\n"
        "assert 'jinja2' not in sys.modules\n"
        "t.analyse('{{ x }}')\n"
        "assert 'jinja2' in sys.modules\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("text", "code", "message", "help_", "place"),
    [
        (
            "Hi {{ caller.name",
            "E301",
            "'{{' is never closed",
            "write '}}' after it; " + LITERAL,
            (1, 4),
        ),
        ("Hi {{ name }, {{ y }}", "E301", "'{{' is never closed", ..., (1, 4)),
        ("Hi {{ name, how are you?", "E301", "'{{' is never closed", ..., (1, 4)),
        ("{% if x }}a", "E301", "'{%' is never closed", ..., (1, 1)),
        ("a {# b", "E301", "'{#' is never closed", LITERAL.replace("{{' ", "{#' "), (1, 3)),
        (
            "{% raw %}{{ x",
            "E301",
            "'{% raw %}' is never closed",
            "write '{% endraw %}' after it",
            (1, 1),
        ),
        (
            "a\n{% if x %}b",
            "E301",
            "'{% if %}' is never closed",
            "write '{% endif %}' where it ends",
            (2, 1),
        ),
        (
            "{% if x %}{% for a in b %}{% endfor %}",
            "E301",
            "'{% if %}' is never closed",
            ...,
            (1, 1),
        ),
        (
            "{% for a in b %}{% endif %}",
            "E301",
            "'{% endif %}' cannot stand here: '{% for %}' is still open",
            "close it with '{% endfor %}' first",
            (1, 20),
        ),
        ("{% endif %}", "E301", "'{% endif %}' belongs to nothing before it", None, (1, 4)),
        ("{% fro x in y %}", "E301", "unknown statement 'fro'", "did you mean 'for'?", (1, 4)),
        (
            "{% for x in y recursive %}{% endfor %}",
            "E301",
            "a loop cannot be 'recursive' here",
            None,
            (1, 4),
        ),
        ("{{ }}", "E301", "there is nothing between '{{' and '}}'", ..., (1, 4)),
        ("{{ a.b. }}", "E301", "something is missing before '}}'", None, (1, 9)),
        ("{{ first name }}", "E301", "'name' cannot stand here", ..., (1, 10)),
        ("{{ x = 3 }}", "E301", "'=' cannot stand here", "to compare, write '=='", (1, 6)),
        ("{{ a && b }}", "E301", "'&' cannot stand here", "write 'and'", (1, 6)),
        ("{{ a || b }}", "E301", "'|' cannot stand here", ..., (1, 7)),
        ("{{ a OR b }}", "E301", "'OR' cannot stand here", "write 'or'", (1, 6)),
        ("{{ “a” }}", "E301", "'“' cannot stand here", "use straight quotes: ' or \"", (1, 4)),
        ("{{ 'abc }}", "E301", "a quote is not closed", "close it, or leave it out", (1, 4)),
        ("{{ x | lnes }}", "E303", "unknown filter 'lnes'", "did you mean 'lines'?", (1, 8)),
        (
            "{{ x | urlize }}",
            "E303",
            "the filter 'urlize' cannot be used",
            "leave it out: speech has no links",
            (1, 8),
        ),
        ("{{ x | map('uper') }}", "E303", "unknown filter 'uper'", "did you mean 'upper'?", (1, 8)),
        (
            "{{ x | selectattr('a', 'knwon') }}",
            "E303",
            "unknown test 'knwon'",
            "did you mean 'known'?",
            (1, 8),
        ),
        (
            "a\n{{ x is not knwon }}",
            "E303",
            "unknown test 'knwon'",
            "did you mean 'known'?",
            (2, 13),
        ),
        (
            "{{ x.__class__ }}",
            "E301",
            "'__class__' cannot be used: it begins with '__'",
            None,
            (1, 5),
        ),
        ("{{ x.uper() }}", "E301", "'uper' cannot be called here", "did you mean 'upper'?", (1, 5)),
        (
            "{{ lipsum() }}",
            "E301",
            "'lipsum' cannot be called",
            "a value is written without '(' and ')'",
            (1, 4),
        ),
        ("{{ x[0]() }}", "E301", "this value cannot be called", ..., (1, 5)),
        ("{{ range(*x) }}", "E301", "'*' cannot stand before an argument here", None, (1, 9)),
        ("{{ " + "9" * 5000 + " }}", "E301", "a number in this template is too long", None, (1, 4)),
        (
            "{{ x }}" + "a" * 70_000,
            "E118",
            "a text with '{{' in it may have 64 KB at most",
            "split it, or leave out the braces",
            (1, 1),
        ),
        ("{{ " + "(" * 10_000, "E301", "this template is nested too deeply", ..., (1, 44)),
        (
            "{{ " + "not " * 5_000 + "x }}",
            "E301",
            "this template is nested too deeply",
            ...,
            (1, 1),
        ),
        ("{{ x" + " + x" * 5_000 + " }}", "E301", "this template is nested too deeply", ..., ...),
    ],
)
def test_a_mistake_is_told_in_plain_words(text, code, message, help_, place):
    """Each mistake is one problem that says what is wrong, where, and what to write."""
    (problem,) = analyse(text).problems
    assert (problem.code, problem.message) == (code, message)
    assert help_ in {..., problem.help}
    assert place in {..., (problem.line, problem.column)}


@pytest.mark.parametrize(
    "text",
    [
        "{% include 'a' %}",
        "{% import 'a' as b %}",
        "{% from 'a' import b %}",
        "{% extends 'a' %}",
        "{% block a %}{% endblock %}",
        "{% macro a() %}{% endmacro %}",
        "{% call a() %}{% endcall %}",
        "{% autoescape true %}{% endautoescape %}",
        "{% do x %}",
    ],
)
def test_a_statement_that_belongs_to_programs_is_refused(text):
    """What reaches other files, defines functions or escapes has one plain message."""
    (problem,) = analyse(text).problems
    statement = text.split()[1]
    assert problem == TemplateProblem(
        "E301", f"'{{% {statement} %}}' cannot be used here", None, 1, 4
    )


@pytest.mark.parametrize(
    ("text", "code", "message", "help_"),
    [
        ("{{ attempts >= 3 }}", "E310", BRACES, "write: attempts >= 3"),
        ("{{ a }} and {{ b }}", "E310", BRACES, "write the names alone: attempts >= 3"),
        ("{% if x %}", "E310", BRACES, "write the names alone: attempts >= 3"),
        ("attempts = 3", "E301", "'=' cannot stand here", "to compare, write '=='"),
        ("a && b", "E301", "'&' cannot stand here", "write 'and'"),
        (
            "!a",
            "E301",
            "'!' cannot stand here",
            "write 'not' for the opposite, '!=' for 'is different'",
        ),
        ("a >=", "E301", "something is missing at the end", None),
        ("(a", "E301", "something is missing at the end", None),
        ("a, b", "E301", "',' cannot stand here", None),
        (" ", "E301", "there is no condition here", None),
        ("x is knwn", "E303", "unknown test 'knwn'", "did you mean 'known'?"),
    ],
)
def test_a_mistake_in_a_condition_is_told(text, code, message, help_):
    """Braces have their own problem; all else is told as in a text."""
    assert [(p.code, p.message, p.help) for p in analyse_condition(text).problems] == [
        (code, message, help_)
    ]


def test_all_unknown_filters_are_told_in_order():
    """Several mistakes that can be told apart are all told, in the order of the text."""
    problems = analyse("{{ x is knwon }} {{ x | uper }}").problems
    assert [(each.code, each.column) for each in problems] == [("E303", 9), ("E303", 25)]
    assert all(isinstance(each, TemplateProblem) for each in problems)
