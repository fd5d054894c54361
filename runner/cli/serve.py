"""`lkrun serve`: the agents of a folder take calls."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner.cli.check import listed, missing_secrets
from runner.cli.folder import folder
from runner.cli.options import options, shared
from runner.diagnostics import Diagnostic, render

if TYPE_CHECKING:
    from runner.compiler import Compiled
    from runner.link.release import Release
    from runner.serve.releases.archive import Archive
    from runner.serve.reload.gate import Gate, GateReport

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class DurationParam(click.ParamType[float]):
    """A number and its unit, as in YAML: `60s`."""

    name = "duration"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Read it as seconds."""
        if isinstance(value, float):
            return value
        match = re.fullmatch(r"(\d{1,9}(?:\.\d{1,6})?)(ms|s|m|h|d)", str(value))
        if match is None:
            hint = "write a number and its unit, such as 60s"
            self.fail(f"'{value}' is not a duration: {hint}", param, ctx)
        return float(match[1]) * _UNITS[match[2]]


@click.command()
@folder
@click.option("--host", help="Where the page is served, instead of at runner.http.listen.")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="The port, instead of that of runner.http.listen; 0: any.",
)
@click.option(
    "--drain",
    type=DurationParam(),
    help="How long calls may go on after the first signal, instead of runner.shutdown.drain (60s).",
)
@click.option(
    "--gate",
    type=click.Choice(["check", "tests"]),
    help="What files must pass before they are served, instead of what runner.reload.gate says.",
)
@click.option("--no-reload", is_flag=True, help="Do not follow changes of the folder.")
@click.option(
    "--last-good",
    is_flag=True,
    help="If the folder has mistakes, serve what was last served without any.",
)
@click.option(
    "--dev",
    is_flag=True,
    help="Running calls go on with what is saved; log at level debug; "
    "a QR code of the page where other machines reach it.",
)
@click.option("--open", "browse", is_flag=True, help="Open the page in the browser.")
@shared
def serve(  # noqa: PLR0913 - the parts that it needs, by name
    folder: Path,
    *,
    host: str | None,
    port: int | None,
    drain: float | None,
    gate: str | None,
    no_reload: bool,
    last_good: bool,
    dev: bool,
    browse: bool,
) -> int:
    """Let the agents in the folder DIR (agents.d) take calls."""
    from runner.cache import Cache
    from runner.compiler import Compiler
    from runner.egress.secrets import Secrets
    from runner.serve import (
        credentials,
        run,
        startup,
    )
    from runner.serve.reload.gate import Gate

    if os.environ.get("LIVEKIT_AGENT_NAME_OVERRIDE"):
        name = "LIVEKIT_AGENT_NAME_OVERRIDE"
        raise click.UsageError(f"{name} is set, which gives all agents one name: unset it")
    compiler = Compiler(folder, cache=Cache(), environment=options().asked_environment)
    compiled = compiler.compile()
    diagnostics = sorted([*compiled.diagnostics, *missing_secrets(compiled)])
    given, env = options(), dict(os.environ)
    archive = _archive(folder, env, compiled.apart)
    release = compiled.release
    closed = Gate(gate, folder=folder)
    broken = release is None or any(d.severity == "error" for d in diagnostics)
    tests = None if broken else _tested(closed, compiled)
    if tests is not None:
        diagnostics += tests.diagnostics
        broken = bool(tests.diagnostics)
    if broken:
        _tell(diagnostics, compiled, given.log_format, tests)
        release = _last_good(archive, folder) if last_good else None
    if release is None:
        return 1
    place = env.get("LKRUN_SECRETS_DIR")
    secrets = Secrets(env, Path(place) if place else None)

    def lacking(compiled: Compiled) -> list[Diagnostic]:
        # the environment is stripped while the runner serves; `secrets` knows it as it was
        unknown = {n: p for n, p in compiled.secrets.items() if secrets.get(n) is None}
        return missing_secrets(replace(compiled, secrets=unknown))

    written = release.process.log
    level = given.log_level or ("debug" if dev else written.level)
    form = given.log_format or written.format
    if not broken:
        _tell(diagnostics, compiled, form, tests)
    try:
        livekit = credentials.livekit(release, secrets, env)
        begun = startup.Startup(
            compiler, compiled, release, secrets, env, livekit, lacking, archive,
            closed, tests.diagnostics if tests is not None else (),
        )  # fmt: skip
        settings = startup.ServeSettings(host, port, drain, not no_reload, level, form, dev, browse)
        return run.serve(begun, settings)
    except (startup.CannotServeError, credentials.CredentialsError) as error:
        click.echo(f"error: {error}", err=True)
        return 1


def _archive(folder: Path, env: dict[str, str], environment: str | None) -> Archive | None:
    """Where the folder's releases are kept; None where there is no place for it."""
    from runner.serve.releases.archive import Archive

    try:
        return Archive.of(folder, env, environment)
    except OSError:
        return None


def _last_good(archive: Archive | None, folder: Path) -> Release | None:
    """The release that was served last, or None, which is told."""
    from runner.serve.releases.archive import ArchiveError

    last = archive.current() if archive is not None else None
    if archive is None or last is None:
        click.echo(f"error: no release of {folder} has been kept to go back to", err=True)
        return None
    try:
        return archive.load(last)
    except ArchiveError as error:
        click.echo(f"error: {error}", err=True)
        return None


def _tested(gate: Gate, compiled: Compiled) -> GateReport | None:
    """What came of the folder's tests, where they must pass before anything is served."""
    from runner.serve.reload.gate import at_start

    assert compiled.release is not None  # noqa: S101 - who calls has looked
    if not gate.closed(compiled.release):
        return None
    report = at_start(gate, compiled)
    if report is None:
        raise SystemExit(0)  # SIGTERM came
    return report


def _tell(
    diagnostics: list[Diagnostic],
    compiled: Compiled,
    form: str | None,
    tests: GateReport | None = None,
) -> None:
    """Write what is wrong with the files to stderr, as the log is written."""
    if not diagnostics and tests is None:
        return
    if form == "json":
        from runner.serve.log import Log

        shown = [render.diagnostic_data(d) for d in diagnostics]
        failed = any(d.severity == "error" for d in diagnostics)
        level, result = ("error", "rejected") if failed else ("warning", "ok")
        if not failed and not diagnostics:
            level = "info"
        more: dict[str, Any] = {"tests": tests.to_data()} if tests is not None else {}
        Log(form=form).event(
            "check", "", level=level, result=result, release=None, diagnostics=shown, **more
        )
        return
    if diagnostics:
        listed(diagnostics, compiled, err=True)
    if tests is not None:
        from runner.serve.reload.report import tests_line

        for line in (*tests.lines, tests_line(tests)):
            click.echo(render.printable(line), err=True)
