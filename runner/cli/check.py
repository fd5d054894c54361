"""`lkrun check`: every mistake of every file, in one run."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.folder import folder
from runner.cli.options import formats, options, shared
from runner.diagnostics import Diagnostic, Related, render

if TYPE_CHECKING:
    from runner.cache import Cache
    from runner.checked import CheckResult
    from runner.compiler import Compiled


@click.command()
@folder
@click.option(
    "--keys", is_flag=True, help="Also report the keys, secrets and files that are missing."
)
@formats("text", "json", "github", shown="For people, programs, or GitHub.")
@shared
def check(folder: Path, *, keys: bool, form: str) -> int:
    """Report every mistake in the folder DIR (agents.d)."""
    from runner.cache import Cache
    from runner.checked import check as recall

    # pydantic would look through all that is installed for plugins of its own, for 25 ms
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    cache = Cache()
    given = options()
    result = recall(
        folder, cache, environment=given.asked_environment, alone=given.environment is not None
    )
    diagnostics = list(result.diagnostics)
    if keys:
        lacking = missing_secrets(result) + missing_livekit(result) + _lacking(result, cache)
        diagnostics = sorted(diagnostics + lacking + _servers_down(result, folder, lacking))
    show(diagnostics, result, folder, form)
    return 1 if any(d.severity == "error" for d in diagnostics) else 0


def _servers_down(result: CheckResult, folder: Path, lacking: list[Diagnostic]) -> list[Diagnostic]:
    """A diagnostic for each MCP server that does not answer, where there could be one."""
    wrong = lacking or any(d.severity == "error" for d in result.diagnostics)
    if wrong or not any("mcp:" in line for lines in result.lines.values() for line in lines):
        return []
    from runner.cli.servers import down
    from runner.compiler import Compiler

    environment = options().asked_environment
    return down(Compiler(folder, environment=environment).compile(keep=False), folder)


def show(
    diagnostics: list[Diagnostic], result: CheckResult | Compiled, path: Path, form: str
) -> None:
    """Write diagnostics to stdout in one of the forms."""
    if form == "json":
        click.echo(render.json_text(diagnostics, result.files))
    elif form == "github":
        click.echo(render.github(diagnostics, path.as_posix()), nl=False)
    else:
        listed(diagnostics, result)
    sys.stdout.flush()


def listed(
    diagnostics: list[Diagnostic], result: CheckResult | Compiled, *, err: bool = False
) -> None:
    """Write diagnostics for people, to stdout or to stderr."""
    bright = options().bright(sys.stderr if err else sys.stdout)
    colours = render.BRIGHT if bright else render.PLAIN
    listing = render.listing(diagnostics, result.lines, result.files, colours)
    click.echo(listing, err=err, color=bright)


def missing_secrets(result: CheckResult | Compiled) -> list[Diagnostic]:
    """A diagnostic for each secret that has no value, with all places that need it."""
    diagnostics = []
    for name, places in sorted(result.secrets.items()):
        if not _has_value(name):
            related = tuple(Related(p, "also needed here") for p in places[1:])
            hint = (
                f"set the environment variable {name}, "
                f"or write it to a file {name} in the folder LKRUN_SECRETS_DIR"
            )
            diagnostics.append(
                Diagnostic(places[0], "E405", f"the secret {name} has no value", hint, related)
            )
    return diagnostics


_LIVEKIT = {
    "LIVEKIT_API_KEY": "LIVEKIT_INFERENCE_API_KEY",
    "LIVEKIT_API_SECRET": "LIVEKIT_INFERENCE_API_SECRET",
}
"""What models need that LiveKit runs → the variable that they read first."""


def missing_livekit(result: CheckResult) -> list[Diagnostic]:
    """A diagnostic for LiveKit's key and secret, where models need them that LiveKit runs."""
    diagnostics = []
    for name, own in _LIVEKIT.items() if result.inference else ():
        if name in result.secrets or _has_value(name) or os.environ.get(own):
            continue
        first, *others = result.inference
        message = f"{name} has no value, and LiveKit runs a model of this one"
        hint = f"set the environment variable {name}, or name a provider with a plugin of its own"
        related = tuple(Related(place, "also needed here") for place in others)
        diagnostics.append(Diagnostic(first, "E405", message, hint, related))
    return diagnostics


def _lacking(result: CheckResult, cache: Cache) -> list[Diagnostic]:
    """What the plugins themselves need: keys that they read, and files."""
    from runner.providers.catalogue import Catalogue
    from runner.providers.checks import OptionChecker
    from runner.providers.lacking import lacking

    checker = OptionChecker(Catalogue(), cache)
    diagnostics = lacking(result.providers, checker, lambda name: bool(os.environ.get(name)))
    cache.flush()
    return diagnostics


def _has_value(name: str) -> bool:
    if os.environ.get(name):
        return True
    secrets = os.environ.get("LKRUN_SECRETS_DIR")
    return bool(secrets) and (Path(secrets or "") / name).is_file()
