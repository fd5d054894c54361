"""`lkrun token`: an access token whose room configuration dispatches an agent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from runner.cli.folder import DEFAULT, compiled
from runner.cli.livekit import livekit_of
from runner.cli.options import formats, shared
from runner.cli.serve import DurationParam

if TYPE_CHECKING:
    from runner.link.release import Release


def parsed_json(context: click.Context, parameter: click.Parameter, value: str | None) -> str:
    """Accept JSON; nothing for an option that is not there.

    Raises:
        click.BadParameter: it is none.
    """
    if value is None:
        return ""
    try:
        json.loads(value)
    except (ValueError, RecursionError):
        raise click.BadParameter("it is not JSON", context, parameter) from None
    return value


@click.command()
@click.argument("agent")
@click.argument("folder", metavar="[DIR]", default=DEFAULT, type=click.Path(path_type=Path))
@click.option("--room", help="The room's name; a new one without it.")
@click.option("--identity", help="The caller's identity; a new one without it.")
@click.option(
    "--metadata", metavar="JSON", callback=parsed_json, help="Given to the agent as job.metadata."
)
@click.option(
    "--ttl",
    default="1h",
    show_default=True,
    type=DurationParam(),
    help="How long it can be used to join.",
)
@formats("text", "json")
@shared
def token(  # noqa: PLR0913 - one value for each option
    agent: str,
    folder: Path,
    *,
    room: str | None,
    identity: str | None,
    metadata: str,
    ttl: float,
    form: str,
) -> int:
    """Make an access token with which a caller reaches AGENT."""
    from runner.link.release import Release

    release = compiled(folder).release if folder.is_dir() else Release(agents={})
    if release is None:
        raise click.ClickException(f"the folder '{folder}' has mistakes: run lkrun check {folder}")
    if folder.is_dir() and agent not in release.names:
        raise click.UsageError(_unknown(agent, folder, release.names))
    livekit = livekit_of(release)
    from runner.serve.workers.tokens import Visit, meet_link, mint

    made = mint(livekit, Visit(agent, room, identity, metadata, ttl, named=_named(release, agent)))
    if form == "json":
        data = {
            "server_url": livekit.url,
            "participant_token": made.token,
            "room_name": made.room,
            "identity": made.identity,
        }
        click.echo(json.dumps(data, ensure_ascii=False))
    else:
        click.echo(f"token  {made.token}\nurl    {livekit.url}\nroom   {made.room}")
        click.echo(f"talk   {meet_link(livekit.url, made.token)}")
    return 0


def _named(release: Release, agent: str) -> bool:
    """Whether an agent is called by its name; one that is served elsewhere is."""
    known = release.agents.get(agent)
    dispatch = known.agent.dispatch if known is not None else None
    return dispatch is None or dispatch.mode == "explicit"


def _unknown(agent: str, folder: Path, agents: list[str]) -> str:
    from runner.diagnostics.nearest import did_you_mean

    hint = did_you_mean(agent, agents, noun="agents")
    return f"there is no agent '{agent}' in '{folder}'" + (f"; {hint}" if hint else "")
