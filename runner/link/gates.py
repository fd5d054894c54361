"""Which ways of a call a persona's gate (`if`) closes, as far as the files prove it."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from runner.late_pattern import late
from runner.link.scope import Scope, Variable
from runner.link.surroundings import Analyses
from runner.schema.types.texts import Condition

_MAY_HOLD_ANYWAY = late(r"\b(or|not|if|is|default|d)\b|!")
"""Words with which a condition may hold while a variable has no value."""

_BARE = late(r"[a-z][a-z0-9_]*")
_LIKE_NO = ("", "no", "false", "off", "0")

MOST = 8
"""Variables of gates that are followed; there are as many states of a call as sets of them."""

_State = tuple[str, frozenset[str]]


@dataclass(frozen=True)
class Ways:
    """The ways of an agent's calls, from persona to persona."""

    scope: Scope
    analyses: Analyses

    def wanted(self, name: str) -> frozenset[str]:
        """The variables that something must have set before a persona's gate can be open."""
        gate = self.scope.personas[name].condition
        return frozenset() if gate is None else frozenset(self._wanted(gate))

    def _wanted(self, gate: Condition) -> Iterator[str]:
        if _MAY_HOLD_ANYWAY.search(gate):
            return
        bare = {part.strip() for part in gate.split(" and ") if _BARE.fullmatch(part.strip())}
        for use in self.analyses.of(str(gate), condition=True).uses:
            variable = self.scope.variables.get(use.path[0])
            if variable is None or variable.fixed is not None:
                continue
            if not variable.has_value or (use.path[0] in bare and _begins_false(variable)):
                yield use.path[0]

    @cached_property
    def _gates(self) -> Mapping[str, frozenset[str]]:
        gates = {name: self.wanted(name) for name in self.scope.personas}
        return gates if len(frozenset().union(*gates.values())) <= MOST else {}

    def path(self, target: str, stop: Collection[str] = ()) -> list[str]:
        """The shortest way from the start to a persona; none where gates close all.

        Args:
            target: the persona.
            stop: personas from which the way does not go on.
        """
        starts: list[_State] = [(str(n), frozenset()) for n in self.scope.agent.answering]
        came: dict[_State, _State | None] = dict.fromkeys(starts)
        waiting = deque(starts)
        while waiting:
            state = waiting.popleft()
            if state[0] == target:
                return _back(came, state)
            if state[0] in stop or state[0] not in self.scope.personas:
                continue
            for there in self._on(state):
                if there not in came:
                    came[there] = state
                    waiting.append(there)
        return []

    def _on(self, state: _State) -> Iterator[_State]:
        here, have = state
        wanted = frozenset().union(*self._gates.values()) if self._gates else frozenset()
        have |= wanted & frozenset(self.scope.setters[here])
        for there in self.scope.targets(here):
            if self._gates.get(there, frozenset()) <= have:
                yield there, have


def _begins_false(variable: Variable) -> bool:
    default = variable.field.default if variable.field is not None else None
    return default is not None and default.strip().casefold() in _LIKE_NO


def _back(came: Mapping[_State, _State | None], state: _State) -> list[str]:
    path, step = [state[0]], came[state]
    while step is not None:
        path.append(step[0])
        step = came[step]
    return path[::-1]
