"""A folder that is followed by the runner's own parts, without its processes."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from support.waiting import until

from runner.cache import Cache
from runner.cli.check import missing_secrets
from runner.compiler import Compiler
from runner.egress.secrets import Secrets
from runner.link.release import AgentRelease, Release
from runner.serve.doors import FrontDoors
from runner.serve.log import Log
from runner.serve.metrics import Metrics
from runner.serve.releases.served import Releases
from runner.serve.releases.store import Store
from runner.serve.reload.folder_state import FolderState
from runner.serve.reload.inherited import ChildEnvironment
from runner.serve.reload.next_turn import Renewals
from runner.serve.reload.reloader import Reloader, ReloadResult
from runner.serve.reload.swap import Swap
from runner.serve.sessions.admission import Admission
from runner.serve.sessions.calls import Calls
from runner.serve.sessions.dialogues import Dialogues
from runner.serve.sessions.welcomes import Welcomes
from runner.serve.startup import ServeSettings
from runner.serve.tasks import Tasks
from runner.serve.workers.livekit import LiveKitAgents
from runner.serve.workers.neighbours import Neighbours

PATIENCE = 20.0
"""Seconds in which a busy machine has noticed what was saved."""

FILE = """\
agents:
  {agent}:
    mode: text
    start: greeter_{agent}
    llm: brain_{agent}
providers:
  brain_{agent}:
    llm: script
    with:
      rules:
        - when_caller_says: hello
          say: Hello again.
      otherwise: I hear you.
personas:
  greeter_{agent}:
    greeting:
      say: {greeting}
    instructions: |
      You greet.
      You say {greeting} and no more.
"""
"""A file with an agent; cut off anywhere in its last two lines it is another valid one."""

QUICK = """\
runner:
  reload:
    settle: 100ms
"""
"""A file that keeps tests short where the settling is not their point."""


def text(greeting: str, agent: str = "desk") -> str:
    """A file with an agent that greets so."""
    return FILE.format(agent=agent, greeting=greeting)


def folder_of(folder: Path, files: Mapping[str, str]) -> Path:
    """Write a folder."""
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    return folder


@dataclass(frozen=True)
class Caller:
    """Somebody on a call, with the file of the agent that the call reads.

    Attributes:
        release: what is pinned for the call.
    """

    id: str
    release: str
    file: Path

    @property
    def agent(self) -> AgentRelease:
        """What the process of the call reads."""
        return AgentRelease.from_json(self.file.read_bytes())

    @property
    def hears(self) -> str:
        """The greeting."""
        persona = self.agent.personas[str(self.agent.agent.first)]
        assert persona.greeting is not None
        return " ".join(persona.greeting.say)


class _Recorded(Swap):
    """As it is, with a record."""

    def __init__(self, *parts: Any, **more: Any) -> None:
        super().__init__(*parts, **more)
        self.served: list[str] = []
        self.outcomes: asyncio.Queue[ReloadResult] = asyncio.Queue()

    async def swap(self, release: Release) -> None:
        await super().swap(release)
        self.served.append(release.id)

    def tell(self, outcome: ReloadResult) -> None:
        super().tell(outcome)
        self.outcomes.put_nowait(outcome)


SETTINGS: Final = ServeSettings(None, None, drain=1.0, follow=True, level="info", form="json")
"""What the command line says of a folder that is followed."""


class Followed:
    """A followed folder.

    Attributes:
        first: the release that is served from the start.
        served: the ids of those that were served after it.
    """

    def __init__(self, folder: Path, store: Store, log: Log, secrets: Secrets) -> None:
        """Compile the folder and serve it."""
        compiler = Compiler(folder, cache=Cache())
        compiled = compiler.compile()
        assert compiled.release is not None, compiled.diagnostics
        self.first = compiled.release.id
        self.releases = Releases(store, compiled.release)
        self.calls = Calls(self.releases, log)
        welcomes = Welcomes(self.releases, secrets)
        texts = Dialogues(
            store.socket,
            welcomes,
            self.calls,
            log,
            budget=lambda _: 60.0,
            take=lambda _peer, _message: None,
            most=lambda: 1000,
        )
        admission = Admission(self.releases, self.calls)
        self._tasks = Tasks()
        self._succession = _Recorded(
            self.releases,
            LiveKitAgents(
                None,
                store.root,
                admission,
                self.calls,
                log,
                neighbours=Neighbours(None),
                hear=lambda _: None,
            ),
            ChildEnvironment(self.releases, secrets, texts, log, env={}, livekit=None),
            Renewals(self.releases, self.calls, welcomes, log),
            doors=FrontDoors(self.releases, secrets, log, env={}, settings=SETTINGS),
            folder=FolderState((), broken=False),
            metrics=Metrics(self.releases, self.calls),
            log=log,
            archive=None,
            external=SimpleNamespace(reloaded=lambda: None),  # type: ignore[arg-type]  # has no jobs
            spawn=self._tasks.spawn,
        )
        self.reloader = Reloader(
            compiler,
            compiled,
            self._succession,
            missing_secrets,
            beside=lambda: secrets.state(self.releases.current.secrets),
        )
        self.served = self._succession.served
        self._number = 0

    async def outcome(self, within: float = PATIENCE) -> ReloadResult:
        """What came of the next attempt."""
        return await asyncio.wait_for(self._succession.outcomes.get(), within)

    def quiet(self) -> bool:
        """Whether all outcomes were taken."""
        return self._succession.outcomes.empty()

    def caller(self, agent: str = "desk") -> Caller:
        """Begin a call.

        Raises:
            KeyError: there is no such agent.
        """
        self._number += 1
        call = self.calls.begin(f"call-{self._number}", agent, "call")
        return Caller(call.id, call.release, Path(self.releases.file(call.release, agent)))

    def hang_up(self, caller: Caller) -> None:
        """End a call."""
        self.calls.end(caller.id, "caller_left")

    async def close(self) -> None:
        """End what `spawn` began."""
        await self._tasks.finished()


@contextlib.asynccontextmanager
async def following(
    folder: Path, store: Store, log: Log, secrets: Secrets | None = None
) -> AsyncIterator[Followed]:
    """Follow a folder as `lkrun serve` does."""
    followed = Followed(folder, store, log, secrets or Secrets({}))
    task = asyncio.get_running_loop().create_task(followed.reloader.run())
    try:
        await until(lambda: followed.reloader._known)
        yield followed
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await followed.close()
