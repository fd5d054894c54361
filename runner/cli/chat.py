"""`lkrun chat`: a text conversation here, without a server."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.check import missing_secrets, show
from runner.cli.folder import DEFAULT, compiler, existing
from runner.cli.log import log_plainly
from runner.cli.options import formats, options, shared
from runner.cli.talk.conversation import LocalTalk, TalkOptions
from runner.cli.talk.views import JsonView, PlainView, on_terminal
from runner.diagnostics.nearest import did_you_mean

if TYPE_CHECKING:
    from runner.cli.talk.views import ChatView
    from runner.compiler import Compiled
    from runner.link import AgentRelease


def variable(
    context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    variables: dict[str, str] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"'{pair}' has no '='; write name=value", context)
        variables[name.strip()] = value
    return variables


@click.command()
@click.argument("first", metavar="[DIR]", required=False)
@click.argument("second", metavar="[AGENT]", required=False)
@click.option(
    "--plain", is_flag=True, help="No colours, no editing: for a screen reader or a dumb terminal."
)
@formats("text", "json", shown="For people, or an object a line.")
@click.option(
    "--var",
    "variables",
    metavar="NAME=VALUE",
    multiple=True,
    callback=variable,
    help="Give a variable a value; may be repeated.",
)
@click.option(
    "--metadata", metavar="JSON", help="What the job would carry: job.metadata in templates."
)
@click.option(
    "--with-reload",
    is_flag=True,
    help="Follow the folder: the conversation goes on with what is saved.",
)
@click.option("--no-idle", is_flag=True, help="Do not let the agent ask when nobody speaks.")
@shared
def chat(  # noqa: PLR0913 - click hands over one value for each option
    first: str | None,
    second: str | None,
    *,
    plain: bool,
    form: str,
    variables: dict[str, str],
    metadata: str | None,
    with_reload: bool,
    no_idle: bool,
) -> int:
    """Talk by text with an agent of the folder DIR (agents.d).

    With one agent in the folder its name may be left out. From a pipe each line is a turn. Leave
    with Ctrl-D or Ctrl-C.
    """
    path, name = _places(first, second)
    compiling = compiler(path)
    result = compiling.compile()
    if result.release is None:
        show([d for d in result.diagnostics if d.severity == "error"], result, path, form)
        return 1
    missing = missing_secrets(result)
    if missing:
        show(missing, result, path, form)
        return 1
    agent = result.release.agents[agent_of(result, name)]
    _unknown_variables(agent, variables)
    log_plainly(options().log_level or "warning")
    followed = compiling if with_reload else None
    how = TalkOptions(path, variables, metadata, followed, idle=not no_idle)
    return LocalTalk(result, agent.name, _view(form, plain=plain), how).run()


def _places(first: str | None, second: str | None) -> tuple[Path, str | None]:
    if second is None and first is not None and not Path(first).is_dir() and Path(DEFAULT).is_dir():
        return Path(DEFAULT), first
    return existing(first or DEFAULT), second


def agent_of(result: Compiled, name: str | None) -> str:
    """The agent that is meant; the only one, where none is named.

    Raises:
        click.UsageError: there is none of this name, or there are several.
    """
    assert result.release is not None  # noqa: S101 - the caller has looked
    names = list(result.release.agents)
    if name is None and len(names) == 1:
        return names[0]
    if name in names:
        return str(name)
    if not names:
        raise click.UsageError("every agent of this folder has enabled: no")
    if name is None:
        raise click.UsageError(f"name the agent to talk with: {', '.join(names)}")
    raise click.UsageError(
        f"there is no agent '{name}'; {did_you_mean(name, names, noun='agents here') or ''}".rstrip(
            "; "
        )
    )


def _unknown_variables(agent: AgentRelease, given: dict[str, str]) -> None:
    for name in given:
        known = [n for n in agent.variables if n not in agent.fixed]
        if name in agent.fixed:
            raise click.UsageError(f"--var {name}: '{name}' has a fixed value in the agent")
        if name not in known:
            hint = did_you_mean(name, known, noun="variables here")
            raise click.UsageError(
                f"--var {name}: the agent has no variable '{name}'" + (f"; {hint}" if hint else "")
            )


def _view(form: str, *, plain: bool) -> ChatView:
    if form == "json":
        return JsonView(sys.stdout)
    if plain or not on_terminal() or os.environ.get("TERM") == "dumb":
        return PlainView(sys.stdout, commands=on_terminal())
    from runner.cli.talk.screen import ScreenView

    return ScreenView(bright=options().bright())
