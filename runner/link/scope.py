"""What one agent reaches: its personas, tools, providers and variables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from runner.link.paths import Paths
from runner.link.table import SymbolTable
from runner.link.walk import blocks
from runner.schema.actions import Set, tool_of
from runner.schema.agents import Agent
from runner.schema.calling import AnyTool
from runner.schema.fields import Field
from runner.schema.needs import Need
from runner.schema.personas import Persona
from runner.schema.reading.load import Definition
from runner.schema.services import Service
from runner.schema.tools import BUILT_IN, TOOLS, HttpTool, asked_by
from runner.schema.types.blocks import Block


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of an agent.

    Attributes:
        field: how it is declared; None where it is fixed, or only saved by a tool.
        fixed: its value, where nothing changes it.
    """

    name: str
    field: Field | None = None
    fixed: Any = None

    @property
    def has_value(self) -> bool:
        """Whether it has a value as soon as the call begins."""
        return self.fixed is not None or (self.field is not None and self.field.default is not None)

    @property
    def remembered(self) -> bool:
        """Whether the model may set it."""
        return self.field is not None and self.field.remembered


@dataclass
class Scope(Paths):
    """An agent with all that it reaches; definitions with mistakes are reached, but not entered.

    Attributes:
        reached: (section, name) of all that it reaches: broken definitions too, and names that
            nothing defines.
    """

    definition: Definition
    agent: Agent
    table: SymbolTable
    reached: set[tuple[str, str]] = field(default_factory=set)
    personas: dict[str, Persona] = field(default_factory=dict)
    tools: dict[str, Block] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    knowledge: dict[str, Block] = field(default_factory=dict)
    providers: dict[str, Block] = field(default_factory=dict)
    _inside: dict[int, tuple[Block, tuple[Block, ...]]] = field(
        default_factory=dict, repr=False, compare=False
    )

    def inside(self, user: Block) -> tuple[Block, ...]:
        """A block and all blocks in it: many rules ask for the same."""
        known = self._inside.get(id(user))
        if known is None or known[0] is not user:  # it is kept, so nothing else gets its id
            known = self._inside[id(user)] = user, tuple(blocks(user))
        return known[1]

    @property
    def name(self) -> str:
        """The agent's name."""
        return self.definition.name

    @cached_property
    def variables(self) -> dict[str, Variable]:
        """Declared and saved variables."""
        variables: dict[str, Variable] = {}
        for name, value in self.agent.variables.items():
            variables[name] = (
                Variable(name, field=value)
                if isinstance(value, Field)
                else Variable(name, fixed=value)
            )
        for name, need in self.needs.items():
            variables.setdefault(name, Variable(name, field=need))
        for tool in self.tools.values():
            if isinstance(tool, HttpTool):
                for saved in tool.result.save:
                    variables.setdefault(str(saved), Variable(str(saved)))
        return variables

    @property
    def needs(self) -> dict[str, Need]:
        """All that callers are asked for, by personas and by tools."""
        users: list[Mapping[str, Need]] = [p.needs for p in self.personas.values()]
        users += [asked_by(t) for t in self.tools.values() if isinstance(t, AnyTool)]
        return {name: need for needs in users for name, need in needs.items()}

    @property
    def declared(self) -> dict[str, Field]:
        """Declared variables that may change."""
        return {n: v.field for n, v in self.variables.items() if v.field is not None}

    @property
    def fixed(self) -> dict[str, Any]:
        """Fixed variables and their values."""
        return {n: v for n, v in self.agent.variables.items() if not isinstance(v, Field)}

    @cached_property
    def opened(self) -> set[str]:
        """Variables that `before_call` may set, or memory: they are there from the start."""
        kept = self.agent.memory.keep if self.agent.memory is not None else ()
        opened = set(map(str, kept))
        if self.agent.before_call is None:
            return opened
        waiting = list(self.acting(self.agent.before_call))
        tools: set[str] = set()
        while waiting:
            block = waiting.pop()
            opened |= sets(block)
            name = tool_of(block)
            if name in self.tools and name not in tools:
                tools.add(name)
                waiting += self.acting(self.tools[name])
        return opened

    @cached_property
    def setters(self) -> Mapping[str, set[str]]:
        """Persona → the variables that something may set while it speaks."""
        return {name: self._setters(persona) for name, persona in self.personas.items()}

    def _setters(self, persona: Persona) -> set[str]:
        setters: set[str] = set()
        tools = self.tools_of(persona)
        for source in (persona, self.agent, *tools.values()):
            for block in self.acting(source):
                setters |= sets(block)
        for name in {*self.agent.tools, *persona.tools} & set(BUILT_IN):
            own = {n: v for n, v in self.agent.variables.items() if isinstance(v, Field)}
            tool = TOOLS[name].undefined(own)
            setters |= set(tool.stores if tool is not None else ())
        return setters


def sets(block: Block) -> set[str]:
    names: Iterable[str] = ()
    match block:
        case Set():
            names = block.set
        case Persona():
            names = block.needs
        case AnyTool():
            names = block.stores
    return set(map(str, names))


def parts(scope: Scope) -> Iterator[tuple[Definition, Block]]:
    """An agent and all that it reaches, each with where it stands."""
    yield scope.definition, scope.agent
    for section in ("personas", "tools", "services", "knowledge", "providers"):
        for name, spec in getattr(scope, section).items():
            yield scope.table.entries[section][name], spec
