"""LiveKit's trunks and rules as far as plans are made of them, with what LiveKit refuses."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from runner.serve.telephony.changes import Change, Plan
from runner.serve.telephony.lines import Known, Mark, Rule, Trunk


@dataclass
class SipWorld:
    """Trunks and rules by id. Real ones are met in tests/live/test_phone.py."""

    trunks: dict[str, Trunk] = field(default_factory=dict)
    rules: dict[str, Rule] = field(default_factory=dict)
    count: int = 0

    @property
    def known(self) -> Known:
        """All of them."""
        return Known(tuple(self.trunks.values()), tuple(self.rules.values()))

    @property
    def of_others(self) -> tuple[set[Trunk], set[Rule]]:
        """What lkrun has not made."""
        return (
            {t for t in self.trunks.values() if t.mark is None},
            {r for r in self.rules.values() if r.mark is None},
        )

    def trunk(self, *numbers: str, mark: Mark | None = None, id: str = "") -> Trunk:  # noqa: A002 - LiveKit's word
        """Keep a trunk; a number belongs to one of them."""
        made = Trunk(id or self._id("ST"), "", tuple(numbers), mark)
        for other in self.trunks.values():
            assert other.id == made.id or not any(map(other.has, numbers)), "a number of two trunks"
        assert numbers, "a trunk that takes all calls is refused"
        self.trunks[made.id] = made
        return made

    def rule(
        self, trunks: tuple[str, ...], agents: tuple[str, ...], mark: Mark | None = None,
        id: str = "",  # noqa: A002 - LiveKit's word
    ) -> Rule:  # fmt: skip
        """Keep a rule; calls of a trunk go by one of them."""
        made = Rule(id or self._id("SDR"), "", trunks, agents, mark)
        for other in self.rules.values():
            assert other.id == made.id or not {*other.trunks} & {*trunks}, "a trunk of two rules"
        assert trunks, "a rule for all trunks would take the calls of others"
        self.rules[made.id] = made
        return made

    def apply(self, plan: Plan, folder: str) -> None:
        """Do what is planned."""
        made: dict[str, str] = {}
        for change in plan.changes:
            self._do(change, Mark(change.agent, folder), made)

    def _do(self, change: Change, mark: Mark, made: dict[str, str]) -> None:
        match change.kind:
            case "make_trunk":
                made[change.agent] = self.trunk(*change.numbers, mark=mark).id
            case "set_numbers":
                assert self.trunks[change.id].mark is not None
                self.trunk(*change.numbers, mark=mark, id=change.id)
            case "remove_trunk":
                assert self.trunks.pop(change.id).mark is not None
                self._let_go(change.id)
            case "make_rule" | "set_rule":
                own = (made[change.agent],) if change.own_trunk and change.agent in made else ()
                self.rule((*change.trunks, *own), change.called, mark, change.id)
            case "remove_rule":
                assert self.rules.pop(change.id).mark is not None

    def _let_go(self, trunk: str) -> None:
        for rule in self.rules.values():
            left = tuple(t for t in rule.trunks if t != trunk)
            self.rules[rule.id] = (
                replace(rule, trunks=left or ("gone",)) if trunk in rule.trunks else rule
            )

    def _id(self, kind: str) -> str:
        self.count += 1
        return f"{kind}_{self.count}"
