"""`lkrun tool`: a tool by hand."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import click

from runner.cli.folder import DEFAULT, existing
from runner.cli.groups import Commands
from runner.cli.options import formats, options, shared


@click.group(cls=Commands)
@shared
def tool() -> None:
    """Try a tool by hand."""


def _pairs(
    context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
) -> dict[str, str]:
    given: dict[str, str] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"write it as NAME=VALUE, not {value}", context, parameter)
        if name in given:
            raise click.BadParameter(f"'{name}' is given twice", context, parameter)
        given[name] = text
    return given


@tool.command()
@click.argument("name")
@click.argument("folder", metavar="[DIR]", default=DEFAULT, type=click.Path())
@click.option(
    "--arg",
    "arguments",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_pairs,
    help="An argument, as the model would give it; a list or an object as JSON. May be repeated.",
)
@click.option(
    "--var",
    "variables",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_pairs,
    help="The value of a variable of the agent. May be repeated.",
)
@click.option("--agent", metavar="AGENT", help="The agent it works for, where several have it.")
@click.option(
    "--record",
    metavar="FILE",
    is_flag=False,
    flag_value="",
    help="Write the answer to a file that a test can give back; without FILE, into DIR/cassettes.",
)
@formats("text", "json")
@shared
def call(  # noqa: PLR0913 - click hands over one value for each option
    name: str,
    folder: str,
    *,
    arguments: dict[str, str],
    variables: dict[str, str],
    agent: str | None,
    record: str | None,
    form: str,
) -> int:
    """Run the tool NAME of the folder DIR (agents.d) once, without a model.

    It asks the real service, with the real secrets, and shows what the model would see.
    """
    from runner.cli.check import show
    from runner.cli.folder import compiled
    from runner.cli.tool_run import Run, run
    from runner.cli.tool_view import json_text, text

    level = (options().log_level or "warning").upper()
    logging.basicConfig(level=level, format="lkrun: %(message)s", stream=sys.stderr)
    path = existing(folder)
    result = compiled(path)
    if result.release is None:
        show([d for d in result.diagnostics if d.severity == "error"], result, path, form)
        return 1
    wanted = Run(name, arguments, variables, agent)
    outcome = run(result, wanted, path)
    if record is not None and outcome.response.attempts:
        outcome = outcome.recorded(Path(record) if record else path / "cassettes" / f"{name}.json")
    click.echo(json_text(outcome) if form == "json" else text(outcome, bright=options().bright()))
    return 0 if outcome.response.ok else 1


@tool.command("import")
@click.argument("document", metavar="OPENAPI", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--operation",
    "operations",
    metavar="ID",
    multiple=True,
    help="Only the operation of this id. May be repeated.",
)
@shared
def import_(document: str, *, operations: tuple[str, ...]) -> int:
    """Write tools and a service for an interface that OPENAPI describes (version 3).

    The YAML goes to stdout: lkrun tool import openapi.yaml > agents.d/tools.yaml
    """
    import yaml

    from runner.cli.openapi import ImportProblem, imported, written

    try:
        text = Path(document).read_text(encoding="utf-8")
        tools = imported(yaml.safe_load(text), operations)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError):
        raise click.UsageError(f"{document} is neither YAML nor JSON") from None
    except ImportProblem as problem:
        raise click.UsageError(str(problem)) from None
    for note in tools.notes:
        click.echo(f"lkrun: {note}", err=True)
    click.echo(written(tools), nl=False)
    return 0
