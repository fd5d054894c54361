"""Which installed packages the calls of a release use."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.providers.catalogue import Catalogue, InstalledProvider

if TYPE_CHECKING:
    from runner.link.release import Release


def packages(release: Release) -> dict[str, tuple[str, str]]:
    """The packages of a release's providers as they are installed now.

    Returns:
        Name → version, and what tells one state of an editable install from another.
    """
    catalogue = Catalogue()
    used = {(p.kind, str(p.plugin)) for a in release.agents.values() for p in a.providers.values()}
    providers = (catalogue.find(*name) for name in sorted(used))
    return {
        p.package: (p.version, p.fingerprint) for p in providers if isinstance(p, InstalledProvider)
    }
