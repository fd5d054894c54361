"""Going back to a kept release, as `lkrun rollback` asks for it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from runner.serve.releases.archive import ArchiveError
from runner.serve.reload import report
from runner.serve.socket.messages import CommandResult

if TYPE_CHECKING:
    from runner.egress.secrets import Secrets
    from runner.serve.releases.served import Releases
    from runner.serve.reload.reloader import Reloader
    from runner.serve.reload.swap import Swap


class Rollback:
    """Serves a release of before, until the files change."""

    def __init__(
        self, releases: Releases, swap: Swap, reloader: Reloader, secrets: Secrets
    ) -> None:
        self._releases = releases
        self._swap = swap
        self._reloader = reloader
        self._secrets = secrets

    async def to(self, release_id: str) -> CommandResult:
        """Serve the release of an id, or of a beginning of it."""
        pid = os.getpid()
        try:
            release = self._releases.release(release_id) or await self._swap.kept(release_id)
        except ArchiveError as error:
            return CommandResult(pid, "rejected", self._reloader.served.id, str(error))
        lacking = [name for name in release.secrets if self._secrets.get(name) is None]
        outcome = await self._reloader.roll(release, lacking)
        return CommandResult(pid, outcome.result, outcome.release, report.words(outcome))
