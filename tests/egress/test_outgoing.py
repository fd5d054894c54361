"""What goes out: rendered as the language says, and nothing that a value could break."""

from __future__ import annotations

import json

import pytest

URL = "https://api.example/v2"


async def sent(mock, http, args=None, **more):
    ask = mock()
    answer = await ask({"url": URL, **http}, args, **more)
    assert answer.ok, answer.error
    return ask.sent[0]


async def test_a_list_stays_a_list_in_json(mock):
    """A value that is exactly one expression keeps its type, however deep it stands."""
    http = {
        "method": "POST",
        "body": {
            "json": {
                "tags": "{{ args.tags }}",
                "deep": [{"n": "{{ args.n }}", "no": "{{ args.no }}"}, "{{ args.no }}"],
                "five": "{{ 5 }}",
                "yes": "{{ true }}",
                "text": "n is {{ args.n }}",
            }
        },
    }
    request = await sent(mock, http, {"tags": ["a", "b"], "n": 1.5})
    assert json.loads(request.content) == {
        "tags": ["a", "b"],
        "deep": [{"n": 1.5}],
        "five": 5,
        "yes": True,
        "text": "n is 1.5",
    }
    assert request.headers["content-type"] == "application/json"


async def test_a_json_body_that_is_empty_as_a_whole_is_not_sent(mock):
    """A body of one empty expression leaves the body out."""
    request = await sent(mock, {"method": "POST", "body": {"json": "{{ args.no }}"}})
    assert request.content == b""


async def test_form(mock):
    """A form is encoded, repeats the name of a list, and leaves out what is missing."""
    http = {"method": "POST", "body": {"form": {"a": "x&y {{ args.a }}", "t": "{{ args.t }}", "n": "{{ args.n }}"}}}  # fmt: skip  # noqa: E501 - a line of YAML
    request = await sent(mock, http, {"a": "é", "t": ["1", "2"]})
    assert request.content == b"a=x%26y+%C3%A9&t=1&t=2"
    assert request.headers["content-type"] == "application/x-www-form-urlencoded"


async def test_text(mock):
    """A text is sent in UTF-8 under a label that the author may choose."""
    http = {"method": "PUT", "body": {"text": "xin {{ args.a }}"}}
    request = await sent(mock, http, {"a": "chào"})
    assert request.content.decode() == "xin chào"
    assert request.headers["content-type"] == "text/plain; charset=utf-8"
    chosen = await sent(mock, {**http, "headers": {"content-type": "text/xml"}}, {"a": "b"})
    assert chosen.headers.get_list("content-type") == ["text/xml"]


async def test_query(mock):
    """The query is encoded; what is missing leaves the key out, an empty text does not."""
    http = {
        "query": {
            "q": "{{ args.q }}",
            "none": "{{ args.none }}",
            "empty": "{{ args.empty }}",
            "list": "{{ args.list }}",
            "record": "{{ args.record }}",
            "yes": "{{ args.yes }}",
        }
    }
    args = {"q": "a&b=c#d", "empty": "", "list": [1, 2], "record": {"a": 1}, "yes": True}
    request = await sent(mock, http, args)
    assert str(request.url) == (
        f"{URL}?q=a%26b%3Dc%23d&empty=&list=1&list=2&record=%7B%22a%22%3A1%7D&yes=true"
    )


async def test_a_key_of_query_wins_over_the_url(mock):
    """A name below `query` takes the place of the same name in the url."""
    http = {"url": f"{URL}?branch={{{{ args.b }}}}&x=1", "query": {"branch": "hanoi"}}
    request = await sent(mock, http, {"b": "hue"})
    assert request.url.query == b"x=1&branch=hanoi"


async def test_fixed_variables_win_over_values_of_the_call(mock):
    """No value that comes with the call can take the place of a fixed variable, `args` or `env`."""
    http = {"query": {"b": "{{ branch }}", "e": "{{ env.HOST }}", "a": "{{ args.a }}"}}
    request = await sent(
        mock, http, {"a": "1"}, fixed={"branch": "hanoi"}, env={"HOST": "h"},
        values={"branch": "hue", "env": {"HOST": "evil"}, "args": {"a": "2"}},
    )  # fmt: skip
    assert request.url.query == b"b=hanoi&e=h&a=1"


async def test_the_moment_is_a_datetime(mock):
    """`now` and `call.started` arrive as texts and can be asked for their parts."""
    values = {"now": "2026-12-04T14:30:00+07:00", "call": {"started": "odd"}}
    http = {"query": {"y": "{{ now.year }}", "now": "{{ now }}", "s": "{{ call.started }}"}}
    request = await sent(mock, http, values=values)
    assert dict(request.url.params) == {"y": "2026", "now": values["now"], "s": "odd"}


async def test_headers(mock):
    """A header is left out where it is missing, and is UTF-8 beyond ASCII."""
    headers = {"X-None": "{{ args.none }}", "X-Name": " {{ args.name }}\n", "user-agent": "mine"}
    request = await sent(mock, {"headers": headers}, {"name": "Ngọc"})
    raw = dict(request.headers.raw)
    assert raw[b"X-Name"] == "Ngọc".encode()
    assert b"X-None" not in raw
    assert request.headers.get_list("user-agent") == ["mine"]
    assert request.headers["accept-encoding"] == "gzip, deflate"


@pytest.mark.parametrize(
    ("headers", "words"),
    [
        ({"X-A": "{{ args.evil }}"}, "'X-A' has a line break"),
        ({"X-A": "{{ secrets.LINES }}"}, "'X-A' has a line break"),
        ({"X-A": "a\0b"}, "'X-A' has a line break or control character"),
        ({"Content-Length": "5"}, "'Content-Length' cannot be set"),
        ({"X-A": "{{ secrets.ABSENT }}"}, "the secret 'ABSENT' is missing"),
        ({"X-A": "{{ args.evil * 2.5 }}"}, "cannot be worked out"),
    ],
)
async def test_refused_headers(mock, headers, words):
    """A header that could break the request, or lacks its secret, is refused before sending."""
    ask = mock()
    answer = await ask({"url": URL, "headers": headers}, {"evil": "a\r\nX-Evil: 1"})
    assert not answer.ok
    assert words in answer.error
    assert not ask.sent
    assert answer.attempts == ()


@pytest.mark.parametrize(
    ("url", "args", "target"),
    [
        ("/slots/{{ args.a }}", {"a": "a b/c?d#%2F;é"}, "/v2/slots/a%20b%2Fc%3Fd%23%252F%3B%C3%A9"),
        ("/{{ args.a }}.json", {"a": "v1.2"}, "/v2/v1.2.json"),
        ("?q={{ args.a }}&x=1", {"a": "a&b"}, "/v2?q=a%26b&x=1"),
        ("?q={{ args.none }}", {}, "/v2?q="),
        ("/a#{{ args.none }}", {}, "/v2/a"),
        ("{% if args.a %}/{{ args.a }}{% endif %}/b", {}, "/v2/b"),
        ("{% set x %}a{{ args.a }}{% endset %}/{{ x }}", {"a": "/"}, "/v2/a%2F"),
        ("/{{ args.a }}", {"a": "\ufdd0../x\ufdd1y"}, None),
        ("/{{ args.a }}", {"a": "x\ud800"}, "/v2/x%3F"),
    ],
)  # fmt: skip
async def test_values_in_the_url(mock, url, args, target):
    """Whatever a value holds, it stays one part of the address."""
    ask = mock()
    answer = await ask({"url": f"{URL}{url}"}, args)
    got = ask.sent[0].url.raw_path.decode() if ask.sent else None
    assert got == target, answer.error


@pytest.mark.parametrize("value", ["..", ".", "../x", "a/../../b", "..\\x", "/.."])
async def test_a_value_cannot_climb(mock, value):
    """`..` in the path is refused, also hidden between separators or beside the author's dot."""
    for url in ("/a/{{ args.v }}/b", "/a/{{ args.v }}"):
        answer = await mock()({"url": URL + url}, {"v": value})
        assert "'..'" in answer.error
    answer = await mock()({"url": f"{URL}/a/.{{{{ args.v }}}}"}, {"v": "."})
    assert "'..'" in answer.error


async def test_an_empty_part_of_the_path_fails(mock):
    """Nothing is sent where a value of the path is empty, and the parameter is named."""
    ask = mock()
    answer = await ask({"url": f"{URL}/a/{{{{ args.day }}}}"}, {}, values={})
    assert answer.error == "'day' has no value, and the url's path needs it"
    assert "'day'" in answer.output
    other = await ask({"url": f"{URL}/{{{{ caller.phone }}}}"}, values={"caller": {}})
    assert "'caller.phone' has no value" in other.error
    assert "caller.phone" not in other.output
    empty = await ask({"url": f"{URL}/{{{{ args.day }}}}"}, {"day": ""})
    assert "empty" in empty.error
    secret = await ask({"url": f"{URL}/{{{{ secrets.ABSENT }}}}"})
    assert "the secret 'ABSENT' is missing" in secret.error
    assert not ask.sent


async def test_the_server_may_come_from_the_environment(mock):
    """What stands before the path is the author's, and is not encoded."""
    ask = mock()
    for base, url in [
        ("https://h.example:8443/base", "{{ env.API }}/x/{{ args.a }}"),
        ("h.example:8443/base", "https://{{ env.API }}/x/{{ args.a }}"),
    ]:
        await ask({"url": url}, {"a": "1/2"}, env={"API": base})
        assert str(ask.sent[-1].url) == "https://h.example:8443/base/x/1%2F2"


@pytest.mark.parametrize("base", ["ftp://x", "https://", "https://a:b:c", "https://[::1", "x"])
async def test_an_address_that_is_none(mock, base):
    """An environment that makes no address is told without a crash."""
    answer = await mock()({"url": "{{ env.API }}/x"}, env={"API": base})
    assert "url" in answer.error


async def test_the_user_of_an_address_is_basic_authentication(mock):
    """Name and password before the @ become a header, and are never shown."""
    import httpx  # noqa: PLC0415 - only here

    ask = mock(httpx.Response(200, text="pass-word in dXNlcjpwYXNzLXdvcmQ="))
    answer = await ask({"url": "https://user:pass-word@api.example/x"})
    assert ask.sent[0].headers["authorization"] == "Basic dXNlcjpwYXNzLXdvcmQ="
    assert answer.attempts[0].url == "https://***@api.example/x"
    assert answer.output == "*** in ***"
