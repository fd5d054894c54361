"""What `lkrun check` says about the folders of `tests/bad`, and how these are found and built."""

from __future__ import annotations

import shutil
import sys
from functools import cached_property
from pathlib import Path

from bad.build import BUILDERS

from runner.cache import Cache
from runner.cli.check import missing_secrets
from runner.cli.servers import down
from runner.compiler import Compiled, Compiler
from runner.diagnostics import Diagnostic, render
from runner.providers.catalogue import Catalogue
from runner.providers.installed import Distribution

BAD = Path(__file__).parents[1] / "bad"
GOOD = Path(__file__).parents[1] / "good"

ENV = {"CLINIC_BRANCH": "hanoi", "CLINIC_TOKEN": "abc", "MAX_CALLS": "many"}
"""The environment that templates see in these runs."""

BROUGHT = {"livekit-plugins-acme", "lkrun-parrot", "lkrun-polly"}
"""Packages that cases bring."""

INSTALLED = BROUGHT | {
    "livekit-agents",
    "lkrun",
    "lkrun-espeak",
    "lkrun-pocketsphinx",
    "lkrun-script",
}
"""What README installs, and what cases bring: other packages of a machine show in no message."""

PLUGINS = "_plugins"
"""The folder of packages that a case brings."""


class ReadmeCatalogue(Catalogue):
    """The plugins of README's installation, whatever else is installed."""

    @cached_property
    def distributions(self) -> dict[str, Distribution]:
        """Installed packages that README names."""
        diagnostics = Catalogue(self.paths).distributions
        return {name: package for name, package in diagnostics.items() if name in INSTALLED}


CATALOGUE = ReadmeCatalogue()


def cases() -> list[str]:
    """Return the name of every case: a file, a folder, or what a builder makes."""
    files = {path.stem for path in BAD.glob("*.yaml")}
    folders = {path.name for path in BAD.iterdir() if path.is_dir() and path.name[0] in "EW"}
    return sorted(files | folders | BUILDERS.keys())


def folder_of(case: str, empty: Path) -> Path:
    """Return the folder that a case is about, made in `empty` where it is not kept as one."""
    if case in BUILDERS:
        BUILDERS[case](empty)
        return empty
    if (BAD / case).is_dir():
        return BAD / case
    shutil.copyfile(BAD / f"{case}.yaml", empty / f"{case}.yaml")
    return empty


def compiled(folder: Path, cache: Cache) -> Compiled:
    """Compile a folder in the fixed environment."""
    plugins, catalogue = folder / PLUGINS, CATALOGUE
    if plugins.is_dir():
        catalogue = ReadmeCatalogue([str(plugins), *sys.path])
    return Compiler(folder, env=ENV, cache=cache, catalogue=catalogue).compile()


def found_in(case: str, empty: Path, cache: Cache) -> tuple[list[Diagnostic], Compiled]:
    """Return what is told of a case; what needs secrets or servers is checked with `--keys`."""
    folder = folder_of(case, empty)
    result = compiled(folder, cache)
    diagnostics = list(result.diagnostics)
    if case.startswith("E405"):
        diagnostics = sorted(diagnostics + missing_secrets(result))
    if case.startswith(("E406", "W406")):
        diagnostics = sorted(diagnostics + down(result, folder))
    return diagnostics, result


def output(diagnostics: list[Diagnostic], result: Compiled) -> str:
    """Return the text that `lkrun check --color never` prints, but for the line about `explain`."""
    rendered = render.text(diagnostics, result.lines) + "\n" if diagnostics else ""
    return f"{rendered}{render.summary(diagnostics, result.files)}\n"
