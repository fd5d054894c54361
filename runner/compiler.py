"""A folder to a Release or every mistake in it: source → syntax → spec → link, in that order."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from runner import source, syntax
from runner.cache import Cache, cached_document, keep_document
from runner.consequences import one_each
from runner.diagnostics import Diagnostic, Span
from runner.diagnostics.lines import Lines
from runner.link import LinkContext, Memo, Prompt, Release, link
from runner.link.environments import choose
from runner.link.scope import Scope
from runner.link.tests import LinkedTest
from runner.providers.catalogue import Catalogue
from runner.providers.problems import OptionProblem, OptionRequest
from runner.providers.uses import ProviderUse
from runner.schema.providers import AnyProvider
from runner.schema.reading.load import Specs, load
from runner.schema.types.files import AttachedFile, ContactsFile, DocumentsName, FileName, SoundName
from runner.template import Analysis, analyse, analyse_condition

_PASSING = frozenset({"E001", "E401", "E404"})
"""What may be gone the next time although no file has changed."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """What came of a folder.

    Attributes:
        release: where there is no error.
        diagnostics: sorted by file, line and column; silenced warnings are left out.
        files: how many YAML files were read.
        lines: file → its lines, for showing diagnostics.
        scopes: the agents with all that they reach.
        secrets: secret → the places that need it.
        texts: the files that keys name: request → the hash of its content; empty where one
            cannot be read.
        tests: the tests of a folder without mistakes.
        inference: definitions whose models LiveKit runs: they need its key and secret.
        providers: the providers, with the agents that use them.
        unused_providers: name → a provider that no agent uses.
        prompts: (file that names it, name) → a text file or documents.
        environment: the one that it is compiled for; None where the folder lists none.
        environments: all that it lists.
    """

    release: Release | None
    diagnostics: tuple[Diagnostic, ...]
    files: int
    lines: Mapping[str, Sequence[str]]
    scopes: tuple[Scope, ...] = ()
    secrets: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    texts: Mapping[source.Request, str] = field(default_factory=dict)
    tests: tuple[LinkedTest, ...] = ()
    inference: tuple[Span, ...] = ()
    providers: tuple[ProviderUse, ...] = ()
    unused_providers: Mapping[str, AnyProvider] = field(default_factory=dict)
    prompts: Mapping[tuple[str, str], Prompt] = field(default_factory=dict)
    environment: str | None = None
    environments: tuple[str, ...] = ()

    @property
    def apart(self) -> str | None:
        """The environment, if it is another than the first: what has a place of its own."""
        return self.environment if self.environment != next(iter(self.environments), None) else None

    @property
    def text_paths(self) -> frozenset[str]:
        """The paths below the folder of the text files and folders that keys name."""
        return frozenset(_documents(self.prompts.values())) | frozenset(
            posixpath.normpath(posixpath.join(posixpath.dirname(request.file), request.name))
            for request in self.texts
        )

    @property
    def repeatable(self) -> bool:
        """Whether the same files would tell the same; not while a file or plugin cannot be read."""
        return all(self.texts.values()) and not any(d.code in _PASSING for d in self.diagnostics)


class Compiler:
    """Compiles a folder again and again; what did not change is not read twice.

    Args:
        root: the configuration folder.
        env: the environment that templates see; this process's own without it.
        cache: where parsed files are kept between runs.
        catalogue: which plugins are installed; this interpreter's own without it.
        environment: which of the folder's environments; the first that it lists without it.
    """

    def __init__(
        self,
        root: Path,
        *,
        env: Mapping[str, str] | None = None,
        cache: Cache | None = None,
        catalogue: Catalogue | None = None,
        environment: str | None = None,
    ) -> None:
        self.root, self.environment = root, environment
        self.env = dict(os.environ) if env is None else env
        self._inherited = dict(os.environ)  # while it serves, a process has less
        self.cache = Cache() if cache is None else cache
        self.catalogue = catalogue
        self._specs: dict[tuple[str, str], Specs] = {}
        self._analyses = CachedAnalyses(self.cache)
        self._memo = Memo()

    def compile(self, *, keep: bool = True, environment: str | None = None) -> Compiled:
        """Read the folder as it is now.

        Args:
            keep: whether the cache is written; who has no time for it now flushes it later.
            environment: another one than the compiler's own.
        """
        scan = source.scan(self.root)
        files = [self._load(file) for file in scan.files]
        self._specs = {(f.path, f.digest): s for f, s in zip(scan.files, files, strict=True)}
        chosen = choose(files, environment or self.environment)
        specs = chosen.specs
        lines = Lines({file.path: file.data for file in scan.files})
        prompts = self._prompts(specs, lines)
        named = {(request.file, request.name): text for request, (text, _) in prompts.items()}
        linked = link(chosen, self._surroundings(named, lines), self._memo)
        if keep:
            self.cache.flush()
        whole = not any(d.severity == "error" for d in scan.diagnostics)
        of_links = linked.diagnostics if whole else _certain(linked.diagnostics)
        diagnostics = [*scan.diagnostics, *(d for s in specs for d in s.diagnostics), *of_links]
        diagnostics = one_each(diagnostics, lines)
        # a comment may be for what is only said in another environment
        shown = allowed(diagnostics, specs, lines, whole=whole and not chosen.environments)
        return Compiled(
            linked.release if not any(d.severity == "error" for d in diagnostics) else None,
            tuple(sorted(shown)),
            len(scan.files),
            lines,
            linked.scopes,
            linked.secrets,
            {request: digest for request, (_, digest) in prompts.items()},
            linked.tests,
            linked.inference,
            linked.providers,
            linked.unused,
            named,
            chosen.environment,
            chosen.environments,
        )

    def _load(self, file: source.SourceFile) -> Specs:
        known = self._specs.get((file.path, file.digest))
        if known is not None:
            return known
        document = cached_document(self.cache, file.path, file.digest)
        if document is None:
            document = syntax.parse(file.path, file.data)
            keep_document(self.cache, file.digest, document)
        return load(document, self.env)

    def _prompts(
        self, specs: Sequence[Specs], lines: Lines
    ) -> dict[source.Request, tuple[Prompt, str]]:
        prompts = {}
        requests = [
            _request(definition.document.file, name)
            for each in specs
            for definition in each.definitions
            for name in definition.files
        ]
        for request, text in zip(requests, source.read_texts(self.root, requests), strict=True):
            if isinstance(text, source.TextProblem):
                problem = (text.code, text.message, text.help)
                prompts[request] = Prompt(request[1], problem=problem), ""
            else:
                documents = tuple(Prompt(d.path, d.text) for d in text.documents)
                prompt = Prompt(text.path, text.text, None, documents, text.folders, text.left_out)
                prompts[request] = prompt, text.digest
                if not (request.attached or request.documents or request.sound):
                    lines.add(text.path, text.text)
        return prompts

    def attached(self, path: str) -> bytes:
        """The bytes of a file of the folder that is read when it is needed.

        Raises:
            OSError: it cannot be read.
        """
        return source.attached(self.root, path)

    def _surroundings(self, prompts: Mapping[tuple[str, str], Prompt], lines: Lines) -> LinkContext:
        catalogue = self.catalogue or Catalogue()
        ask = partial(_ask, cache=self.cache, catalogue=catalogue, env=self._inherited)
        return LinkContext(self.env, prompts, lines, catalogue, ask, self._analyses)


def _ask(
    requests: Sequence[OptionRequest], cache: Cache, catalogue: Catalogue, env: Mapping[str, str]
) -> list[list[OptionProblem]]:
    from runner.providers.checks import check_options  # noqa: PLC0415 - only folders with options of a plugin pay for it

    return check_options(requests, cache=cache, catalogue=catalogue, env=env)


def _documents(prompts: Iterable[Prompt]) -> Iterator[str]:
    for prompt in prompts:
        yield from prompt.folders
        yield from (document.path for document in prompt.documents)


def _request(file: str, name: FileName) -> source.Request:
    sound = isinstance(name, SoundName)
    attached = isinstance(name, AttachedFile) and not sound
    documents, table = isinstance(name, DocumentsName), isinstance(name, ContactsFile)
    return source.Request(file, str(name), attached, documents, sound, table)


_NEED_ALL_FILES = frozenset({"E201", "E202", "E302", "W201", "W202", "W203", "W210"})
"""What may be told only because a file is missing in which a name is defined or used."""


def _certain(diagnostics: Sequence[Diagnostic]) -> list[Diagnostic]:
    """What is wrong whatever stands in the files that could not be read."""
    return [d for d in diagnostics if d.code not in _NEED_ALL_FILES]


class CachedAnalyses:
    """Analyses of templates, remembered in memory and in the user's cache."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache
        self._known: dict[tuple[str, bool], Analysis] = {}

    def of(self, text: str, *, condition: bool) -> Analysis:
        """Analyse a text, or recall what was found."""
        key = (text, condition)
        analysis = self._known.get(key)
        if analysis is None:
            analysis = self._known[key] = self._recall(text, condition=condition)
        return analysis

    def _recall(self, text: str, *, condition: bool) -> Analysis:
        name = ("if " if condition else "text ") + text
        data = self._cache.get("templates", name)
        if data is not None:
            return Analysis.from_data(data)
        analysis = analyse_condition(text) if condition else analyse(text)
        self._cache.put("templates", name, analysis.to_data())
        return analysis


def allowed(
    diagnostics: Sequence[Diagnostic], specs: Sequence[Specs], lines: Lines, *, whole: bool
) -> list[Diagnostic]:
    """Leave out warnings that a comment at their line allows; an idle comment is a warning."""
    allows = {
        (s.document.file, line, code)
        for s in specs
        for line, codes in s.document.allows.items()
        for code in codes
    }
    used = {
        (d.span.file, d.span.line, d.code) for d in diagnostics if d.severity == "warning"
    } & allows
    shown = [d for d in diagnostics if (d.span.file, d.span.line, d.code) not in used]
    if whole and not any(d.severity == "error" for d in diagnostics):
        shown += [_idle_allow(lines, *place) for place in sorted(allows - used)]
    return shown


def _idle_allow(lines: Lines, file: str, line: int, code: str) -> Diagnostic:
    if code.startswith("E"):
        message, hint = (
            f"{code} is an error, which cannot be allowed",
            "mend it, and delete this comment",
        )
    else:
        message, hint = (
            f"there is no {code} on this line to allow",
            "delete this comment, or move it to the line of the warning",
        )
    column = lines[file][line - 1].rindex(code) + 1
    return Diagnostic(Span(file, line, column, line, column + len(code)), "W205", message, hint)
