"""What differs between the numbers of the files and LiveKit's trunks and rules."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.sip_world import SipWorld

from runner.serve.telephony.changes import plan
from runner.serve.telephony.lines import Line, Mark, mark_in

HERE = "clinic/agents.d"
A, B, C = "+842412345678", "+842412345679", "+442079460018"
CLINIC = Line("clinic", (A, B))


@pytest.fixture
def world():
    return SipWorld()


def sentences(made):
    return [change.sentence for change in made.changes]


def test_nothing_is_known_yet(world):
    """A trunk with its numbers and a rule are missing; both are there afterwards, once."""
    made = plan([CLINIC], world.known, HERE)
    assert sentences(made) == [
        f"LiveKit does not know that clinic answers {A} and {B}",
        "no rule of LiveKit calls clinic when its numbers are rung",
    ]
    world.apply(made, HERE)
    (trunk,), (rule,) = world.trunks.values(), world.rules.values()
    assert (trunk.numbers, rule.trunks, rule.agents) == ((A, B), (trunk.id,), ("clinic",))
    assert plan([CLINIC], world.known, HERE).in_step


def test_a_number_that_came_and_one_that_went(world):
    """Each is a sentence; the trunk stays, and what somebody set at it."""
    world.apply(plan([CLINIC], world.known, HERE), HERE)
    made = plan([Line("clinic", (A, C))], world.known, HERE)
    assert sentences(made) == [
        f"LiveKit still has {B} for clinic",
        f"LiveKit does not know that clinic answers {C}",
    ]
    world.apply(made, HERE)
    assert [set(t.numbers) for t in world.trunks.values()] == [{A, C}]


def test_a_number_changes_hands(world):
    """Whoever gives a number away is asked first: LiveKit allows it once."""
    world.apply(plan([CLINIC, Line("shop", (C,))], world.known, HERE), HERE)
    world.apply(plan([Line("clinic", (A, C)), Line("shop", (B,))], world.known, HERE), HERE)
    numbers = {t.mark.agent: set(t.numbers) for t in world.trunks.values()}
    assert numbers == {"clinic": {A, C}, "shop": {B}}


def test_two_numbers_are_exchanged(world):
    """Each trunk lets go of what the other one takes, though each takes something as well."""
    world.apply(plan([Line("clinic", (A,)), Line("shop", (B,))], world.known, HERE), HERE)
    world.apply(plan([Line("clinic", (B,)), Line("shop", (A,))], world.known, HERE), HERE)
    numbers = {t.mark.agent: t.numbers for t in world.trunks.values()}
    assert numbers == {"clinic": (B,), "shop": (A,)}


def test_a_trunk_that_somebody_made_changes_hands(world):
    """The rule of who had it gives it up before the other one's takes it."""
    world.trunk(C)
    world.apply(plan([Line("bar", (A,)), Line("shop", (C,))], world.known, HERE), HERE)
    world.apply(plan([Line("bar", (C,)), Line("shop", (A,))], world.known, HERE), HERE)
    agents = {
        n: r.agents for r in world.rules.values() for t in r.trunks for n in world.trunks[t].numbers
    }
    assert agents == {C: ("bar",), A: ("shop",)}


def test_an_agent_that_answers_no_number_any_more(world):
    """Its trunk and rule go."""
    world.apply(plan([CLINIC], world.known, HERE), HERE)
    world.apply(plan([], world.known, HERE), HERE)
    assert world.known.trunks == world.known.rules == ()


def test_what_another_folder_has_is_left_alone(world):
    """It is told of, with the folder, and nothing of it is touched."""
    world.apply(plan([CLINIC], world.known, "other/agents.d"), "other/agents.d")
    made = plan([], world.known, HERE)
    assert made.in_step
    assert made.kept == (
        "the rule SDR_2 was made for agent clinic of the folder other/agents.d: it is left alone",
        "the trunk ST_1 was made for agent clinic of the folder other/agents.d: it is left alone",
    )


def test_the_same_agent_in_another_copy_of_the_folder(world):
    """Agents go by their names: a copy elsewhere goes on with what there is."""
    world.apply(plan([CLINIC], world.known, "build/agents.d"), "build/agents.d")
    assert plan([CLINIC], world.known, HERE).in_step


def test_a_trunk_that_somebody_made_for_the_number(world):
    """It stays as it is, with its password; lkrun makes the rule that calls the agent."""
    trunk = world.trunk(A.removeprefix("+"))
    world.apply(plan([CLINIC], world.known, HERE), HERE)
    assert world.trunks[trunk.id] is trunk
    (rule,) = world.rules.values()
    assert {world.trunks[t].numbers for t in rule.trunks} == {trunk.numbers, (B,)}
    assert plan([CLINIC], world.known, HERE).in_step


def test_a_trunk_and_a_rule_that_somebody_made(world):
    """Where they call the agent, nothing is missing; nobody makes them a second time."""
    trunk = world.trunk(A, C)
    world.rule((trunk.id,), ("clinic",))
    assert plan([Line("clinic", (A,))], world.known, HERE).in_step


def test_a_rule_of_somebody_that_calls_another(world):
    """Nothing is changed, and lkrun says whose rule is in the way."""
    trunk = world.trunk(A)
    rule = world.rule((trunk.id,), ("old",))
    made = plan([Line("clinic", (A,))], world.known, HERE)
    assert made.changes == ()
    assert made.problems == {
        A: f"the trunk {trunk.id} has it, and the rule {rule.id} calls old; lkrun made neither: "
        "delete that rule, or have it call this agent"
    }


def test_a_trunk_of_somebody_with_other_numbers(world):
    """A rule for the whole trunk would take calls of others: it is not made."""
    trunk = world.trunk(A, C)
    made = plan([Line("clinic", (A,))], world.known, HERE)
    assert made.changes == ()
    assert made.problems == {
        A: f"the trunk {trunk.id} has it, together with {C}, and lkrun did not make it: give the "
        "number a trunk of its own, or make its rule by hand"
    }


def test_somebody_deleted_a_trunk_or_a_rule(world):
    """The next time it is made again, and only that."""
    world.apply(plan([CLINIC], world.known, HERE), HERE)
    trunk, rule = next(iter(world.trunks)), next(iter(world.rules))
    del world.rules[rule]
    world.apply(plan([CLINIC], world.known, HERE), HERE)
    del world.trunks[trunk]
    world.apply(plan([CLINIC], world.known, HERE), HERE)
    assert plan([CLINIC], world.known, HERE).in_step
    assert (len(world.trunks), len(world.rules)) == (1, 1)


def test_a_number_that_livekit_rents_out_keeps_its_rule(world):
    """Who gives it lkrun's rule in LiveKit's dashboard finds it there after the next change."""
    world.apply(plan([CLINIC], world.known, HERE), HERE)
    (rule,) = world.rules.values()
    world.rule((*rule.trunks, "PN_1"), rule.agents, rule.mark, rule.id)
    assert plan([CLINIC], world.known, HERE).in_step
    world.trunk(C)
    world.apply(plan([Line("clinic", (A, B, C))], world.known, HERE), HERE)
    assert "PN_1" in world.rules[rule.id].trunks
    assert len(world.rules[rule.id].trunks) == 3


def test_an_agent_that_joins_every_room_is_not_called_by_name(world):
    """Its rule calls nobody: the room alone brings it."""
    world.apply(plan([Line("clinic", (A,), named=False)], world.known, HERE), HERE)
    assert [rule.agents for rule in world.rules.values()] == [()]


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", '{"lkrun": 1}', '{"lkrun": {}}', "[" * 9999]
)
def test_metadata_of_others_is_no_mark(text):
    """Whatever others keep there, it is not taken for lkrun's."""
    assert mark_in(text) is None


def test_a_mark_is_read_as_it_was_written():
    """What lkrun writes it knows again."""
    assert mark_in(Mark("clinic", HERE).to_text()) == Mark("clinic", HERE)


NUMBERS = [A, B, C, "+18003569377"]
OWNERS = st.dictionaries(
    st.sampled_from(NUMBERS), st.sampled_from(["clinic", "shop", "bar"]), max_size=4
)


def lines_of(owners):
    agents = sorted({*owners.values()})
    return [Line(agent, tuple(n for n in NUMBERS if owners.get(n) == agent)) for agent in agents]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # a busy machine is no fault
@given(
    st.lists(OWNERS, min_size=1, max_size=5),
    st.lists(st.sets(st.sampled_from(NUMBERS), min_size=1), max_size=2),
    st.sampled_from([(), ("clinic",), ("old",)]),
)
def test_after_any_history_the_second_time_does_nothing(history, foreign, called):
    """Whatever was applied beside whatever trunks: nothing is left to do, and none was touched."""
    world = SipWorld()
    for numbers in foreign:
        if not any(trunk.has(n) for trunk in world.trunks.values() for n in numbers):
            trunk = world.trunk(*sorted(numbers))
            if called:
                world.rule((trunk.id,), called)
    others = world.of_others
    for owners in history:
        lines = lines_of(owners)
        world.apply(plan(lines, world.known, HERE), HERE)
        again = plan(lines, world.known, HERE)
        assert again.changes == ()
        assert world.of_others == others
        answered = {n for t in world.trunks.values() for n in NUMBERS if t.has(n)}
        assert owners.keys() <= answered | again.problems.keys()
