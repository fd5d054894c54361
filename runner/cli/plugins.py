"""`lkrun plugins`: what is installed, and how each of it is written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from runner.cli.groups import Commands
from runner.cli.options import formats, shared
from runner.diagnostics.nearest import did_you_mean
from runner.provider_kinds import BY_KEY, NO_PROVIDERS

if TYPE_CHECKING:
    from runner.providers.checks import OptionChecker
    from runner.providers.listing import Entry, Row

_KINDS = (*BY_KEY, *NO_PROVIDERS)
_KIND = click.option("--kind", type=click.Choice(_KINDS), help="Only plugins of this kind.")


@click.group(cls=Commands, invoke_without_command=True, subcommand_metavar="COMMAND [ARGS]...")
@_KIND
@formats("text", "json")
@shared
@click.pass_context
def plugins(context: click.Context, kind: str | None, form: str) -> int:
    """List the plugins that are installed, and what is wrong with any of them."""
    if context.invoked_subcommand is not None:
        return 0
    from runner.providers.listing import rows

    checker = checker_of_user()
    wanted = [row for row in rows(checker) if kind in (None, row.kind)]
    checker.cache.flush()  # type: ignore[union-attr]  # the user's own
    if form == "json":
        click.echo(json.dumps([row.to_data() for row in wanted], ensure_ascii=False))
    else:
        _listed(wanted)
    return 1 if any(row.problem for row in wanted) else 0


@plugins.command()
@click.argument("name")
@_KIND
@formats("text", "json")
@shared
def show(name: str, *, kind: str | None, form: str) -> int:
    """Show the options of the plugin NAME, and a provider that uses it.

    Where a plugin has several kinds JSON is of the first one, or of --kind.
    """
    from runner.providers.listing import entries, rows, shown

    checker = checker_of_user()
    wanted = [row for row in rows(checker, [name]) if kind in (None, row.kind)]
    if not wanted:
        raise click.UsageError(_unknown(checker, name, kind))
    documents = [shown(row, checker) for row in wanted]
    checker.cache.flush()  # type: ignore[union-attr]  # the user's own
    if form == "json":
        click.echo(json.dumps(documents[0], ensure_ascii=False))
    else:
        pages = (_page(d, entries(row, checker)) for d, row in zip(documents, wanted, strict=True))
        click.echo("\n".join(pages), nl=False)
    return 1 if any(row.problem for row in wanted) else 0


def checker_of_user() -> OptionChecker:
    """Asks the plugins of this interpreter, and recalls what they said."""
    from runner.cache import Cache
    from runner.providers.catalogue import Catalogue
    from runner.providers.checks import OptionChecker

    return OptionChecker(Catalogue(), Cache())


def _unknown(checker: OptionChecker, name: str, kind: str | None) -> str:
    from runner.providers.problems import NameProblem

    for each in [kind] if kind else _KINDS:
        problem = checker.catalogue.find(each, name)
        if isinstance(problem, NameProblem) and problem.code == "E401":
            return f"{problem.message}; {problem.help}"
    names = {known for each in _KINDS for known in checker.catalogue.names(each)}
    hint = did_you_mean(name, names, noun="installed")
    return f"there is no plugin '{name}'" + (f"; {hint}" if hint else "")


def _listed(providers: Sequence[Row]) -> None:
    rows = [(row.name, row.kind, f"{row.distribution} {row.version}") for row in providers]
    widths = [max((len(line[column]) for line in rows), default=0) for column in range(3)]
    for row, line in zip(providers, rows, strict=True):
        columns = "  ".join(part.ljust(width) for part, width in zip(line, widths, strict=True))
        click.echo(f"{columns}  {row.problem or ''}".rstrip())


def _page(document: dict[str, Any], entries: Sequence[Entry]) -> str:
    head = "{name} ({kind}), from {distribution} {version}".format(**document)
    lines = [head, *([f"  {document['problem']}"] if document["problem"] else [])]
    for entry in entries:
        space = "    " * entry.depth + "  "
        usual = (
            "" if entry.default in (None, "", [], {}) else f"; without it {_yaml(entry.default)}"
        )
        lines.append(f"{space}{entry.name}: {entry.words}{usual}")
        lines += [f"{space}    {entry.description}"] * bool(entry.description)
    return "\n".join([*lines, "", document["example"]])


def _yaml(value: Any) -> str:
    """A value as a person would write it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    return ", ".join(map(_yaml, value)) if isinstance(value, list) else str(value)
