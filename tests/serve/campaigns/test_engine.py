"""One campaign of one runner: what becomes of each call, and what the campaign does then."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from support.simulated_campaign import NAME, World, release

from runner.egress.port import ToolResponse
from runner.front.port import DialogueError
from runner.link.release import Release
from runner.records import campaigns as kept
from runner.records.address import address_of
from runner.records.campaigns import Claimed, NewContact
from runner.records.database import Database
from runner.schema.campaigns import Campaign
from runner.secret import Secret
from runner.serve.campaigns import rules
from runner.serve.campaigns.asking import may_call
from runner.serve.campaigns.figures import CampaignFigures
from runner.serve.campaigns.outcomes import verdict
from runner.serve.outgoing.outcome import Outcome

MONDAY = datetime(2026, 3, 2, 10, tzinfo=UTC)


@pytest.fixture
def database(tmp_path):
    """An empty database in a file."""
    made = Database(address_of(Secret("sqlite:///records.db"), tmp_path))
    yield made
    made.close()


def campaign(**keys):
    """A campaign as its file has it, at the usual hours."""
    return Campaign.model_validate({"agent": "reminder", "contacts": "recall.csv", **keys})


def world(database, *outcomes, **keys):
    """A runner with one contact in London; their telephone does this."""
    made = World(database, campaign(**keys), 1, begin=MONDAY)
    made.outcomes = outcomes
    made.contacts["+12020000001"] = "Europe/London"
    contact = NewContact("+12020000001", 2, "", {"phone": "+1 202 000 0001"})
    kept.load(database, NAME, "reminder", [contact], made.now)
    made.run_another()
    return made


def only(database):
    """The campaign, and its contact."""
    state = kept.known(database, NAME)[0]
    return state, kept.contacts(database, state)[0]


@pytest.mark.parametrize("reason", ["no_trunk", "no_money"])
def test_a_trunk_by_which_nobody_can_be_called_pauses_the_campaign(database, reason):
    """Nobody is used up by it."""
    made = world(database, Outcome("nobody", reason, "the trunk has no money left"))
    asyncio.run(made.serve(step=60, kills=0, days=0.2))
    state, contact = only(database)
    assert (state.state, state.why) == ("paused", "the trunk has no money left")
    assert (contact["state"], contact["attempts"]) == ("waiting", 0)


def test_livekit_that_is_away_costs_no_attempt(database):
    """The call is made once it is back."""
    made = world(database, Outcome("person", "end_call"))
    made._away = ((0, 3600),)
    asyncio.run(made.serve(step=60, kills=0, days=1))
    _, contact = only(database)
    assert (contact["outcome"], contact["attempts"]) == ("answered", 1)
    assert made.phones.rung[0].began >= made.begin + 3600


def test_each_try_of_an_attempt_is_an_order_of_its_own(database):
    """A call that no process took is made anew, by no key that would give the same call again."""
    made = world(database, Outcome("nobody", "not_taken"))
    orders = []

    async def place(order, real=made.phones.place):
        orders.append(order)
        made.outcomes = (Outcome("nobody", "not_taken" if len(orders) < 3 else "busy"),)
        return await real(order)

    made.phones.place = place
    asyncio.run(made.serve(step=60, kills=0, days=0.05))
    _, contact = only(database)
    assert (contact["outcome"], contact["attempts"]) == ("busy", 1)
    assert [order.key for order in orders] == [None] * 3


def test_who_does_not_answer_is_called_as_often_as_allowed(database):
    """With the wait between."""
    made = world(database, Outcome("nobody", "no_answer"), wait="1h", attempts="3")
    asyncio.run(made.serve(step=60, kills=0, days=3))
    state, contact = only(database)
    assert (state.state, contact["outcome"], len(made.phones.rung)) == ("finished", "no_answer", 3)
    assert made.faults() == []


def several(database, count, *outcomes, **keys):
    """A runner of a campaign with so many contacts in London; their telephones do this."""
    made = World(database, campaign(at_once="1", **keys), 1, begin=MONDAY)
    made.outcomes = outcomes
    numbers = [f"+1202{line:07d}" for line in range(2, count + 2)]
    made.contacts.update(dict.fromkeys(numbers, "Europe/London"))
    contacts = [NewContact(n, at, "", {"phone": n}) for at, n in enumerate(numbers, start=2)]
    kept.load(database, NAME, "reminder", contacts, made.now)
    made.run_another()
    return made


def test_a_campaign_pauses_itself(database):
    """As its stop_when says: why is told, and nobody is called after it until it is started."""
    stop_when = "called >= 3 and failed > 0.3"
    made = several(database, 8, Outcome("nobody", "not_found"), stop_when=stop_when)
    asyncio.run(made.serve(step=60, kills=0, days=0.2))
    state, _ = only(database)
    assert (state.state, state.why) == ("paused", f"stop_when is true: {stop_when}")
    assert kept.counts(database, state) == {"done": {"wrong_number": 3}, "waiting": {"": 5}}
    assert len(made.phones.rung) == 3


def test_a_campaign_that_goes_well_does_not_pause_itself(database):
    """Its stop_when stays false to the end."""
    stop_when = "called >= 1 and failed > 0.3"
    made = several(database, 4, Outcome("person", "end_call"), stop_when=stop_when)
    asyncio.run(made.serve(step=60, kills=0, days=0.2))
    state, _ = only(database)
    assert (state.state, len(made.phones.rung)) == ("finished", 4)


def test_shares_say_nothing_of_a_few_contacts():
    """Unless the condition counts them itself; who was skipped was not called."""
    figures = {"wrong_number": 4, "answered": 6, "skipped": 9}
    assert rules.shares(figures) == {"called": 10, "failed": 0.4, "answered": 0.6, "opted_out": 0}
    assert rules.must_stop(campaign(stop_when="failed > 0.3"), figures)
    assert not rules.must_stop(campaign(stop_when="failed > 0.3"), {"wrong_number": 9})


async def called(made, steps=1):
    """Have the first runner look so often; how many calls are on afterwards."""
    for _ in range(steps):
        await made.runners[0].step()
        await made._settled()
    return len(made.runners[0].on)


async def test_settings_of_a_running_campaign_are_taken_over(database):
    """More at once from the next look on, and nobody out of new hours."""
    made = several(database, 8, Outcome("person", "end_call"))
    assert await called(made, 2) == 1
    made.release = release(campaign(at_once="3"))
    assert await called(made, 2) == 3
    made.release = release(campaign(at_once="8", hours={"sunday": "09:00-12:00"}))
    assert await called(made, 2) == 3
    await made.runners[0].stop()


async def test_a_campaign_that_is_taken_out_of_the_files_calls_nobody(database):
    """Calls in progress go on; back in the files it goes on where it was."""
    made = several(database, 3, Outcome("person", "end_call"))
    assert await called(made) == 1
    made.campaign, made.release = campaign(at_once="3"), Release(agents={})
    assert await called(made, 2) == 1
    made.release = release(made.campaign)
    assert await called(made) == 3
    state, _ = only(database)
    assert state.state == "running"
    await made.runners[0].stop()


def test_fewer_attempts_hold_for_who_waits_for_another(database):
    """Whoever has been called as often as now allowed is done with."""
    made = several(database, 1, Outcome("nobody", "no_answer"), wait="1h", attempts="3")
    asyncio.run(made.serve(step=60, kills=0, days=0.02))
    assert only(database)[1]["state"] == "waiting"
    made.release = release(campaign(wait="1h", attempts="1"))
    made.campaign = made.release.campaigns[NAME]
    asyncio.run(made.serve(step=60, kills=0, days=1))
    state, contact = only(database)
    assert (state.state, contact["outcome"], contact["attempts"]) == ("finished", "no_answer", 1)


def sampled(engine):
    """The samples of its figures: name and labels → value."""
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in CampaignFigures(engine).collect()
        for sample in family.samples
    }


def test_figures_count_what_this_runner_has_seen(database):
    """Nothing before the first call; then attempts by outcome, and the calls that are on."""
    made = several(database, 2, Outcome("nobody", "busy"), wait="1h", attempts="2")
    (engine,) = made.runners
    assert sampled(engine) == {}
    asyncio.run(made.serve(step=60, kills=0, days=1))
    assert sampled(engine) == {
        ("lkrun_campaign_calls_on", NAME): 0,
        ("lkrun_campaign_attempts_total", NAME, "busy"): 4,
    }


async def test_figures_show_a_call_that_is_on(database):
    """Also before anything has ended."""
    made = several(database, 2, Outcome("person", "end_call"))
    await called(made)
    assert sampled(made.runners[0]) == {("lkrun_campaign_calls_on", NAME): 1}
    await made.runners[0].stop()


VERDICTS = [
    (Outcome("person", "end_call"), "answered"),
    (Outcome("menu", "end_call"), "answered"),
    (Outcome("full", "end_call"), "mailbox"),
    (Outcome("nobody", "busy"), "busy"),
    (Outcome("nobody", "refused"), "no_answer"),
    (Outcome("nobody", "not_found"), "wrong_number"),
    (Outcome("nobody", "forbidden"), "failed"),
    (Outcome("nobody", "opted_out"), "opted_out"),
    (Outcome("nobody", "not_taken"), ""),
]


@pytest.mark.parametrize(("outcome", "wanted"), VERDICTS, ids=lambda value: str(value)[:40])
def test_what_came_of_a_call_is_read(outcome, wanted):
    """Nothing where nobody was dialled."""
    assert verdict(outcome).outcome == wanted


@pytest.mark.parametrize(
    ("status", "ok", "answer"),
    [(200, True, "yes"), (200, False, "no"), (404, False, "no"), (503, False, "later"),
     (429, False, "later"), (None, False, "later")],
)  # fmt: skip
async def test_a_service_that_refuses_is_heeded_and_one_that_fails_is_asked_again(
    database, status, ok, answer
):
    """A refusal is about the contact; no answer is not."""

    class Service:
        async def ask(self, _release, request):
            self.request = request
            return ToolResponse(ok=ok, output="", status=status)

    made = world(database)
    agent, service = made.release.agents["reminder"], Service()
    call = Claimed(NAME, 1, "+12020000001", 1, "", {"phone": "+1 202 000 0001"}, made.now)
    assert (await may_call(service, agent, "may_we", call, made.now))[0] == answer
    assert service.request.values["job"]["metadata"]["phone"] == "+12020000001"


async def test_a_number_that_may_not_be_called_is_done_with(database):
    """Also where the list is longer than what the database has of it."""
    made = world(database)

    async def refuse(_order):
        raise DialogueError("opted_out", "never to be called")

    made.phones.place = refuse
    await made.runners[0].step()
    await made.runners[0]._tasks.finished()
    _, contact = only(database)
    assert (contact["state"], contact["outcome"], contact["attempts"]) == ("done", "opted_out", 0)
