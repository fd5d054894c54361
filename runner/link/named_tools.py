"""Tools that a provider's options name, as a scripted model's rules do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from runner.diagnostics.nearest import did_you_mean, nearest
from runner.link.scope import Scope
from runner.link.servers import ServerTools
from runner.link.table import SymbolTable
from runner.providers.problems import OptionProblem
from runner.schema.languages import SWITCH_LANGUAGE
from runner.schema.needs import NEED_TOOLS
from runner.schema.tools import BUILT_IN

_NAMED = 2
"""How many agents a message names."""

TRANSFER = "transfer_to_"
"""Before a persona's name: the tool by which the model hands the call to it."""


def judge(
    problem: OptionProblem, users: Sequence[Scope], table: SymbolTable
) -> OptionProblem | None:
    """Say what is wrong with the tool that a problem is about; None where nothing is.

    A name that was misspelt is a mistake. One that nothing has, or that is given to nobody, does no
    harm to a model that only calls what it is offered, so that it is a warning.

    Args:
        problem: one that is about no tool is given back.
        users: the agents that use the provider.
        table: all definitions.
    """
    name = problem.tool
    if name is None:
        return problem
    offered = sorted({tool for scope in users for tool in _offered(scope)})
    servers = [ServerTools.of(scope.tools.items()) for scope in users]
    if any(tools.may_have(name) for tools in servers):
        return None
    if not users or name in offered or {name, name.removeprefix(TRANSFER)} & table.words:
        return None
    agents = " or ".join(scope.name for scope in users) if len(users) <= _NAMED else "these agents"
    message = f"no tool or handoff of {agents} is called '{name}'"
    idle, right = _to_give(name, table), _right_name(name, offered)
    if idle is None and right is not None:
        return replace(problem, message=message, help=right)
    if table.words:
        return None  # it may be given in what cannot be read
    listed = did_you_mean(name, offered, noun="tools and handoffs here")
    return replace(problem, code="W210", message=message, help=idle or listed)


def _to_give(name: str, table: SymbolTable) -> str | None:
    """What to do where there is such a tool or persona, and no persona has it."""
    if name in table.entries["tools"] or name in BUILT_IN:
        return f"list '{name}' below the tools: of a persona"
    persona = name.removeprefix(TRANSFER)
    if persona != name and persona in table.entries["personas"]:
        return f"add '{persona}' below the handoffs: of a persona"
    return None


def _right_name(name: str, offered: Sequence[str]) -> str | None:
    """What was probably meant: a tool, or a handoff that is called by its persona alone."""
    targets = [each.removeprefix(TRANSFER) for each in offered if each.startswith(TRANSFER)]
    near = nearest(name, offered)
    target = name if name in targets else None if near else nearest(name, targets)
    if target is not None:
        return f"a handoff to {target} is called {TRANSFER}{target}"
    return f"did you mean '{near}'?" if near else None


def _offered(scope: Scope) -> Iterable[str]:
    """The tools and handoffs that the model has in some persona."""
    yield from NEED_TOOLS if scope.needs else ()
    languages = scope.agent.languages
    yield from (SWITCH_LANGUAGE,) if languages is not None and languages.switchable else ()
    yield from scope.agent.after_call.tools if scope.agent.after_call is not None else ()
    for tools, handoffs in (
        (scope.agent.tools, scope.agent.handoffs),
        *((persona.tools, persona.handoffs) for persona in scope.personas.values()),
    ):
        yield from map(str, tools)
        yield from (f"{TRANSFER}{target}" for target in handoffs)
