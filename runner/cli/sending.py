"""The egress of a command: secrets of this process, files of its folder."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runner.egress.client import HttpEgress
    from runner.egress.providers import ProviderNetwork
    from runner.egress.secrets import Secrets
    from runner.link.release import Release


def secrets(known: Iterable[str] = ()) -> Secrets:
    """Where this process reads secrets: its environment, and the folder LKRUN_SECRETS_DIR.

    Those that are known by name are hidden from now on, also before a request uses them.
    """
    from runner.egress.secrets import Secrets

    folder = os.environ.get("LKRUN_SECRETS_DIR")
    secrets = Secrets(os.environ, Path(folder) if folder else None)
    secrets.look_up(known)
    return secrets


def network(release: Release, folder: Path, secrets: Secrets) -> ProviderNetwork:
    """How providers that are services are reached."""
    from runner.egress.client import ways_of
    from runner.egress.providers import ProviderNetwork
    from runner.source import attached

    return ProviderNetwork(ways_of(release.process.network, secrets), partial(attached, folder))


def egress(folder: Path, secrets: Secrets) -> HttpEgress:
    """Sends the requests of the tools of a folder."""
    from runner.egress.client import HttpEgress
    from runner.source import attached

    sending = HttpEgress(secrets)
    sending.files = partial(attached, folder)
    return sending
