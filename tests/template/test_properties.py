"""Whatever is written and whatever the values are, nothing raises."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from runner.template import Analysis, Renderer, analyse, analyse_condition

SIGNS = ("==", "!=", "<", "<=", ">", ">=", "in", "+", "-", "*", "/", "%", "**", "~", "or", "and")
WORDS = (
    "{{ }} {% %} {# #} if else elif endif for in endfor set endset with endwith x y.z x[0] x['a'] "
    "or and not is known == != < >= + - * ** / % ~ | lines spell default('a') join sort upper "
    "map(attribute='a') ( ) [ ] , : 'a' \"b 1 2.5 range(3) loop.index namespace(a=1) true none "
    "- -}} {%- \\ “ é . = & raw endraw filter round int tojson first length sum items() get('a')"
)
PIECES = st.sampled_from([*WORDS.split(), "\n", "\r\n", ""])
TEXTS = st.one_of(
    st.lists(PIECES, max_size=20).map(" ".join),
    st.lists(PIECES, max_size=12).map(lambda pieces: "{{ " + " ".join(pieces) + " }}"),
    st.text(max_size=40).map(lambda text: "{{ " + text),
    st.text(max_size=40),
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.binary(max_size=4),
    st.dates(),
    st.datetimes(),
    st.timedeltas(),
    st.decimals(),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.text(max_size=4), st.integers()), inner, max_size=4),
        st.tuples(inner),
    ),
    max_leaves=12,
)


@given(TEXTS)
@settings(max_examples=300, deadline=None)
def test_analysis_never_raises(text):
    """Any text has an analysis, which survives a file."""
    for analysis in (analyse(text), analyse_condition(text)):
        assert Analysis.from_data(analysis.to_data()) == analysis
        assert all(
            each.line >= 1 and each.column >= 1 for each in analysis.problems + analysis.uses
        )


@given(TEXTS, st.fixed_dictionaries({"x": ANYTHING, "y": ANYTHING}))
@settings(max_examples=400, deadline=None)
def test_rendering_never_raises(text, values):
    """Any text renders with any values to a text, a value, a truth and JSON."""
    renderer = Renderer(on_missing=lambda _: None, on_error=lambda _: None)
    assert isinstance(renderer.render(text, values), str)
    renderer.value(text, values)
    renderer.json_value({"a": [text]}, values)
    assert isinstance(renderer.condition(text, values), bool)
    assert isinstance(Renderer(wire=True).render(text, values), str)


@given(ANYTHING, ANYTHING, st.sampled_from(SIGNS))
@settings(max_examples=400, deadline=None)
def test_two_values_meet_without_harm(left, right, sign):
    """Every sign takes every two values, and `!=` is the opposite of `==` where both are there."""
    values = {"a": left, "b": right}
    text = Renderer().render("{{ a " + sign + " b }}", values)
    assert "None" not in text or "None" in str(left) + str(right)
    if left is not None and right is not None:
        assert Renderer().condition("a == b", values) is not Renderer().condition("a != b", values)
