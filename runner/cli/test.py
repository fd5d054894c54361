"""`lkrun test`: the conversation tests of a folder, in process, without keys and servers."""

from __future__ import annotations

import os
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner.cli import sending
from runner.cli.check import show
from runner.cli.folder import compiler, folder
from runner.cli.log import log_plainly
from runner.cli.options import formats, options, shared
from runner.cli.test_options import CommandLine, notes, writable
from runner.diagnostics.nearest import nearest

if TYPE_CHECKING:
    from runner.cli.test_watch import Earlier
    from runner.compiler import Compiled, Compiler
    from runner.testing.judging import Judging
    from runner.testing.mocks import TestSecrets
    from runner.testing.outcome import TestResult
    from runner.testing.suite import SuiteOptions


class _Run(click.Command):
    """The command without a word behind it: it is called by the group's own name."""

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Show it as it is typed."""
        name = ctx.parent.command_path if ctx.parent is not None else ctx.command_path
        formatter.write_usage(name, " ".join(self.collect_usage_pieces(ctx)))


class _Tests(click.Group):
    """`lkrun test` runs tests, unless its first word is one of its own verbs."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the verb that is left out."""
        first = args[0] if args else ""
        verb = nearest(first, _OWN) if first not in _OWN and not Path(first).exists() else None
        if verb is not None:
            raise click.UsageError(f"there is no folder '{first}'; did you mean '{verb}'?", ctx)
        return super().parse_args(ctx, args if args and args[0] in _OWN else ["run", *args])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a verb's module when it is used."""
        if cmd_name in _OWN:
            module, attribute = _OWN[cmd_name]
            command: click.Command = getattr(import_module(module), attribute)
            return command
        return super().get_command(ctx, cmd_name)

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Those of running tests."""
        return self.commands["run"].collect_usage_pieces(ctx)


_OWN = {
    "export": ("runner.cli.test_scenarios", "export"),
    "import": ("runner.cli.test_scenarios", "import_"),
    "record": ("runner.cli.test_record", "record"),
}
"""Verbs of `lkrun test`, where each is; a folder of such a name is written as ./record."""


@click.group(cls=_Tests)
@shared
def test() -> None:
    """Run the conversation tests of a folder."""


@test.command("run", cls=_Run)
@folder
@click.option("-k", "part", metavar="TEXT", help="Only tests whose name holds this.")
@click.option("--tag", "tags", metavar="WORD", multiple=True, help="Only tests with this tag.")
@click.option("--repeat", type=click.IntRange(1, 1000), help="How many times to run each.")
@click.option(
    "--parallel",
    type=click.IntRange(1, 100),
    default=8,
    show_default=True,
    help="How many run at the same time.",
)
@click.option("--junit", metavar="FILE", type=click.Path(), help="Also write JUnit XML.")
@click.option(
    "--audio", metavar="FOLDER", type=click.Path(file_okay=False),
    help="Keep the sound of tests with mode: audio: a WAV file each, on the left the caller.",
)  # fmt: skip
@click.option("--coverage", is_flag=True, help="Show what no test reaches.")
@click.option(
    "--model",
    metavar="NAME",
    help="Judges meaning and plays simulated callers: a provider of the folder, or a string such "
    "as openai/gpt-4.1-mini.",
)
@click.option("--simulate", is_flag=True, help="Only tests in which a model plays the caller.")
@click.option("--watch", is_flag=True, help="Run them again whenever a file changes.")
@formats("text", "json")
@shared
def run(folder: Path, **given: Any) -> int:
    """Run the conversation tests of the folder DIR (agents.d).

    Tests need no key and no server: services answer as the tests say. What only a model can judge
    is skipped unless --model names one. `lkrun test record` writes a test of a conversation;
    `import` and `export` know the scenarios of `lk agent simulate`.
    """
    log_plainly(options().log_level or "error")
    wanted = CommandLine(**given)
    writable(wanted)
    compiling = compiler(folder)
    if wanted.watch:
        from runner.cli.test_watch import Earlier, watch

        earlier = Earlier()
        watch(compiling, lambda result: _once(compiling, result, wanted, earlier))
    return _once(compiling, compiling.compile(), wanted)


def _once(
    compiling: Compiler, result: Compiled, line: CommandLine, earlier: Earlier | None = None
) -> int:
    from runner.testing import processes as _all  # noqa: F401 - what is loaded now is not looked through
    from runner.testing.environments import elsewhere
    from runner.testing.memory import rarely_collected

    others = elsewhere(compiling, result)
    for each in (result, *others):
        if each.release is None:
            errors = [d for d in each.diagnostics if d.severity == "error"]
            show(errors, each, compiling.root, line.form)
            return 1
    began = time.monotonic()
    with rarely_collected():
        results = _run([result, *others], compiling.root, line, earlier)
    _tell(result, results, line, time.monotonic() - began)
    return 1 if any(r.outcome == "failed" for r in results) else 0


def _run(
    several: list[Compiled], root: Path, line: CommandLine, earlier: Earlier | None
) -> list[TestResult]:
    from runner.testing.environments import cases_of
    from runner.testing.processes import run_suite
    from runner.testing.suite import chosen

    there, agents = cases_of(several)
    wanted = chosen(there, part=line.part, tags=line.tags)
    if line.simulate:
        wanted = [case for case in wanted if case.spec.simulate is not None]
    for note in notes(there, wanted, line):
        click.echo(f"lkrun: {note}", err=True)
    how = _how(several[0], root, line)
    due, kept = earlier.due(wanted, agents) if earlier else (wanted, [])
    results: list[TestResult] = []
    progress = _Progress(len(due), shown=line.form == "text" and sys.stderr.isatty())

    def tell(each: TestResult) -> None:
        results.append(each)
        progress.clear()
        if line.form == "text":
            _tell_one(each)
        progress.step()

    progress.show()
    run_suite(due, agents, _secrets, how, tell)
    progress.clear()
    results += kept
    if earlier is not None:
        earlier.take(wanted, agents, results)
        _tell_kept(kept, line)
    return results


def _how(result: Compiled, root: Path, line: CommandLine) -> SuiteOptions:
    from runner.testing.suite import SuiteOptions

    assert result.release is not None  # noqa: S101 - `_once` has looked
    judging = _judging(result, line.model)
    network = sending.network(result.release, root, sending.secrets())
    keep = Path(line.audio) if line.audio is not None else None
    return SuiteOptions(line.parallel, line.repeat, judging, network=network, keep=keep)


def _secrets() -> TestSecrets:
    """Those of a test, which begins with what the environment holds."""
    from runner.testing.mocks import TestSecrets

    where = os.environ.get("LKRUN_SECRETS_DIR")
    return TestSecrets(os.environ, Path(where) if where else None)


def _tell_kept(kept: list[TestResult], line: CommandLine) -> None:
    from runner.cli.test_watch import kept_lines

    for each in kept_lines(kept) if line.form == "text" else ():
        click.echo(each)


def _judging(result: Compiled, model: str | None) -> Judging | None:
    if model is None:
        return None
    from runner.session.conversation import CannotStartError
    from runner.session.models.single import single_model
    from runner.testing.judging import Judging

    assert result.release is not None  # noqa: S101 - `_once` has looked
    try:
        others, look_up = result.unused_providers, sending.secrets().get
        return Judging(single_model(result.release, model, look_up, others))
    except CannotStartError as error:
        raise click.BadParameter(str(error), param_hint="--model") from None


class _Progress:
    """A line that counts on a terminal; nothing elsewhere."""

    def __init__(self, total: int, *, shown: bool) -> None:
        self._total, self._done, self._shown = total, 0, shown

    def step(self) -> None:
        self._done += 1
        self.show()

    def show(self) -> None:
        if self._shown and self._done < self._total:
            click.echo(f"{self._done} of {self._total} tests", nl=False, err=True)

    def clear(self) -> None:
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)


_COLOURS = {"failed": "red", "passed": "green", "skipped": "yellow"}


def _tell_one(result: TestResult) -> None:
    from runner.testing.report import lines

    first, *rest = lines(result)
    bright = options().bright()
    click.echo(click.style(first, fg=_COLOURS[result.outcome]) if bright else first, color=bright)
    for line in rest:
        click.echo(line)


def _tell(result: Compiled, results: list[TestResult], line: CommandLine, seconds: float) -> None:
    from runner.testing import report
    from runner.testing.coverage import coverage

    assert result.release is not None  # noqa: S101 - `_once` has looked
    reach = None
    if line.coverage:
        seen = frozenset(each for r in results for each in r.reached)
        reach = coverage(result.release.agents, seen)
    if line.junit:
        Path(line.junit).write_text(report.as_junit(results), encoding="utf-8")
    if line.form == "json":
        click.echo(report.as_json(results, reach))
        return
    if reach is not None:
        for missed in report.coverage_lines(reach):
            click.echo(missed)
    click.echo(report.summary(results, seconds))
