"""What the process of a call needs to begin, or to go on with another release."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.serve.credentials import provider_secrets
from runner.serve.socket.messages import Renew, Welcome

if TYPE_CHECKING:
    from runner.egress.secrets import Secrets
    from runner.serve.releases.served import Releases
    from runner.serve.sessions.calls import CallInfo


class Welcomes:
    """Writes them, from the releases that are kept and the secrets of this moment."""

    def __init__(self, releases: Releases, secrets: Secrets) -> None:
        self._releases = releases
        self._secrets = secrets

    def welcome(self, call: CallInfo) -> Welcome:
        """For a call that begins.

        Raises:
            KeyError: its release is not kept, or has no such agent.
        """
        file, secrets = self._parts(call, call.release)
        return Welcome(call.id, call.release, file, secrets)

    def renewal(self, call: CallInfo, release: str) -> Renew:
        """For a call that may go on with another release.

        Raises:
            KeyError: the release is not kept, or has no such agent.
        """
        file, secrets = self._parts(call, release)
        return Renew(call.id, release, file, secrets)

    def _parts(self, call: CallInfo, release: str) -> tuple[str, dict[str, str]]:
        agent = self._releases.agent(release, call.agent)
        secrets = provider_secrets(agent, self._secrets) if agent else {}
        return self._releases.file(release, call.agent), secrets
