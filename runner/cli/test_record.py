"""`lkrun test record`: a test of a conversation that took place."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import click

from runner.cli import asynchronous, sending
from runner.cli.chat import agent_of
from runner.cli.check import show
from runner.cli.folder import DEFAULT, compiled, existing
from runner.cli.log import log_plainly
from runner.cli.options import options, shared
from runner.cli.talk.commands import command_of, keys_of, wrong_keys

if TYPE_CHECKING:
    from runner.compiler import Compiled
    from runner.link.release import AgentRelease
    from runner.recording import Cassette, Said

_ADDRESS = "http://127.0.0.1:8090"
_NAME = re.compile(r"[a-z][a-z0-9_]*")

Talked = tuple["AgentRelease", "list[Said]", "Cassette", datetime]
"""The agent, what was said, what services answered, and when it began."""


@click.command()
@click.argument("what", metavar="SESSION|chat")
@click.argument("folder", metavar="[DIR]", default=DEFAULT)
@click.argument("agent", metavar="[AGENT]", required=False)
@click.option("--name", help="Of the test; without it, of the agent and the moment.")
@click.option("--output", metavar="FILE", help="A file of that name in DIR if left out.")
@click.option(
    "--url", envvar="LKRUN_URL", default=_ADDRESS, show_default=True, help="Where the runner is."
)
@shared
def record(  # noqa: PLR0913 - click hands over one value for each option
    what: str, folder: str, agent: str | None, *, name: str | None, output: str | None, url: str
) -> int:
    """Write a test of a conversation that took place, and run it.

    With chat you talk with the agent now, its tools really ask their services, and what these
    answer becomes the test's mocks; a line of the standard input is a turn, and /keys 12# presses
    keys. Otherwise SESSION is the id of a session of the running runner.
    """
    from runner.recording import named

    place = existing(folder)
    log_plainly(options().log_level or "error")
    result = compiled(place)
    if result.release is None:
        show([d for d in result.diagnostics if d.severity == "error"], result, place, "text")
        return 1
    if what == "chat":
        talked = asynchronous.run(_chat(result, result.release.agents[agent_of(result, agent)]))
    else:
        talked = _session(result, what, url)
    release, turns, cassette, began = talked
    written = _named(name or named(release.name, began))
    file = Path(output) if output else place / f"{written}.yaml"
    if file.exists():
        raise click.UsageError(f"there is already {file}: give another --name or --output")
    _write(file, written, (release, turns, cassette, began))
    click.echo(f"wrote {file}")
    return _checked(place, file, written)


def _named(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise click.UsageError(f"'{name}' is not a name: use small letters, digits and _")
    return name


def _write(file: Path, name: str, talked: Talked) -> None:
    from runner.recording import recorded

    release, turns, cassette, began = talked
    test = recorded(name, release, turns, cassette, began)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(test.text, encoding="utf-8")
    for path, text in test.files.items():
        (file.parent / path).parent.mkdir(parents=True, exist_ok=True)
        (file.parent / path).write_text(text, encoding="utf-8")


def _checked(place: Path, file: Path, name: str) -> int:
    """Run what was written; 1 where it does not pass."""
    from runner.testing import Folder, FolderError
    from runner.testing.report import lines

    if not file.resolve().is_relative_to(place.resolve()):
        return 0  # it is no part of the folder
    try:
        result = Folder(place).run(name)
    except FolderError as error:
        click.echo(str(error), err=True)
        return 1
    for line in lines(result):
        click.echo(line)
    if result.outcome != "passed":
        click.echo(
            "what the services really answered is not known to the end: complete the mocks",
            err=True,
        )
    return 0 if result.outcome == "passed" else 1


async def _chat(result: Compiled, release: AgentRelease) -> Talked:
    from runner.link.cases import TestCase
    from runner.recording import Said, turns_of
    from runner.schema.tests import Test
    from runner.session.conversation import CannotStartError
    from runner.testing.cassettes import RecordingEgress
    from runner.testing.talk import Talk

    assert result.release is not None  # noqa: S101 - who calls has looked
    secrets = sending.secrets(result.secrets)
    began = _now(release)
    spec = Test.model_validate({"agent": release.name, "steps": [{"user": "-"}], "clock": began})
    allow = tuple(map(str, result.release.process.network.allow))
    egress = RecordingEgress(release, secrets, allow)
    talk = Talk(TestCase("recorded", spec, "", 0), release, secrets, egress=egress)
    turns: list[Said] = []
    try:
        try:
            await talk.start()
        except CannotStartError as error:
            raise click.ClickException(str(error)) from None
        turns.append(Said(None, _told(talk.last.events)))
        while talk.ended is None and (words := await asyncio.to_thread(_line)) is not None:
            keys = keys_of(command_of(words) or "")
            if keys is not None and (problem := wrong_keys(keys)):
                click.echo(problem, err=True)
            elif keys is not None:
                await talk.press(keys)
                turns += turns_of(_told(talk.last.events))[1:]
            elif words:
                await talk.user(words)
                turns.append(Said(words, _told(talk.last.events)))
    finally:
        await talk.aclose()
    return release, turns, egress.cassette, datetime.fromisoformat(began)


def _told(events: Any) -> list[Any]:
    """Show what has happened in a turn."""
    from runner.session.lines import line_of

    of_the_agent = [e for e in events if not (e["type"] == "message" and e["role"] == "user")]
    for event in of_the_agent:
        if (line := line_of(event)) is not None:
            click.echo(line, err=True)
    return of_the_agent


def _line() -> str | None:
    if sys.stdin.isatty():
        click.echo("> ", nl=False, err=True)
    line = sys.stdin.readline()
    return line.strip() if line else None


def _now(release: AgentRelease) -> str:
    zone = release.agent.timezone
    moment = datetime.now(ZoneInfo(zone)) if zone else datetime.now().astimezone()
    return moment.replace(tzinfo=None, second=0, microsecond=0).isoformat(timespec="minutes")


def _session(result: Compiled, session: str, url: str) -> Talked:
    from runner.recording import guessed, in_its_zone, turns_of

    assert result.release is not None  # noqa: S101 - who calls has looked
    path = f"/v1/sessions/{urllib.parse.quote(session, safe='')}"
    data = _ask(url.rstrip("/") + path, session)
    name = str(data["agent"])
    if name not in result.release.agents:
        raise click.UsageError(
            f"session '{session}' is of agent '{name}', which is not in this folder"
        )
    release = result.release.agents[name]
    began = in_its_zone(data["started"], release)
    mask: Callable[[Any], Any] = sending.secrets(result.secrets).mask().data
    events = mask(data["events"])
    return release, turns_of(events), guessed(release, events), began


def _ask(address: str, session: str) -> Any:
    request = urllib.request.Request(address)  # noqa: S310 - the person's own runner
    if os.environ.get("LKRUN_TOKEN"):
        request.add_header("Authorization", f"Bearer {os.environ['LKRUN_TOKEN']}")
    try:
        with urllib.request.urlopen(request, timeout=20) as response:  # noqa: S310 - as above
            return json.load(response)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 404:  # noqa: PLR2004 - not found
            raise click.UsageError(f"the runner has no session '{session}'") from None
        raise click.ClickException(f"the runner answered {error.code}") from None
    except (OSError, ValueError):
        raise click.ClickException(
            f"no runner answers at {address}: is lkrun serve running?"
        ) from None
