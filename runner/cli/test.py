"""`lkrun test`: the conversation tests of a folder, in process, without keys and servers."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner.cli import sending
from runner.cli.check import show
from runner.cli.folder import compiler, folder
from runner.cli.log import log_plainly
from runner.cli.options import formats, options, shared

if TYPE_CHECKING:
    from runner.compiler import Compiled, Compiler
    from runner.testing.judging import Judging
    from runner.testing.outcome import TestResult


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
@click.option("--repeat", type=click.IntRange(1, 1000), help="Run each so often.")
@click.option(
    "--parallel", type=click.IntRange(1, 100), default=8, show_default=True, help="At once."
)
@click.option("--junit", metavar="FILE", type=click.Path(), help="Also write JUnit XML.")
@click.option("--coverage", is_flag=True, help="Tell what no test reaches.")
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
    wanted = _Asked(**given)
    compiling = compiler(folder)
    if wanted.watch:
        return _watch(compiling, wanted)
    return _once(compiling.compile(), folder, wanted)


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the command line asks for."""

    part: str | None
    tags: tuple[str, ...]
    repeat: int | None
    parallel: int
    junit: str | None
    coverage: bool
    model: str | None
    simulate: bool
    watch: bool
    form: str


def _once(result: Compiled, root: Path, options: _Asked) -> int:
    from runner.testing import suite as _suite  # noqa: F401 - what is loaded now is not looked through
    from runner.testing.memory import rarely_collected
    from runner.testing.time import SimulatedLoop

    if result.release is None:
        errors = [d for d in result.diagnostics if d.severity == "error"]
        show(errors, result, root, options.form)
        return 1
    began = time.monotonic()
    with rarely_collected(), asyncio.Runner(loop_factory=SimulatedLoop) as running:
        results = running.run(_run(result, root, options))
    _tell(result, results, options, time.monotonic() - began)
    return 1 if any(r.outcome == "failed" for r in results) else 0


async def _run(result: Compiled, root: Path, options: _Asked) -> list[TestResult]:
    from runner.link.cases import cases
    from runner.testing.mocks import TestSecrets
    from runner.testing.suite import SuiteOptions, chosen, run_tests

    assert result.release is not None  # noqa: S101 - `_once` has looked
    wanted = chosen(cases(result.tests, result.release), part=options.part, tags=options.tags)
    if options.simulate:
        wanted = [case for case in wanted if case.spec.simulate is not None]
    judging = _judging(result, options.model)
    network = sending.network(result.release, root, sending.secrets())
    how = SuiteOptions(options.parallel, options.repeat, judging, network=network)
    results: list[TestResult] = []
    where = os.environ.get("LKRUN_SECRETS_DIR")

    def secrets() -> TestSecrets:
        return TestSecrets(os.environ, Path(where) if where else None)

    progress = _Progress(len(wanted), shown=options.form == "text" and sys.stderr.isatty())
    async for each in run_tests(wanted, result.release.agents, secrets, how):
        results.append(each)
        progress.step()
        if options.form == "text":
            progress.clear()
            _tell_one(each)
    return results


def _judging(result: Compiled, model: str | None) -> Judging | None:
    if model is None:
        return None
    from runner.session.models.single import single_model
    from runner.testing.judging import Judging

    assert result.release is not None  # noqa: S101 - `_once` has looked
    return Judging(single_model(result.release, model, sending.secrets().get))


class _Progress:
    """A line that counts on a terminal; nothing elsewhere."""

    def __init__(self, total: int, *, shown: bool) -> None:
        self._total, self._done, self._shown = total, 0, shown

    def step(self) -> None:
        self._done += 1

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


def _tell(result: Compiled, results: list[TestResult], options: _Asked, seconds: float) -> None:
    from runner.testing import report
    from runner.testing.coverage import coverage

    assert result.release is not None  # noqa: S101 - `_once` has looked
    reach = None
    if options.coverage:
        seen = frozenset(each for r in results for each in r.reached)
        reach = coverage(result.release.agents, seen)
    if options.junit:
        Path(options.junit).write_text(report.as_junit(results), encoding="utf-8")
    if options.form == "json":
        click.echo(report.as_json(results, reach))
        return
    if reach is not None:
        for line in report.coverage_lines(reach):
            click.echo(line)
    click.echo(report.summary(results, seconds))


def _watch(compiling: Compiler, options: _Asked) -> int:
    while True:
        result = compiling.compile()
        _once(result, compiling.root, options)
        click.echo()
        asyncio.run(_changed(compiling.root, result.text_paths))


async def _changed(root: Path, texts: frozenset[str]) -> None:
    """Wait until a file has changed and come to rest."""
    from runner.serve.reload.watcher import Watcher

    watcher = Watcher(root, lambda: texts)
    known = await asyncio.to_thread(watcher.look)
    listening = asyncio.get_running_loop().create_task(watcher.listen())
    try:
        await watcher.changed(lambda: known, lambda: 0.4)
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
