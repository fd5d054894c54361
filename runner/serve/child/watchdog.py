"""Watches the event loop of a process in which conversations run, from a thread of its own.

A provider that works where it should wait stops every conversation of the process. The main
process is told for how long, and which provider's code it is; and a process that is stuck does
not outlive the one that began it.
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import socket
import sys
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from importlib import metadata
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

from runner.providers.build import catalogue
from runner.providers.catalogue import InstalledProvider
from runner.serve.socket.messages import Blocked, write

if TYPE_CHECKING:
    from runner.link.release import AgentRelease

_EVERY: Final = 0.5
_LONG: Final = 2.0
"""Seconds after which a loop that does nothing else counts as blocked."""

_ORPHANED: Final = 5.0
"""Seconds after which a blocked process ends that nobody waits for any more."""

_PR_SET_PDEATHSIG: Final = 1

_OURS: Final = ("runner", "livekit", *sys.stdlib_module_names)
"""Packages that are not to blame."""

session: Final[ContextVar[str | None]] = ContextVar("session", default=None)
"""Whose task this is."""


@dataclass(frozen=True, slots=True)
class Suspect:
    """A provider by the modules of its package."""

    modules: str
    provider: str
    package: str

    def has(self, module: str) -> bool:
        """Whether a module is one of its own."""
        return module == self.modules or module.startswith(f"{self.modules}.")


def suspects(release: AgentRelease) -> list[Suspect]:
    """The providers of an agent, as they are installed."""
    providers = [
        provider
        for written in release.providers.values()
        if isinstance(
            provider := catalogue().find(written.kind, str(written.plugin)), InstalledProvider
        )
    ]
    return [
        Suspect(
            _package(p.target.partition(":")[0], p.source),
            f"{p.kind} '{p.name}'",
            f"{p.package} {p.version}",
        )
        for p in providers
    ]


def _package(module: str, source: str) -> str:
    """The package of a module: LiveKit's plugins share their first names."""
    return module if source == "livekit" else module.partition(".")[0]


class Watchdog:
    """Watches the running loop until `stop`.

    Args:
        path: the call socket, over which the main process is told.
        known: the providers of a session, by its id.
        only: the only session that there is, if there is but one.
    """

    def __init__(
        self, path: str, known: Callable[[str], Iterable[Suspect]], *, only: str | None = None
    ) -> None:
        self._path = path
        self._known = known
        self._only = only
        self._loop = asyncio.get_running_loop()
        self._loop_thread = threading.get_ident()
        self._parent = os.getppid()
        self._sessions: weakref.WeakKeyDictionary[asyncio.Task[Any], str] = (
            weakref.WeakKeyDictionary()
        )
        self._loop.set_task_factory(self._task)
        self._beats = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)
        self._beat()
        self._thread.start()

    def stop(self) -> None:
        """Watch no more."""
        self._over.set()

    def _task(
        self, loop: asyncio.AbstractEventLoop, work: Any, **options: Any
    ) -> asyncio.Task[Any]:
        """Make a task, and note whose it is."""
        task: asyncio.Task[Any] = asyncio.Task(work, loop=loop, **options)
        context = options.get("context")
        whose = context.get(session) if context is not None else session.get()
        if whose is not None:
            self._sessions[task] = whose
        return task

    def _beat(self) -> None:
        self._beats += 1
        if not self._over.is_set():
            self._loop.call_later(_EVERY, self._beat)

    def _watch(self) -> None:
        seen, still, culprit = 0, 0.0, None
        while not self._over.wait(_EVERY):
            # rounds of this thread are counted, not seconds: while the machine sleeps, or is busy
            # elsewhere, nobody is blamed
            beats = self._beats
            still = still + _EVERY if beats == seen else 0.0
            if still:
                if still >= _ORPHANED and os.getppid() != self._parent:
                    os._exit(1)
                if still >= _LONG and culprit is None:
                    culprit = self._find(still)
                    self._tell(culprit)
                elif culprit is not None:
                    culprit = culprit.after(still)
            elif culprit is not None:
                self._tell(culprit.ended())
                culprit = None
            seen = beats

    def _find(self, seconds: float) -> Blocked:
        task = asyncio.current_task(self._loop)
        call = self._only or (self._sessions.get(task) if task is not None else None)
        modules = [
            str(frame.f_globals.get("__name__", ""))
            for frame in _frames(sys._current_frames().get(self._loop_thread))  # noqa: SLF001 - as faulthandler does
        ]
        for module in modules:
            for suspect in self._known(call) if call else ():
                if suspect.has(module):
                    return Blocked(
                        os.getpid(), call, seconds, suspect.provider, suspect.package, module
                    )
        stranger = next((m for m in modules if m.partition(".")[0] not in _OURS), None)
        return Blocked(os.getpid(), call, seconds, None, _distribution(stranger), stranger)

    def _tell(self, blocked: Blocked) -> None:
        """Tell the main process, over a connection of its own: the loop's cannot be used now."""
        with (
            contextlib.suppress(OSError),
            socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line,
        ):
            line.settimeout(_LONG)
            line.connect(self._path)
            line.sendall(write(blocked))


def _frames(frame: FrameType | None) -> Iterator[FrameType]:
    """The innermost first."""
    while frame is not None:
        yield frame
        frame = frame.f_back


def _distribution(module: str | None) -> str | None:
    if module is None:
        return None
    names = metadata.packages_distributions().get(module.partition(".")[0])
    return f"{names[0]} {metadata.version(names[0])}" if names else None


def die_with(parent: int) -> None:
    """Have the system end this process when the one that began it is gone.

    Linux does so at once, whatever this process does; elsewhere a process that hears no more from
    its parent ends by itself, and one that is blocked is ended by its `Watchdog`.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:  # it was gone before it was asked for
        os._exit(1)
