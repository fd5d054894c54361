"""What templates may name of what is remembered of a caller."""

from __future__ import annotations

from runner.diagnostics.nearest import did_you_mean
from runner.link.findings import Problem
from runner.link.names import MEMORY, MEMORY_PARTS
from runner.link.scope import Scope
from runner.link.walk import Leaf
from runner.schema.memory import EXAMPLE, Whom


def of_memory(scope: Scope, rest: tuple[str, ...], leaf: Leaf) -> Problem | None:
    """What is wrong with a name that begins with `memory`, which is no variable."""
    memory, name = scope.agent.memory, ".".join((MEMORY, *rest))
    if memory is None and scope.definition.may_have(MEMORY):
        return None
    if memory is None:
        message = f"'{name}' has no value here: agent '{scope.name}' has no memory"
        return "E304", message, f"write memory: in the agent '{scope.name}', and below it {EXAMPLE}"
    if isinstance(leaf.value, Whom):
        message = f"'{name}' has no value here: nothing is remembered before it is known of whom"
        return "E304", message, f"write who calls, such as {EXAMPLE}"
    if rest[:1] == ("summary",) and not (memory.summary or scope.definition.may_have("summary")):
        message = f"'{name}' has no value here: memory of '{scope.name}' keeps no summary"
        return "E304", message, "write summary: yes below memory:, beside of:"
    return _part(scope, rest)


def _part(scope: Scope, rest: tuple[str, ...]) -> Problem | None:
    if not rest:
        message = f"'{MEMORY}' needs a part, such as {MEMORY}.{MEMORY_PARTS[0]}"
        return "E302", message, f"parts: {', '.join(MEMORY_PARTS)}"
    if rest[0] not in MEMORY_PARTS:
        message = f"'{MEMORY}' has no part '{rest[0]}'"
        if rest[0] in scope.variables:
            return "E302", message, f"write {rest[0]}, which has its value again by itself"
        return "E302", message, did_you_mean(rest[0], MEMORY_PARTS, noun="parts")
    return None
