"""LiveKit as a folder and the environment name it, for verbs that speak with it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from runner.link.release import Release
    from runner.serve.credentials import LiveKit


def livekit_of(release: Release) -> LiveKit:
    """Where LiveKit is, and by what it is asked.

    Raises:
        click.ClickException: it is not configured, or not as it must be.
    """
    from runner.egress.secrets import Secrets
    from runner.serve import credentials

    place = os.environ.get("LKRUN_SECRETS_DIR")
    secrets = Secrets(os.environ, Path(place) if place else None)
    try:
        livekit = credentials.livekit(release, secrets, os.environ)
    except credentials.CredentialsError as error:
        raise click.ClickException(str(error)) from None
    if livekit is None:
        names = ", ".join(credentials.NAMES.values())
        raise click.ClickException(f"LiveKit is not configured: set {names}")
    return livekit
