"""What the process of a call needs to begin, or to go on with another release."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from runner.egress.client import ways_of
from runner.records import sound_files
from runner.serve.credentials import provider_secrets
from runner.serve.socket.messages import CallNetwork, Ordered, Renew, Welcome

if TYPE_CHECKING:
    from runner.egress.secrets import Secrets
    from runner.secret import Secret
    from runner.serve.releases.served import Releases
    from runner.serve.sessions.calls import CallInfo


class Welcomes:
    """Writes them, from the releases that are kept and the secrets of this moment."""

    def __init__(self, releases: Releases, secrets: Secrets, folder: str = "") -> None:
        """Take what is served, where secrets are, and the folder of the agents."""
        self._releases = releases
        self._secrets = secrets
        self._folder = folder

    def welcome(self, call: CallInfo) -> Welcome:
        """For a call that begins.

        Raises:
            KeyError: its release is not kept, or has no such agent.
        """
        file, secrets = self._parts(call, call.release)
        order = None
        if call.order is not None:
            order = Ordered(call.order.to, dict(call.order.variables))
        return Welcome(
            call.id, call.release, file, secrets, self._network(), self._sound(call), order
        )

    def renewal(self, call: CallInfo, release: str) -> Renew:
        """For a call that may go on with another release.

        Raises:
            KeyError: the release is not kept, or has no such agent.
        """
        file, secrets = self._parts(call, release)
        return Renew(call.id, release, file, secrets, self._network())

    def _sound(self, call: CallInfo) -> str | None:
        """Where the sound of a call is kept, where its agent wants that."""
        if call.record is None or not call.record.audio:
            return None
        data_dir = Path(str(self._releases.current.process.data_dir))
        file = sound_files.unfinished(data_dir.absolute(), call.id)
        return str(file) if file is not None else None

    def _network(self) -> CallNetwork:
        ways = ways_of(self._releases.current.process.network, self._secrets)
        return CallNetwork(ways.allow, ways.proxy, self._folder)

    def _parts(self, call: CallInfo, release: str) -> tuple[str, dict[str, Secret[str]]]:
        agent = self._releases.agent(release, call.agent)
        secrets = provider_secrets(agent, self._secrets) if agent else {}
        return self._releases.file(release, call.agent), secrets
