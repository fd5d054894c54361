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
    """Print the JSON Schema of a file.

    Editors with a YAML language server use it when a file begins with a comment line:

    # yaml-language-server: $schema=lkrun.schema.json
    """
    from runner.schema.output.json_schema import json_schema

    click.echo(json.dumps(json_schema(section), indent=2, ensure_ascii=False))
    return 0
