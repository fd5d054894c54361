"""`lkrun phone`: which agent answers which number, and what LiveKit knows of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner.cli import asynchronous
from runner.cli.check import show
from runner.cli.folder import compiled, folder
from runner.cli.groups import Commands
from runner.cli.livekit import livekit_of
from runner.cli.options import formats, shared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runner.link.release import Release
    from runner.serve.credentials import LiveKit
    from runner.serve.telephony.changes import Change, Plan
    from runner.serve.telephony.lines import Line


@click.group(cls=Commands, subcommand_metavar="COMMAND [ARGS]...")
@shared
def phone() -> None:
    """Compare the numbers in the files with LiveKit's trunks and rules, and apply them.

    Only what lkrun made is ever changed.
    """


@phone.command()
@folder
@formats("text", "json")
@shared
def status(folder: Path, *, form: str) -> int:
    """Tell what differs; nothing is changed."""
    return _run(folder, form, changes=False)


@phone.command()
@folder
@click.option("--dry-run", is_flag=True, help="Only say what would be done.")
@formats("text", "json")
@shared
def apply(folder: Path, *, dry_run: bool, form: str) -> int:
    """Have LiveKit know what the files say."""
    return _run(folder, form, changes=not dry_run)


def _run(folder: Path, form: str, *, changes: bool) -> int:
    result = compiled(folder)
    if result.release is None:
        show([d for d in result.diagnostics if d.severity == "error"], result, folder, form)
        return 1
    lines, livekit = _lines(result.release), livekit_of(result.release)
    report = _Report(lines, form)
    from runner.serve.telephony.livekit_sip import LiveKitError

    try:
        asynchronous.run(_compared(lines, livekit, _name(folder), report, changes=changes))
    except LiveKitError as error:
        raise click.ClickException(str(error)) from None
    return report.write()


async def _compared(
    lines: Sequence[Line], livekit: LiveKit, name: str, report: _Report, *, changes: bool
) -> None:
    from runner.serve.telephony.changes import plan
    from runner.serve.telephony.livekit_sip import sip_account

    async with sip_account(livekit) as account:
        report.plan = plan(lines, await account.known(), name)
        if changes:
            report.applied = True
            await account.apply(report.plan, name, report.hear)


class _Report:
    """What is written of a comparison: at the end as one document, or as it happens."""

    def __init__(self, lines: Sequence[Line], form: str) -> None:
        self._lines, self._form = lines, form
        self.plan: Plan | None = None
        self.applied = False

    def hear(self, change: Change) -> None:
        """Tell that a change is done."""
        if self._form == "text":
            click.echo(change.done)

    def write(self) -> int:
        """Write the rest, and give the exit code."""
        plan = self.plan
        if plan is None:
            return 1
        in_step = not plan.problems and (self.applied or not plan.changes)
        if self._form == "json":
            click.echo(json.dumps(self._data(plan, in_step=in_step), ensure_ascii=False))
            return 0 if in_step else 1
        if not self.applied:
            for change in plan.changes:
                click.echo(change.sentence)
        for number, why in plan.problems.items():
            click.echo(f"{number} is not answered: {why}")
        for sentence in plan.kept:
            click.echo(sentence)
        if in_step:
            self._all_well()
        elif plan.changes and not self.applied:
            click.echo("lkrun phone apply sets this right")
        return 0 if in_step else 1

    def _all_well(self) -> None:
        for line in self._lines:
            click.echo(f"{line.agent} answers {', '.join(line.numbers)}")
        if not self._lines:
            click.echo("no agent has phone: numbers:, and LiveKit has none of lkrun's")

    def _data(self, plan: Plan, *, in_step: bool) -> dict[str, Any]:
        return {
            "in_step": in_step,
            "applied": self.applied,
            "numbers": [
                {"number": number, "agent": line.agent, "problem": plan.problems.get(number)}
                for line in self._lines
                for number in line.numbers
            ],
            "changes": [change.to_data() for change in plan.changes],
            "kept": list(plan.kept),
        }


def _lines(release: Release) -> list[Line]:
    from runner.serve.telephony.lines import Line

    return [
        Line(
            name,
            each.agent.phone.numbers,
            each.agent.dispatch is None or each.agent.dispatch.mode == "explicit",
        )
        for name, each in sorted(release.agents.items())
        if each.agent.phone is not None and each.agent.phone.numbers
    ]


def _name(folder: Path) -> str:
    """The end of a folder's path, by which lkrun knows what it made for it."""
    return "/".join(folder.resolve().parts[-2:])
