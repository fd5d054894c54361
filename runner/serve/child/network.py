"""How the process of a call reaches the services that are its providers."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from runner.egress.client import Ways
from runner.egress.providers import ProviderNetwork
from runner.source import attached

if TYPE_CHECKING:
    from runner.serve.socket.messages import CallNetwork


def provider_network(said: CallNetwork) -> ProviderNetwork:
    """What the main process says of the network, as the session takes it."""
    return ProviderNetwork(Ways(said.allow, said.proxy), partial(attached, Path(said.folder)))
