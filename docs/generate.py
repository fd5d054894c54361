"""Writes the tables of the pages in this folder that the code has; the rest is by hand.

Run: python docs/generate.py [--check]. A page holds `<!-- table: name -->` before a table and
`<!-- end -->` after it.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
from lkrun_script.options import Options
from lkrun_script.rules import Rule
from pydantic import BaseModel

from runner.child_environment import OF_PLUGIN, PASSED_ON, of_plugin
from runner.cli.exit_codes import ExitCode
from runner.cli.main import VERBS, lkrun
from runner.environment import ENVIRONMENT
from runner.external.messages import MESSAGES
from runner.front.routes import ROUTES
from runner.serve.log_events import EVENTS
from runner.serve.metrics import Metrics
from runner.texts import LANGUAGES, TABLE, shipped

FOLDER = Path(__file__).resolve().parent
BLOCK = re.compile(r"(<!-- table: (?P<name>[a-z-]+) -->\n).*?(<!-- end -->)", re.DOTALL)
NOTHING = "\N{EN DASH}"
COMMAND = "python docs/generate.py"

Rows = Iterable[Sequence[str]]


def table(heads: Sequence[str], rows: Rows) -> str:
    """A table in Markdown."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join(f"| {' | '.join(_cell(cell) for cell in line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|") or NOTHING


def _codes(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _environment() -> str:
    rows = ((f"`{each.name}`", each.does, each.default) for each in ENVIRONMENT)
    return table(("variable", "says", "without it"), rows)


def _passed_on() -> str:
    plugins = ((f"`{name}`", _codes(of_plugin(name))) for name in sorted(OF_PLUGIN))
    rows = [*((row.about, _codes(row.names)) for row in PASSED_ON), *plugins]
    return table(("for", "variables"), rows)


def _exit_codes() -> str:
    return table(("code", "means"), ((f"`{code.value}`", code.meaning) for code in ExitCode))


def _commands() -> str:
    context = click.Context(lkrun, info_name="lkrun")
    rows = []
    for verb in sorted(VERBS):
        command = lkrun.get_command(context, verb)
        assert command is not None  # noqa: S101 - it is in the table
        shape = " ".join(command.collect_usage_pieces(click.Context(command)))
        rows.append((f"`lkrun {verb}{shape.removeprefix('[OPTIONS]')}`", VERBS[verb][1]))
    return table(("command", "does"), rows)


def _log_events() -> str:
    rows = ((f"`{each.name}`", each.happens, _codes(each.fields)) for each in EVENTS)
    return table(("event", "when", "its fields"), rows)


def _routes() -> str:
    shown = (route for route in ROUTES if not route.path.startswith(("/-/page", "/-/openapi")))
    rows = ((f"`{route.method} {route.path}`", route.summary) for route in shown)
    return table(("route", "does"), rows)


def _metrics() -> str:
    releases = SimpleNamespace(current=SimpleNamespace(id="", agents={}))
    calls: Any = SimpleNamespace(on_end=[], on_event=[], on_failure=[], all=list)
    room: Any = SimpleNamespace(most_calls=1, calls=0)
    metrics = Metrics(releases, calls)  # type: ignore[arg-type]  # what stands for a runner without calls
    metrics.tell_room(room)
    text = metrics.text()
    return table(("metric", "kind", "says"), _families(text))


def _families(text: str) -> Iterator[tuple[str, str, str]]:
    helps = dict(re.findall(r"^# HELP (\S+) (.*)$", text, re.MULTILINE))
    for name, kind in re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE):
        if name.startswith("lkrun_"):
            yield f"`{name}`", kind, helps[name]


def _model(model: type[BaseModel]) -> str:
    rows = ((f"`{name}`", info.description or "") for name, info in model.model_fields.items())
    return table(("key", "is"), rows)


def _message(model: type[BaseModel]) -> str:
    """The fields of a message, and its JSON Schema for programs that check what they get."""
    rows = (
        (
            f"`{info.alias or name}`",
            "" if info.is_required() else "optional",
            info.description or "",
        )
        for name, info in model.model_fields.items()
        if name != "type"
    )
    schema = json.dumps(model.model_json_schema(by_alias=True), indent=2)
    fold = f"<details><summary>JSON Schema</summary>\n\n```json\n{schema}\n```\n\n</details>\n"
    return f"{table(('field', '', 'is'), rows)}\n{fold}"


def _texts() -> str:
    rows = (
        (f"`{t.name}`", "caller" if t.heard else "model", t.said, _codes(t.names))
        for t in TABLE.values()
    )
    return table(("name", "told to the", "when", "may use"), rows)


def _words(language: str) -> str:
    return table(("name", "words"), ((f"`{name}`", shipped(name, language)) for name in TABLE))


def _kebab(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "-", name).lower()


TABLES: dict[str, Callable[[], str]] = {
    "commands": _commands,
    "environment": _environment,
    "exit-codes": _exit_codes,
    "log-events": _log_events,
    "metrics": _metrics,
    **{f"message-{_kebab(each.__name__)}": partial(_message, each) for each in MESSAGES},
    "passed-on": _passed_on,
    "routes": _routes,
    "script-options": lambda: _model(Options),
    "script-rule": lambda: _model(Rule),
    "texts": _texts,
    **{f"words-{language}": partial(_words, language) for language in LANGUAGES},
}


def written(text: str) -> str:
    """A page with its tables as the code has them."""
    return BLOCK.sub(lambda match: f"{match[1]}{TABLES[match['name']]()}{match[3]}", text)


def main(arguments: Sequence[str] | None = None, folder: Path = FOLDER) -> int:
    """Write the tables, or with --check tell which pages are out of date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when it would")
    check = parser.parse_args(arguments).check
    late = []
    for page in sorted(folder.glob("*.md")):
        text = page.read_text(encoding="utf-8")
        wanted = written(text)
        if wanted != text:
            late.append(page.name)
            if not check:
                page.write_text(wanted, encoding="utf-8")
    if check and late:
        sys.stderr.write(f"out of date: {', '.join(late)}; run {COMMAND}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
