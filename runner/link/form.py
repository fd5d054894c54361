"""A definition by itself: what is wrong with it whoever uses it."""

from __future__ import annotations

from dataclasses import dataclass

from runner.diagnostics import Diagnostic, Span
from runner.link.leaves import leaves
from runner.link.pinpoint import Pinpoint
from runner.link.rule import ByKind, DefinitionContext, LeafRule
from runner.link.rules import RULES
from runner.link.surroundings import LinkContext
from runner.link.table import SymbolTable, name_span
from runner.link.texts import Texts
from runner.schema.reading.load import Definition
from runner.schema.types.blocks import Block
from runner.schema.types.files import FileName
from runner.schema.types.names import Name

_RULES = ByKind(rule for rule in RULES if isinstance(rule, LeafRule))


@dataclass(frozen=True, slots=True)
class DefinitionCheck:
    """What came of it.

    Attributes:
        secrets: secret → the places that need it.
        env: environment variable → the places that read it.
        meant: definitions that a misspelt name probably means.
        names: (section, name) of all that it points to.
        hosted: those of them that may be models of LiveKit's, such as `openai/gpt-4.1-mini`.
        place: where the definition's name stands.
    """

    diagnostics: tuple[Diagnostic, ...]
    secrets: dict[str, list[Span]]
    env: dict[str, list[Span]]
    meant: frozenset[tuple[str, str]]
    names: frozenset[tuple[str, str]]
    hosted: frozenset[str]
    place: Span


def form(
    definition: Definition, spec: Block, table: SymbolTable, around: LinkContext
) -> DefinitionCheck:
    """Check a definition's names, templates, files and values."""
    texts = Texts(around.analyses, Pinpoint(around.lines))
    context = DefinitionContext(definition, table, around, texts)
    names: set[tuple[str, str]] = set()
    diagnostics: list[Diagnostic] = []
    for leaf, place in leaves(definition, spec, around):
        if isinstance(leaf.value, Name) and not isinstance(leaf.value, FileName):
            names.add((leaf.value.section, str(leaf.value)))
        for rule in _RULES.of(leaf.value):
            diagnostics += rule.check(context, leaf, place)
    return DefinitionCheck(
        tuple(diagnostics),
        context.secrets,
        context.env,
        frozenset(context.meant),
        frozenset(names),
        frozenset(name for section, name in names if section == "providers" and "/" in name),
        name_span(definition),
    )
