"""Keys whose work LiveKit does in its Cloud alone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlparse

from runner.diagnostics import Diagnostic
from runner.link.rule import FolderContext, FolderRule
from runner.schema.reading.load import Definition
from runner.template import has_template

_CLOUD = ".livekit.cloud"
_QUIET = "noise_cancellation"
_AT = ("turn_taking", "interruptions")


def _check(context: FolderContext) -> Iterator[Diagnostic]:
    host = _elsewhere(context)
    if host is None:
        return
    users = {id(s.definition): s.definition for s in context.scopes}
    for scope in context.scopes:
        entries = scope.table.entries["personas"]
        users |= {id(entries[name]): entries[name] for name in scope.personas if name in entries}
    for definition in users.values():
        yield from _of(definition, host)
    for definition in context.table.entries["providers"].values():
        if str(getattr(definition.spec, _QUIET, "")) == _QUIET:
            yield Diagnostic(
                definition.document.value_span((*definition.location, _QUIET)),
                "W212",
                f"the plugin '{_QUIET}' has no effect: it needs LiveKit Cloud, and LiveKit is at "
                f"{host}",
                "delete it, or use LiveKit Cloud",
            )


def _elsewhere(context: FolderContext) -> str | None:
    """The host of a LiveKit server that is not the Cloud's; None where it is, or nobody knows."""
    written = context.table.settings.livekit.url
    url = written or context.around.env.get("LIVEKIT_URL", "")
    if not url or has_template(url):
        return None
    try:
        host = urlparse(url).hostname
    except ValueError:
        return None
    return None if host is None or host.endswith(_CLOUD) else host


def _of(definition: Definition, host: str) -> Iterator[Diagnostic]:
    block: Any = definition.data
    for part in _AT:
        block = block.get(part) if isinstance(block, dict) else None
    if not isinstance(block, dict):
        return
    near = str(block.get("ignore_within", "no"))
    of_cloud = {
        "how": ("how: adaptive", "vad") if block.get("how") == "adaptive" else None,
        "ignore_within": None if near.casefold() in _OFF else ("ignore_within", "no"),
    }
    for key, named in of_cloud.items():
        if named is not None:
            yield Diagnostic(
                definition.document.key_span((*definition.location, *_AT, key)),
                "W212",
                f"'{named[0]}' has no effect: it needs LiveKit Cloud, and LiveKit is at {host}",
                f"delete it, write {key}: {named[1]}, or use LiveKit Cloud",
            )


_OFF = frozenset({"no", "false", "off"})

RULE = FolderRule(_check)
