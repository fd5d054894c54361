"""Budget, retries, breaker, rate and turns: the service is not hammered, and nobody waits long."""

from __future__ import annotations

import asyncio
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.stub_service import ok

from runner.egress.policy.breaker import Breaker
from runner.egress.policy.budget import Budget
from runner.egress.policy.retry import PASSING, Retry, retry_after
from runner.egress.trouble import RequestError

BUSY = ok(b"", status="503 Busy")
NOW = 1_800_000_000.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("3", 3.0),
        (" 0 ", 0.0),
        ("Fri, 15 Jan 2027 08:00:10 GMT", 10.0),
        ("Fri, 15 Jan 2027 07:00:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
        ("", None),
        ("²", None),
        ("9" * 400, 999999999.0),
    ],
)
def test_retry_after(header, seconds):
    """Seconds or a date are read, anything else is none."""
    assert retry_after(header, NOW) == seconds


@settings(deadline=None)
@given(st.text())
def test_retry_after_never_raises(header):
    """A service may write there what it likes."""
    seconds = retry_after(header, NOW)
    assert seconds is None or seconds >= 0


async def test_waits_are_random_below_a_bound_that_doubles():
    """Full jitter: from nothing to 0.2 s, then to 0.4 s, and never more than 2 s."""
    for failures in range(8):
        bound = min(2.0, 0.2 * 2**failures)
        waits = []
        for _ in range(200):
            retry = Retry(9, Budget(60), failures)
            waits.append(retry._wait(RequestError("x", passing=True)))
        assert 0 <= min(waits) < bound / 4
        assert bound / 2 < max(waits) <= bound


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
@pytest.mark.parametrize("status", sorted(PASSING))
async def test_what_is_tried_again(stub, real, method, status):
    """A failure that may pass is tried again for methods that may come twice."""
    stub.reply = [ok(b"", "Retry-After: 0", status=f"{status} X"), ok(b"")]
    answer = await real({"url": stub.url, "method": method, "retries": "1"})
    assert answer.ok
    assert [attempt.status for attempt in answer.attempts] == [status, 200]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 422, 501, 505])
async def test_what_is_not_tried_again(stub, real, status):
    """What would fail again is told at once."""
    stub.reply = ok(b"", status=f"{status} X")
    answer = await real({"url": stub.url, "retries": "3"})
    assert len(answer.attempts) == len(stub.requests) == 1


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_a_post_needs_a_key(stub, real, method):
    """With `idempotency_key` each attempt of a call has the same, another call another one."""
    stub.reply = [ok(b"", "Retry-After: 0", status="503 X"), ok(b"")]
    http = {"url": stub.url, "method": method}
    service = {"api": {"url": stub.url, "retries": "1"}}
    once = await real({"service": "api", "method": method}, services=service)
    assert len(once.attempts) == 1
    for _ in range(2):
        stub.reply = [ok(b"", "Retry-After: 0", status="503 X"), ok(b"")]
        assert (await real(http | {"retries": "1", "idempotency_key": "yes"})).ok
    keys = [
        line.split(b": ")[1]
        for sent in stub.requests
        for line in sent.split(b"\r\n")
        if line.lower().startswith(b"idempotency-key: ")
    ]
    assert len(keys) == 4
    assert keys[0] == keys[1] != keys[2] == keys[3]


@pytest.mark.alone
async def test_no_attempt_beyond_the_budget(stub, real):
    """A Retry-After beyond the budget ends it at once; within it, it is heeded."""
    stub.reply = [ok(b"", "Retry-After: 5", status="429 X"), ok(b"")]
    begun = time.perf_counter()
    answer = await real({"url": stub.url, "retries": "3", "budget": "2s", "timeout": "1s"})
    assert time.perf_counter() - begun < 1
    assert (answer.ok, len(answer.attempts)) == (False, 1)
    stub.reply = [ok(b"", "Retry-After: 1", status="429 X"), ok(b"")]
    begun = time.perf_counter()
    answer = await real({"url": stub.url, "retries": "3", "budget": "3s", "timeout": "1s"})
    assert time.perf_counter() - begun >= 1
    assert answer.ok


@pytest.mark.alone
async def test_the_budget_covers_all_attempts(stub, real):
    """Each attempt has its own time, and all together the budget."""

    async def hang(_writer):
        await stub.release.wait()

    stub.reply = hang
    begun = time.perf_counter()
    answer = await real({"url": stub.url, "retries": "9", "timeout": "200ms", "budget": "700ms"})
    assert 0.4 < time.perf_counter() - begun < 0.95
    assert 2 <= len(answer.attempts) <= 5


@pytest.mark.parametrize(
    ("written", "seconds"),
    [({}, 10), ({"timeout": "20s"}, 20), ({"budget": "3s"}, 3), ({"timeout": "2s"}, 10)],
)
def test_the_budget_is_never_less_than_a_timeout_alone(written, seconds):
    """Who gives one attempt 20 s gets them."""
    from runner.schema.http import Request  # noqa: PLC0415 - as the file is read

    assert Request.model_validate({"url": "https://x.example"} | written).longest == seconds


class Clock:
    """A clock that is set by hand."""

    now = 0.0

    def __call__(self):
        return self.now


def fail(breaker, **how):
    """Let a request through, and fail."""
    with pytest.raises(RequestError) as caught, breaker.guarding():
        raise RequestError("no answer", **how)
    return str(caught.value)


def test_a_breaker_opens_tries_and_closes():
    """After so many failures in a row nothing passes for a while, then one, whose end decides."""
    clock = Clock()
    breaker = Breaker("api", 3, 30.0, clock)
    for _ in range(3):
        assert breaker.state == "closed"
        assert fail(breaker, counts=True) == "no answer"
    assert breaker.state == "open"
    clock.now = 10.0
    message = "service 'api' has failed 3 times in a row, so it is not asked for another 20s"
    assert fail(breaker) == message
    clock.now = 31.0
    assert breaker.state == "half_open"
    with breaker.guarding():
        assert "until one request has succeeded" in fail(breaker)
    assert breaker.state == "closed"
    for _ in range(3):
        fail(breaker, counts=True)
    clock.now = 62.0
    assert fail(breaker, counts=True) == "no answer"
    assert breaker.state == "open"


def test_what_a_breaker_counts():
    """An answer of any other status ends the row; what was never sent says nothing."""
    breaker = Breaker("api", 2, 30.0)
    fail(breaker, counts=True)
    fail(breaker)
    fail(breaker, counts=True)
    assert breaker.state == "open"
    breaker = Breaker("api", 2, 30.0)
    fail(breaker, counts=True)
    fail(breaker, status=404)
    fail(breaker, counts=True)
    assert breaker.state == "closed"


async def test_a_service_that_fails_is_left_alone(stub, real):
    """The sixth call is not sent, says so to the author, and sorry to the model."""
    stub.reply = BUSY
    service = {"api": {"url": stub.url}}
    for _ in range(5):
        assert len((await real({"service": "api"}, services=service)).attempts) == 1
    answer = await real({"service": "api"}, services=service)
    assert answer.error == (
        "service 'api' has failed 5 times in a row, so it is not asked for another 30s"
    )
    assert "the service does not work at the moment" in answer.output
    assert (answer.attempts, len(stub.requests)) == ((), 5)
    assert list(real.egress.breakers()) == [("api", "open")]
    other = await real({"service": "api"}, services={"api": {"url": stub.url, "breaker": "no"}})
    assert len(other.attempts) == 1


@pytest.mark.alone
async def test_a_rate_is_kept(stub, real):
    """What has no turn within a second fails as busy, unsent; the caller does not wait longer."""
    service = {"api": {"url": stub.url, "rate_limit": "2 per second"}}
    begun = time.perf_counter()
    answers = await asyncio.gather(*(real({"service": "api"}, services=service) for _ in range(8)))
    assert time.perf_counter() - begun < 1.25
    late = [answer for answer in answers if not answer.ok]
    assert 2 <= len(stub.requests) <= 4
    assert len(late) == 8 - len(stub.requests)
    assert late[0].error == (
        "service 'api' is asked 2 per second at most, and there was no turn within 1s"
    )
    assert "the service is busy" in late[0].output


async def test_only_so_many_at_once(stub, real):
    """More wait within their own time."""
    now, most = 0, 0

    async def slowly(writer):
        nonlocal now, most
        now += 1
        most = max(most, now)
        await asyncio.sleep(0.01)
        now -= 1
        writer.write(ok())
        await writer.drain()

    stub.reply = slowly
    service = {"api": {"url": stub.url, "max_concurrent": "3"}}
    answers = await asyncio.gather(*(real({"service": "api"}, services=service) for _ in range(20)))
    assert all(answer.ok for answer in answers)
    assert most == 3


async def test_what_a_service_says_and_a_request_wins(stub, real):
    """Address, headers, proof and times come from the service, a key in the request wins."""
    service = {
        "api": {
            "url": stub.url + "/v2/",
            "headers": {"X-Team": "voice", "X-Branch": "hanoi"},
            "auth": {"bearer": "one"},
            "timeout": "1s",
        }
    }
    http = {
        "service": "api",
        "url": "/slots/{{ args.day }}",
        "headers": {"x-branch": "hue"},
        "auth": {"api_key": {"value": "two", "header": "X-Key"}},
    }
    await real(http, {"day": "1/2"}, services=service)
    await real({"service": "api"}, services=service)
    first, second = (sent.lower() for sent in stub.requests)
    assert first.startswith(b"get /v2/slots/1%2f2 ")
    assert b"x-team: voice" in first
    assert b"x-branch: hue" in first
    assert b"hanoi" not in first
    assert b"x-key: two" in first
    assert b"authorization" not in first
    assert second.startswith(b"get /v2 ")
    assert b"authorization: bearer one" in second


async def test_two_hundred_calls_at_once(stub, real):
    """All succeed, whatever number of connections there is."""
    http = {"url": stub.url, "timeout": "30s"}
    answers = await asyncio.gather(*(real(http) for _ in range(200)))
    assert all(answer.ok for answer in answers)
