"""What differs between the files and LiveKit's trunks and rules, as changes in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal, TypeVar

from runner.serve.telephony.lines import Known, Line, Mark, Rule, Trunk

Kind = Literal["make_trunk", "set_numbers", "remove_trunk", "make_rule", "set_rule", "remove_rule"]

_TRUNK: Final = "ST_"
"""How ids of trunks begin. What else a rule is for is a number that LiveKit itself has rented out,
which was given the rule in its dashboard."""

Made = TypeVar("Made", Trunk, Rule)

_ORDER: Final = (
    "remove_rule",
    "remove_trunk",
    "set_numbers",
    "make_trunk",
    "set_rule",
    "make_rule",
)
"""What gives numbers away is done before what takes them: LiveKit allows a number once."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing to do at LiveKit.

    Attributes:
        id: of the trunk or rule that is changed; empty where it is made.
        numbers: those that the trunk then has.
        trunks: those that the rule is then for, beside the one that is made for its agent.
        sentence: what differs, or is to be done, in words.
        done: the same, once it is done.
        own_trunk: whether the rule is also for the trunk that is made for its agent.
        called: the agents that the rule then calls.
        gives: whether a trunk gives numbers away.
    """

    kind: Kind
    agent: str
    sentence: str
    done: str
    id: str = ""
    numbers: tuple[str, ...] = ()
    trunks: tuple[str, ...] = ()
    called: tuple[str, ...] = ()
    own_trunk: bool = False
    gives: bool = False

    def to_data(self) -> dict[str, object]:
        """As JSON."""
        return {
            "kind": self.kind,
            "agent": self.agent,
            "id": self.id or None,
            "numbers": list(self.numbers),
            "sentence": self.sentence,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be done, in this order, and what lkrun cannot do.

    Attributes:
        problems: number → why nobody of the files answers it, and what a person can do.
        kept: what lkrun made for another folder, in words: it is left alone.
    """

    changes: tuple[Change, ...] = ()
    problems: dict[str, str] = field(default_factory=dict)
    kept: tuple[str, ...] = ()

    @property
    def in_step(self) -> bool:
        """Whether nothing differs."""
        return not self.changes and not self.problems


def plan(lines: Sequence[Line], known: Known, folder: str) -> Plan:
    """Compare the files with what LiveKit knows.

    Args:
        lines: the agents that answer numbers.
        known: LiveKit's trunks and rules, whoever made them.
        folder: the end of the folder's path, by which lkrun knows what it made for it.
    """
    comparison = _Comparison(known)
    for line in lines:
        comparison.look(line)
    comparison.leftovers({line.agent for line in lines}, folder)
    changes = sorted(comparison.changes, key=_when)
    return Plan(tuple(changes), comparison.problems, tuple(comparison.kept))


def _when(change: Change) -> tuple[int, bool]:
    return _ORDER.index(change.kind), not change.gives


class _Comparison:
    """The files against LiveKit, agent by agent."""

    def __init__(self, known: Known) -> None:
        self._known = known
        self.changes: list[Change] = []
        self.problems: dict[str, str] = {}
        self.kept: list[str] = []

    def look(self, line: Line) -> None:
        """Compare one agent."""
        by_hand, numbers = self._by_hand(line)
        own = _of(self._known.trunks, line.agent)
        stays = self._trunk(line, own[0] if own else None, numbers)
        for doubled in own[1:]:
            self._remove_trunk(line.agent, doubled, "there is another for this agent")
        self._rule(line, [trunk.id for trunk in by_hand], stays, numbers)

    def _by_hand(self, line: Line) -> tuple[list[Trunk], tuple[str, ...]]:
        """Trunks of others whose calls a rule can give to the agent; numbers that lkrun keeps."""
        usable: dict[str, Trunk] = {}
        own: list[str] = []
        for number in line.numbers:
            trunk = next((t for t in self._known.trunks if t.mark is None and t.has(number)), None)
            if trunk is None:
                own.append(number)
            elif (why := self._unusable(trunk, line)) is not None:
                self.problems[number] = why
            elif not self._called_by_hand(trunk, line):
                usable[trunk.id] = trunk
        return list(usable.values()), tuple(own)

    def _unusable(self, trunk: Trunk, line: Line) -> str | None:
        """Why calls of a trunk that lkrun did not make cannot be given to an agent."""
        for rule in self._rules_by_hand(trunk):
            if rule.agents != line.called:
                whom = " and ".join(rule.agents) or "nobody by name"
                return (
                    f"{trunk.shown} has it, and {rule.shown} calls {whom}; lkrun made neither: "
                    "delete that rule, or have it call this agent"
                )
        others = [n for n in trunk.numbers if not replace(trunk, numbers=line.numbers).has(n)]
        if others and not self._called_by_hand(trunk, line):
            return (
                f"{trunk.shown} has it, together with {_listed(others)}, and lkrun did not make "
                "it: give the number a trunk of its own, or make its rule by hand"
            )
        return None

    def _rules_by_hand(self, trunk: Trunk) -> Iterator[Rule]:
        """Rules that others made for all calls of a trunk."""
        for rule in self._known.rules:
            if rule.mark is None and trunk.id in rule.trunks and not rule.callers:
                yield rule

    def _called_by_hand(self, trunk: Trunk, line: Line) -> bool:
        return any(rule.agents == line.called for rule in self._rules_by_hand(trunk))

    def _trunk(self, line: Line, own: Trunk | None, numbers: tuple[str, ...]) -> Trunk | None:
        """Compare a trunk's numbers; gives the trunk, where it stays."""
        if own is None:
            if numbers:
                self._make_trunk(line.agent, numbers)
            return None
        kept = tuple(n for n in own.numbers if n in numbers)
        if not kept:
            # LiveKit refuses a trunk without numbers, though it be for a moment
            self._remove_trunk(line.agent, own, "none of its numbers is this agent's any more")
            return self._trunk(line, None, numbers)
        old = [n for n in own.numbers if n not in numbers]
        new = [n for n in numbers if n not in own.numbers]
        if old:
            sentence = f"LiveKit still has {_listed(old)} for {line.agent}"
            done = f"LiveKit takes no more calls of {_listed(old)} for {line.agent}"
            self._set_numbers(line.agent, own, kept, sentence, done, gives=True)
        if new:
            sentence = f"LiveKit does not know that {line.agent} answers {_listed(new)}"
            done = f"LiveKit takes calls of {_listed(new)} for {line.agent}"
            self._set_numbers(line.agent, own, numbers, sentence, done, gives=False)
        return own

    def _make_trunk(self, agent: str, numbers: tuple[str, ...]) -> None:
        self.changes.append(
            Change(
                "make_trunk", agent, numbers=numbers,
                sentence=f"LiveKit does not know that {agent} answers {_listed(numbers)}",
                done=f"LiveKit takes calls of {_listed(numbers)} for {agent}",
            )
        )  # fmt: skip

    def _set_numbers(  # noqa: PLR0913 - one value for each part
        self, agent: str, own: Trunk, numbers: tuple[str, ...], sentence: str, done: str,
        *, gives: bool,
    ) -> None:  # fmt: skip
        self.changes.append(
            Change("set_numbers", agent, sentence, done, own.id, numbers, gives=gives)
        )

    def _rule(
        self, line: Line, by_hand: list[str], own: Trunk | None, numbers: tuple[str, ...]
    ) -> None:
        rules = _of(self._known.rules, line.agent)
        for doubled in rules[1:] if by_hand or numbers else rules:
            self._remove_rule(line.agent, doubled, "the agent has no call for it")
        if not by_hand and not numbers:
            return
        trunks = {*by_hand, *([own.id] if own is not None and numbers else [])}
        trunks |= {t for rule in rules[:1] for t in rule.trunks if not t.startswith(_TRUNK)}
        change = Change(
            "make_rule", line.agent, called=line.called, trunks=tuple(sorted(trunks)),
            own_trunk=bool(numbers),
            sentence=f"no rule of LiveKit calls {line.agent} when its numbers are rung",
            done=f"a rule calls {line.agent} when its numbers are rung",
        )  # fmt: skip
        if not rules:
            self.changes.append(change)
        elif self._gives_away(rules[0], trunks):
            # LiveKit allows one rule for a trunk, so none may keep what another takes
            self._remove_rule(line.agent, rules[0], "it is also for numbers of another agent")
            self.changes.append(change)
        elif not _is_right(rules[0], line, trunks, awaited=own is None and bool(numbers)):
            sentence = f"{rules[0].shown} does not call {line.agent} for exactly its numbers"
            done = f"{rules[0].shown} calls {line.agent} for its numbers"
            self.changes.append(
                replace(change, kind="set_rule", id=rules[0].id, sentence=sentence, done=done)
            )

    def _gives_away(self, rule: Rule, trunks: set[str]) -> bool:
        """Whether a rule is for a trunk of somebody else whose calls it is to give up."""
        by_hand = {trunk.id for trunk in self._known.trunks if trunk.mark is None}
        return bool(by_hand & ({*rule.trunks} - trunks))

    def leftovers(self, agents: set[str], folder: str) -> None:
        """Find what lkrun made for agents that answer no number any more."""
        for rule in self._known.rules:
            if rule.mark is not None and rule.mark.agent not in agents:
                if rule.mark.folder == folder:
                    self._remove_rule(rule.mark.agent, rule, "that agent answers no number")
                else:
                    self._keep(rule, rule.mark)
        for trunk in self._known.trunks:
            if trunk.mark is not None and trunk.mark.agent not in agents:
                if trunk.mark.folder == folder:
                    self._remove_trunk(trunk.mark.agent, trunk, "that agent answers no number")
                else:
                    self._keep(trunk, trunk.mark)

    def _keep(self, made: Trunk | Rule, mark: Mark) -> None:
        self.kept.append(
            f"{made.shown} was made for agent {mark.agent} of the folder {mark.folder}: it is "
            "left alone"
        )

    def _remove_trunk(self, agent: str, trunk: Trunk, why: str) -> None:
        numbers = _listed(trunk.numbers)
        self.changes.append(
            Change(
                "remove_trunk", agent, id=trunk.id,
                sentence=f"LiveKit still takes calls of {numbers} for {agent}: {why}",
                done=f"LiveKit takes no more calls of {numbers} for {agent}",
            )
        )  # fmt: skip

    def _remove_rule(self, agent: str, rule: Rule, why: str) -> None:
        self.changes.append(
            Change(
                "remove_rule", agent, id=rule.id,
                sentence=f"{rule.shown} still calls {agent}: {why}",
                done=f"{rule.shown} is deleted: it called {agent}",
            )
        )  # fmt: skip


def _of(made: Sequence[Made], agent: str) -> list[Made]:
    """What lkrun made for an agent."""
    return [each for each in made if each.mark is not None and each.mark.agent == agent]


def _is_right(rule: Rule, line: Line, trunks: set[str], *, awaited: bool) -> bool:
    """Whether a rule calls the agent for its trunks, one of which may not be there yet."""
    limited = rule.numbers or rule.callers
    return rule.agents == line.called and not limited and not awaited and set(rule.trunks) == trunks


def _listed(numbers: Sequence[str]) -> str:
    """Numbers in a sentence."""
    *first, last = numbers or ("no number",)
    return f"{', '.join(first)} and {last}" if first else last
