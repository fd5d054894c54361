"""What the machine and the processes on it use."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable
from pathlib import Path

import psutil


def tree(pid: int) -> list[psutil.Process]:
    """A process and all below it."""
    with contextlib.suppress(psutil.Error):
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    return []


def cpu(processes: Iterable[psutil.Process]) -> float:
    """Seconds of CPU of some processes and of their children that have ended."""
    total = 0.0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            total += sum(process.cpu_times()[:4])
    return total


def pss(processes: Iterable[psutil.Process]) -> float:
    """Bytes: each page divided by the number of processes that share it."""
    total = 0
    for process in processes:
        with contextlib.suppress(OSError, StopIteration):
            text = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
            line = next(each for each in text.splitlines() if each.startswith("Pss:"))
            total += int(line.split()[1]) * 1024
    return float(total)


def uss(process: psutil.Process) -> float:
    """Bytes that no other process shares."""
    with contextlib.suppress(psutil.Error):
        return float(process.memory_full_info().uss)
    return 0.0


def descriptors(processes: Iterable[psutil.Process]) -> int:
    """Open file descriptors."""
    total = 0
    for process in processes:
        with contextlib.suppress(OSError):
            total += len(os.listdir(f"/proc/{process.pid}/fd"))  # noqa: PTH208 - names, many times a second
    return total


def threads(processes: Iterable[psutil.Process]) -> int:
    """Threads: the tasks of the kernel."""
    total = 0
    for process in processes:
        with contextlib.suppress(OSError):
            total += len(os.listdir(f"/proc/{process.pid}/task"))  # noqa: PTH208 - as above
    return total


class Beside:
    """Counts the CPU of programs that this benchmark did not start."""

    def __init__(self) -> None:
        """Begin now."""
        self._begun = time.monotonic()
        self._all, self._own = _busy(), cpu(tree(os.getpid()))

    def cores(self) -> float:
        """Cores that others have used since the beginning, on average."""
        took = time.monotonic() - self._begun
        others = _busy() - self._all - (cpu(tree(os.getpid())) - self._own)
        return max(0.0, others / took)

    def machine(self) -> float:
        """Cores that all programs have used since the beginning, on average."""
        return (_busy() - self._all) / (time.monotonic() - self._begun)


def _busy() -> float:
    now = psutil.cpu_times()
    return float(sum(now) - now.idle - now.iowait - now.guest - now.guest_nice)
