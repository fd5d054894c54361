"""What a rule is, and what it looks at: one of four views of a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import UnionType
from typing import Generic, TypeVar

from runner.diagnostics import Diagnostic, Span
from runner.link.scope import Scope
from runner.link.surroundings import LinkContext
from runner.link.table import SymbolTable
from runner.link.texts import Texts
from runner.link.walk import Leaf
from runner.schema.reading.load import Definition
from runner.schema.types.blocks import Block
from runner.schema.types.names import Name
from runner.schema.types.texts import Text


@dataclass(frozen=True, slots=True)
class DefinitionContext:
    """A definition by itself, whoever uses it.

    Attributes:
        meant: filled: definitions that a misspelt name probably means, (section, name); nobody is
            told that they are unused.
        secrets: filled: secret → the places that need it.
        env: filled: environment variable → the places that read it.
    """

    definition: Definition
    table: SymbolTable
    around: LinkContext
    texts: Texts
    meant: set[tuple[str, str]] = field(default_factory=set)
    secrets: dict[str, list[Span]] = field(default_factory=dict)
    env: dict[str, list[Span]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class UseContext:
    """A definition from the view of one agent that uses it.

    Attributes:
        read: filled: names that its texts read.
        declare: filled: names that the author was told to declare, as paths; once is enough.
    """

    scope: Scope
    definition: Definition
    spec: Block
    texts: Texts
    read: set[str]
    declare: set[tuple[str, ...]] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class AgentContext:
    """An agent with all that it reaches.

    Attributes:
        read: the names that its texts and settings read.
    """

    scope: Scope
    around: LinkContext
    texts: Texts
    read: frozenset[str]


@dataclass(frozen=True, slots=True)
class FolderContext:
    """All files together.

    Attributes:
        scopes: the agents that could be read.
        meant: definitions that a misspelt name probably means, (section, name).
        secrets: secret → the places that need it.
        env: environment variable → the places that read it.
    """

    table: SymbolTable
    around: LinkContext
    scopes: tuple[Scope, ...]
    meant: frozenset[tuple[str, str]]
    secrets: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    env: Mapping[str, Sequence[Span]] = field(default_factory=dict)


Used = tuple[str, str] | None
"""(section, name) of the definition whose use by an agent is wrong; None: the agent itself is."""


Kinds = type[Text] | type[Name] | UnionType


@dataclass(frozen=True, slots=True)
class LeafRule:
    """Looks at texts and names of a definition, whoever uses it.

    Attributes:
        check: takes a text or name and where it stands.
        of: the types of texts and names that it looks at.
    """

    check: Callable[[DefinitionContext, Leaf, Span], Iterator[Diagnostic]]
    of: Kinds = Text | Name


@dataclass(frozen=True, slots=True)
class UseRule:
    """Looks at texts and names of a definition from the view of each agent that uses it.

    Attributes:
        check: takes a text or name and where it stands.
        of: the types of texts and names that it looks at.
    """

    check: Callable[[UseContext, Leaf, Span], Iterator[Diagnostic]]
    of: Kinds = Text | Name


@dataclass(frozen=True, slots=True)
class AgentRule:
    """Looks at an agent as a whole."""

    check: Callable[[AgentContext], Iterator[tuple[Used, Diagnostic]]]


@dataclass(frozen=True, slots=True)
class FolderRule:
    """Looks at the whole folder."""

    check: Callable[[FolderContext], Iterator[Diagnostic]]


Rule = LeafRule | UseRule | AgentRule | FolderRule

AnyLeafRule = TypeVar("AnyLeafRule", LeafRule, UseRule)


class ByKind(Generic[AnyLeafRule]):
    """Rules, found by the type of the text or name that they look at."""

    def __init__(self, rules: Iterable[AnyLeafRule]) -> None:
        self._rules: tuple[AnyLeafRule, ...] = tuple(rules)
        self._of: dict[type, tuple[AnyLeafRule, ...]] = {}

    def of(self, value: Text | Name) -> tuple[AnyLeafRule, ...]:
        """Those that look at such a value, in their order."""
        kind = type(value)
        known = self._of.get(kind)
        if known is None:
            known = self._of[kind] = tuple(r for r in self._rules if issubclass(kind, r.of))
        return known
