"""An agent with all that it reaches, in its own terms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from runner.diagnostics import Span
from runner.late_pattern import late
from runner.link.attached import documents, located, sounds
from runner.link.findings import Findings
from runner.link.form import DefinitionCheck, form
from runner.link.leaves import leaves
from runner.link.pinpoint import Pinpoint
from runner.link.prompts import prompts_of
from runner.link.reach import reach
from runner.link.release import AgentRelease
from runner.link.rule import AgentContext, AgentRule, ByKind, UseContext, UseRule
from runner.link.rules import RULES
from runner.link.scope import Scope, parts
from runner.link.surroundings import LinkContext
from runner.link.table import SymbolTable
from runner.link.texts import Texts
from runner.schema.agents import LISTENER
from runner.schema.knowledge import FilesKnowledge
from runner.schema.personas import Persona
from runner.schema.reading.load import Definition, read
from runner.schema.types.blocks import Block
from runner.schema.types.names import Name
from runner.schema.types.paths import JmesPath
from runner.schema.types.settings import Settings
from runner.schema.types.texts import Text, Told

_USE_RULES = ByKind(rule for rule in RULES if isinstance(rule, UseRule))
_AGENT_RULES = tuple(rule for rule in RULES if isinstance(rule, AgentRule))


@dataclass(frozen=True)
class LinkedAgent:
    """What came of an agent.

    Attributes:
        findings: what is wrong from its view, `users` not filled.
        formed: of shared definitions whose settings were read in its terms.
    """

    scope: Scope
    around: LinkContext
    texts: Texts
    findings: Findings
    formed: tuple[DefinitionCheck, ...]

    @cached_property
    def release(self) -> AgentRelease:
        """Its part of the release; asked for only where nothing is wrong."""
        return _release(self.scope, self.around, self.texts)


class AgentLinker:
    """Links one agent."""

    def __init__(self, table: SymbolTable, around: LinkContext) -> None:
        self.table, self.around = table, around
        self.texts = Texts(around.analyses, Pinpoint(around.lines))
        self.findings = Findings()
        self.formed: list[DefinitionCheck] = []

    def link(self, definition: Definition) -> LinkedAgent:
        """Find all that the agent reaches and check it from the agent's view."""
        scope = self._scope(definition)
        read_names = self._check(scope)
        context = AgentContext(scope, self.around, self.texts, frozenset(read_names))
        broken = any(d.partial is not None for d, _ in parts(scope))
        for rule in () if broken else _AGENT_RULES:  # what is lacking may only be unreadable
            for used, diagnostic in rule.check(context):
                if used is None:
                    self.findings.add(diagnostic)
                else:
                    self.findings.add_for(used, diagnostic)
        return LinkedAgent(scope, self.around, self.texts, self.findings, tuple(self.formed))

    def _scope(self, definition: Definition) -> Scope:
        agent = definition.readable
        others = frozenset(n for n, v in agent.variables.items() if isinstance(v, Block))
        fixed = {n: v for n, v in agent.variables.items() if n not in others}
        settings = Settings(self.around.env, fixed, others)
        resolved: dict[tuple[str, str], Block | None] = {}

        def resolve(entry: Definition) -> Block | None:
            if not entry.deferred:
                return entry.readable  # type: ignore[no-any-return]  # a Block
            key = (entry.section, entry.name)
            if key not in resolved:
                again, diagnostics = read(entry.document, entry.location, settings)
                for diagnostic in diagnostics:
                    self.findings.add_for(key, diagnostic)
                resolved[key] = again.readable
                if again.readable is not None:
                    self.formed.append(form(entry, again.readable, self.table, self.around))
            return resolved[key]

        return reach(definition, agent, self.table, resolve)

    def _check(self, scope: Scope) -> set[str]:
        """Check all texts and names in the agent's terms; the names that are read."""
        read_names = set[str]()
        for definition, spec in (*parts(scope), *_later(scope)):
            used = (definition.section, definition.name)
            context = UseContext(scope, definition, spec, self.texts, read_names)
            for leaf, place in leaves(definition, spec, self.around):
                if isinstance(leaf.value, Name):
                    read_names.add(str(leaf.value))
                elif definition.section == "providers":
                    continue  # they are rendered before there is an agent
                for rule in _USE_RULES.of(leaf.value):
                    for diagnostic in rule.check(context, leaf, place):
                        self.findings.add_for(used, diagnostic)
            read_names |= _words_of_settings(definition.data)
        for section, name in scope.reached:
            entry = scope.table.entries[section].get(name)
            if entry is not None and name not in getattr(scope, section):
                read_names |= entry.words()
        return read_names


def _located(scope: Scope, section: str, around: LinkContext) -> dict[str, Any]:
    """Definitions of a section, their attached files named from the folder."""
    entries = scope.table.entries[section]
    return {n: located(entries[n], spec, around) for n, spec in getattr(scope, section).items()}


def _later(scope: Scope) -> Iterator[tuple[Definition, Block]]:
    """What else has a name that the agent reaches: nothing uses it, but its mistakes are told."""
    for key in scope.reached:
        for definition in scope.table.later.get(key, ()):
            if definition.readable is not None:
                yield definition, definition.readable


def _release(scope: Scope, around: LinkContext, texts: Texts) -> AgentRelease:
    places: dict[str, str] = {}
    env: set[str] = set()

    def note(text: Text, span: Span) -> None:
        uses = texts.analysis(text).uses
        env.update(u.path[1] for u in uses if u.path[0] == "env")
        if uses or isinstance(text, JmesPath):
            places.setdefault(str(text), f"{span.file}:{span.line}")

    for definition, spec in parts(scope):
        for leaf, place in around.walks.of(spec, definition.document, definition.location):
            if isinstance(leaf.value, Text):
                note(leaf.value, place)
    prompts = {}
    for name, files in prompts_of(scope, around).items():
        prompts[name] = "\n\n".join(p.text.strip() for p in files)
        note(Told(prompts[name]), files[0].span)
    return AgentRelease.model_construct(
        name=scope.name,
        agent=located(scope.definition, scope.agent, around),
        personas=_located(scope, "personas", around) or {str(LISTENER): Persona()},
        tools=_located(scope, "tools", around),
        services=_located(scope, "services", around),
        knowledge=_located(scope, "knowledge", around),
        documents={
            name: documents(scope.table.entries["knowledge"][name], knowledge, around.prompts)
            for name, knowledge in scope.knowledge.items()
            if isinstance(knowledge, FilesKnowledge)
        },
        providers=_located(scope, "providers", around),
        prompts=prompts,
        sounds=sounds((definition for definition, _ in parts(scope)), around.prompts),
        env={n: around.env[n] for n in sorted(env) if n in around.env},
        places=places,
    )


_WORD = late(r"[a-z][a-z0-9_]*")


def _words_of_settings(data: Any) -> set[str]:
    """Words of templates in settings: in the spec only their results stand."""
    if isinstance(data, str):
        return set(_WORD.findall(data)) if "{{" in data else set()
    if isinstance(data, dict | list):
        inner = data.values() if isinstance(data, dict) else data
        return {word for value in inner for word in _words_of_settings(value)}
    return set()
