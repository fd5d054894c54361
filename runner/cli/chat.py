"""`lkrun chat`: a text conversation here, without a server."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from runner.cli.check import missing_secrets, show
from runner.cli.folder import DEFAULT, compiler, existing
from runner.cli.following import Following, LatestEgress, following
from runner.cli.options import formats, options, shared
from runner.cli.talk import JsonView, PlainView, ScreenView
from runner.diagnostics.nearest import did_you_mean

if TYPE_CHECKING:
    from runner.cli.talk import ChatView
    from runner.compiler import Compiled, Compiler
    from runner.egress.client import HttpEgress
    from runner.link import AgentRelease
    from runner.session import CallFacts
    from runner.session.conversation import Conversation

END_BUDGET = 10.0
"""Seconds that the end of a conversation may take."""


def _variable(
    context: click.Context, _parameter: click.Parameter, given: tuple[str, ...]
) -> dict[str, str]:
    found: dict[str, str] = {}
    for pair in given:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise click.BadParameter(f"'{pair}' has no '='; write name=value", context)
        found[name.strip()] = value
    return found


@click.command()
@click.argument("first", metavar="[DIR]", required=False)
@click.argument("second", metavar="[AGENT]", required=False)
@click.option(
    "--plain", is_flag=True, help="No colours, no editing: for a screen reader or a dumb terminal."
)
@formats("text", "json", told="For people, or an object a line.")
@click.option(
    "--var",
    "variables",
    metavar="NAME=VALUE",
    multiple=True,
    callback=_variable,
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
    agent = result.release.agents[_agent(result, name)]
    _unknown_variables(agent, variables)
    view = _view(form, plain=plain)
    followed = compiling if with_reload else None
    return _Chat(agent, result, view, _Asked(variables, metadata, followed)).run()


def _places(first: str | None, second: str | None) -> tuple[Path, str | None]:
    if second is None and first is not None and not Path(first).is_dir() and Path(DEFAULT).is_dir():
        return Path(DEFAULT), first
    return existing(first or DEFAULT), second


def _agent(result: Compiled, name: str | None) -> str:
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
        known = [n for n in agent.agent.variables if n not in agent.fixed]
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
    terminal = sys.stdin.isatty() and sys.stdout.isatty()
    if plain or not terminal:
        return PlainView(sys.stdout)
    return ScreenView(sys.stdout, bright=options().bright())


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the command line asks for besides; `followed` compiles the folder again."""

    variables: dict[str, str]
    metadata: str | None
    followed: Compiler | None


class _Chat:
    """One conversation.

    Its loop runs on the main thread, the only one on which LiveKit's plugins may be imported, now
    and at any reload; the keyboard is waited for elsewhere.
    """

    def __init__(
        self, agent: AgentRelease, result: Compiled, view: ChatView, asked: _Asked
    ) -> None:
        self.agent, self.result, self.view, self.asked = agent, result, view, asked
        self.beside = contextlib.AsyncExitStack()

    def run(self) -> int:
        log_plainly(options().log_level or "warning")
        try:
            return asyncio.run(self._talk())
        except KeyboardInterrupt:
            return 130

    async def _talk(self) -> int:
        from runner.session.conversation import CannotStartError

        try:
            talk, egress = await self._start()
        except CannotStartError as error:
            click.echo(f"lkrun: the conversation cannot start: {error}", err=True)
            return 1
        try:
            async for line in self.view.lines(talk):
                await talk.turn(line)
                self.view.after_turn(talk)
                if talk.ended.done():
                    break
        except asyncio.CancelledError:  # Ctrl-C
            self.view.interrupted()
            raise
        finally:
            await asyncio.wait_for(self._finish(talk, egress), END_BUDGET)
        return 0

    async def _finish(self, talk: Conversation, egress: LatestEgress) -> None:
        await self.beside.aclose()
        if not talk.ended.done():
            await talk.end("caller_left")
        await egress.aclose()

    async def _start(self) -> tuple[Conversation, LatestEgress]:
        from runner.session.conversation import Conversation

        assert self.result.release is not None  # noqa: S101 - `chat` has looked
        secrets = _secrets()
        egress = LatestEgress(lambda allow: _egress(secrets, allow))
        egress.follow(self.result.release, self.agent)
        talk = Conversation(
            self.agent,
            egress,
            self._facts(),
            on_event=self.view.event,
            secrets=secrets.get,
            channel="text",
        )
        await talk.start()
        if self.asked.followed is not None:
            target = Following(talk, egress, self.view.notice)
            await self.beside.enter_async_context(
                following(self.asked.followed, self.result, target)
            )
        return talk, egress

    def _facts(self) -> CallFacts:
        from runner.session import Caller, CallFacts, JobFacts, parsed

        return CallFacts(
            caller=Caller(identity="chat", kind="text"),
            job=JobFacts(metadata=parsed(self.asked.metadata)),
            variables=self.asked.variables,
        )


def _secrets() -> Any:
    from runner.egress.secrets import Secrets

    folder = os.environ.get("LKRUN_SECRETS_DIR")
    return Secrets(os.environ, Path(folder) if folder else None)


def _egress(secrets: Any, allow: tuple[str, ...]) -> HttpEgress:
    from runner.egress.client import HttpEgress

    return HttpEgress(secrets, allow)


def log_plainly(level: str) -> None:
    """Log in plain lines on stderr; a traceback is for `debug` only."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_PlainFormatter(with_tracebacks=level == "debug"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in ("livekit", "asyncio"):
        logging.getLogger(name).setLevel(level.upper() if level == "debug" else "CRITICAL")


class _PlainFormatter(logging.Formatter):
    def __init__(self, *, with_tracebacks: bool) -> None:
        super().__init__("%(levelname)s: %(message)s")
        self.with_tracebacks = with_tracebacks

    def format(self, record: logging.LogRecord) -> str:
        if not self.with_tracebacks:
            record.exc_info = record.exc_text = None
        return super().format(record)
