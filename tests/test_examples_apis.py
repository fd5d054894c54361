"""The examples of public interfaces, against services that keep to their descriptions."""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml
from support.described import Described, served

from runner.testing import Folder

ROOT = Path(__file__).parents[1]
EXTRACTS = ROOT / "tests" / "support" / "openapi"
KEYS = {"CAL_API_KEY": "cal_live_1", "STRIPE_API_KEY": "sk_test_1", "GITHUB_TOKEN": "github_pat_1"}
PAYMENT = {"metadata": {"payment": "pi_3MtwBwLkdIwHu7ix28a3tqPa", "paid": 90}}
LOGINS = {
    "calcom": "Bearer cal_live_1",
    "stripe": "Basic c2tfdGVzdF8xOg==",
    "github": "Bearer github_pat_1",
}
"""As curl sends them; Stripe's is `-u sk_test_1:`."""


def extract(name):
    """A description."""
    return yaml.safe_load((EXTRACTS / name).read_text(encoding="utf-8"))


def answer(path):
    """What a service answers, as the example's own tests have it."""
    return json.loads((ROOT / "examples" / path).read_text(encoding="utf-8"))


@pytest.fixture
def example(tmp_path, monkeypatch):
    """An example whose service stands in for the real one: the service, and its folder."""
    monkeypatch.setenv("LKRUN_CACHE_DIR", str(tmp_path / "cache"))
    for name, value in KEYS.items():
        monkeypatch.setenv(name, value)

    @contextmanager
    def make(name, description, **answers):
        document = extract(description)
        service = Described(document, LOGINS[name], answers)
        with served(service) as address:
            folder = tmp_path / name
            shutil.copytree(ROOT / "examples" / name, folder)
            (file,) = [path for path in folder.glob("*.yaml") if path.name != "tests.yaml"]
            text, real = file.read_text(encoding="utf-8"), document["servers"][0]["url"].rstrip("/")
            assert text.count(f"url: {real}") == 1
            text = text.replace(f"url: {real}", f"private_network: yes\n    url: {address}")
            file.write_text(text, encoding="utf-8")
            yield service, Folder(folder)

    return make


def really(*tools):
    """Mocks that ask the service."""
    return {tool: {"real": True} for tool in tools}


def test_a_booking_in_cal_com(example):
    """The times and the booking are asked for as the description wants, with its versions."""
    answers = {
        "SlotsController_getAvailableSlots": [(200, answer("calcom/answers/slots.json"))],
        "BookingsController_createBooking": [(201, answer("calcom/answers/booking.json"))],
    }
    with example("calcom", "cal-bookings.json", **answers) as (service, folder):
        mocks = really("find_times", "book")
        with folder.talk("barber", mocks=mocks, clock="2026-12-04T10:00") as talk:
            talk.user("2026-12-07").check(says="2026-12-07T11:30")
            talk.user("11:30 for Ann Lee, ann@example.com").check(says="Shall I book 11:30")
            assert len(service.requests) == 1  # nothing is booked before the yes
            talk.user("yes").check(
                says="Booked", remembers={"booking": "bk_8tTMoMnhJcpmnYNjHX4yFT"}
            )
    slots, booking = service.requests
    assert slots.problems == booking.problems == []
    assert slots.query == {
        "eventTypeId": "1427703",
        "start": "2026-12-07",
        "end": "2026-12-07",
        "timeZone": "Europe/Madrid",
    }
    assert slots.headers["cal-api-version"] == "2024-09-04"
    assert booking.headers["cal-api-version"] == "2024-08-13"
    assert booking.body == {
        "eventTypeId": 1427703,
        "start": "2026-12-07T11:30:00.000+01:00",
        "attendee": {"name": "Ann Lee", "email": "ann@example.com", "timeZone": "Europe/Madrid"},
    }


def test_a_time_in_cal_com_that_is_taken_meanwhile(example):
    """A booking that Cal.com refuses is no booking; the caller hears why."""
    answers = {
        "SlotsController_getAvailableSlots": [(200, answer("calcom/answers/slots.json"))],
        "BookingsController_createBooking": [(400, answer("calcom/answers/taken.json"))],
    }
    with example("calcom", "cal-bookings.json", **answers) as (service, folder):
        mocks = really("find_times", "book")
        with folder.talk("barber", mocks=mocks, clock="2026-12-04T10:00") as talk:
            talk.user("2026-12-07")
            talk.user("09:00 for Ann Lee, ann@example.com")
            talk.user("yes").check(says="that time has just been taken")
    assert len(service.requests) == 2  # a booking is never sent twice
    assert service.requests[1].problems == []


def test_a_refund_by_stripe_is_made_once(example):
    """A refund goes as a form; after a failure it is sent again under the same key."""
    refund = answer("stripe/answers/refund.json")
    answers = {
        "PostRefunds": [(500, answer("stripe/answers/declined.json")), (200, refund)],
        "GetRefundsRefund": [(200, refund | {"status": "pending"})],
    }
    with (
        example("stripe", "stripe-refunds.yaml", **answers) as (service, folder),
        folder.talk("shop", mocks=really("refund", "refund_status"), job=PAYMENT) as talk,
    ):
        talk.user("I want 12.50 dollars back, I was charged twice").check(says="Shall I refund")
        assert service.requests == []
        talk.user("yes").check(
            says="12.5 dollars are refunded", remembers={"refund_id": refund["id"]}
        )
        talk.user("how far is it?").check(says="is pending")
        # once a call, whatever the model wants
        talk.user("12.50 dollars more, please").check(fails_with="refund")
    first, second, status = service.requests
    assert [each.problems for each in service.requests] == [[], [], []]
    assert first.body == second.body
    assert {**first.body, "metadata": None} == {
        "payment_intent": "pi_3MtwBwLkdIwHu7ix28a3tqPa",
        "amount": 1250,
        "reason": "duplicate",
        "metadata": None,
    }
    assert list(first.body["metadata"]) == ["call"]
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"] != ""
    assert first.headers["stripe-version"] == "2024-06-20"
    assert status.path == {"refund": refund["id"]}


def test_an_issue_on_github(example):
    """The issue is filed in the fixed repository with the fixed labels; no details, no body."""
    answers = {
        "issues/list-for-repo": [(200, answer("github/answers/issues.json"))],
        "issues/create": [(201, answer("github/answers/issue.json"))],
    }
    with (
        example("github", "github-issues.yaml", **answers) as (service, folder),
        folder.talk("support", mocks=really("open_issues", "report")) as talk,
    ):
        talk.user("Is it known?").check(says="The map stays empty")
        talk.user("report: The app crashes at start").check(says="May I file that?")
        talk.user("yes").check(says="number 1 3 4 7", remembers={"issue": 1347})
        public = talk.user("report: The app crashes; It is what ann@example.com said")
        public.check(fails_with="Leave the email address out")
    listed, filed = service.requests
    assert listed.problems == filed.problems == []
    assert listed.query == {"state": "open", "per_page": "20"}
    assert filed.path == {"owner": "lotus-labs", "repo": "app"}
    assert filed.body == {"title": "The app crashes at start", "labels": ["phone", "bug"]}
    assert filed.headers["accept"] == "application/vnd.github+json"


@pytest.mark.parametrize(
    ("method", "target", "body", "problem"),
    [
        ("POST", "/v1/refunds", b"amount=12.5", "$.amount: 12.5 is not of type 'integer'"),
        ("POST", "/v1/refunds", b"amount=0", "$.amount: 0 is less than the minimum of 1"),
        ("POST", "/v1/refunds", b"charge_id=ch_1", "unknown parameter charge_id"),
        ("GET", "/v1/refunds/re_1?x=1", b"", "unknown parameter x"),
        ("GET", "/v1/charges", b"", "no GET /v1/charges"),
    ],
)
def test_the_stand_in_refuses_what_its_description_forbids(method, target, body, problem):
    """A request that the real service would refuse is refused here."""
    service = Described(extract("stripe-refunds.yaml"), LOGINS["stripe"], {})
    headers = {
        "authorization": LOGINS["stripe"],
        "content-type": "application/x-www-form-urlencoded",
    }
    status, _ = service.handle(method, target, headers, body)
    assert status in (400, 404)
    assert service.requests[0].problems == [problem]
