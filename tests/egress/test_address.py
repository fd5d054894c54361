"""No value leads to another address."""

from __future__ import annotations

from urllib.parse import parse_qsl, unquote

import httpx
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.egress.request.address import address, with_query
from runner.egress.trouble import RequestError
from runner.template import Renderer


def make(url, **values):
    renderer = Renderer(wire=True)
    return address(
        url, lambda text, **how: renderer.render(text, values, **how), lambda: RequestError("empty")
    )


@settings(deadline=None)
@given(st.text(max_size=20), st.text(max_size=20))
def test_a_value_stays_where_it_stands(first, second):
    """Whatever two values hold, host, path and number of parts are the author's."""
    try:
        made = make("https://a.example/v/{{ x }}/w/p{{ y }}?q={{ y }}", x=first, y=second)
    except RequestError:
        return
    url = httpx.URL(made)
    assert url.host == "a.example"
    parts = url.raw_path.split(b"?")[0].split(b"/")
    assert (len(parts), parts[1], parts[3]) == (5, b"v", b"w")
    if first.isascii():
        assert unquote(parts[2].decode()) == first
    assert list(url.params) == ["q"]


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)


@settings(deadline=None)
@given(st.lists(st.tuples(words, words), max_size=4))
def test_a_query_comes_back_as_it_was(query):
    """Names and values of a query are what a server reads."""
    url = httpx.URL(with_query("https://a.example/x", query))
    read = parse_qsl(url.query.decode(), keep_blank_values=True)
    assert read == query
