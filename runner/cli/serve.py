"""`lkrun serve`: the agents of a folder take calls."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner.cli.check import listed, missing_secrets
from runner.cli.folder import folder
from runner.cli.options import options, shared
from runner.diagnostics import Diagnostic, render

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from runner.compiler import Compiled
    from runner.egress.secrets import Secrets
    from runner.link.release import Release
    from runner.serve.releases.archive import Archive
    from runner.serve.reload.gate import Gate, GateReport

_ONE_NAME = "LIVEKIT_AGENT_NAME_OVERRIDE"
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
    from runner.serve import credentials, run, startup
    from runner.serve.reload.gate import Gate

    if os.environ.get(_ONE_NAME):
        raise click.UsageError(f"{_ONE_NAME} is set, which gives all agents one name: unset it")
    compiler = Compiler(folder, cache=Cache(), environment=options().asked_environment)
    given, env = options(), dict(os.environ)
    closed = Gate(gate, folder=folder)
    judged = _judged(compiler.compile(), closed)
    archive = _archive(folder, env, judged.compiled.apart)
    release = judged.compiled.release
    if judged.broken:
        _tell(judged, given.log_format)
        release = _last_good(archive, folder) if last_good else None
    if release is None:
        return 1
    written = release.process.log
    level = given.log_level or ("debug" if dev else written.level)
    form = given.log_format or written.format
    if not judged.broken:
        _tell(judged, form)
    settings = startup.ServeSettings(host, port, drain, not no_reload, level, form, dev, browse)
    secrets = _secrets(env)
    try:
        livekit = credentials.livekit(release, secrets, env)
        begun = startup.Startup(
            compiler, judged.compiled, release, secrets, env, livekit, _lacking(secrets), archive,
            closed, judged.rejected,
        )  # fmt: skip
        return run.serve(begun, settings)
    except (startup.CannotServeError, credentials.CredentialsError) as error:
        click.echo(f"error: {error}", err=True)
        return 1


@dataclass(frozen=True, slots=True)
class _Judged:
    """What a folder holds, and what is said of it.

    Attributes:
        tests: what came of its own tests, where they must pass.
        broken: whether nothing of it may be served.
    """

    compiled: Compiled
    diagnostics: list[Diagnostic]
    tests: GateReport | None
    broken: bool

    @property
    def rejected(self) -> tuple[Diagnostic, ...]:
        """The failures of its tests."""
        return self.tests.diagnostics if self.tests is not None else ()


def _judged(compiled: Compiled, gate: Gate) -> _Judged:
    diagnostics = sorted([*compiled.diagnostics, *missing_secrets(compiled)])
    if compiled.release is None or any(d.severity == "error" for d in diagnostics):
        return _Judged(compiled, diagnostics, None, broken=True)
    tests = _tested(gate, compiled)
    if tests is None:
        return _Judged(compiled, diagnostics, None, broken=False)
    told = [*diagnostics, *tests.diagnostics]
    return _Judged(compiled, told, tests, broken=bool(tests.diagnostics))


def _secrets(env: Mapping[str, str]) -> Secrets:
    from runner.egress.secrets import Secrets

    place = env.get("LKRUN_SECRETS_DIR")
    return Secrets(env, Path(place) if place else None)


def _lacking(secrets: Secrets) -> Callable[[Compiled], list[Diagnostic]]:
    """Says what a folder needs that is not set."""

    def lacking(compiled: Compiled) -> list[Diagnostic]:
        # the environment is stripped while the runner serves; `secrets` knows it as it was
        unknown = {n: p for n, p in compiled.secrets.items() if secrets.get(n) is None}
        return missing_secrets(replace(compiled, secrets=unknown))

    return lacking


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


def _tell(judged: _Judged, form: str | None) -> None:
    """Write what is wrong with the files to stderr, as the log is written."""
    diagnostics, tests = judged.diagnostics, judged.tests
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
        listed(diagnostics, judged.compiled, err=True)
    if tests is not None:
        from runner.serve.reload.report import tests_line

        for line in (*tests.lines, tests_line(tests)):
            click.echo(render.printable(line), err=True)
