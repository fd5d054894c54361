"""An agent with all that it reaches, in its own terms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from runner.diagnostics import Diagnostic, Span
from runner.link.braces import single_braces
from runner.link.findings import Findings, Tell
from runner.link.flow import Flow
from runner.link.form import DefinitionCheck, form
from runner.link.needs import check_needs
from runner.link.pinpoint import Pinpoint
from runner.link.reach import reach
from runner.link.references import VariableReferences
from runner.link.release import AgentRelease
from runner.link.scope import Scope
from runner.link.surroundings import LinkContext, Prompt
from runner.link.table import SymbolTable
from runner.link.texts import DefinitionView, Texts
from runner.link.unused import unused_variables
from runner.link.walk import Leaf, walk
from runner.schema.reading.load import Definition, read
from runner.schema.types.blocks import Block
from runner.schema.types.names import FileName, Name
from runner.schema.types.settings import Settings
from runner.schema.types.texts import Text, Told


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
        self.texts = Texts(around.env, around.analyses, Pinpoint(around.lines))
        self.findings = Findings()
        self.formed: list[DefinitionCheck] = []

    def link(self, definition: Definition) -> LinkedAgent:
        """Find all that the agent reaches and check it from the agent's view."""
        scope = self._scope(definition)
        check_needs(scope, self.findings)
        read_names = self._check(scope)
        for found in unused_variables(scope, read_names):
            self.findings.add(found)
        Flow(scope, self.texts, _prompts(scope, self.around)).check(self.findings)
        return LinkedAgent(scope, self.around, self.texts, self.findings, tuple(self.formed))

    def _scope(self, definition: Definition) -> Scope:
        agent = definition.spec
        others = frozenset(n for n, v in agent.variables.items() if isinstance(v, Block))
        fixed = {n: v for n, v in agent.variables.items() if n not in others}
        settings = Settings(self.around.env, fixed, others)
        resolved: dict[tuple[str, str], Block | None] = {}

        def resolve(entry: Definition) -> Block | None:
            if not entry.deferred:
                return entry.spec  # type: ignore[no-any-return]  # a Block
            key = (entry.section, entry.name)
            if key not in resolved:
                again, found = read(entry.document, entry.location, settings)
                for diagnostic in found:
                    self.findings.add_for(key, diagnostic)
                resolved[key] = again.spec
                if again.spec is not None:
                    self.formed.append(form(entry, again.spec, self.table, self.around))
            return resolved[key]

        return reach(definition, agent, self.table, resolve)

    def _check(self, scope: Scope) -> set[str]:
        """Check names of variables and in templates; the names that are read."""
        variables, read_names = VariableReferences(scope), set[str]()
        for definition, spec in parts(scope):
            used = (definition.section, definition.name)
            view = DefinitionView(scope, definition, spec)

            def tell(diagnostic: Diagnostic, used: tuple[str, str] = used) -> None:
                self.findings.add_for(used, diagnostic)

            for leaf in walk(spec, definition.location):
                if isinstance(leaf.value, FileName):
                    read_names |= self._prompt_names(leaf, view, tell)
                elif isinstance(leaf.value, Name):
                    variables.check(definition, leaf, tell)
                    variables.arguments(definition, leaf, tell)
                    read_names.add(str(leaf.value))
                elif definition.section != "providers":
                    variables.stored(definition, leaf, tell)
                    place = definition.document.value_span(leaf.location)
                    read_names |= self._names(place, leaf, view, tell)
            read_names |= _words_of_settings(definition.data)
        for section, name in scope.reached:
            entry = scope.table.entries[section].get(name)
            if entry is not None and name not in getattr(scope, section):
                read_names |= entry.words()
        return read_names

    def _prompt_names(self, leaf: Leaf, view: DefinitionView, tell: Tell) -> set[str]:
        prompt = self.around.prompts[view.definition.document.file, str(leaf.value)]
        if prompt.problem is not None:
            return set()
        return self._names(prompt.span, replace(leaf, value=Told(prompt.text)), view, tell)

    def _names(self, place: Span, leaf: Leaf, view: DefinitionView, tell: Tell) -> set[str]:
        meant = single_braces(place, leaf, view, self.texts.pinpoint, tell)
        return {*self.texts.names(place, leaf, view, tell), *meant}


def parts(scope: Scope) -> Iterator[tuple[Definition, Block]]:
    """An agent and all that it reaches, each with where it stands."""
    yield scope.definition, scope.agent
    for section in ("personas", "tools", "services", "providers"):
        for name, spec in getattr(scope, section).items():
            yield scope.table.entries[section][name], spec


def _prompts(scope: Scope, around: LinkContext) -> dict[str, list[Prompt]]:
    """Persona → its prompt files."""
    found: dict[str, list[Prompt]] = {}
    for name, persona in scope.personas.items():
        file = scope.table.entries["personas"][name].document.file
        for wanted in persona.instructions_file or ():
            found.setdefault(name, []).append(around.prompts[file, str(wanted)])
    return found


def _release(scope: Scope, around: LinkContext, texts: Texts) -> AgentRelease:
    places: dict[str, str] = {}
    env: set[str] = set()

    def note(text: Text, span: Span) -> None:
        uses = texts.analysis(text).uses
        env.update(u.path[1] for u in uses if u.path[0] == "env")
        if uses:
            places.setdefault(str(text), f"{span.file}:{span.line}")

    for definition, spec in parts(scope):
        for leaf in walk(spec, definition.location):
            if isinstance(leaf.value, Text):
                note(leaf.value, definition.document.value_span(leaf.location))
    prompts = {}
    for name, files in _prompts(scope, around).items():
        prompts[name] = "\n\n".join(p.text.strip() for p in files)
        note(Told(prompts[name]), files[0].span)
    return AgentRelease.model_construct(
        name=scope.name,
        agent=scope.agent,
        personas=scope.personas,
        tools=scope.tools,
        services=scope.services,
        providers=scope.providers,
        prompts=prompts,
        env={n: around.env[n] for n in sorted(env) if n in around.env},
        places=places,
    )


_WORD = re.compile(r"[a-z][a-z0-9_]*")


def _words_of_settings(data: Any) -> set[str]:
    """Words of templates in settings: in the spec only their results stand."""
    if isinstance(data, str):
        return set(_WORD.findall(data)) if "{{" in data else set()
    if isinstance(data, dict | list):
        inner = data.values() if isinstance(data, dict) else data
        return {word for value in inner for word in _words_of_settings(value)}
    return set()
