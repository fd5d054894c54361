"""`lkrun schema`: the JSON Schema of a file, for editors."""

from __future__ import annotations

import json

import click

from runner.cli.options import shared
from runner.schema.file import SECTIONS


@click.command()
@click.option(
    "--section",
    type=click.Choice([*SECTIONS, "runner"]),
    help="Only for one definition of this section.",
)
@shared
def schema(section: str | None) -> int:
    """Print the JSON Schema of a file, with the options of the plugins that are installed here.

    Editors with a YAML language server use it when a file begins with a comment line:

    # yaml-language-server: $schema=lkrun.schema.json
    """
    from runner.cli.plugins import checker_of_user
    from runner.schema.output.json_schema import json_schema

    checker = checker_of_user()
    made = json_schema(section, checker.schemas_by_name())
    checker.cache.flush()  # type: ignore[union-attr]  # the user's own
    click.echo(json.dumps(made, indent=2, ensure_ascii=False))
    return 0
