"""A folder to a Release or every mistake in it: source → syntax → spec → link, in that order."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from runner import source, syntax
from runner.cache import Cache
from runner.diagnostics import Diagnostic, Span
from runner.link import Linked, Prompt, Release, Surroundings, file_requests, link
from runner.link.scope import Scope
from runner.providers.catalogue import Catalogue
from runner.spec.load import Specs, load
from runner.template import Analysis, analyse, analyse_condition


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
    """

    release: Release | None
    diagnostics: tuple[Diagnostic, ...]
    files: int
    lines: Mapping[str, Sequence[str]]
    scopes: tuple[Scope, ...] = ()
    secrets: Mapping[str, Sequence[Span]] = field(default_factory=dict)


class Compiler:
    """Compiles a folder again and again; what did not change is not read twice.

    Args:
        root: the configuration folder.
        env: the environment that templates see; this process's own without it.
        cache: where parsed files are kept between runs.
        catalogue: which plugins are installed; this interpreter's own without it.
    """

    def __init__(
        self,
        root: Path,
        *,
        env: Mapping[str, str] | None = None,
        cache: Cache | None = None,
        catalogue: Catalogue | None = None,
    ) -> None:
        self.root = root
        self.env = dict(os.environ) if env is None else env
        self.cache = Cache() if cache is None else cache
        self.catalogue = catalogue
        self._specs: dict[tuple[str, str], Specs] = {}
        self._analyses = CachedAnalyses(self.cache)

    def compile(self) -> Compiled:
        """Read the folder as it is now."""
        scan = source.scan(self.root)
        specs = [self._load(file) for file in scan.files]
        lines = _Lines(scan.files)
        prompts = self._prompts(specs, lines)
        linked = link(specs, self._surroundings(prompts, lines))
        self._specs = {(f.path, f.digest): s for f, s in zip(scan.files, specs, strict=True)}
        self.cache.flush()
        found = [*scan.diagnostics, *(d for s in specs for d in s.diagnostics), *linked.diagnostics]
        return self._compiled(found, linked, specs, lines)
