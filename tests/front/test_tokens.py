"""Who proves what: tokens, pages of other sites, and how often they may ask."""

from __future__ import annotations

from contextlib import asynccontextmanager

import aiohttp
import pytest
from front.conftest import Client
from support.one_loop import fixture

from runner.front.app import Front
from runner.front.problems import HttpProblem
from runner.front.rates import MOST, Buckets, Rate, network
from runner.front.routes import ROUTES
from runner.front.tickets import MOST as LIMIT
from runner.front.tickets import SECONDS, Tickets
from runner.front.tokens import Doors
from runner.secret import Secret

TOKENS = ("first-of-two", "zweiter-schlüssel")
SEALED = tuple(map(Secret, TOKENS))
RIGHT = {"Authorization": f"Bearer {TOKENS[0]}"}
APP = "https://app.clinic.example"
OPEN = [
    "/",
    "/-/page.css",
    "/-/page.js",
    "/-/page/dom.js",
    "/-/voice.js",
    "/-/voice-worklet.js",
    "/widget.js",
    "/health",
    "/ready",
]


class Now:
    """What says who may come in; a test says it anew."""

    def __init__(self, **doors):
        """Begin with these."""
        self.doors = Doors(**doors)

    def __call__(self):
        """Say it."""
        return self.doors


@asynccontextmanager
async def guarded(runner, now, **about):
    front = Front(runner, port=0, doors=now, **about)
    _, port = await front.start()
    async with aiohttp.ClientSession() as session:
        yield Client(session, f"http://127.0.0.1:{port}")
    await front.stop()


@pytest.fixture
def now():
    return Now(tokens=SEALED)


@fixture
async def ask(runner, now):
    async with guarded(runner, now) as client:
        yield client


@pytest.mark.parametrize("path", OPEN)
async def test_the_page_and_its_health_want_no_token(ask, path):
    """Who looks at the page, or asks whether the runner is well, proves nothing."""
    assert (await ask("GET", path)).status == 200


def test_what_is_open_is_listed():
    """No other row of the table is open, and no other than these and the page's data uncounted."""
    opened = {each.path.format(file="dom.js", id="{id}") for each in ROUTES if each.open}
    uncounted = {
        each.path.format(file="dom.js", name="", id="", who="")
        for each in ROUTES
        if not each.counted
    }
    own = "/v1/jobs/{id}/status"  # it wants the token of its job
    assert opened == {*OPEN, own}
    assert uncounted == {*OPEN, "/-/page.json"}


@pytest.mark.parametrize("route", [r for r in ROUTES if not r.open], ids=lambda r: r.name)
async def test_all_else_wants_a_token(ask, runner, route):
    """Without one a route answers 401 in the usual shape, before anything is done."""
    answer = await ask(
        route.method, route.path.format(name="clinic", id="s-1", who="mary", file="dom.js"), json={}
    )
    assert (answer.status, answer.error["code"]) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert "Authorization: Bearer" in answer.error["help"]
    assert runner.asked == []


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/nothing"), ("POST", "/"), ("GET", "/health/"), ("GET", "//")]
)
async def test_strangers_do_not_learn_what_there_is(ask, method, path):
    """What is no route, or no method of one, is 401 too."""
    assert (await ask(method, path)).status == 401


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER "])
async def test_each_token_is_right(ask, token, scheme):
    """Any of the list lets in; the scheme's case does not count."""
    answer = await ask("GET", "/v1/agents", headers={"Authorization": f"{scheme} {token}"})
    assert answer.status == 200


@pytest.mark.parametrize(
    "sent",
    ["", "Bearer", "Bearer ", "Bearer first-of-tw", "Bearer first-of-two2", "first-of-two",
     "Basic first-of-two", "Bearer FIRST-OF-TWO", "Bearer first-of-two,zweiter-schlüssel",
     "Bearer \udcff"],
)  # fmt: skip
async def test_anything_else_is_refused(ask, sent):
    """A part, more, another case or another scheme is no token."""
    answer = await ask("GET", "/v1/agents", headers={"Authorization": sent})
    assert (answer.status, answer.error["code"]) == (401, "unauthorized")
    assert answer.error["message"] == "this token is not one of the runner's"


async def test_a_token_sent_twice_is_none(ask):
    """What a proxy might read in another way than the runner does not count."""
    headers = [("Authorization", RIGHT["Authorization"])] * 2
    assert (await ask("GET", "/v1/agents", headers=headers)).status == 401


async def test_a_ticket_does_for_a_token_once(ask, runner):
    """Where a browser can send no header: at a stream, and nowhere else."""
    session = (await ask("POST", "/v1/agents/clinic/turns", json={}, headers=RIGHT)).json
    runner.happen(session["session_id"], type="end", reason="silence")
    stream = f"/v1/sessions/{session['session_id']}/events"
    made = await ask("POST", "/v1/tickets", headers=RIGHT)
    assert (made.status, made.json["expires_in"]) == (201, 60)
    shown = f"?ticket={made.json['ticket']}"
    assert (await ask("GET", f"/v1/agents{shown}")).status == 401
    assert (await ask("GET", stream)).status == 401
    assert (await ask("GET", stream + shown)).status == 200
    assert (await ask("GET", stream + shown)).status == 401


async def test_a_ticket_is_no_better_than_its_token(ask, now):
    """Once the token is none, the ticket is none."""
    made = await ask("POST", "/v1/tickets", headers=RIGHT)
    now.doors = Doors(tokens=(Secret("another"),))
    stream = f"/v1/sessions/s-1/events?ticket={made.json['ticket']}"
    assert (await ask("GET", stream)).status == 401


def test_a_ticket_is_good_for_a_minute():
    """And of more than a thousand the oldest are none."""
    time = 0.0
    tickets = Tickets(lambda: time)
    early, late = tickets.give("a"), tickets.give("a")
    time = SECONDS - 1.0
    assert tickets.take(early) == "a"
    time = float(SECONDS)
    assert tickets.take(late) is None
    first = tickets.give("a")
    others = [tickets.give("b") for _ in range(LIMIT)]
    assert tickets.take(first) is None
    assert tickets.take(others[-1]) == "b"


async def test_tokens_change_while_it_serves(ask, now):
    """The next request is held to what stands there now."""
    assert (await ask("GET", "/v1/agents", headers=RIGHT)).status == 200
    now.doors = Doors(tokens=(Secret("another"),))
    assert (await ask("GET", "/v1/agents", headers=RIGHT)).status == 401
    now.doors = Doors(tokens=())
    assert (await ask("GET", "/v1/agents", headers={"Authorization": "Bearer "})).status == 401
    now.doors = Doors()
    assert (await ask("GET", "/v1/agents")).status == 200


async def test_a_listed_page_may_ask(runner):
    """Its browser asks first, without a token, and then may read the answer."""
    async with guarded(runner, Now(tokens=SEALED, origins=frozenset({APP}))) as ask:
        wish = {
            "Origin": APP,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
            "Sec-Fetch-Site": "cross-site",
            "Sec-Fetch-Mode": "cors",
        }
        allowed = await ask("OPTIONS", "/v1/agents/clinic/turns", headers=wish)
        assert (allowed.status, allowed.body) == (204, b"")
        assert allowed.headers["Access-Control-Allow-Methods"] == "POST"
        assert allowed.headers["Access-Control-Allow-Headers"] == (
            "content-type, authorization, x-sandbox-id, x-session-id"
        )
        headers = RIGHT | {"Origin": APP, "Sec-Fetch-Site": "cross-site"}
        turn = await ask("POST", "/v1/agents/clinic/turns", json={"text": "hello"}, headers=headers)
        assert turn.status == 200
        refused = await ask("GET", "/v1/sessions", headers={"Origin": APP})
        assert refused.status == 401
        for answer in (allowed, turn, refused):
            assert answer.headers["Access-Control-Allow-Origin"] == APP
            assert answer.headers["Vary"] == "Origin"
        own = await ask("GET", "/health")
        assert own.headers["Vary"] == "Origin"
        assert "Access-Control-Allow-Origin" not in own.headers


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", f"{APP}.evil.example", f"{APP}:444", "http" + APP[5:]],
)
@pytest.mark.parametrize("method", ["OPTIONS", "GET", "POST"])
async def test_other_pages_are_refused_as_before(runner, origin, method):
    """What is not listed gets nothing, with a right token too."""
    async with guarded(runner, Now(tokens=SEALED, origins=frozenset({APP}))) as ask:
        headers = RIGHT | {"Origin": origin, "Access-Control-Request-Method": "POST"}
        answer = await ask(method, "/v1/agents/clinic/turns", headers=headers)
        assert (answer.status, answer.error["code"]) == (403, "wrong_origin")
        assert "Access-Control-Allow-Origin" not in answer.headers


async def test_a_browser_that_asks_for_nothing_known_is_told(runner):
    """OPTIONS without its question, or at no route, is an error as ever."""
    async with guarded(runner, Now(origins=frozenset({APP}))) as ask:
        wish = {"Origin": APP, "Access-Control-Request-Method": "GET"}
        assert (await ask("OPTIONS", "/nothing", headers=wish)).status == 404
        assert (await ask("OPTIONS", "/v1/agents", headers={"Origin": APP})).status == 405


async def test_the_name_of_a_listed_page_is_a_name_of_the_front(runner):
    """Behind a proxy, the address at which people open it is listed."""
    async with guarded(runner, Now(origins=frozenset({APP}))) as ask:
        host = {"Host": "app.clinic.example"}
        assert (await ask("GET", "/v1/agents", headers=host)).status == 200
        own = await ask("POST", "/v1/agents/clinic/turns", json={}, headers=host | {"Origin": APP})
        assert own.status == 200
        assert (await ask("GET", "/", headers={"Host": "x.app.clinic.example"})).status == 403


async def test_other_machines_come_in_with_a_token(runner):
    """Open to other machines, each address is a name of it; other names are not, nor no token."""
    now = Now(tokens=SEALED)
    async with guarded(runner, now, host="0.0.0.0") as ask:  # noqa: S104 - it wants a token
        for host in ("192.168.1.2", "10.0.0.1:8443", "[2001:db8::1]:80", "localhost:1"):
            answer = await ask("GET", "/v1/agents", headers=RIGHT | {"Host": host})
            assert answer.status == 200
        refused = await ask("GET", "/v1/agents", headers=RIGHT | {"Host": "evil.example"})
        assert (refused.status, refused.error["code"]) == (403, "wrong_host")
        assert "allowed_origins" in refused.error["help"]
        now.doors = Doors()
        assert (await ask("GET", "/v1/agents")).status == 401


async def test_requests_are_counted_by_token_and_by_address(runner):
    """Each token has its own; who has none shares that of the address; 429 says how long."""
    rate = Rate(2, 3600)
    async with guarded(runner, Now(tokens=SEALED, rate=rate)) as ask:
        for token in TOKENS:
            headers = {"Authorization": f"Bearer {token}"}
            seen = [(await ask("GET", "/v1/agents", headers=headers)).status for _ in range(3)]
            assert seen == [200, 200, 429]
        seen = [(await ask("GET", path)).status for path in ("/v1/agents", "/-/page.json", "/x")]
        assert seen == [401, 401, 429]
        for path in OPEN * 2:
            assert (await ask("GET", path)).status == 200
        assert (await ask("GET", "/-/page.json", headers=RIGHT)).status == 200
        refused = await ask("GET", "/v1/agents", headers=RIGHT)
        assert refused.error["code"] == "too_many_requests"
        assert 1790 <= int(refused.headers["Retry-After"]) <= 1800


async def test_openais_clients_read_that_they_ask_too_often(runner):
    """A route with errors of another shape has this one in it too."""
    async with guarded(runner, Now(rate=Rate(1, 60))) as ask:
        await ask("GET", "/v1/agents")
        answer = await ask("POST", "/v1/chat/completions", json={"model": "clinic"})
        assert answer.status == 429
        assert answer.json["error"]["code"] == "rate_limit_exceeded"
        assert 1 <= int(answer.headers["Retry-After"]) <= 60


def test_a_bucket_fills_up_evenly():
    """60 a minute: 60 at once, then one a second; a wait that was told is enough."""
    time = 0.0
    buckets = Buckets(lambda: time)
    rate = Rate(60, 60.0)
    for _ in range(60):
        buckets.take("a", rate)
    with pytest.raises(HttpProblem) as caught:
        buckets.take("a", rate)
    assert caught.value.headers["Retry-After"] == "1"
    time = 1.0
    buckets.take("a", rate)
    with pytest.raises(HttpProblem):
        buckets.take("a", rate)
    buckets.take("b", rate)
    time = 1000.0
    for _ in range(60):
        buckets.take("a", rate)
    with pytest.raises(HttpProblem):
        buckets.take("a", rate)


def test_another_limit_begins_anew():
    """A limit that changes counts at once."""
    buckets = Buckets(lambda: 0.0)
    buckets.take("a", Rate(1, 60.0))
    with pytest.raises(HttpProblem):
        buckets.take("a", Rate(1, 60.0))
    buckets.take("a", Rate(2, 60.0))


def test_a_flood_of_addresses_is_bounded():
    """Of many, those that asked last are kept."""
    buckets = Buckets(lambda: 0.0)
    for at in range(MOST + 5):
        buckets.take(str(at), Rate(1, 60.0))
    assert len(buckets._left) == MOST


@pytest.mark.parametrize(
    ("address", "who"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:bbbb::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        (None, ""),
        ("no address", "no address"),
    ],
)
def test_who_asks_from_an_address(address, who):
    """Of IPv6 a customer has a whole network, and is one."""
    assert network(address) == who
