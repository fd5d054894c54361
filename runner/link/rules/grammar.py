"""Templates: can they be read?"""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.link.names import ALWAYS
from runner.link.rule import DefinitionContext, LeafRule
from runner.link.table import SymbolTable
from runner.link.walk import Leaf
from runner.schema.types.texts import Text
from runner.template import analyse

_WRITTEN = ("write {{", "write {%")


def _check(context: DefinitionContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    if isinstance(leaf.value, Text):
        texts = context.texts
        for problem in texts.analysis(leaf.value).problems:
            span = texts.pinpoint.at(place, leaf.value, problem.line, problem.column, "")
            help_ = problem.help
            if help_ is not None and help_.startswith(_WRITTEN):
                help_ = _acceptable(help_, leaf, context.table)
            yield Diagnostic(span, problem.code, problem.message, help_)


def _acceptable(help_: str, leaf: Leaf, table: SymbolTable) -> str:
    """What to write; where a name in it is declared nowhere, with what to do about that."""
    known = {*ALWAYS, "env", "secrets", *leaf.names, *table.words, *_declared(table)}
    new = dict.fromkeys(use.path[0] for use in analyse(help_).uses if use.path[0] not in known)
    if not new:
        return help_
    names = " and ".join(f"{name}:" for name in new)
    return f"declare {names} in the agent's variables:, and {help_}"


def _declared(table: SymbolTable) -> Iterator[str]:
    """All names that any agent may have a value for."""
    for definition in table.all():
        for key in ("variables", "needs", "ask"):
            names = getattr(definition.spec, key, None)
            if isinstance(names, dict):
                yield from map(str, names)


RULE = LeafRule(_check, Text)
