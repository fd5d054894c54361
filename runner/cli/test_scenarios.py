"""`lkrun test import` and `export`: LiveKit's simulation file."""

from __future__ import annotations

from pathlib import Path

import click

from runner.cli.chat import agent_of
from runner.cli.check import show
from runner.cli.folder import compiled, existing, folder
from runner.cli.options import shared


@click.command("import")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.argument("place", metavar="[DIR]", default="agents.d")
@click.option("--agent", metavar="NAME", help="Which agent is called; left out where there is one.")
@shared
def import_(file: Path, place: str, *, agent: str | None) -> int:
    """Write the scenarios of `lk agent simulate` in FILE as tests, to stdout.

    lkrun test import scenarios.yaml > agents.d/simulated.yaml
    """
    import yaml

    from runner.testing.scenarios import ScenarioError, imported

    result = compiled(existing(place))
    if result.release is None:
        show([d for d in result.diagnostics if d.severity == "error"], result, Path(place), "text")
        return 1
    try:
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        click.echo(imported(data, agent_of(result, agent)), nl=False)
    except OSError as error:
        raise click.UsageError(f"'{file}' cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, yaml.YAMLError):
        raise click.UsageError(f"'{file}' is not YAML") from None
    except ScenarioError as error:
        raise click.UsageError(f"'{file}' is not a simulation file: {error}") from None
    return 0


@click.command()
@folder
@click.option("--name", help="Of the group; without it, the name of the folder.")
@shared
def export(folder: Path, *, name: str | None) -> int:
    """Write the simulated tests of the folder DIR (agents.d) for `lk agent simulate`, to stdout.

    lkrun test export > scenarios.yaml
    """
    import yaml

    from runner.link.cases import cases
    from runner.testing.scenarios import exported

    result = compiled(folder)
    if result.release is None:
        show([d for d in result.diagnostics if d.severity == "error"], result, folder, "text")
        return 1
    group = exported(cases(result.tests, result.release), name or folder.resolve().name)
    if not group["scenarios"]:
        raise click.UsageError(f"no test of {folder} has 'simulate'")
    click.echo(yaml.safe_dump(group, sort_keys=False, allow_unicode=True, width=100), nl=False)
    return 0
