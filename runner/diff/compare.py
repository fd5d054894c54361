"""Two releases compared, agent by agent; what several agents share is told once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from runner.diff.change import Change
from runner.diff.facts import SentenceFacts, opening
from runner.diff.privacy import data, masked
from runner.diff.rows import SENDING, SILENCE, tell
from runner.diff.sending import Sending, sendings, shared
from runner.diff.silence import longest
from runner.diff.wording import lasting, said
from runner.link import AgentRelease, Release
from runner.link.differences import Difference, WalkPoint, differences, of_agent, path
from runner.schema.fields import Field


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two: a release, and the agents that its folder has but does not serve."""

    release: Release
    resting: frozenset[str] = frozenset()


def diff(old: Side, new: Side) -> tuple[Change, ...]:
    """All that differs, told for people.

    Returns:
        Agents that came or went first; then agent by agent, what callers notice most first; last
        the settings of the process.
    """
    return (
        *_comings(old, new),
        *_external(old.release, new.release),
        *_campaigns(old.release, new.release),
        *_inside(old.release, new.release),
        *_process(old, new),
    )


def _comings(old: Side, new: Side) -> Iterator[Change]:
    before, after = old.release.agents, new.release.agents
    for name in [n for n in before if n not in after]:
        if name in new.resting:
            yield _switched(name, f"{name} is no longer served", served=False)
        else:
            was = _shown(before[name].agent, name)
            yield Change(f"agents.{name}", "removed", was, None, f"{name} is gone", (name,))
    for name in [n for n in after if n not in before]:
        if name in old.resting:
            yield _switched(name, f"{name} is served again", served=True)
        else:
            agent = after[name]
            came = Difference(("agents", name), "added", None, agent.agent)
            message = f"{name} is new: {opening(SentenceFacts(came, (name,), new=_masked(agent)))}"
            yield Change(
                path(came.location), "added", None, _shown(agent.agent, name), message, (name,)
            )


def _switched(name: str, words: str, *, served: bool) -> Change:
    return Change(f"agents.{name}.enabled", "changed", not served, served, words, (name,))


def _shown(agent: Any, name: str) -> Any:
    return data(masked(agent, ("agents", name), (), hidden=False))


def _masked(release: AgentRelease) -> AgentRelease:
    """An agent whose personas show nothing private."""
    private = _private(release)
    personas = masked(release.personas, ("personas",), private, hidden=False)
    return release.model_copy(update={"personas": personas})


@dataclass(slots=True)
class _Found:
    """A difference, and the agents in which it was found."""

    difference: Difference
    old: AgentRelease
    new: AgentRelease
    agents: list[str] = field(default_factory=list)


def _inside(old: Release, new: Release) -> Iterator[Change]:
    both = [n for n in new.agents if n in old.agents]
    keys: dict[str, _Found] = {}
    sent: dict[tuple[Sending, str, bool], list[str]] = {}
    changes: list[tuple[int, Change]] = []
    for name in both:
        before, after = old.agents[name], new.agents[name]
        if before is after:
            continue
        for difference in _of_agent(before, after):
            key = _identity(difference)
            keys.setdefault(key, _Found(difference, before, after)).agents.append(name)
        changes += _silences(before, after)
        for sending, kind, also in _sent(before, after):
            sent.setdefault((sending, kind, also), []).append(name)
    for each in keys.values():
        facts = SentenceFacts(each.difference, each.agents, each.old, each.new)
        changes.append(_change(facts))
    changes += [_sending(*key, tuple(agents)) for key, agents in sent.items()]
    order = {name: index for index, name in enumerate(both)}
    changes.sort(key=lambda t: ([order[a] for a in t[1].agents], t[0]))
    return (change for _, change in changes)


def _identity(difference: Difference) -> str:
    parts = (difference.location, difference.kind, data(difference.before), data(difference.after))
    return json.dumps(parts, ensure_ascii=False, default=str)


def _of_agent(before: AgentRelease, after: AgentRelease) -> Iterator[Difference]:
    """What differs within one agent; nothing private is left in it."""
    private = _private(before) | _private(after)
    for each in of_agent(before, after):
        hidden = each.hidden
        old = masked(each.before, each.location, private, hidden=hidden)
        now = masked(each.after, each.location, private, hidden=hidden)
        yield replace(each, before=old, after=now)


def _private(release: AgentRelease) -> frozenset[str]:
    """Names of variables and parameters whose values nobody may see."""
    declared = list(release.variables.items())
    for tool in release.tools.values():
        declared += getattr(tool, "parameters", {}).items()
    return frozenset(n for n, value in declared if isinstance(value, Field) and value.private)


def _change(facts: SentenceFacts) -> tuple[int, Change]:
    each = facts.difference
    rank, sentence = tell(facts)
    old, now = data(each.before), data(each.after)
    return rank, Change(path(each.location), each.kind, old, now, sentence, tuple(facts.touched))


def _silences(before: AgentRelease, after: AgentRelease) -> Iterator[tuple[int, Change]]:
    (old, _), (now, tool) = longest(before), longest(after)
    if old == now:
        return
    name = after.name
    message = (
        f"callers of {name} hear no silence any more while a tool works; it was {lasting(old)}"
    )
    if now:
        message = (
            f"callers of {name} may now hear up to {lasting(now)} of silence while {tool} works, "
            f"not {lasting(old)}"
        )
    yield SILENCE, Change(f"agents.{name}", "changed", old, now, message, (name,))


def _sent(before: AgentRelease, after: AgentRelease) -> Iterator[tuple[Sending, str, bool]]:
    """What is newly sent somewhere, or no more; and whether it is sent elsewhere besides."""
    beside = shared(before, after)
    if sendings(before, beside) == sendings(after, beside):
        return
    old, now = sendings(before), sendings(after)
    was, goes = {(s.what, s.host) for s in old}, {(s.what, s.host) for s in now}
    for each in sorted(now):
        if (each.what, each.host) not in was:
            yield each, "added", any(w == each.what for w, _ in was & goes)
    for each in sorted(old):
        if (each.what, each.host) not in goes:
            yield each, "removed", any(w == each.what for w, _ in goes)


def _sending(each: Sending, kind: Any, also: bool, agents: tuple[str, ...]) -> tuple[int, Change]:
    row = {"sent": each.what, "to": each.host}
    if kind == "added":
        message = f"{each.what} is now {'also ' if also else ''}sent to {each.host}, by {each.by}"
        return SENDING, Change(path(each.location), kind, None, row, message, agents)
    message = f"{each.what} is sent to {each.host} no more; it was, by {each.by}"
    return SENDING, Change(path(each.location), kind, row, None, message, agents)


def _external(old: Release, new: Release) -> Iterator[Change]:
    """What is new of external agents."""
    before, after = old.external_agents, new.external_agents
    for name in [n for n in before if n not in after]:
        place = ("external_agents", name)
        was = data(masked(before[name], place, (), hidden=False))
        yield Change(path(place), "removed", was, None, f"{name} is no longer called", (name,))
    for name in [n for n in after if n not in before]:
        place = ("external_agents", name)
        now = masked(after[name], place, (), hidden=False)
        message = f"{name} is new: its calls are posted to {said(now.webhook_url)}"
        yield Change(path(place), "added", None, data(now), message, (name,))
    for name in [n for n in after if n in before]:
        walk = WalkPoint(("external_agents", name))
        for each in differences(before[name], after[name], walk):
            was = masked(each.before, each.location, (), hidden=each.hidden)
            now = masked(each.after, each.location, (), hidden=each.hidden)
            yield _change(SentenceFacts(replace(each, before=was, after=now), (name,)))[1]


def _campaigns(old: Release, new: Release) -> Iterator[Change]:
    """What is new of campaigns: who is called, when and how often."""
    before, after = old.campaigns, new.campaigns
    for name in [n for n in before if n not in after]:
        place = ("campaigns", name)
        agents: tuple[str, ...] = (str(before[name].agent),)
        was = data(masked(before[name], place, (), hidden=False))
        message = f"campaign {name} is gone: nobody is called for it any more"
        yield Change(path(place), "removed", was, None, message, agents)
    for name in [n for n in after if n not in before]:
        place, agents = ("campaigns", name), (str(after[name].agent),)
        now = data(masked(after[name], place, (), hidden=False))
        message = f"campaign {name} is new: {agents[0]} calls those in {after[name].contacts}"
        yield Change(path(place), "added", None, now, message, agents)
    for name in [n for n in after if n in before]:
        agents = tuple(dict.fromkeys((str(before[name].agent), str(after[name].agent))))
        walk = WalkPoint(("campaigns", name))
        for each in differences(before[name], after[name], walk):
            was = masked(each.before, each.location, (), hidden=each.hidden)
            now = masked(each.after, each.location, (), hidden=each.hidden)
            yield _change(SentenceFacts(replace(each, before=was, after=now), agents))[1]


def _process(old: Side, new: Side) -> Iterator[Change]:
    changed = differences(old.release.process, new.release.process, WalkPoint(("runner",)))
    changes = []
    for each in changed:
        was = masked(each.before, each.location, (), hidden=each.hidden)
        now = masked(each.after, each.location, (), hidden=each.hidden)
        changes.append(_change(SentenceFacts(replace(each, before=was, after=now), ())))
    return (change for _, change in sorted(changes, key=lambda t: t[0]))
