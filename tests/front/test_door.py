"""Who may come in, and what every answer carries."""

from __future__ import annotations

import pytest

from runner.front.door import loopback


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:{port}",
        "localhost:{port}",
        "LOCALHOST:{port}",
        "[::1]:{port}",
        "127.1.2.3:{port}",
    ],
)
async def test_the_names_of_this_machine_come_in(ask, front, host):
    """Every loopback name with this port is right."""
    answer = await ask("GET", "/health", headers={"Host": host.format(port=front.address[1])})
    assert answer.status == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:{port}",
        "127.0.0.1.evil.example:{port}",
        "localhost.evil.example:{port}",
        "localhost",
        "127.0.0.1:1",
        "localhost:{port}@evil.example",
        "x@127.0.0.1:{port}",
        "127.0.0.1:{port}/x",
        "10.0.0.1:{port}",
        "[::1",
        "localhost:99999999",
        "",
    ],
)
async def test_any_other_name_is_403(ask, front, runner, host):
    """DNS rebinding: a name that is not ours gets nothing, on any route and method."""
    name = host.format(port=front.address[1])
    for method, path in (
        ("GET", "/v1/sessions"),
        ("POST", "/v1/agents/clinic/turns"),
        ("GET", "/"),
    ):
        answer = await ask(method, path, headers={"Host": name})
        assert (answer.status, answer.error["code"]) == (403, "wrong_host")
    assert runner.asked == []


FOREIGN = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Origin": "https://127.0.0.1:{port}"},
    {"Origin": "http://127.0.0.1:1"},
    {"Origin": "http://localhost:{port}"},
]
"""What the browser sends of another page, and cannot be made to leave out."""


@pytest.mark.parametrize(
    "headers",
    [*FOREIGN, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}],
)
async def test_other_pages_change_nothing(ask, front, runner, headers):
    """A request that another page sends is 403 where it would change something."""
    sent = {key: value.format(port=front.address[1]) for key, value in headers.items()}
    for method, path in (("POST", "/v1/agents/clinic/turns"), ("DELETE", "/v1/sessions/s-1")):
        answer = await ask(method, path, headers=sent)
        assert (answer.status, answer.error["code"]) == (403, "wrong_origin")
    assert runner.asked == []


@pytest.mark.parametrize(
    "headers", [*FOREIGN, {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_other_pages_read_nothing(ask, front, headers, method):
    """Nor does another page get anything to read, whatever the method and the address."""
    sent = {key: value.format(port=front.address[1]) for key, value in headers.items()}
    for path in ("/", "/health", "/v1/sessions", "/-/page.json", "/nothing"):
        answer = await ask(method, path, headers=sent)
        assert answer.status == 403
        assert method == "HEAD" or answer.error["code"] == "wrong_origin"


@pytest.mark.parametrize("mode", [{}, {"Sec-Fetch-Mode": "navigate"}])
async def test_a_link_may_be_followed_to_here(ask, mode):
    """A person who follows a link of another page, or of a mail, gets the page."""
    headers = {"Sec-Fetch-Site": "cross-site", **mode}
    assert (await ask("GET", "/", headers=headers)).status == 200


async def test_the_own_page_comes_in(ask):
    """The page's own requests carry its origin."""
    headers = {"Origin": ask.base, "Sec-Fetch-Site": "same-origin"}
    assert (await ask("POST", "/v1/agents/clinic/turns", headers=headers)).status == 200


@pytest.mark.parametrize(
    "path", ["/", "/-/page.js", "/health", "/v1/agents", "/nothing", "/openapi.json"]
)
async def test_every_answer_is_guarded(ask, path):
    """No answer is stored, framed, sniffed or allowed to load from outside."""
    headers = (await ask("GET", path)).headers
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Server"] == "lkrun"
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "http" not in policy
    assert "Access-Control-Allow-Origin" not in headers


@pytest.mark.parametrize(
    ("url", "reached"),
    [
        (None, "'self'"),
        ("wss://x.livekit.cloud", "'self' wss://x.livekit.cloud https://x.livekit.cloud"),
        ("ws://127.0.0.1:7880/", "'self' ws://127.0.0.1:7880 http://127.0.0.1:7880"),
        ("https://[::1]:7880/a?b", "'self' https://[::1]:7880 wss://[::1]:7880"),
        ("ws://x; script-src *", "'self'"),
        ("ws://x https://evil.example", "'self'"),
        ("javascript://x", "'self'"),
    ],
)
async def test_the_page_alone_reaches_livekit_at_its_address(ask, runner, url, reached):
    """Exactly there, by both of its schemes; what is no address opens nothing."""
    runner.livekit_url = url
    own, other = [
        (await ask("GET", path)).headers["Content-Security-Policy"] for path in ("/", "/health")
    ]
    assert f"connect-src {reached}; media-src" in own
    assert "connect-src 'self'; media-src" in other
    assert own.replace(f"connect-src {reached};", "connect-src 'self';") == other


@pytest.mark.parametrize(
    ("host", "bound"),
    [
        ("127.0.0.1", "127.0.0.1"),
        ("localhost", "127.0.0.1"),
        ("::1", "::1"),
        ("[::1]", "::1"),
        ("127.9.9.9", "127.9.9.9"),
        ("0.0.0.0", None),  # noqa: S104 - it is refused
        ("::", None),
        ("192.168.1.2", None),
        ("example.com", None),
        ("", None),
    ],
)
def test_what_is_this_machine_only(host, bound):
    """A host is loopback, or it is not."""
    assert loopback(host) == bound
