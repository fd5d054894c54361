"""The conversation of `lkrun chat`, from its greeting to its end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from runner.cli import asynchronous, sending
from runner.cli.talk.after import after_call
from runner.cli.talk.commands import (
    command_of,
    help_words,
    keys_of,
    tap_of,
    unknown_words,
    wrong_keys,
)
from runner.cli.talk.following import Following, LatestEgress, following
from runner.cli.talk.views import Interrupted, variable_lines

if TYPE_CHECKING:
    from runner.cli.talk.views import ChatView
    from runner.compiler import Compiled, Compiler
    from runner.link import AgentRelease
    from runner.session import CallFacts
    from runner.session.conversation import Conversation

END_BUDGET: Final = 10.0
"""Seconds that the end of a conversation may take."""

_INTERRUPTED: Final = 130


@dataclass(frozen=True, slots=True)
class TalkOptions:
    """What the command line asks for besides the agent.

    Attributes:
        folder: whose files tools may send.
        followed: compiles the folder again, where the conversation goes on with what is saved.
        idle: whether the agent asks who is silent.
    """

    folder: Path
    variables: dict[str, str]
    metadata: str | None
    followed: Compiler | None
    idle: bool = True


class LocalTalk:
    """Conversations with one agent, one after the other.

    Their loop runs on the main thread, the only one on which LiveKit's plugins may be imported, now
    and at any reload; what is written is waited for elsewhere.
    """

    def __init__(
        self, compiled: Compiled, agent: str, view: ChatView, talk_options: TalkOptions
    ) -> None:
        """Take a folder that compiles, and the name of its agent."""
        self._compiled, self._name, self._view = compiled, agent, view
        self._options = talk_options
        self._again = False

    def run(self) -> int:
        """Talk until either has enough; returns the exit code."""
        try:
            return asynchronous.run(self._run())
        except KeyboardInterrupt:
            return _INTERRUPTED

    async def _run(self) -> int:
        from livekit.agents.utils import http_context

        from runner.session import tracing
        from runner.session.conversation import CannotStartError

        tracing.begin()

        try:
            # plugins ask services by LiveKit's session, which a process of calls has from LiveKit
            async with http_context.open():
                code = await self._one()
                while self._again:
                    self._again = False
                    self._compile_again()
                    code = await self._one()
                await tracing.flush()
        except CannotStartError as error:
            click.echo(f"lkrun: the conversation cannot start: {error}", err=True)
            return 1
        return code

    def _compile_again(self) -> None:
        """Begin another conversation with what is saved by now, where it is followed and valid."""
        if self._options.followed is None:
            return
        compiled = self._options.followed.compile()
        if compiled.release is not None and self._name in compiled.release.agents:
            self._compiled = compiled

    async def _one(self) -> int:
        async with self._talk() as talk:
            try:
                await self._turns(talk)
            except (Interrupted, asyncio.CancelledError) as error:
                self._view.interrupted()
                if isinstance(error, asyncio.CancelledError):
                    raise
                return _INTERRUPTED
        return 0

    async def _turns(self, talk: Conversation) -> None:
        if talk.release.agent.only_listens and self._view.commands:
            self._view.say(f"{self._name} writes down what you say, and does not answer")
        async with contextlib.aclosing(_until(talk.ended, self._view.lines(talk))) as lines:
            async for line in lines:
                command = command_of(line) if self._view.commands else None
                keys = keys_of(command) if command is not None else self._view.keys(line)
                tap = tap_of(command) if command is not None else self._view.tap(line)
                if keys is not None:
                    await self._press(talk, keys)
                elif tap is not None:
                    await self._tap(talk, tap)
                elif command is None:
                    await self._turn(talk, talk.turn(line))
                elif not self._obeyed(talk, command):
                    return
                if talk.ended.done():
                    return

    async def _press(self, talk: Conversation, keys: str) -> None:
        if problem := wrong_keys(keys):
            if self._view.commands:
                self._view.say(problem)
            else:
                click.echo(f"lkrun: no key was pressed: {problem}", err=True)
            return
        await self._turn(talk, talk.press(keys))

    async def _tap(self, talk: Conversation, tap: tuple[str, dict[str, Any]] | str) -> None:
        """Do something in the caller's app, or say why it cannot be done."""
        from runner.session.errors import AppRefusedError

        problem = tap if isinstance(tap, str) else None
        if not isinstance(tap, str):
            try:
                await self._turn(talk, talk.from_app(*tap))
            except AppRefusedError as refused:
                problem = f"the app cannot do this: {refused}"
        if problem is not None and self._view.commands:
            self._view.say(problem)
        elif problem is not None:
            click.echo(f"lkrun: {problem}", err=True)

    async def _turn(self, talk: Conversation, work: Awaitable[object]) -> None:
        self._view.busy(talk)
        try:
            await work
        finally:
            self._view.busy(None)
        self._view.after_turn(talk)

    def _obeyed(self, talk: Conversation, command: str) -> bool:
        """Do what a command says; whether the conversation goes on."""
        match command:
            case "help":
                self._view.say(help_words())
            case "vars":
                declared = self._agent.variables
                self._view.say(variable_lines(declared, talk.variables))
            case "again" | "quit":
                self._again = command == "again"
                return False
            case _:
                self._view.say(unknown_words(command))
        return True

    @property
    def _agent(self) -> AgentRelease:
        assert self._compiled.release is not None  # noqa: S101 - `chat` has looked
        return self._compiled.release.agents[self._name]

    @contextlib.asynccontextmanager
    async def _talk(self) -> AsyncIterator[Conversation]:
        from runner.session.conversation import Conversation

        assert self._compiled.release is not None  # noqa: S101 - as above
        secrets = sending.secrets(self._compiled.secrets)
        sends = sending.egress(self._options.folder, secrets)
        egress = LatestEgress(sends)
        egress.follow(self._compiled.release, self._agent)
        talk = Conversation(
            self._agent,
            egress,
            self._facts(),
            on_event=lambda event: self._view.event(event.to_json()),
            secrets=secrets.get,
            network=sending.network(self._compiled.release, self._options.folder, secrets),
            channel="text",
            idle=self._options.idle,
        )
        async with contextlib.AsyncExitStack() as beside:
            data_dir = Path(str(self._compiled.release.process.data_dir))
            beside.push_async_callback(egress.aclose)
            beside.push_async_callback(after_call, talk, sends, data_dir)
            beside.push_async_callback(_finish, talk)
            await talk.start()
            if self._options.followed is not None:
                target = Following(talk, egress, self._view.notice)
                await beside.enter_async_context(
                    following(self._options.followed, self._compiled, target)
                )
            yield talk

    def _facts(self) -> CallFacts:
        from runner.session import Caller, CallFacts, JobFacts, parsed

        return CallFacts(
            caller=Caller(identity="chat", kind="text"),
            job=JobFacts(metadata=parsed(self._options.metadata)),
            variables=self._options.variables,
        )


async def _finish(talk: Conversation) -> None:
    async with asyncio.timeout(END_BUDGET):
        if not talk.ended.done():
            await talk.end("caller_left")
        await talk.finish_requests()


async def _until(
    ended: asyncio.Future[str], lines: AsyncGenerator[str, None]
) -> AsyncGenerator[str, None]:
    """Lines, until the conversation ends by itself: nobody waits for one more then."""
    async with contextlib.aclosing(lines):
        while True:
            line = asyncio.ensure_future(anext(lines))
            try:
                await asyncio.wait({line, ended}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                line.cancel()
                await asyncio.gather(line, return_exceptions=True)
            if line.cancelled() or isinstance(line.exception(), StopAsyncIteration):
                return
            yield line.result()
