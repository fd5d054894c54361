"""The fast loader against strictyaml 1.7.3 itself: the contract that pins that version."""

from __future__ import annotations

import re
from importlib.metadata import version

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strictyaml.parser import StrictYAMLLoader
from strictyaml.ruamel.nodes import MappingNode, ScalarNode

from runner.syntax.loader import Loader, RefusedSyntax
from runner.syntax.strict import MarkedYAMLError

REFUSED_BY_BOTH = [
    "a: &b c\n",
    "a: *b\n",
    "a: !env B\n",
    "a: !important b\n",
    "a: {b: c}\n",
    "a: [b]\n",
    "a: {{ b }}\n",
    "a: {% b %}\n",
    "a:\n\tb: c\n",
    "a:\tb\n",
    "a: b\t\n",
    "a: b\n---\nc: d\n",
    "a: *bold*\n",
    "a: @b\n",
    "a: `b`\n",
    "a: %b\n",
    "a: b: c\n",
    "a: - b\n",
    "a: |b\n",
    "a: > b\n",
    'a: "b\n',
    "a: 'b\n",
    'a: "\\p"\n',
    'a: "b" c\n',
    "a: 'b' c\n",
    "a: b\n  c: d\n",
    "a:\n  b: c\n d: e\n",
    "a:\n  - b\n - c\n",
    "a:\n  - b\n  c: d\n",
    "a:\n  b: c\n  - d\n",
    "a: b\nc\n",
    "a: |\n  b\n c\n",
    "a: one\n  # two\n  three\n",
    "a: ]\n",
    "a: }\n",
    "a: , b\n",
    "--- a: b\n",
]

TAKEN_BY_BOTH = [
    "a: hello {{ name }}\n",
    "a: no\nb: 1.0\nc: null\nd: ~\n",
    "---\na: b\n",
    "a:\n- b\n- c\n",
    "a: b:c\n",
    "a: 'it''s'\n",
    'a: "x\\ty"\n',
    "a: |\n  b\n\n   c\n\nd: e\n",
    "a: |-\n  b\n",
    "a: |+\n  b\n\n\n",
    "a: |2\n   b\n",
    "a: >\n  b\n  c\n\n  d\n   e\n  f\n",
    "a: >-\n  b\n",
    "a: |\n\n  b\n",
    "a: |\n",
    "a: |\n  b",
    "a: >+\n  b\n\n",
    "a: one\n  two\n\n  three\n",
    'a: "one\n  two"\n',
    "a: -b\nc: ?d\ne: :f\n",
    "a : b\n",
    '"a b": c\n',
    "- - a\n  - b\n- c: d\n  e: f\n",
    "a:\n\n  # comment\n  - b\n\n#c\n  - d\n",
    "...a: b\n",
    "a: b # c\n",
]

OURS_ALONE_REFUSES = {
    "? a\n: b\n": "complex key",
    ": b\n": "complex key",
    "%YAML 1.2\n---\na: b\n": "directive",
    "a: b\n...\n": "document",
    "- " * 65 + "a": "depth",
    'a: "\\ud800"\n': "escape",
}

OURS_ALONE_TAKES = ["a: b\n\t\nc: d\n", "a: |\n  b\n\t\n  c\n", "a:\n\t# comment\n  b: c\n"]
"""Lines that hold nothing but a tab, or a tab before a comment: nothing is lost by them."""

BLANK_LINES_FURTHER_IN = {
    "a: |\n      \n  b\n": "\nb\n",
    "a: |\n    \n      \n\n  b\n  c\n": "\n\n\nb\nc\n",
    "a: >-\n      \n  b\n  c\n": "\nb c",
    "- |\n      \n  b\n": "\nb\n",
    "a:\n  b: |\n          \n    c\n": "\nc\n",
    "a: |\n      \n  b\n      \n  c\n": "\nb\n    \nc\n",
}
"""Text → what its block says: blank lines before the first line, with more spaces than it has."""


class Stock(StrictYAMLLoader):
    """strictyaml's loader as it comes."""

    label = "x"
    allow_flow_style = False


def _mark(mark):
    return mark if isinstance(mark, int) else mark.index


def _tree(node):
    """What a node says and where, but for ends of block texts and places of empty values."""
    if isinstance(node, ScalarNode):
        value = node.value.replace("\a", "")
        if not value and node.style is None:
            return None
        end = None if node.style in {"|", ">"} else _mark(node.end_mark)
        return (value, node.style, _mark(node.start_mark), end)
    if isinstance(node, MappingNode):
        pairs = [(_tree(key), _tree(value)) for key, value in node.value]
        return ("map", _mark(node.start_mark), pairs)
    return ("list", _mark(node.start_mark), [_tree(item) for item in node.value])


def stock(text):
    try:
        node = Stock(text).get_single_node()
    except MarkedYAMLError:
        return "refused"
    except (AssertionError, AttributeError, NotImplementedError):
        return "crashed"  # it trips over its own comments
    return node and _tree(node)


def ours(text):
    try:
        node = Loader(text).get_single_node()
    except (RefusedSyntax, MarkedYAMLError):
        return "refused"
    return node and _tree(node)


def test_strictyaml_is_the_version_that_was_read():
    """The loader overrides strictyaml's internals, so its version is pinned."""
    assert version("strictyaml") == "1.7.3"


@pytest.mark.parametrize("text", REFUSED_BY_BOTH)
def test_what_strictyaml_refuses_is_refused(text):
    """The table of refusals holds for both."""
    assert stock(text) == "refused"
    assert ours(text) == "refused"


@pytest.mark.parametrize("text", TAKEN_BY_BOTH)
def test_what_strictyaml_takes_is_taken_alike(text):
    """Texts, styles and places are strictyaml's own."""
    assert stock(text) != "refused"
    assert ours(text) == stock(text)


@pytest.mark.parametrize(("text", "kind"), OURS_ALONE_REFUSES.items())
def test_what_lkrun_does_not_have_is_refused(text, kind):
    """Complex keys, directives, `...`, depth and half characters are closed here."""
    with pytest.raises(RefusedSyntax) as refusal:
        Loader(text).get_single_node()
    assert refusal.value.kind == kind


@pytest.mark.parametrize("text", OURS_ALONE_TAKES)
def test_a_tab_that_nobody_can_see_is_no_mistake(text):
    """A tab on a line without content does not stop anybody."""
    assert stock(text) == "refused"
    assert ours(text) != "refused"


@pytest.mark.parametrize(("text", "said"), BLANK_LINES_FURTHER_IN.items())
def test_blank_lines_before_a_text_say_nothing_of_its_indentation(text, said):
    """Spaces that an editor left on a blank line above a text do not stop anybody."""
    assert stock(text) == "refused"
    tree = ours(text)
    while tree[0] in ("map", "list"):
        tree = tree[2][0][1] if tree[0] == "map" else tree[2][0]
    assert tree[0] == said


PIECES = [
    *("a: ", "b:", "- ", "\n", "\n  ", "\n    ", "\n\n", " ", "  ", " # c", "#", "'x'", '"y z"'),
    *("|", "|-", ">+", ">", "|2", "foo bar", "k: v", "x:y", ":", "-", "--", "---", "\n---\n"),
    *("\\", "'", '"', "1", "é", "%", "*a", "&a", "!t", "[", "{", "]", "}", ",", "@", "\n- ", "~"),
    *("\n  - ", "\n   ", "|+\n", "\n      ", "text\n  more", ">\n  x\n   y\n\n  z\n", "."),
]
KNOWN_GAPS = re.compile(r"(^|\n)(---|\.\.\.)|(^|[ \n])[?%:]|^\s*[|>]", re.MULTILINE)

_BLANK_BEFORE_A_TEXT = re.compile(r"[|>][^\n]*\n *\n")


@settings(max_examples=600, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_both_loaders_agree_on_any_text(text):
    """Same tree, same places, same refusals, outside of the gaps listed above."""
    mine, theirs = ours(text), stock(text)
    if theirs == "refused" and _BLANK_BEFORE_A_TEXT.search(text):
        return
    if mine == "refused" and KNOWN_GAPS.search(text):
        return
    if theirs != "crashed":
        assert mine == theirs
