"""The link stage itself, in the order in which a person would look."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from runner.diagnostics import Diagnostic, Span
from runner.link.agent import AgentLinker, LinkedAgent
from runner.link.environments import ChosenFiles
from runner.link.findings import joined
from runner.link.form import DefinitionCheck, form
from runner.link.memo import Memo
from runner.link.release import Release
from runner.link.rule import FolderContext, FolderRule
from runner.link.rules import RULES
from runner.link.scope import Scope
from runner.link.surroundings import LinkContext
from runner.link.table import SymbolTable, build
from runner.link.tests import LinkedTest, linked_tests
from runner.providers.uses import ProviderUse
from runner.schema.campaigns import Campaign
from runner.schema.file import SINGULAR
from runner.schema.providers import AnyProvider
from runner.schema.reading.load import Definition
from runner.schema.types.files import ContactsFile

_INFERENCE = "inference"
"""The plugin of models that LiveKit runs."""

_FOLDER_RULES = tuple(rule for rule in RULES if isinstance(rule, FolderRule))


@dataclass(frozen=True, slots=True)
class Linked:
    """What came of it: a release where there is no error, and all that was found."""

    release: Release | None
    diagnostics: tuple[Diagnostic, ...]
    scopes: tuple[Scope, ...] = ()
    tests: tuple[LinkedTest, ...] = ()
    secrets: dict[str, list[Span]] = field(default_factory=dict)
    inference: tuple[Span, ...] = ()
    providers: tuple[ProviderUse, ...] = ()
    unused: dict[str, AnyProvider] = field(default_factory=dict)


def link(files: ChosenFiles, around: LinkContext, memo: Memo | None = None) -> Linked:
    """Link all files of a folder.

    Args:
        files: what those define that count in the environment.
        around: what they are linked against.
        memo: what was linked before; brought up to date.
    """
    memo = Memo() if memo is None else memo
    table, diagnostics = build(files.specs, files.environments)
    table.environment = files.environment
    diagnostics = [*files.diagnostics, *diagnostics]
    memo.compare(table)
    formed = [
        (d, memo.formed(d, around) or form(d, d.readable, table, around))
        for d in _definitions(table)
    ]
    agents = [
        memo.agent(d, around) or AgentLinker(table, around).link(d)
        for d in table.entries["agents"].values()
        if d.readable is not None
    ]
    forms = [f for _, f in formed] + [f for a in agents for f in a.formed]
    memo.renew(formed, agents, table, around)
    scopes = tuple(a.scope for a in agents)
    diagnostics += [d for f in forms for d in f.diagnostics]
    secrets = _places(f.secrets for f in forms)
    meant = frozenset(m for f in forms for m in f.meant)
    env = _places(f.env for f in forms)
    folder = FolderContext(table, around, scopes, meant, secrets, env)
    diagnostics += [d for rule in _FOLDER_RULES for d in rule.check(folder)]
    diagnostics += joined([(a.scope.name, a.findings) for a in agents], _users(scopes))
    diagnostics = _certain(table, dict.fromkeys(diagnostics))
    broken = bool(table.unread) or any(d.partial is not None for d in table.all())
    clean = not broken and not any(d.severity == "error" for d in diagnostics)
    release = _release(table, around, agents, secrets) if clean else None
    tests = tuple(linked_tests(table, around)) if clean else ()
    inference = tuple(_inference(formed, table))
    uses = tuple(_uses(scopes, table))
    around.walks.forget()
    unused = dict(_unused(scopes, table)) if clean else {}
    return Linked(release, tuple(diagnostics), scopes, tests, secrets, inference, uses, unused)


def _certain(table: SymbolTable, diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Leave out what seems unused only because something cannot be read or has a wrong name.

    And what seems unknown only because the section that should define it holds no names.
    """
    lost = tuple(f"unknown {SINGULAR[section]} '" for section in table.unread)
    diagnostics = [d for d in diagnostics if d.code != "E202" or not d.message.startswith(lost)]
    if not table.words and not any(d.code in ("E202", "E207", "E302") for d in diagnostics):
        return diagnostics
    return [d for d in diagnostics if d.code not in ("W201", "W202", "W210")]


def _definitions(table: SymbolTable) -> Iterator[Definition]:
    twice = [definition for several in table.later.values() for definition in several]
    for definition in (*table.all(), *twice):
        if definition.readable is not None and definition.section != "runner":
            yield definition
    yield from (process for process in table.processes if process.spec is not None)


def _users(scopes: Iterable[Scope]) -> dict[tuple[str, str], int]:
    users: dict[tuple[str, str], int] = {}
    for used in (used for scope in scopes for used in scope.reached):
        users[used] = users.get(used, 0) + 1
    return users


def _inference(
    formed: Iterable[tuple[Definition, DefinitionCheck]], table: SymbolTable
) -> Iterator[Span]:
    """Definitions whose models LiveKit runs, by an inference string or as a provider."""
    known = table.entries["providers"]
    for definition, check in formed:
        if definition.section == "providers":
            if str(getattr(definition.spec, "plugin", "")) == _INFERENCE:
                yield check.place
        elif check.hosted - known.keys():
            yield check.place


def _uses(scopes: Iterable[Scope], table: SymbolTable) -> Iterator[ProviderUse]:
    """The providers that can be read, with the agents that use them."""
    agents: dict[str, list[str]] = {}
    for scope in scopes:
        for name in scope.providers:
            agents.setdefault(name, []).append(scope.name)
    for definition in table.entries["providers"].values():
        spec, data = definition.spec, definition.data
        if isinstance(spec, AnyProvider) and isinstance(data, dict):
            options = data.get("with")
            yield ProviderUse(
                spec.kind,
                str(spec.plugin),
                tuple(options) if isinstance(options, dict) else (),
                tuple(agents.get(definition.name, ())),
                definition.document.value_span((*definition.location, spec.kind)),
            )


def _unused(scopes: Iterable[Scope], table: SymbolTable) -> Iterator[tuple[str, AnyProvider]]:
    """The providers that no agent uses: one of them may judge tests, and play their callers."""
    used = {name for scope in scopes for name in scope.providers}
    for name, definition in table.entries["providers"].items():
        if name not in used and isinstance(definition.spec, AnyProvider):
            yield name, definition.spec


def _places(several: Iterable[Mapping[str, list[Span]]]) -> dict[str, list[Span]]:
    """Name → all places of it."""
    spans_of: dict[str, set[Span]] = {}
    for places in several:
        for name, spans in places.items():
            spans_of.setdefault(name, set()).update(spans)
    return {name: sorted(spans) for name, spans in sorted(spans_of.items())}


def _campaigns(table: SymbolTable, around: LinkContext) -> Iterator[tuple[str, Campaign]]:
    """The campaigns, their tables named from the folder and not from their files."""
    for name, definition in table.entries["campaigns"].items():
        campaign = definition.spec
        if isinstance(campaign, Campaign):
            written = definition.document.file, str(campaign.contacts)
            path = ContactsFile(around.prompts[written].path)
            yield name, campaign.model_copy(update={"contacts": path})


def _release(
    table: SymbolTable,
    around: LinkContext,
    agents: Iterable[LinkedAgent],
    secrets: dict[str, list[Span]],
) -> Release:
    return Release(
        agents={a.scope.name: a.release for a in agents if a.scope.agent.enabled},
        external_agents={
            name: d.spec
            for name, d in table.entries["external_agents"].items()
            if d.spec is not None and d.spec.enabled
        },
        campaigns=dict(_campaigns(table, around)),
        process=table.settings,
        secrets={n: tuple(f"{s.file}:{s.line}" for s in spans) for n, spans in secrets.items()},
    )
