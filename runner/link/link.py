"""The link stage itself, in the order in which a person would look."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from runner.diagnostics import Diagnostic, Span
from runner.link.findings import Findings
from runner.link.flow import Flow, unused
from runner.link.needs import check_needs, no_agent, unused_variables
from runner.link.pinpoint import Pinpoint
from runner.link.plugins import OptionChecker, check_plugins
from runner.link.reach import reach
from runner.link.references import References, Variables
from runner.link.release import AgentRelease, Release
from runner.link.scope import Scope
from runner.link.table import Table, build
from runner.link.texts import Analyses, Texts
from runner.link.walk import Leaf, walk
from runner.providers.catalogue import Catalogue
from runner.spec.http import Body
from runner.spec.load import Definition, Specs, read
from runner.spec.names import FileName, Name
from runner.spec.process import Process
from runner.spec.setting import Settings
from runner.spec.shape import Block
from runner.spec.text import Text, Told


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text file that a key names: its path below the folder and its text, or what is wrong with it."""

    path: str
    text: str = ""
    problem: tuple[str, str, str | None] | None = None


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a folder is linked against.

    Attributes:
        env: the environment.
        prompts: (file that names it, name) → the file.
        lines: file → its lines, prompts included.
    """

    env: Mapping[str, str]
    prompts: Mapping[tuple[str, str], Prompt]
    lines: Mapping[str, list[str]]
    catalogue: Catalogue
    ask_plugins: OptionChecker
    analyses: Analyses


@dataclass(frozen=True, slots=True)
class Linked:
    """What came of it: a release where there is no error, and all that was found."""

    release: Release | None
    diagnostics: tuple[Diagnostic, ...]
    scopes: tuple[Scope, ...] = ()
    secrets: dict[str, list[Span]] = field(default_factory=dict)


def file_requests(files: Sequence[Specs]) -> list[tuple[str, str]]:
    """Every text file that a key names: (the file that names it, the name as written)."""
    found: dict[tuple[str, str], None] = {}
    for specs in files:
        for definition in specs.definitions:
            if definition.spec is not None:
                for leaf in walk(definition.spec, definition.location):
                    if isinstance(leaf.value, FileName):
                        found[(definition.document.file, str(leaf.value))] = None
    return list(found)


def link(files: Sequence[Specs], around: Surroundings) -> Linked:
    """Link all files of a folder."""
    table, diagnostics = build(files)
    return _Linker(table, around).run(diagnostics)


class _Linker:
    def __init__(self, table: Table, around: Surroundings) -> None:
        self.table, self.around = table, around
        self.findings = Findings()
        self.pinpoint = Pinpoint(around.lines)
        self.texts = Texts(around.env, around.analyses, self.pinpoint, {}, set())
        self.references = References(table, around.catalogue, set())
        self.leaves: dict[tuple[str, str], list[Leaf]] = {}

    def run(self, diagnostics: list[Diagnostic]) -> Linked:
        diagnostics = diagnostics + no_agent(self.table)
        for definition in self._definitions():
            if definition.spec is not None:
                self._form(definition, definition.spec)
        scopes = [s for s in map(self._scope, self.table.entries["agents"].values()) if s]
        self._count_users(scopes)
        used_names: set[str] = set()
        for scope in scopes:
            check_needs(scope, self.findings)
            used_names = self._agent(scope)
            diagnostics += unused_variables(scope, used_names)
        providers = self.table.entries["providers"].values()
        diagnostics += check_plugins(providers, self.around.catalogue, self.around.ask_plugins)
        diagnostics += unused(self.table, scopes, self.references.meant)
        diagnostics += self.findings.diagnostics()
        release = None if any(d.severity == "error" for d in diagnostics) else self._release(scopes)
        return Linked(release, tuple(diagnostics), tuple(scopes), self.texts.secrets_used)

    def _definitions(self) -> Iterator[Definition]:
        yield from self.table.all()
        if self.table.process is not None:
            yield self.table.process

    def _tell(self, diagnostic: Diagnostic) -> None:
        d = diagnostic
        self.findings.add(d.span, d.code, d.message, d.help, d.related)

    def _form(self, definition: Definition, spec: Block) -> None:
        """What is wrong with a definition whoever uses it."""
        for leaf in walk(spec, definition.location):
            place = definition.document.value_span(leaf.location)
            if isinstance(leaf.value, FileName):
                self._file(definition, leaf, place)
            elif isinstance(leaf.value, Name):
                self.references.check(definition, leaf, self._tell)
            else:
                self.texts.form(place, leaf.value, self._tell)
                if isinstance(leaf.owner, Body):
                    self._typed(definition, leaf, place)
                if definition.section in ("providers", "runner"):
                    self._fixed_only(place, leaf)

    def _file(self, definition: Definition, leaf: Leaf, place: Span) -> None:
        prompt = self.around.prompts[definition.document.file, str(leaf.value)]
        if prompt.problem is not None and _is_prose(leaf.value):
            self.findings.add(
                place,
                "E007",
                f"'{leaf.key}' holds a text, where the name of a file belongs",
                "write the text behind instructions:, without _file",
            )
        elif prompt.problem is not None:
            self.findings.add(place, *prompt.problem)
        else:
            self.texts.form(_whole(prompt), Told(prompt.text), self._tell)

    def _typed(self, definition: Definition, leaf: Leaf, place: Span) -> None:
        if (
            leaf.key == "json"
            and definition.document.style(leaf.location) == "plain"
            and _LOOKS_TYPED.fullmatch(leaf.value)
        ):
            kind = "yes/no" if leaf.value[0].isalpha() else "number"
            self.findings.add(
                place,
                "W204",
                f"{leaf.value} is sent as text here",
                f'write "{{{{ {_literal(leaf.value)} }}}}" to send a {kind}, or "{leaf.value}" in quotes to send a text',
            )

    def _fixed_only(self, place: Span, leaf: Leaf) -> None:
        assert isinstance(leaf.value, Text)  # noqa: S101 - the caller picks texts
        for use in self.texts.analysis(leaf.value).uses:
            if use.path[0] not in ("env", "secrets"):
                span = self.pinpoint.at(place, leaf.value, use.line, use.column, ".".join(use.path))
                self.findings.add(
                    span,
                    "E308",
                    f"'{use.path[0]}' is not known when the folder is loaded",
                    "only {{ env.NAME }} and {{ secrets.NAME }} may stand here",
                )

    def _scope(self, definition: Definition) -> Scope | None:
        agent = definition.spec
        if agent is None:
            return None
        others = frozenset(n for n, v in agent.variables.items() if isinstance(v, Block))
        fixed = {n: v for n, v in agent.variables.items() if n not in others}
        settings = Settings(self.around.env, fixed, others)
        resolved: dict[tuple[str, str], Block | None] = {}

        def resolve(entry: Definition, scope: Scope) -> Block | None:
            if not entry.deferred:
                return entry.spec  # type: ignore[no-any-return]  # a Block
            key = (entry.section, entry.name)
            if key not in resolved:
                again, found = read(entry.document, entry.location, settings)
                for diagnostic in found:
                    self.findings.add_for(scope.name, key, diagnostic)
                resolved[key] = again.spec
                if again.spec is not None:
                    self._form(entry, again.spec)
            return resolved[key]

        return reach(definition, agent, self.table, resolve)

    def _count_users(self, scopes: list[Scope]) -> None:
        users = self.findings.users
        for used in (used for scope in scopes for used in scope.reached):
            users[used] = users.get(used, 0) + 1

    def _agent(self, scope: Scope) -> set[str]:
        """Check all that an agent reaches in its own terms; the names that its texts read."""
        variables, read_names = Variables(scope), set[str]()
        for definition, spec in _parts(scope):
            used = (definition.section, definition.name)

            def tell(diagnostic: Diagnostic, used: tuple[str, str] = used) -> None:
                self.findings.add_for(scope.name, used, diagnostic)

            for leaf in walk(spec, definition.location):
                if isinstance(leaf.value, FileName):
                    read_names |= self._prompt_names(definition, leaf, scope, tell, spec)
                elif isinstance(leaf.value, Name):
                    variables.check(definition, leaf, tell)
                    variables.arguments(definition, leaf, tell)
                    read_names.add(str(leaf.value))
                elif definition.section != "providers":
                    variables.stored(definition, leaf, tell)
                    place = definition.document.value_span(leaf.location)
                    self.texts.names(place, leaf, scope, tell, definition, spec)
                    read_names |= {u.path[0] for u in self.texts.analysis(leaf.value).uses}
            read_names |= _words_of_settings(definition)
        for section, name in scope.reached:
            if name not in getattr(scope, section):
                read_names |= scope.table.entries[section][name].words()
        Flow(scope, self.texts, self.pinpoint, self._prompts(scope)).check(self.findings)
        return read_names

    def _prompt_names(
        self, definition: Definition, leaf: Leaf, scope: Scope, tell: Any, spec: Block
    ) -> set[str]:
        prompt = self.around.prompts[definition.document.file, str(leaf.value)]
        if prompt.problem is not None:
            return set()
        text = Told(prompt.text)
        as_text = Leaf(leaf.location, text, leaf.names, leaf.owner, leaf.key)
        self.texts.names(_whole(prompt), as_text, scope, tell, definition, spec)
        return {u.path[0] for u in self.texts.analysis(text).uses}

    def _prompts(self, scope: Scope) -> dict[str, list[tuple[Span, str]]]:
        found: dict[str, list[tuple[Span, str]]] = {}
        for name, persona in scope.personas.items():
            file = scope.table.entries["personas"][name].document.file
            for wanted in persona.instructions_file or ():
                prompt = self.around.prompts[file, str(wanted)]
                found.setdefault(name, []).append((_whole(prompt), prompt.text))
        return found

    def _release(self, scopes: list[Scope]) -> Release:
        found = self.table.process and self.table.process.spec
        process = found or Process.model_construct()
        secrets = {
            n: tuple(sorted({f"{s.file}:{s.line}" for s in spans}))
            for n, spans in sorted(self.texts.secrets_used.items())
        }
        agents = {s.name: self._agent_release(s) for s in scopes if s.agent.enabled}
        return Release(agents=agents, process=process, secrets=secrets)

    def _agent_release(self, scope: Scope) -> AgentRelease:
        places: dict[str, str] = {}
        env: set[str] = set()
        for definition, spec in _parts(scope):
            for leaf in walk(spec, definition.location):
                if isinstance(leaf.value, Text):
                    uses = self.texts.analysis(leaf.value).uses
                    env |= {u.path[1] for u in uses if u.path[0] == "env"}
                    if uses:
                        line = definition.document.value_span(leaf.location).line
                        places.setdefault(str(leaf.value), f"{definition.document.file}:{line}")
        prompts = {}
        for name, files in self._prompts(scope).items():
            prompts[name] = "\n\n".join(text.strip() for _, text in files)
            for span, text in files:
                env |= {
                    u.path[1] for u in self.texts.analysis(Told(text)).uses if u.path[0] == "env"
                }
            places.setdefault(prompts[name], f"{files[0][0].file}:1")
        return AgentRelease.model_construct(
            name=scope.name,
            agent=scope.agent,
            personas=scope.personas,
            tools=scope.tools,
            providers=scope.providers,
            prompts=prompts,
            env={n: self.around.env[n] for n in sorted(env) if n in self.around.env},
            places=places,
        )


def _parts(scope: Scope) -> Iterator[tuple[Definition, Block]]:
    """An agent and all that it reaches, each with where it stands."""
    yield scope.definition, scope.agent
    for section in ("personas", "tools", "providers"):
        for name, spec in getattr(scope, section).items():
            yield scope.table.entries[section][name], spec


_LOOKS_TYPED = re.compile(r"[+-]?\d+(\.\d+)?|true|false|null|yes|no", re.IGNORECASE)
_WORD = re.compile(r"[a-z][a-z0-9_]*")


def _literal(text: str) -> str:
    return {"yes": "true", "no": "false", "null": "none"}.get(text.casefold(), text.casefold())


def _is_prose(name: str) -> bool:
    """Whether what stands where a file's name belongs is rather the text itself."""
    return name.count(" ") >= _SPACES and not _SUFFIX.search(name)


_SPACES = 2
_SUFFIX = re.compile(r"\.[A-Za-z]{1,8}$")


def _whole(prompt: Prompt) -> Span:
    lines = prompt.text.split("\n")
    return Span(prompt.path, 1, 1, len(lines), len(lines[-1]) + 1)


def _words_of_settings(definition: Definition) -> set[str]:
    """Words of templates in settings: these are gone from the spec, where only their results stand."""
    found: set[str] = set()

    def look(value: Any) -> None:
        if isinstance(value, str) and "{{" in value:
            found.update(_WORD.findall(value))
        elif isinstance(value, dict):
            for inner in value.values():
                look(inner)
        elif isinstance(value, list):
            for inner in value:
                look(inner)

    look(definition.data)
    return found
