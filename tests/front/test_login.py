"""ID tokens of a login provider: whom they let in, to what, and all that is refused."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from dataclasses import replace

import aiohttp
import pytest
from front.test_tokens import SEALED, TOKENS, Now, guarded
from support.id_tokens import (
    AUDIENCE,
    ISSUER,
    LOGIN,
    Provider,
    crafted,
    private,
    public,
    token,
)
from support.one_loop import fixture
from support.visiting import WANTED, Visit

from runner.front import signing_keys
from runner.front.app import Front
from runner.front.login import IdTokens
from runner.front.problems import HttpProblem
from runner.front.rates import Rate
from runner.front.routes import ROUTES
from runner.front.signing_keys import FRESH, LARGEST, PAUSE, STALE
from runner.front.tokens import Doors
from runner.secret import Secret

ALGORITHMS = ("RS256", "ES256", "EdDSA")
NOW = int(time.time())
CALLERS = {
    "voice",
    "sessions", "session", "session_events", "session_audio", "end_session", "ticket",
    "caller_context",
    "token", "token_at_api_token", "token_at_api_v2_sandbox_connection_details",
    "token_by_link", "connection_details", "create_room", "config",
}  # fmt: skip
"""The routes that an ID token opens; the page's files and the like are open anyway."""


def bearer(text):
    """The header of a token."""
    return {"Authorization": f"Bearer {text}"}


@pytest.fixture
def provider():
    return Provider()


@pytest.fixture
def now():
    return Now(tokens=SEALED, login=LOGIN)


@fixture
async def ask(runner, now, provider):
    async with guarded(runner, now, fetch=provider) as client:
        yield client


async def refused(ask, text, **about):
    """The words of a 401, in which nothing of the token stands."""
    answer = await ask("GET", "/v1/sessions", headers=bearer(text), **about)
    assert (answer.status, answer.error["code"]) == (401, "unauthorized")
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.error["help"]
    assert len(text) < 9 or text.encode()[:200] not in answer.body
    return answer.error["message"]


@pytest.mark.parametrize("algorithm", ALGORITHMS)
async def test_each_algorithm_lets_in(ask, algorithm, provider):
    """RS256, ES256 and EdDSA; the keys are asked for once."""
    for _ in range(2):
        answer = await ask("GET", "/v1/sessions", headers=bearer(token(algorithm)))
        assert (answer.status, answer.json) == (200, [])
    assert provider.asked == 1


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: r.name)
async def test_what_an_id_token_opens(ask, route, runner):
    """Its own routes, and nothing else: all others are 403 in words before anything is done."""
    path = route.path.format(name="clinic", id="s-1", who="mary", file="dom.js")
    text = token()
    answer = await ask(route.method, path, headers=bearer(text), json={})
    assert route.callers == (route.name in CALLERS)
    if route.callers or route.open:
        assert answer.status not in (401, 403) or route.name == "job_status"
    else:
        assert (answer.status, answer.error["code"]) == (403, "not_for_callers")
        assert runner.asked == []
    assert text.encode() not in answer.body


@pytest.mark.parametrize(("method", "path"), [("GET", "/nothing"), ("PUT", "/v1/agents")])
async def test_callers_do_not_learn_what_there_is(ask, method, path):
    """What is no route is answered as what is not theirs."""
    answer = await ask(method, path, headers=bearer(token()))
    assert (answer.status, answer.error["code"]) == (403, "not_for_callers")


async def test_loopback_is_not_open_where_callers_sign_in(runner, provider):
    """Without tokens too; the runner's own tokens open all still."""
    now = Now(login=LOGIN)
    async with guarded(runner, now, fetch=provider) as ask:
        bare = await ask("GET", "/v1/agents")
        assert (bare.status, bare.error["message"]) == (401, "this runner wants a token")
        assert "ID token" in bare.error["help"]
        assert (await ask("GET", "/v1/sessions", headers=bearer(token()))).status == 200
        now.doors = Doors(tokens=SEALED, login=LOGIN)
        assert (await ask("GET", "/v1/agents", headers=bearer(TOKENS[0]))).status == 200
        now.doors = Doors()
        assert (await ask("GET", "/v1/agents")).status == 200


async def test_other_machines_come_in_by_a_login(runner, provider):
    """A login provider is enough to listen for other machines: nobody comes in without it."""
    now = Now(login=LOGIN)
    async with guarded(runner, now, fetch=provider, host="0.0.0.0") as ask:  # noqa: S104 - it wants a token
        assert (await ask("GET", "/v1/sessions")).status == 401
        assert (await ask("GET", "/v1/sessions", headers=bearer(token()))).status == 200


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"exp": NOW - 61}, "this ID token has expired"),
        ({"exp": None}, "this ID token has no 'exp'"),
        ({"sub": None}, "this ID token has no 'sub'"),
        ({"iss": None}, "this ID token has no 'iss'"),
        ({"aud": None}, "this ID token has no 'aud'"),
        ({"nbf": NOW + 86_400}, "this ID token is not valid yet"),
        ({"iat": NOW + 86_400}, "this ID token is not valid yet"),
        ({"iss": ISSUER.rstrip("/")}, "this ID token is of another login provider"),
        ({"aud": "another-app"}, "this ID token is meant for another program"),
        ({"aud": [AUDIENCE, 7]}, "this ID token is meant for another program"),
        ({"sub": ""}, "the 'sub' of this ID token is not 1 to 256 printable characters"),
        ({"sub": "x" * 257}, "the 'sub' of this ID token is not 1 to 256 printable characters"),
        ({"sub": "a\nb"}, "the 'sub' of this ID token is not 1 to 256 printable characters"),
        ({"header": {"kid": None}, "alg": 1}, None),
        ({"header": {"kid": "other"}},
         "this ID token is signed with a key that the login provider does not have"),
        ({"number": 1, "header": {"kid": "RS256-0"}},
         "the signature of this ID token is not right"),
        ({"more": "x" * 6500}, "this ID token is longer than 8 KB"),
    ],
)  # fmt: skip
async def test_what_is_wrong_with_a_token_is_said(ask, claims, words):
    """Each mistake has its words; one key of its algorithm needs no `kid`."""
    text = token(**{"number": 0, **claims})
    if words is None:
        assert (await ask("GET", "/v1/sessions", headers=bearer(text))).status == 200
    elif "8 KB" in words and len(text) > 8100:  # the wire takes no longer header
        answer = await ask("GET", "/v1/sessions", headers=bearer(text))
        assert 400 <= answer.status < 500
        assert answer.json["error"]["message"]
    else:
        assert await refused(ask, text) == words


@pytest.mark.parametrize("moved", [{"exp": -10}, {"nbf": 30}, {"iat": 30}])
async def test_clocks_may_differ_by_a_minute(ask, moved):
    """Less than that is no mistake."""
    claims = {name: int(time.time()) + seconds for name, seconds in moved.items()}
    assert (await ask("GET", "/v1/sessions", headers=bearer(token(**claims)))).status == 200


NONE = {"alg": "none", "typ": "JWT"}
GOOD = {"iss": ISSUER, "aud": AUDIENCE, "sub": "mary", "exp": NOW + 86_400}


@pytest.mark.parametrize(
    "text",
    [
        crafted(NONE, GOOD, b""),
        crafted(NONE | {"alg": "NONE"}, GOOD),
        crafted({"alg": "HS256", "kid": "RS256-0"}, GOOD),
        crafted({"alg": "RS512", "kid": "RS256-0"}, GOOD),
        crafted({"alg": "ES256", "kid": "RS256-0"}, GOOD),
        crafted({"alg": ["RS256"], "kid": "RS256-0"}, GOOD),
        crafted({"alg": "RS256", "kid": 7}, GOOD),
        crafted({"alg": "RS256", "kid": "RS256-0", "crit": ["x"]}, GOOD),
        crafted({"alg": "RS256", "kid": "RS256-0", "b64": False, "crit": ["b64"]}, GOOD),
        crafted([], GOOD),
        crafted(b"[" * 3000, GOOD),
        crafted(b"\xff\xfe", GOOD),
        crafted({"alg": "RS256", "kid": "RS256-0"}, b"no json"),
        crafted({"alg": "RS256", "kid": "RS256-0", "jwk": public("RS256", 1)}, GOOD),
        "a.b.c",
        "..",
        "é.ü.ß",
        "\udcff.\udcff.\udcff",
        "eyJhbGciOiJSUzI1NiJ9." + "A" * 7000 + ".x",
    ],
    ids=range(19),
)
async def test_what_is_no_token_is_refused(ask, text, caplog):
    """Other algorithms, other encodings and things that are none: 401, and nothing of it kept."""
    with caplog.at_level(logging.DEBUG):
        await refused(ask, text)
    assert all(part not in caplog.text for part in text.split(".") if len(part) > 8)


@pytest.mark.parametrize(
    "claims",
    [{"exp": "soon"}, {"exp": []}, {"exp": float("inf")}, {"exp": {}}, {"nbf": "x"}, {"sub": 7}],
)
async def test_claims_of_other_types_are_refused(ask, claims):
    """Well signed all the same."""
    import jwt  # noqa: PLC0415 - to sign what the library's own encoder would not

    text = jwt.api_jws.encode(
        json.dumps(GOOD | claims).encode(), private("RS256"), "RS256", headers={"kid": "RS256-0"}
    )
    assert await refused(ask, text)


async def test_a_token_sent_twice_or_in_another_way_is_none(ask):
    """Two headers, another scheme."""
    headers = [*bearer(token()).items()] * 2
    assert (await ask("GET", "/v1/sessions", headers=headers)).status == 401
    basic = {"Authorization": f"Basic {token()}"}
    assert (await ask("GET", "/v1/sessions", headers=basic)).status == 401


async def test_a_huge_token_is_refused(ask):
    """64 KB are answered in words, and the next caller comes in."""
    answer = await ask("GET", "/v1/sessions", headers=bearer(token(more="x" * 48_000)))
    assert 400 <= answer.status < 500
    assert answer.json["error"]["message"]
    assert (await ask("GET", "/v1/sessions", headers=bearer(token()))).status == 200


@pytest.mark.parametrize(
    ("keys", "about", "words"),
    [
        ([public("RS256"), public("RS256", 1)], {"header": {"kid": None}},
         "this ID token does not say which key it is signed with, and there are several"),
        ([public("RS256"), public("RS256", 1, kid="RS256-0")], {},
         "the login provider has two keys of the name that this ID token says"),
        ([public("RS256", use="enc")], {},
         "this ID token is signed with a key that the login provider does not have"),
        ([public("RS256", alg="RS512")], {},
         "this ID token is signed with a key that the login provider does not have"),
        ([public("RS256", n="AQ")], {}, None),
        ([public("RS256", n=7)], {}, None),
        ([public("RS256", -1)], {"number": -1},
         "the login provider's key for this ID token is too short"),
        ([None, 7, {}, {"kid": "RS256-0"}], {},
         "this ID token is signed with a key that the login provider does not have"),
    ],
    ids=range(8),
)  # fmt: skip
@pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
async def test_keys_that_do_not_do(ask, provider, keys, about, words):
    """Ambiguous, for something else, too short or broken: 401 in words."""
    provider.keys = keys
    said = await refused(ask, token(**about))
    assert said == words or (words is None and said)


async def test_a_key_of_no_name_does_where_it_is_the_only_one(ask, provider):
    """OpenID wants a name only where there are several (Core 1.0, 10.1)."""
    provider.keys = [public("ES256", kid=None, alg=None, use=None)]
    text = token("ES256", header={"kid": None})
    assert (await ask("GET", "/v1/sessions", headers=bearer(text))).status == 200


class Time:
    """A clock that a test puts forward."""

    def __init__(self):
        """Begin somewhere."""
        self.now = 1000.0

    def __call__(self):
        """Tell it."""
        return self.now


@pytest.fixture
def clock():
    return Time()


@fixture
async def logins(provider, clock):
    made = IdTokens(provider, clock)
    yield made
    await made.close()


async def who(logins, *about, **claims):
    """The identity that a token proves."""
    return (await logins.caller(LOGIN, Secret(token(*about, **claims)))).identity


async def status(logins, *about, **claims):
    """The status with which a token is refused."""
    with pytest.raises(HttpProblem) as caught:
        await who(logins, *about, **claims)
    return caught.value.status


async def test_new_keys_are_fetched_for_an_unknown_name_but_seldom(logins, provider, clock):
    """At most once in 30 s, whatever is sent; then the new key counts and the old one is none."""
    assert await who(logins) == "mary"
    provider.keys = [public("RS256", 1)]
    assert await status(logins, "RS256", 1) == 401
    assert provider.asked == 1
    clock.now += PAUSE
    assert await who(logins, "RS256", 1) == "mary"
    for number in range(5):
        assert await status(logins, header={"kid": f"guess-{number}"}) == 401
    assert await status(logins) == 401
    assert provider.asked == 2


async def test_keys_are_fetched_anew_while_they_are_used(logins, provider, clock):
    """After an hour, without a wait; where that fails for a day there are none."""
    await who(logins)
    clock.now += FRESH + 1
    provider.failure = ValueError("away")
    assert await who(logins) == "mary"
    assert provider.asked == 1
    await asyncio.wait({logins._keys._fetching})
    assert provider.asked == 2
    clock.now += STALE
    assert await status(logins) == 503
    provider.failure = None
    clock.now += PAUSE
    assert await who(logins) == "mary"


async def test_many_who_wait_ask_once(logins, provider):
    """Whoever comes while the keys are on their way waits for the same answer."""
    provider.gate.clear()
    waiting = [asyncio.ensure_future(who(logins, each)) for each in ALGORITHMS * 3]
    await provider.came.wait()
    gone = waiting.pop()
    gone.cancel()
    provider.gate.set()
    assert await asyncio.gather(*waiting) == ["mary"] * 8
    assert provider.asked == 1


@pytest.mark.parametrize(
    "raw",
    [b"", b"no json", b"[]", b'{"keys": 7}', b"[" * 5000, b"\xff", b"1" * 60_000,
     b'{"keys": []}' + b" " * LARGEST],
    ids=range(8),
)  # fmt: skip
async def test_a_broken_provider_is_503(ask, provider, raw, caplog):
    """Whatever stands there: the caller is told, the log says why once, programs go on."""
    provider.raw = raw
    for _ in range(3):
        answer = await ask("GET", "/v1/sessions", headers=bearer(token()))
        assert (answer.status, answer.error["code"]) == (503, "login_unavailable")
        assert 1 <= int(answer.headers["Retry-After"]) <= PAUSE
    other = await ask("GET", "/v1/agents", headers=bearer(token()))
    assert (other.status, other.error["code"]) == (403, "not_for_callers")
    assert caplog.text.count("the keys of the login provider could not be fetched") == 1
    assert provider.asked == 1
    assert (await ask("GET", "/v1/agents", headers=bearer(TOKENS[0]))).status == 200


async def test_a_provider_that_hangs_costs_nobody_else_anything(ask, provider, monkeypatch):
    """Programs are answered meanwhile; who waited is told when its time is over."""
    monkeypatch.setattr(signing_keys, "SECONDS", 5.0)
    provider.gate.clear()
    hanging = asyncio.ensure_future(ask("GET", "/v1/sessions", headers=bearer(token())))
    await provider.came.wait()
    assert (await ask("GET", "/v1/agents", headers=bearer(TOKENS[0]))).status == 200
    assert (await ask("GET", "/health")).status == 200
    assert not hanging.done()
    provider.failure = TimeoutError()
    provider.gate.set()
    answer = await hanging
    assert (answer.status, answer.error["code"]) == (503, "login_unavailable")


async def test_a_provider_has_its_time(logins, provider, monkeypatch, caplog):
    """After it nobody waits any more."""
    monkeypatch.setattr(signing_keys, "SECONDS", 0.0)
    monkeypatch.setattr(logins, "_fetch", lambda url, _: provider(url, 5.0))
    provider.gate.clear()
    assert await status(logins) == 503
    assert "it does not answer" in caplog.text


async def test_another_provider_has_its_own_keys(logins):
    """A changed keys_url counts at once."""
    await who(logins)
    with pytest.raises(HttpProblem) as caught:
        await logins.caller(replace(LOGIN, keys_url="https://other.example/keys"), Secret(token()))
    assert caught.value.status == 503


async def test_claims_are_attributes_as_text(logins):
    """All but the registered ones, and what would mean something to LiveKit."""
    text = token(
        name="Mary", admin=True, age=7, groups=["a", "é"], nothing=None, jti="1",
        **{"sip.phoneNumber": "+1", "lk.x": "1", "lkrun.runner": "r"},
    )  # fmt: skip
    caller = await logins.caller(LOGIN, Secret(text))
    assert caller.attributes == {
        "name": "Mary",
        "admin": "true",
        "age": "7",
        "groups": '["a", "é"]',
    }
    assert "Mary" not in repr(caller)


async def test_a_room_is_entered_as_who_signed_in(ask, runner):
    """The identity and the attributes are those of the token, by each way."""
    mine = bearer(token(email="m@x.example"))
    for method, path in (
        ("POST", "/token"), ("POST", "/api/token"),
        ("POST", "/api/v2/sandbox/connection-details"), ("GET", "/token?identity=mary"),
        ("GET", "/connection-details?participantName=Mary"),
    ):  # fmt: skip
        about = {"json": {}} if method == "POST" else {}
        assert (await ask(method, path, headers=mine, **about)).status in (200, 201)
        visit = runner.visit
        assert (visit.identity, visit.proven) == ("mary", True)
        assert visit.attributes == {"email": "m@x.example"}
    assert (await ask("POST", "/create-room", headers=mine, json={})).status == 201
    assert runner.wish.identity == "mary"


@pytest.mark.parametrize(
    "body", [{"participant_identity": "zoe"}, {"participant_attributes": {"role": "admin"}}]
)
async def test_nobody_comes_in_as_somebody_else(ask, runner, body):
    """Another identity, or attributes that nobody proves, are refused; a program may say both."""
    answer = await ask("POST", "/token", headers=bearer(token()), json=body)
    assert (answer.status, answer.error["code"]) == (403, "not_yours")
    assert runner.visit is None
    assert (await ask("POST", "/token", headers=bearer(TOKENS[0]), json=body)).status == 201
    assert not runner.visit.proven


async def test_a_caller_has_their_own_sessions_only(ask, runner):
    """They see, read, hear and end their own; another's is 404, as one that does not exist."""
    program = bearer(TOKENS[0])
    ids = []
    for _ in range(2):
        made = await ask("POST", "/v1/agents/clinic/turns", json={}, headers=program)
        ids.append(made.json["session_id"])
    mine, other = ids
    runner.callers = {mine: "mary", other: "zoe"}
    runner.happen(mine, type="end", reason="silence")
    runner.happen(other, type="end", reason="silence")
    me = bearer(token())
    assert [s["id"] for s in (await ask("GET", "/v1/sessions", headers=me)).json] == [mine]
    assert len((await ask("GET", "/v1/sessions", headers=program)).json) == 2
    for method, path in (
        ("GET", "/v1/sessions/{}"), ("GET", "/v1/sessions/{}/events"),
        ("GET", "/v1/sessions/{}/audio"), ("DELETE", "/v1/sessions/{}"),
    ):  # fmt: skip
        theirs = await ask(method, path.format(other), headers=me)
        nobodys = await ask(method, path.format("none"), headers=me)
        assert (theirs.status, theirs.error["code"]) == (404, "unknown_session")
        assert nobodys.status == 404
        if "audio" not in path:
            assert (await ask(method, path.format(mine), headers=me)).status in (200, 204)
    acting = await ask("POST", f"/v1/sessions/{mine}/actions", headers=me, json={"say": "x"})
    assert acting.status == 403


async def test_a_caller_has_their_own_context_only(ask):
    """What is kept of another is as what is kept of nobody."""
    me = bearer(token())
    assert (await ask("GET", "/agent/context/zoe", headers=me)).error["code"] == "unknown_caller"
    own = await ask("GET", "/agent/context/mary", headers=me)
    program = await ask("GET", "/agent/context/mary", headers=bearer(TOKENS[0]))
    assert (own.status, own.body) == (program.status, program.body)


async def test_a_ticket_is_as_good_as_its_id_token(ask, runner):
    """It opens the caller's own stream once, and nothing of another's."""
    made = await ask("POST", "/v1/agents/clinic/turns", json={}, headers=bearer(TOKENS[0]))
    mine = made.json["session_id"]
    runner.callers = {mine: "mary"}
    runner.happen(mine, type="end", reason="silence")
    for name, right in (("mary", 200), ("zoe", 404)):
        ticket = await ask("POST", "/v1/tickets", headers=bearer(token(sub=name)))
        assert ticket.status == 201
        stream = f"/v1/sessions/{mine}/events?ticket={ticket.json['ticket']}"
        assert (await ask("GET", stream)).status == right
        assert (await ask("GET", stream)).status == 401


async def test_a_websocket_sends_it_as_a_subprotocol(ask, runner):
    """The call is the caller's, with what the token says of them; a wrong one is 401."""
    path = f"{ask.base}/v1/agents/clinic/voice?rate=24000"
    offered = ("lkrun", f"lkrun.bearer.{token(plan='gold')}")
    async with ask.session.ws_connect(path, protocols=offered) as socket:
        assert (await socket.receive_json(timeout=5))["type"] == "session"
        assert socket.protocol == "lkrun"
    assert (runner.caller.identity, runner.caller.attributes) == ("mary", {"plan": "gold"})
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        await ask.session.ws_connect(path, protocols=("lkrun", "lkrun.bearer.a.b.c"))
    assert caught.value.status == 401


async def test_requests_are_counted_by_who_signed_in(runner, provider):
    """A new token of the same caller has no bucket of its own; bad ones are the address's."""
    now = Now(login=LOGIN, rate=Rate(2, 3600))
    async with guarded(runner, now, fetch=provider) as ask:
        seen = [
            (await ask("GET", "/v1/sessions", headers=bearer(token(jti=str(n))))).status
            for n in range(3)
        ]
        assert seen == [200, 200, 429]
        zoe = bearer(token(sub="zoe"))
        assert (await ask("GET", "/v1/sessions", headers=zoe)).status == 200
        seen = [(await ask("GET", "/v1/sessions", headers=bearer("a.b.c"))).status for _ in "123"]
        assert seen == [401, 401, 429]


@WANTED
async def test_a_caller_signs_in_on_the_page(browser, runner, now, provider):
    """With an expired token it says so; with a good one they talk, and see nothing of others."""
    runner.livekit_url = "ws://127.0.0.1:9"
    front = Front(runner, port=0, doors=now, fetch=provider)
    await front.start()
    context = await browser.new_context()
    visit = Visit(await context.new_page(), front)
    await visit.page.goto(visit.address)
    await visit.sees("#door-login", "Callers who have signed in take the ID token")
    field = visit.page.get_by_label("Token", exact=True)
    await field.fill(token(exp=NOW - 3600))
    await field.press("Enter")
    await visit.sees("#door-wrong", "This ID token has expired. Sign in again")
    assert visit.page.url == visit.address
    await field.fill(token())
    await field.press("Enter")
    call = visit.page.get_by_role("button", name="Talk with clinic, by voice")
    await call.wait_for()
    assert await visit.page.get_by_role("button", name="Write to clinic").count() == 0
    assert await visit.page.get_by_role("link", name="Calls").is_hidden()
    await call.click()
    await visit.sees("#over-words", "LiveKit at ws://127.0.0.1:9 cannot be reached")
    assert runner.visit.identity == "mary"
    await context.close()
    await front.stop()
