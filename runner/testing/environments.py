"""Tests of a folder that runs in several environments: each with its agent as it is there."""

from __future__ import annotations

from collections.abc import Sequence

from runner.compiler import Compiled, Compiler
from runner.link.cases import TestCase, cases
from runner.link.release import AgentRelease


def elsewhere(compiler: Compiler, result: Compiled) -> list[Compiled]:
    """The folder in each further environment in which a test of it runs."""
    named = [test.definition.spec.environment for test in result.tests]
    names = dict.fromkeys(str(name) for name in named if name is not None)
    return [compiler.compile(environment=name) for name in names if name != result.environment]


def cases_of(several: Sequence[Compiled]) -> tuple[list[TestCase], dict[str, AgentRelease]]:
    """The tests of the first, each as it is in its environment; test → the agent that it calls.

    Args:
        several: the folder in the chosen environment, then in others; all without mistakes.
    """
    first = several[0]
    there: list[TestCase] = []
    called: dict[str, AgentRelease] = {}
    known = {
        each.environment: (
            each.release,
            {case.name: case for case in cases(each.tests, each.release)},
        )
        for each in several
        if each.release is not None
    }
    for name, case in known[first.environment][1].items():
        wanted = case.spec.environment
        release, own = known[first.environment if wanted is None else str(wanted)]
        case = own.get(name, case)  # noqa: PLW2901 - the same test, as it is there
        there.append(case)
        if (agent := release.agents.get(str(case.spec.agent))) is not None:
            called[name] = agent
    return there, called
