"""Which of an external agent's addresses is used."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit, urlunsplit


def chosen(
    webhook_url: str,
    regions: Mapping[str, str],
    own_region: str,
    milliseconds: Mapping[str, float],
) -> str:
    """The address for a job.

    Args:
        webhook_url: without regions, or where none is better.
        regions: region → address.
        own_region: that of this runner (`LKRUN_REGION`), or nothing.
        milliseconds: address → in which it was last found to work; those that do not are left out.
    """
    if own_region in regions:
        return regions[own_region]
    known = [url for url in regions.values() if url in milliseconds]
    return min(known, key=milliseconds.__getitem__) if known else webhook_url


def health_of(address: str, webhook_url: str, health_url: str) -> str:
    """Where the health of an address is asked: at the path of `health_url` on its host."""
    if address == webhook_url:
        return health_url
    host, health = urlsplit(address), urlsplit(health_url)
    return urlunsplit((host.scheme, host.netloc, health.path, health.query, ""))
