"""`lkrun doctor`: whether each provider answers, and how fast."""

from __future__ import annotations

import json
from pathlib import Path

import click

from runner.cli import asynchronous, sending
from runner.cli.check import show
from runner.cli.folder import compiled, folder
from runner.cli.log import log_plainly
from runner.cli.options import formats, options, shared


@click.command()
@folder
@formats("text", "json")
@shared
def doctor(folder: Path, *, form: str) -> int:
    """Send one short request to each provider of the folder DIR (agents.d), all at once.

    Models are asked for a word, voices for a sound, recognition for what it hears in a tone. It
    costs what these cost.
    """
    result = compiled(folder)
    if result.release is None:
        show([d for d in result.diagnostics if d.severity == "error"], result, folder, form)
        return 1
    log_plainly(options().log_level or "error")
    from runner.session.models.trial import named, tried

    wanted = named(result.release.agents)
    trials = asynchronous.run(tried(wanted, sending.secrets().get))
    if form == "json":
        click.echo(json.dumps([trial.to_data() for trial in trials], ensure_ascii=False))
    else:
        width = max((len(f"{t.kind} {t.provider}") for t in trials), default=0)
        for trial in trials:
            state = f"{trial.ms} ms" if trial.error is None else f"failed: {trial.error}"
            click.echo(f"{f'{trial.kind} {trial.provider}'.ljust(width)}  {state}")
    return 1 if any(trial.error for trial in trials) else 0
