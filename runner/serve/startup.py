"""What `lkrun serve` begins with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.schema.doors import split_listen

if TYPE_CHECKING:
    from runner.compiler import Compiled, Compiler
    from runner.diagnostics import Diagnostic
    from runner.egress.secrets import Secrets
    from runner.link.release import Release
    from runner.serve.credentials import LiveKit
    from runner.serve.releases.archive import Archive
    from runner.serve.reload.gate import Gate
    from runner.serve.reload.reloader import Lacking


class CannotServeError(Exception):
    """The runner cannot start; the message is a plain sentence."""


@dataclass(frozen=True, slots=True)
class ServeSettings:
    """What the command line says.

    Attributes:
        host: instead of that of `runner.http.listen`.
        port: likewise.
        drain: instead of `runner.shutdown.drain`.
        follow: whether the folder is followed.
        dev: whether running calls go on with what is saved, as with `reload: next_turn`.
        browse: whether the page is opened in the browser.
    """

    host: str | None
    port: int | None
    drain: float | None
    follow: bool
    level: str
    form: str
    dev: bool = False
    browse: bool = False

    def patience(self, release: Release) -> float:
        """Seconds that calls are given to end after the first signal."""
        return release.process.shutdown.drain if self.drain is None else self.drain

    def address(self, release: Release) -> tuple[str, int]:
        """Where the front of a release listens."""
        host, port = split_listen(release.process.http.listen)
        return (
            host if self.host is None else self.host,
            port if self.port is None else self.port,
        )


@dataclass(frozen=True, slots=True)
class Startup:
    """What is served first, and how it is followed.

    Attributes:
        release: of the folder, or the last good one where the folder has mistakes.
        secrets: with what the environment held before it is stripped.
        env: the environment before that.
        lacking: finds the secrets that have no value.
        archive: where releases are kept over restarts, if there is a place.
        gate: has the files' own tests run before they are served.
        rejected: why the folder's tests kept it from being served.
    """

    compiler: Compiler
    compiled: Compiled
    release: Release
    secrets: Secrets
    env: dict[str, str]
    livekit: LiveKit | None
    lacking: Lacking
    archive: Archive | None
    gate: Gate | None = None
    rejected: tuple[Diagnostic, ...] = ()

    @property
    def last_good(self) -> bool:
        """Whether a kept release is served, since the folder has mistakes."""
        return self.release is not self.compiled.release
