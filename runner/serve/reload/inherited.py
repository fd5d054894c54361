"""What the processes of calls have from their start: environment, packages, credentials."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from runner.serve.child.packages import packages
from runner.serve.credentials import CredentialsError, LiveKit, child_environment, livekit
from runner.serve.environment import confine, named
from runner.serve.workers import forkserver

if TYPE_CHECKING:
    from runner.egress.secrets import Secrets
    from runner.link.release import Release
    from runner.serve.log import Log
    from runner.serve.releases.served import Releases
    from runner.serve.sessions.hosts import TextHosts


class ChildEnvironment:
    """Keeps what new processes have up to date with what is served.

    A process cannot change them while it lives. So new processes are begun where that is enough,
    and where it is not, a person is told what waits for a restart.

    Args:
        secrets: with what the environment held before it was stripped.
        env: the environment as it was before that.
        livekit: the credentials that are in use.
    """

    def __init__(  # noqa: PLR0913 - the parts that it needs, by name
        self,
        releases: Releases,
        secrets: Secrets,
        hosts: TextHosts,
        log: Log,
        *,
        env: dict[str, str],
        livekit: LiveKit | None,
    ) -> None:
        """Nothing is read before `begin`."""
        self._releases = releases
        self._secrets = secrets
        self._env = env
        self._livekit = livekit
        self._hosts = hosts
        self._log = log
        self._packages: dict[str, tuple[str, str]] = {}
        self._turn_model = False
        self._last = livekit
        self._renewing = asyncio.Lock()
        self._forks = livekit is not None

    def begin(self) -> None:
        """Note what the first processes have, and have the forkserver warm what is served."""
        self._packages = packages(self._releases.current)
        self._turn_model = self._plan()

    def hide(self) -> None:
        """Keep what is secret now out of the log."""
        names = self._releases.current.secrets
        values = [value for name in names if (value := self._secrets.get(name))]
        self._log.hide([*values, self._livekit.api_secret] if self._livekit else values)

    async def warm(self) -> None:
        """Have a warm forkserver for calls by voice, where LiveKit has not wanted one before."""
        async with self._renewing:
            if not self._forks:
                self._forks = True
                self._turn_model = self._plan()
                await asyncio.to_thread(forkserver.start)
                await asyncio.to_thread(forkserver.wait)

    async def follow(self) -> None:
        """Bring what new processes have up to date with what is served."""
        async with self._renewing:
            self._look_at_credentials()
            release = self._releases.current
            installed = await asyncio.to_thread(packages, release)
            new = {name: has for name, has in installed.items() if self._packages.get(name) != has}
            reasons = [f"{name} {version}" for name, (version, _) in sorted(new.items())]
            reasons += self._confine(release)
            turn_model = self._plan()
            if turn_model and not self._turn_model and self._forks:
                reasons.append("the model that finds the end of a turn")
            self._packages |= installed
            self._turn_model |= turn_model
            if reasons:
                await self._renew(reasons)

    def _confine(self, release: Release) -> list[str]:
        """Give new processes the variables that they need from now on, and no others."""
        wanted = child_environment(release, self._env)
        if self._livekit is not None:
            wanted |= self._livekit.to_env()
        return named(*confine(wanted, self._env), release.secrets)

    async def _renew(self, reasons: list[str]) -> None:
        await self._hosts.renew()
        if self._forks:
            await asyncio.to_thread(forkserver.renew)
        words = f"new calls begin in new processes: {', '.join(reasons)}"
        self._log.event("processes_renewed", words, reasons=reasons)

    def _plan(self) -> bool:
        if not self._forks:
            return False
        current = self._releases.current
        files = [self._releases.file(current.id, name) for name in current.agents]
        plan = forkserver.plan(current, files)
        forkserver.follow(plan)
        return bool(plan["turn_model"])

    def _look_at_credentials(self) -> None:
        """Say once that other credentials wait for a restart: registrations keep their own."""
        try:
            current = livekit(self._releases.current, self._secrets, self._env)
        except CredentialsError as error:
            current, what = None, str(error)
        else:
            what = "LiveKit's address or key is another one"
        known = current in (self._livekit, self._last)
        self._last = current
        if known:
            return
        words = f"{what}: restart the runner to use it; until then it serves as before"
        self._log.event("restart_needed", words, level="warning", what="livekit")
