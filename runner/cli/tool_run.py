"""One tool run by hand: prepared as in a call, sent, and seen as the model would see it."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import click

from runner.cli import asynchronous
from runner.cli.sending import egress, secrets
from runner.cli.servers import call
from runner.compiler import Compiled
from runner.diagnostics.nearest import did_you_mean
from runner.egress.port import ToolRequest, ToolResponse
from runner.egress.trouble import one_line
from runner.link.attached import documents
from runner.link.release import AgentRelease
from runner.schema.actions import Instruct
from runner.schema.fields import Field
from runner.schema.knowledge import FilesKnowledge
from runner.session import Caller, CallFacts
from runner.session.errors import ArgumentsError, MisfitError
from runner.session.tools.rules import refusal
from runner.session.values.defaults import set_defaults
from runner.session.values.parameters import read
from runner.session.values.templates import TemplateContext, TemplateRenderer
from runner.session.values.variables import Variables
from runner.template import as_data

_LONGEST_OUTPUT = 1000
_STARS = "***"


@dataclass(frozen=True, slots=True)
class Run:
    """What the command line asks for."""

    tool: str
    arguments: Mapping[str, str]
    variables: Mapping[str, str]
    agent: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    Attributes:
        response: what the service answered, or what stood in the way.
        saved: variable → value; private ones have three stars.
        ms: milliseconds for everything together.
        cassette: the file that the answer was written to.
    """

    tool: str
    response: ToolResponse
    saved: dict[str, Any]
    ms: float
    cassette: Path | None = None

    def recorded(self, path: Path) -> Outcome:
        """Write the service's answer to a file, as it came but for secrets.

        Raises:
            click.ClickException: the file cannot be written.
        """
        data = self.response.result if self.response.ok else self.response.data
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            written = json.dumps(data, ensure_ascii=False, indent=2)
            path.write_text(written + "\n", encoding="utf-8")
        except OSError as error:
            raise click.ClickException(f"{path} cannot be written: {error.strerror}") from None
        return replace(self, cassette=path)


def run(result: Compiled, wanted: Run, folder: Path) -> Outcome:
    """Run a tool.

    Raises:
        click.UsageError: there is no such tool, agent or variable.
    """
    server, _, function = wanted.tool.partition("/")
    release = _release(result, replace(wanted, tool=server))
    variables, renderer = _begin(release, wanted.variables)
    if server in release.servers:
        ask = ToolRequest(server, {}, renderer.context.sent(), function or None)
        response, took = asynchronous.run(call(result, folder, release, ask, wanted.arguments))
        return Outcome(wanted.tool, response, {}, took)
    tool = release.asking[wanted.tool]
    if not renderer.is_true(tool.condition):
        _note(f"the model would not be offered {wanted.tool} now: its if: is not true")
    try:
        fields = tool.fields(variables.fields)
        args = read(fields, wanted.arguments, renderer, variables.choices)
    except ArgumentsError as problem:
        message = f"{wanted.tool} was not run: {problem}."
        response = ToolResponse(ok=False, output=message, error=one_line(str(problem)))
        return Outcome(wanted.tool, response, {}, 0.0)
    if (refused := refusal(tool, args, renderer)) is not None:
        response = ToolResponse(ok=False, output=refused, error="a rule refuses this call")
        return Outcome(wanted.tool, response, {}, 0.0)
    ask = ToolRequest(wanted.tool, as_data(args), renderer.context.sent())
    begun = time.perf_counter()
    response = asynchronous.run(_asked(release, ask, result, folder))
    took = round((time.perf_counter() - begun) * 1000, 1)
    for message, place in response.notes:
        _note(f"{place}: {message}" if place else message)
    names = {"args": args, "result": response.result, "error": response.for_templates}
    actions = tool.then if response.ok else tool.on_error
    notes = [
        renderer.text(action.instructions, names)
        for action in actions
        if isinstance(action, Instruct) and renderer.is_true(action.condition, names)
    ]
    output = "\n".join([response.output, *notes])
    if not response.ok:
        output = output[:_LONGEST_OUTPUT]
    private = release.private_names
    saved = {n: _STARS if n in private else v for n, v in response.saved.items()}
    return Outcome(wanted.tool, replace(response, output=output), saved, took)


async def _asked(
    release: AgentRelease, ask: ToolRequest, result: Compiled, folder: Path
) -> ToolResponse:
    sending = egress(folder, secrets(result.secrets))
    sending.timed = True
    if result.release is not None:
        sending.follow(result.release.process.network)
    try:
        return await sending.ask(release, ask)
    finally:
        await sending.aclose()


def _release(result: Compiled, wanted: Run) -> AgentRelease:
    """The release of an agent that has the tool, or could have it."""
    assert result.release is not None  # noqa: S101 - the caller has looked
    agents = result.release.agents
    if wanted.agent is not None and wanted.agent not in agents:
        hint = did_you_mean(wanted.agent, agents, noun="agents here")
        raise click.UsageError(
            f"there is no agent '{wanted.agent}'" + (f"; {hint}" if hint else "")
        )
    chosen = [agents[wanted.agent]] if wanted.agent is not None else list(agents.values())
    for release in chosen:
        if wanted.tool in release.tools:
            return _asking(release, wanted.tool)
    defined = _defined(result)
    spare = defined.get(wanted.tool)
    if spare is None or not chosen:
        hint = did_you_mean(wanted.tool, defined, noun="tools here")
        raise click.UsageError(f"there is no tool '{wanted.tool}'" + (f"; {hint}" if hint else ""))
    _note(f"no agent has {wanted.tool}; it is run as if {chosen[0].name} had it")
    services = _defined(result, "services")
    update = {
        "tools": {wanted.tool: spare},
        "services": services,
        "knowledge": _defined(result, "knowledge"),
        "documents": _documents(result),
    }
    return _asking(chosen[0].model_copy(update=update), wanted.tool)


def _asking(release: AgentRelease, tool: str) -> AgentRelease:
    if tool not in release.asking and tool not in release.servers:
        known = ", ".join(sorted(release.asking)) or "none"
        kinds = "http: or knowledge:" if release.lookups else "http:"
        message = f"'{tool}' asks no service; tools with {kinds} are: {known}"
        raise click.UsageError(message)
    return release


def _defined(result: Compiled, section: str = "tools") -> dict[str, Any]:
    """All definitions of a section that could be read, agents use them or not."""
    tables = [scope.table for scope in result.scopes]
    entries = tables[0].entries[section] if tables else {}
    return {name: entry.spec for name, entry in entries.items() if entry.spec is not None}


def _documents(result: Compiled) -> dict[str, dict[str, str]]:
    """The documents of all knowledge that could be read."""
    entries = result.scopes[0].table.entries["knowledge"] if result.scopes else {}
    return {
        name: documents(entry, entry.spec, result.prompts)
        for name, entry in entries.items()
        if isinstance(entry.spec, FilesKnowledge)
    }


def _begin(release: AgentRelease, given: Mapping[str, str]) -> tuple[Variables, TemplateRenderer]:
    """The variables of a call that begins, and what renders texts with them."""
    variables = Variables(release.variables)
    facts = CallFacts(caller=Caller(identity="tool-call", kind="text"), variables=given)
    values = TemplateContext(release, facts, variables)
    renderer = TemplateRenderer(values, release.places)
    changing = [n for n, v in release.variables.items() if isinstance(v, Field)]
    saved = {str(name) for tool in release.requests.values() for name in tool.result.save}
    for name, value in given.items():
        if name in release.fixed:
            raise click.UsageError(f"--var {name}: '{name}' has a fixed value in the agent")
        if name not in changing and name not in saved:
            hint = did_you_mean(name, changing, noun="variables here")
            message = f"--var {name}: the agent has no variable '{name}'"
            raise click.UsageError(message + (f"; {hint}" if hint else ""))
        try:
            variables.set(name, value)
        except MisfitError as problem:
            raise click.UsageError(f"--var {name}: it {problem}") from None
    set_defaults(variables, renderer, [n for n in variables.fields if n not in given])
    return variables, renderer


def _note(text: str) -> None:
    click.echo(f"lkrun: {text}", err=True)
