"""`lkrun download-files`: the files that plugins work with."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import click

from runner.cli.folder import compiled, folder
from runner.cli.options import formats, shared
from runner.cli.plugins import checker_of_user

_BUDGET = 900.0
"""Seconds that the files of one plugin may take."""


@click.command("download-files")
@folder
@formats("text", "json")
@shared
def download_files(folder: Path, *, form: str) -> int:
    """Fetch the files that plugins of the folder DIR (agents.d) work with."""
    from runner.providers.catalogue import InstalledProvider

    checker = checker_of_user()
    uses = compiled(folder).providers
    named = dict.fromkeys(checker.catalogue.find(use.kind, use.plugin) for use in uses)
    installed = [each for each in named if isinstance(each, InstalledProvider)]
    records = checker.records(each for each in installed if each.source == "livekit")
    wanted = [
        each for each, record in records.items() if isinstance(record, dict) and record["files"]
    ]
    patient = replace(checker, budget=_BUDGET)
    results = list(zip(wanted, patient.files(wanted, "fetch"), strict=True))
    if form == "json":
        results_shown = [{"plugin": p.name, "kind": p.kind, "ok": ok} for p, ok in results]
        click.echo(json.dumps(results_shown))
    for provider, ok in results if form == "text" else ():
        state = "its files are there" if ok else "its files could not be fetched"
        click.echo(f"{provider.kind} '{provider.name}': {state}")
    if form == "text" and not results:
        click.echo("no plugin of this folder works with files")
    return 0 if all(ok for _, ok in results) else 1
