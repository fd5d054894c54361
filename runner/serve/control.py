"""Commands to the running runners of a folder: what is on, and going back to a kept release.

Each runner leaves a file in the archive of its folder, with the path of its call socket, and holds
a lock on it as long as it lives. Who asks connects there with the role `control`.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import IO, TYPE_CHECKING

from runner.serve.socket.messages import (
    CONTROL_REPLY,
    UNREACHED,
    CommandResult,
    ControlHello,
    ControlReply,
    MalformedError,
    PreviewShown,
    RunnerState,
)
from runner.serve.socket.peer import Peer

if TYPE_CHECKING:
    from runner.serve.releases.archive import Archive
    from runner.serve.releases.served import Releases

Roll = Callable[[str], Awaitable[CommandResult]]
Show = Callable[[], Awaitable[PreviewShown | CommandResult]]


class Control:
    """Answers commands at the call socket.

    Args:
        roll: serves the release of an id until the files change again.
        show: makes a preview of the folder as it is now.
    """

    def __init__(self, releases: Releases, roll: Roll, show: Show) -> None:
        self._releases = releases
        self._roll = roll
        self._show = show
        self._commands: dict[str, Callable[[ControlHello], Awaitable[ControlReply]]] = {
            "releases": self._tell,
            "rollback": self._go_back,
            "preview": self._preview,
        }

    def also(self, command: str, do: Callable[[ControlHello], Awaitable[ControlReply]]) -> None:
        """Answer another command."""
        self._commands[command] = do

    async def serve(self, peer: Peer, hello: ControlHello) -> None:
        """Answer one command."""
        do = self._commands.get(hello.ask, self._refuse)
        peer.send(await do(hello))

    async def _tell(self, _: ControlHello) -> RunnerState:
        sessions = self._releases.sessions()
        kept = {i: self._releases.release(i) for i in sessions}
        return RunnerState(
            os.getpid(),
            self._releases.current.id,
            sessions,
            times={i: f"{time:%FT%TZ}" for i, time in self._releases.times().items()},
            agents={i: list(release.agents) for i, release in kept.items() if release},
        )

    async def _go_back(self, hello: ControlHello) -> ControlReply:
        return await self._done(self._roll(hello.id))

    async def _preview(self, _: ControlHello) -> ControlReply:
        return await self._done(self._show())

    async def _done(self, doing: Awaitable[ControlReply]) -> ControlReply:
        try:
            return await doing
        except Exception as error:  # noqa: BLE001 - whatever fails is told to who asked
            words = f"this is a bug in lkrun ({type(error).__name__}: {error})"
            return self._rejected(words)

    async def _refuse(self, hello: ControlHello) -> CommandResult:
        return self._rejected(f"'{hello.ask}' is not known here")

    def _rejected(self, words: str) -> CommandResult:
        return CommandResult(os.getpid(), "rejected", self._releases.current.id, words)


class Enlisted:
    """A runner that is found by its folder, until it leaves or dies.

    Attributes:
        path: its file; locked as long as it is there.
    """

    def __init__(self, archive: Archive, socket: Path) -> None:
        """Say where the call socket is.

        Raises:
            OSError: there is no place to say it.
        """
        with archive.locked():
            archive.runners.mkdir(mode=0o700, exist_ok=True)
            handle, name = tempfile.mkstemp(prefix=f"{os.getpid()}-", dir=archive.runners)
            self.path = Path(name)
            self._file = os.fdopen(handle, "w", encoding="utf-8")
            try:
                fcntl.flock(self._file, fcntl.LOCK_EX)
                json.dump({"pid": os.getpid(), "socket": os.fspath(socket)}, self._file)
                self._file.flush()
            except OSError:
                self.leave()
                raise

    def leave(self) -> None:
        """Be found no more."""
        with contextlib.suppress(OSError):
            self.path.unlink()
        with contextlib.suppress(OSError):
            self._file.close()


async def ask(archive: Archive, command: ControlHello, seconds: float = 5.0) -> list[ControlReply]:
    """Ask every running runner of a folder.

    Args:
        archive: of the folder.
        command: what is asked.
        seconds: for all together.

    Returns:
        An answer a runner; one that does not answer has `UNREACHED` as `result`.
    """
    runners = await asyncio.to_thread(running, archive)
    return list(await asyncio.gather(*(_ask(pid, path, command, seconds) for pid, path in runners)))


async def ask_one(
    runner: tuple[int, str], command: ControlHello, seconds: float = 5.0
) -> ControlReply:
    """Ask one of those that `running` gave; without an answer it is `UNREACHED`."""
    return await _ask(*runner, command, seconds)


def alive(archive: Archive) -> frozenset[str]:
    """The names of the files of all runners that are there; nothing is removed.

    Raises:
        OSError: the folder cannot be read.
    """
    names = []
    for path in archive.runners.iterdir():
        with contextlib.suppress(OSError), path.open("rb") as file:
            if not _free(file):
                names.append(path.name)
    return frozenset(names)


def running(archive: Archive) -> list[tuple[int, str]]:
    """Process id and call socket of each runner; what dead ones left is removed."""
    if not archive.runners.is_dir():
        return []
    with contextlib.suppress(OSError), archive.locked():
        alive = [_alive(path) for path in sorted(archive.runners.iterdir())]
        return [runner for runner in alive if runner is not None]
    return []


def _alive(path: Path) -> tuple[int, str] | None:
    """A runner that holds its file; the file of one that does not is removed."""
    try:
        with path.open("rb") as file:
            if _free(file):
                path.unlink()
                return None
            said = json.load(file)
            return int(said["pid"]), str(said["socket"])
    except (OSError, ValueError, TypeError, KeyError):
        return None


def _free(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


async def _ask(pid: int, path: str, command: ControlHello, seconds: float) -> ControlReply:
    answer = None
    with contextlib.suppress(OSError, TimeoutError, MalformedError):
        async with asyncio.timeout(seconds):
            answer = await _answer(path, command)
    words = f"the runner with process id {pid} does not answer"
    return answer or CommandResult(pid, UNREACHED, None, words)


async def _answer(path: str, command: ControlHello) -> ControlReply | None:
    peer = await Peer.connect(path)
    try:
        peer.send(command)
        return await peer.receive(CONTROL_REPLY)
    finally:
        await peer.close()
