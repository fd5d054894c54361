"""Addresses in private networks that no one has opened: every request would be refused."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from functools import lru_cache
from urllib.parse import urlsplit

from runner.addresses import Blocked, Guard
from runner.diagnostics import Diagnostic, Span
from runner.link.requests import requests
from runner.link.rule import FolderContext, FolderRule
from runner.schema.mcp import UrlServer
from runner.schema.reading.load import Definition
from runner.schema.tools import McpTool

_PORTS = {"http": 80, "https": 443}
Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_LOOPBACK = ipaddress.ip_address("127.0.0.1")


def _check(context: FolderContext) -> Iterator[Diagnostic]:
    table = context.table
    guard = Guard(table.settings.network.allow)
    for definition in table.entries["tools"].values():
        if isinstance(definition.spec, McpTool):
            yield from _server(guard, definition, definition.spec.mcp)
    known: set[Span] = set()
    for definition, request, whole, key in requests(context):
        refused = _refused(guard, str(whole.url or ""))
        if refused is None or whole.private_network:
            continue
        span, place = _where(definition, table.entries["services"].get(str(request.service)), key)
        if span not in known:
            known.add(span)
            hint = f"write private_network: yes below {place}:"
            who = "providers" if definition.section == "providers" else "tools"
            yield Diagnostic(span, "E312", f"{who} may not reach {refused}", hint)


def _server(guard: Guard, definition: Definition, server: object) -> Iterator[Diagnostic]:
    refused = _refused(guard, str(server.url)) if isinstance(server, UrlServer) else None
    if refused is not None:
        span = definition.document.value_span((*definition.location, "mcp", "url"))
        hint = f"write - {refused} in runner:, network:, allow:"
        yield Diagnostic(span, "E312", f"tools may not reach {refused}", hint)


def _where(owner: Definition, service: Definition | None, key: str) -> tuple[Span, str]:
    if service is not None:
        return service.document.value_span((*service.location, "url")), service.name
    return owner.document.value_span((*owner.location, key, "url")), key


def _refused(guard: Guard, url: str) -> str | None:
    """The host of an address that is private by its name alone, and not allowed."""
    written = _by_address(url)
    if written is None:
        return None
    host, port, address = written
    try:
        guard.check(host, port, [address])
    except Blocked:
        return host
    return None


@lru_cache(maxsize=4096)
def _by_address(url: str) -> tuple[str, int, Address] | None:
    """Host, port and address of a URL whose host is an address; None for one with a name."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    address = _address(host) if host and "{" not in parts.netloc else None
    if address is None:
        return None
    return host, port or _PORTS.get(parts.scheme.lower(), 443), address


def _address(host: str) -> Address | None:
    if host == "localhost":
        return _LOOPBACK
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


RULE = FolderRule(_check)
