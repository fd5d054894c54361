"""What a check of a folder said, recalled while nothing that it read has changed.

The command `lkrun check` on a folder that was checked before reads and hashes its files, and is
done: the schema and the linker are not even imported.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runner import source
from runner.cache import Cache
from runner.diagnostics import Diagnostic, Related, Span
from runner.diagnostics.lines import Lines
from runner.providers.catalogue import Catalogue
from runner.providers.uses import ProviderUse

if TYPE_CHECKING:
    from runner.compiler import Compiled

_SPACE = "checks"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """What a check tells.

    Attributes:
        diagnostics: sorted.
        files: how many YAML files were read.
        lines: file → its lines.
        secrets: secret → the places that need it.
        inference: the places that need LiveKit's key and secret.
        providers: the providers of the folder, with the agents that use them.
    """

    diagnostics: tuple[Diagnostic, ...]
    files: int
    lines: Mapping[str, Sequence[str]]
    secrets: Mapping[str, Sequence[Span]] = field(default_factory=dict)
    inference: Sequence[Span] = ()
    providers: Sequence[ProviderUse] = ()


class ReadEnv(Mapping[str, str]):
    """An environment that remembers what was asked of it."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self._env[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._env)

    def __len__(self) -> int:
        return len(self._env)


def check(
    root: Path, cache: Cache, *, environment: str | None = None, alone: bool = False
) -> CheckResult:
    """Check a folder, or recall what was found when it was last checked as it is.

    Args:
        root: the folder.
        cache: where results are kept.
        environment: whose secrets and providers are told; the first listed without it.
        alone: whether only mistakes of this one are told; else those of all environments.
    """
    scan = source.scan(root)
    catalogue = Catalogue()
    key = _key(scan, catalogue) + f" {environment or ''} {alone}"
    known = cache.get(_SPACE, key)
    if known is not None:
        lines = Lines({file.path: file.data for file in scan.files})
        if _same(root, known, lines):
            diagnostics = tuple(_diagnostic(d) for d in known["diagnostics"])
            secrets = {name: [Span(*s) for s in spans] for name, spans in known["secrets"].items()}
            cache.flush()
            inference = [Span(*s) for s in known["inference"]]
            uses = [_use(data) for data in known["providers"]]
            return CheckResult(diagnostics, len(scan.files), lines, secrets, inference, uses)
    compiling = Compiling(root, cache, catalogue, environment, alone=alone)
    return _anew(compiling, key)


@dataclass(frozen=True, slots=True)
class Compiling:
    """What is compiled, and for which environments; see `check`."""

    root: Path
    cache: Cache
    catalogue: Catalogue
    environment: str | None
    alone: bool


def _anew(what: Compiling, key: str) -> CheckResult:
    from runner.compiler import Compiler  # noqa: PLC0415 - the schema and the linker are only imported when needed

    env = ReadEnv(os.environ)
    cache = what.cache
    compiler = Compiler(
        what.root, env=env, cache=cache, catalogue=what.catalogue, environment=what.environment
    )
    compiled = compiler.compile()
    others = [
        compiler.compile(environment=name)
        for name in compiled.environments
        if not what.alone and name != compiled.environment
    ]
    diagnostics = of_environments([compiled, *others]) if others else compiled.diagnostics
    lines = compiled.lines
    for other in others:
        lines = {**other.lines, **lines}
    if all(each.repeatable for each in (compiled, *others)):
        cache.put(_SPACE, key, _kept([compiled, *others], diagnostics, env.asked))
        cache.flush()
    return CheckResult(
        diagnostics,
        compiled.files,
        lines,
        compiled.secrets,
        compiled.inference,
        compiled.providers,
    )


def _kept(
    several: Sequence[Compiled], diagnostics: Sequence[Diagnostic], asked: Iterable[str]
) -> dict[str, Any]:
    """What a check found, and all that it read beside the files."""
    first = several[0]
    return {
        "env": {name: _digest(os.environ.get(name)) for name in asked},
        "texts": [[*request, digest] for each in several for request, digest in each.texts.items()],
        "diagnostics": [_data(d) for d in diagnostics],
        "secrets": {name: [_span(s) for s in spans] for name, spans in first.secrets.items()},
        "inference": [_span(s) for s in first.inference],
        "providers": [
            [u.kind, u.plugin, list(u.options), list(u.agents), _span(u.place)]
            for u in first.providers
        ],
    }


_NOWHERE = frozenset({"W201", "W202", "W210", "W213"})
"""What is only said where it holds in every environment: something is used in none."""


def of_environments(several: Sequence[Compiled]) -> tuple[Diagnostic, ...]:
    """What is told of all environments of a folder; of what holds in some, in which."""
    where: dict[Diagnostic, list[str]] = {}
    for each in several:
        for diagnostic in each.diagnostics:
            where.setdefault(diagnostic, []).append(str(each.environment))
    told = []
    for diagnostic, names in where.items():
        if len(names) == len(several):
            told.append(diagnostic)
        elif diagnostic.code not in _NOWHERE:
            message = f"{diagnostic.message} (in the environment {', '.join(names)})"
            told.append(replace(diagnostic, message=message))
    return tuple(sorted(told))


def _key(scan: source.Scan, catalogue: Catalogue) -> str:
    whole = hashlib.sha256()
    for file in scan.files:
        whole.update(f"{file.path}\0{file.digest}\0".encode("utf-8", "surrogateescape"))
    for diagnostic in scan.diagnostics:
        whole.update(repr(diagnostic).encode("utf-8", "backslashreplace"))
    for rivals in sorted(catalogue.providers.items()):
        whole.update(repr(rivals).encode())
    return whole.hexdigest()


def _same(root: Path, known: Mapping[str, Any], lines: Lines) -> bool:
    if any(_digest(os.environ.get(name)) != digest for name, digest in known["env"].items()):
        return False
    requests = [source.Request(*request) for *request, _ in known["texts"]]
    texts = source.read_texts(root, requests)
    for request, text, (*_, digest) in zip(requests, texts, known["texts"], strict=True):
        if isinstance(text, source.TextProblem) or text.digest != digest:
            return False
        if not (request.attached or request.documents):
            lines.add(text.path, text.text)
    return True


def _digest(value: str | None) -> str:
    return (
        ""
        if value is None
        else hashlib.sha256(value.encode("utf-8", "surrogateescape")).hexdigest()
    )


def _span(span: Span) -> list[Any]:
    return [span.file, span.line, span.column, span.end_line, span.end_column]


def _use(data: Sequence[Any]) -> ProviderUse:
    kind, plugin, options, agents, place = data
    return ProviderUse(kind, plugin, tuple(options), tuple(agents), Span(*place))


def _data(diagnostic: Diagnostic) -> list[Any]:
    related = [[_span(r.span), r.message] for r in diagnostic.related]
    return [
        _span(diagnostic.span),
        diagnostic.code,
        diagnostic.message,
        diagnostic.help,
        related,
        diagnostic.write,
    ]


def _diagnostic(data: Sequence[Any]) -> Diagnostic:
    span, code, message, hint, related, write = data
    others = tuple(Related(Span(*s), m) for s, m in related)
    return Diagnostic(Span(*span), code, message, hint, others, tuple(write))
