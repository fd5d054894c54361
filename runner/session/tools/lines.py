"""Lists that grow in a call: `add_to`, `change_in`, `remove_from`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from runner.schema.tools import OfRecords
from runner.session.call import Call
from runner.session.errors import MisfitError
from runner.session.tools.calls import ToolCall, ToolResult
from runner.session.values.variables import Variables
from runner.template.words import as_json

Record = dict[str, Any]

MOST_LINES = 500


def add(variables: Variables, name: str, args: Mapping[str, Any]) -> str:
    """Add a line, and give the list as it is then."""
    lines = _lines(variables, name)
    if len(lines) >= MOST_LINES:
        raise MisfitError(f"is full: {MOST_LINES} lines")
    return _keep(variables, name, [*lines, {"line": variables.next_line(name), **args}])


def change(variables: Variables, name: str, args: Mapping[str, Any]) -> str:
    """Change a line, and give the list as it is then."""
    changes = {key: value for key, value in args.items() if key != "line"}
    if not changes:
        raise MisfitError("was not changed: give at least one field to change")
    lines = _lines(variables, name)
    place = _place(lines, args["line"])
    lines[place] = lines[place] | changes
    return _keep(variables, name, lines)


def remove(variables: Variables, name: str, args: Mapping[str, Any]) -> str:
    """Remove a line, and give the list as it is then."""
    lines = _lines(variables, name)
    del lines[_place(lines, args["line"])]
    return _keep(variables, name, lines)


Edit = Callable[[Variables, str, Mapping[str, Any]], str]


def editing(edit: Edit) -> Callable[[Call, OfRecords, ToolCall], Awaitable[ToolResult]]:
    """What a tool does that edits a list."""

    async def run(call: Call, tool: OfRecords, made: ToolCall) -> ToolResult:
        try:
            return ToolResult(edit(call.bound.variables, tool.records, made.args))
        except MisfitError as problem:
            words = call.bound.renderer.own(
                "list_unchanged", list=str(tool.records), problem=str(problem)
            )
            return ToolResult(words, failed=True)

    return run


def _lines(variables: Variables, name: str) -> list[Record]:
    """The lines as they are; those that came without a number get one."""
    return [
        dict(line) if "line" in line else {"line": variables.next_line(name), **line}
        for line in variables.get(name) or ()
    ]


def _place(lines: list[Record], number: int) -> int:
    for place, line in enumerate(lines):
        if line["line"] == number:
            return place
    known = ", ".join(str(line["line"]) for line in lines) or "none"
    raise MisfitError(f"has no line {number}; lines: {known}")


def _keep(variables: Variables, name: str, lines: list[Record]) -> str:
    variables.set(name, lines)
    return as_json(lines)
