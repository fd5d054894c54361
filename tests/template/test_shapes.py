"""Where templates stand in a text, and what is written as on other platforms."""

from __future__ import annotations

import time

import pytest

from runner.template import Renderer, analyse, analyse_condition, pieces, without_templates

VALUES = {
    "price": 19.9,
    "n": 3,
    "paid": True,
    "name": "Anna",
    "slots": [{"when": "8", "free": True}, {"when": "9", "free": False}],
    "caller": {"attributes": {"sip.callID": "X1", "sip.h.X-Job": "7", "order": {"id": 1}}},
}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ '%.2f' % price }}", "19.90"),
        ("{{ '%.2f' % '3.14159' }}", "3.14"),
        ("{{ '%s owes %d' % (name, n) }}", "Anna owes 3"),
        ("{{ '%d%%' % n }}", "3%"),
        ("{{ '%s' % paid }}", "yes"),
        ("{{ '%.1f euros' % (price * 2) }}", "39.8 euros"),
        ("{{ n % 2 }}", "1"),
        ("{{ '10' % 4 }}", "2"),
        ("{{ '%s' % gone }}", ""),
    ],
)
def test_percent_writes_values_into_a_text(text, expected):
    """The idiom of every tutorial works; between numbers `%` is what is left of a division."""
    assert Renderer().render(text, VALUES) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{{ caller.attributes.sip.callID }}", "X1"),
        ("{{ caller.attributes['sip.callID'] }}", "X1"),
        ("{{ caller.attributes.sip['callID'] }}", "X1"),
        ("{{ caller.attributes.sip.h['X-Job'] }}", "7"),
        ("{{ caller.attributes['sip']['h']['X-Job'] }}", "7"),
        ("{{ caller.attributes.order.id }}", "1"),
        ("{{ 'phone' if caller.attributes.sip else 'web' }}", "phone"),
        ("{{ 'phone' if caller.attributes.rtc else 'web' }}", "web"),
        ("{{ caller.attributes.sip.trunk or 'none' }}", "none"),
    ],
)
def test_a_name_with_dots_is_found_part_by_part(text, expected):
    """LiveKit's attributes are flat names with dots; they read as if they were nested."""
    assert Renderer().render(text, VALUES) == expected


def test_templates_are_found_in_one_pass():
    """Braces in braces, comments and raw blocks are told apart; what is not closed is text."""
    text = "a {{ b }} {% raw %}{{ c }}{% endraw %} {# d #} {{{e}}} {{ f"
    shapes = [text[begin:end] for _, begin, end in pieces(text)]
    assert shapes == ["{{ b }}", "{% raw %}{{ c }}{% endraw %}", "{# d #}", "{{{e}}}"]
    assert without_templates("x{{ y\n }}z") == "x    \n   z"


@pytest.mark.parametrize("piece", ["{{", "{#", "{%", "{{{", "{{ a ? ", "{% raw %}", "${#"])
def test_a_hostile_text_is_searched_quickly(piece):
    """Thousands of openings that are never closed cost one pass."""
    begin = time.process_time()
    analyse(piece * (60_000 // len(piece)))
    list(pieces(piece * 30_000))
    assert time.process_time() - begin < 3


def test_one_mistake_hides_no_other():
    """What cannot be read between two braces is told, and the rest of the text is read on."""
    analysis = analyse("{{ a b }} {{ c }}\n{{ d = 1 }} {{ now() }} {{ e | lnes }}")
    assert [(p.line, p.column) for p in analysis.problems] == [(1, 6), (2, 6), (2, 16), (2, 32)]
    assert [use.path for use in analysis.uses] == [("c",), ("e",)]


@pytest.mark.parametrize(
    ("text", "help_"),
    [
        ("{{ name ?? 'you' }}", "write {{ name or 'you' }}"),
        ("{{ gone ? 'a' : 'b' }}", "write {{ 'a' if gone else 'b' }}"),
        ("{{ price:.1f }}", "write {{ '%.1f' | format(price) }}"),
        ("{{ '{:.1f}'.format(price) }}", "write {{ '%.1f' | format(price) }}"),
        ("{{ price.toFixed(1) }}", "write {{ '%.1f' | format(price) }}"),
        ("{{ name | upcase }}", "write {{ name | upper }}"),
        ("{{ name.toUpperCase() }}", "write {{ name | upper }}"),
        ("{{ len(name) }}", "write {{ name | length }}"),
        ("{{ $name }}", "write {{ name }}"),
        ("{{{ name }}}", "write {{ name }}"),
        ("{{ name | default: 'x' }}", "write {{ name | default('x') }}"),
        ("{{ name | append: '!' }}", "write {{ name ~ '!' }}"),
        (
            "{{ slots[].when }}",
            "write {{ slots | map(attribute='when') | join(', ') }}",
        ),
        (
            "{{ slots[?free].when }}",
            "write {{ slots | selectattr('free') | map(attribute='when') | join(', ') }}",
        ),
        (
            "{{ slots[?n=='9'] }}",
            "write {{ slots | selectattr('n', 'equalto', '9') | join(', ') }}",
        ),
        ("{{ name?.first }}", "write {{ name.first }}"),
        ("{{ JSON.stringify(slots) }}", "write {{ slots | tojson }}"),
        ("{{ slots.includes(n) }}", "write {{ n in slots }}"),
    ],
)
def test_what_the_help_says_is_accepted(text, help_):
    """A text of another language is told with the same in this one, which can be read."""
    (problem,) = analyse(text).problems
    assert problem.help == help_
    written = help_.removeprefix("write ")
    assert analyse(written).problems == ()
    failures = []
    Renderer(on_error=failures.append).render(written, VALUES)
    assert failures == []


def test_the_written_help_gives_the_same_value():
    """JMESPath's projections become filters that give the same."""
    render = Renderer().render
    assert render("{{ slots | map(attribute='when') | join(', ') }}", VALUES) == "8, 9"
    chosen = "{{ slots | selectattr('free') | map(attribute='when') | join(', ') }}"
    assert render(chosen, VALUES) == "8"


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'a ? b : c' }}",
        "{{ 'why??' ~ name }}",
        "{{ {'a': 1}['a'] }}",
        "{{ slots[0].when }} {{ slots[1:] | length }}",
        "{{ name if paid else 'x: y' }}",
        "{% raw %}{{#if}}{% endraw %}",
        "{# {{#if}} #}",
    ],
)
def test_what_only_looks_foreign_is_left_alone(text):
    """Signs of other languages within quotes, records and raw blocks are no mistakes."""
    assert analyse(text).problems == ()


@pytest.mark.parametrize(
    ("condition", "help_"),
    [
        ("pupil != null", "write pupil is known"),
        ("pupil == None", "write pupil is not known"),
        ("null != pupil", "write pupil is known"),
        ("pupil == ''", "write pupil is not known"),
        ("'' != pupil", "write pupil is known"),
        ("pupil is None", "write pupil is not known"),
        ("pupil is not null", "write pupil is known"),
        ("pupil is empty", "write pupil is not known"),
        ("pupil is not blank", "write pupil is known"),
        ("pupil is present", "write pupil is known"),
        ("caller.name != undefined", "write caller.name is known"),
        ("exists(pupil)", "write pupil is known"),
        ("len(pupil) > 3", "write pupil | length"),
    ],
)
def test_questions_for_a_value_are_known(condition, help_):
    """However another language asks whether there is a value, `is known` is proposed."""
    (problem,) = analyse_condition(condition).problems
    assert problem.help == help_
    assert analyse_condition(help_.removeprefix("write ")).problems == ()


@pytest.mark.parametrize("condition", ["result.note == ''", "args.note != ''", "pupil is none"])
def test_an_empty_text_of_a_service_may_be_asked_for(condition):
    """A service may answer with an empty text, so that is compared; `is none` is Jinja's own."""
    assert analyse_condition(condition).problems == ()


@pytest.mark.parametrize(
    ("text", "dashed"),
    [
        ("{{ order-id }}", ("order-id",)),
        ("{{ result.present-value }}", ("result", "present-value")),
        ("{{ caller.attributes.X-Job-Id }}", ("caller", "attributes", "X-Job-Id")),
        ("{{ result.order-id.first }}", ("result", "order-id", "first")),
        ("{{ a - b }}", ()),
        ("{{ a -b }}", ()),
        ("{{ a-1 }}", ()),
        ("{{ a-b | int }}", ()),
    ],
)
def test_a_dash_within_a_name_is_seen(text, dashed):
    """Names around a `-` without spaces carry the name that may have been meant."""
    assert {use.dashed for use in analyse(text).uses} == {dashed}


@pytest.mark.parametrize(
    ("condition", "help_"),
    [
        ("score > 3 then", "leave it out: the condition ends before it"),
        ("if score > 3", "leave it out: a condition begins with a name"),
        ("pupil === 'x'", "write '=='"),
        ("pupil !== 'x'", "write '!='"),
        ("score <> 3", "write '!='"),
        ("score => 3", "write '>='"),
        ("not pupil exists", "write pupil is not known"),
        ("pupil contains 'x'", "write 'x' in pupil"),
        ("score is greater than 3", "write score > 3"),
        ("score is at least 3", "write score >= 3"),
        ("score between 1 and 3", "write 1 <= score <= 3"),
        ("pupil equals 'x'", "write pupil == 'x'"),
        ("now > 18:00", "write now.strftime('%H:%M') > '18:00'"),
    ],
)
def test_comparisons_as_people_say_them_are_told_as_they_are_written(condition, help_):
    """Words and signs of other languages are told with the sign or the expression for the same."""
    (problem,) = analyse_condition(condition).problems
    assert problem.help == help_
    written = help_.removeprefix("write ")
    if written != help_ and not written.startswith("'=") and written not in ("'!='", "'>='"):
        assert analyse_condition(written).problems == ()
