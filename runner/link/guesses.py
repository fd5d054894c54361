"""What a model or an app may fill with guesses at a private value, which a condition answers."""

from __future__ import annotations

from collections.abc import Iterator

from runner.link.rule import UseContext
from runner.link.scope import Scope
from runner.link.texts import Texts
from runner.schema.actions import Set
from runner.schema.fields import Field
from runner.schema.tools import BUILT_IN, TOOLS, OfRecords, Remember, SetTool
from runner.schema.types.texts import Condition, Text

GIVEN = "args"


def guessed(context: UseContext, text: Condition) -> Iterator[tuple[str, str]]:
    """The private variables of a condition, each with what beside it may be a guess.

    An answer to a guess is a leak. What a model or an app gives: an argument, and a variable that
    is stored by one of them.
    """
    uses = context.texts.analysis(text).uses
    declared = context.scope.declared
    private = {name for use in uses if (f := declared.get(name := use.path[0])) and f.private}
    if not private or len({use.path[0] for use in uses}) == 1:
        return
    from runner.template.together import together  # noqa: PLC0415 - Jinja2 only where it is asked

    stored = _stored_by_others(context.scope, context.texts)
    told: set[str] = set()
    for paths in together(text):
        given = sorted(path for path in paths if path[0] == GIVEN or path[0] in stored)
        names = {path[0] for path in paths} & private - told if given else set()
        told |= names
        yield from ((name, ".".join(given[0])) for name in sorted(names))


def _stored_by_others(scope: Scope, texts: Texts) -> set[str]:
    """The variables that hold what a model or an app has given."""
    stored = set(_by_the_model(scope))
    copies = [
        (str(name), {use.path[0] for use in texts.analysis(value).uses})
        for user in (scope.agent, *scope.personas.values(), *scope.tools.values())
        for block in scope.acting(user)
        if isinstance(block, Set | SetTool)
        for name, value in block.set.items()
        if isinstance(value, Text)
    ]
    while more := {name for name, of in copies if of & {GIVEN, *stored}} - stored:
        stored |= more
    return stored


def _by_the_model(scope: Scope) -> Iterator[str]:
    """The variables that tools let a model fill."""
    for tool in scope.tools.values():
        if isinstance(tool, Remember | OfRecords):
            yield from tool.stores
    own = {n: v for n, v in scope.agent.variables.items() if isinstance(v, Field)}
    listed = {*scope.agent.tools, *(n for p in scope.personas.values() for n in p.tools)}
    for name in listed & set(BUILT_IN):
        bare = TOOLS[name].undefined(own)
        yield from (bare.stores if bare is not None else ())
