"""`lkrun records`: what happened in calls."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner.cli.folder import folder
from runner.cli.groups import Listed
from runner.cli.options import formats, shared
from runner.cli.stored import data_dir, opened

if TYPE_CHECKING:
    from runner.records.reading import RecordQuery

_KINDS = ("call", "text", "interaction", "event")
_SESSIONS = ("call", "text")
_NOTHING = "no call has been kept yet"


def _filters(command: Any) -> Any:
    """The options by which records are chosen."""
    for names, about in reversed(
        (
            (("--agent",), {"help": "Only those of an agent."}),
            (("--since",), {"help": "Only since a date or moment, such as 2026-03-02."}),
            (("--until",), {"help": "Only until a date, or before a moment."}),
            (("-q", "--search", "words"), {"help": "Only those with all these words."}),
            (("--outcome",), {"help": "Only those that ended so, such as end_call."}),
            (("--kind",), {"help": "Only those of a kind.", "type": click.Choice(_KINDS)}),
        )
    ):
        command = click.option(*names, **about)(command)
    return command


@click.group(cls=Listed, subcommand_metavar="COMMAND [ARGS]...")
@shared
def records() -> None:
    """Show what happened in calls: list, show one, export all."""


@records.command("list")
@folder
@_filters
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, help="So many at most.")
@formats("text", "json")
@shared
def list_(folder: Path, *, limit: int, form: str, **chosen: str | None) -> int:
    """List them, the newest first."""
    from runner.records import reading

    with opened(folder) as database:
        query = _query(limit, **chosen)
        listed = reading.page(database, query).records if database is not None else []
    if form == "json":
        click.echo(json.dumps(listed, ensure_ascii=False, indent=2))
        return 0
    none = "no call fits" if any(chosen.values()) else _NOTHING
    click.echo("\n".join([_line(each) for each in listed] or [none]))
    return 0


@records.command()
@click.argument("name", metavar="ID")
@folder
@formats("text", "json")
@shared
def show(name: str, folder: Path, *, form: str) -> int:
    """Show one: what was said and done in it."""
    from runner.records import reading

    with opened(folder) as database:
        record = reading.one(database, name) if database is not None else None
    if record is None:
        click.echo(f"lkrun: there is no record '{name}'; lkrun records list has all", err=True)
        return 1
    if form == "json":
        click.echo(json.dumps(record, ensure_ascii=False, indent=2))
        return 0
    click.echo("\n".join([_line(record), *_about(record), *map(_event, record["events"])]))
    return 0


@records.command()
@folder
@_filters
@click.option(
    "--output", type=click.Path(dir_okay=False, writable=True), help="A file; else stdout."
)
@click.option(
    "--audio",
    type=click.Path(file_okay=False, path_type=Path),
    help="A folder: a copy of the sound of each, where there is any.",
)
@formats("jsonl", "csv", shown="A JSON object a line, or a spreadsheet.")
@shared
def export(
    folder: Path, *, output: str | None, audio: Path | None, form: str, **chosen: str | None
) -> int:
    """Write all of them, each with what was said and done in it."""
    from runner.records import export as files
    from runner.records import reading

    sounds = data_dir(folder) if audio is not None else None
    with opened(folder) as database, _file(output) as write:
        if form == "csv":
            write(files.header())
        of = files.row if form == "csv" else files.json_line
        query = _query(reading.PAGE, **chosen)
        for page in reading.pages(database, query) if database is not None else ():
            write("".join(map(of, page)))
            if audio is not None and sounds is not None:
                _copy(page, sounds, audio)
    return 0


def _copy(page: list[dict[str, Any]], data_dir: Path, audio: Path) -> None:
    """Copy the sound of some records."""
    from runner.records import sound_files

    for record in page:
        file = sound_files.place(data_dir, f"{record['id']}.ogg")
        if record["audio"] and file.is_file():
            try:
                audio.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, audio / file.name)
            except OSError as error:
                why = error.strerror or str(error)
                raise click.ClickException(f"{audio} cannot be written: {why}") from None


@contextmanager
def _file(output: str | None) -> Iterator[Any]:
    if output is None:
        yield lambda text: click.echo(text, nl=False)
        return
    with Path(output).open("w", encoding="utf-8", newline="") as file:
        yield file.write


def _query(  # noqa: PLR0913 - the options by which records are chosen
    most: int,
    *,
    agent: str | None,
    since: str | None,
    until: str | None,
    words: str | None,
    outcome: str | None,
    kind: str | None,
) -> RecordQuery:
    from runner.moments import read_moment
    from runner.records.reading import RecordQuery

    try:
        return RecordQuery(
            agent=agent,
            since=read_moment(since),
            until=read_moment(until, last=True),
            words=words,
            outcome=outcome,
            kind=kind,
            most=most,
        )
    except ValueError:
        written = since if _unreadable(since) else until
        raise click.UsageError(
            f"'{written}' is neither a date nor a moment: write 2026-03-02, or 2026-03-02T08:00:00Z"
        ) from None


def _unreadable(text: str | None) -> bool:
    from runner.moments import read_moment

    try:
        read_moment(text)
    except ValueError:
        return True
    return False


def _line(each: dict[str, Any]) -> str:
    when = each["started"][:19].replace("T", " ")
    caller = f"  {each['caller']}" if each["caller"] else ""
    turns = f"{each['turns']} turn{'' if each['turns'] == 1 else 's'}"
    took = f"{each['duration']:.0f} s, {turns}, " if each["kind"] in _SESSIONS else ""
    agent = each["agent"] or "no agent"
    return f"{when}  {each['id']}  {agent}  {each['kind']}{caller}  {took}{each['outcome']}"


def _about(record: dict[str, Any]) -> list[str]:
    return [f"  {name}: {_written(value)}" for name in _ABOUT if (value := record.get(name))]


_ABOUT = (
    "summary", "extract", "verdicts", "variables", "labels",
    "event_type", "data", "session_id", "user_id", "input", "output", "error", "metadata",
)  # fmt: skip
"""Of calls, and of what is kept beside them."""


def _written(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _given(event: dict[str, Any]) -> str:
    arguments = event.get("arguments")
    return f"{event['name']}({_written(arguments)})" if arguments else str(event["name"])


def _pressed(event: dict[str, Any]) -> str:
    keys = event["keys"] if event["keys"] is not None else "keys that are private"
    return f"{_speaker(event)} pressed {keys}"


def _speaker(event: dict[str, Any]) -> str:
    return "Caller" if event["role"] == "user" else "Agent"


_WORDS: dict[str, Callable[[dict[str, Any]], str]] = {
    "app": lambda e: f"app: {_given(e)}",
    "dial": lambda e: f"called {e['to'] or 'nobody'}: {e['outcome']}",
    "event": lambda e: f"event: {_given(e)}",
    "handoff": lambda e: f"→ {e['to']}",
    "intent": lambda e: f"intent: {e['name']}",
    "keypad": _pressed,
    "language": lambda e: f"language: {e['to']}",
    "message": lambda e: f"{_speaker(e)}: {e['text']}",
    "opt_out": lambda e: f"never to be called: {e['number'] or 'without a number'}",
    "sound": lambda e: f"sound: {e['name']}",
    "tool_call": lambda e: f"{e['name']}({_written(e['arguments'])})",
    "tool_result": lambda e: f"{e['name']} {'failed' if e['error'] else '='} {e['output']}",
    "transfer": lambda e: f"passed on to {e['to']}: {e.get('reason') or e['state']}",
}


def _event(event: dict[str, Any]) -> str:
    say = _WORDS.get(event["type"])
    words = say(event) if say else f"{event['type']} {event.get('reason', '')}".rstrip()
    return f"  {event['at'][11:19]}  {words}"
