"""Addresses in private networks that no one has opened to tools: every request would be refused."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from urllib.parse import urlsplit

from runner.addresses import Blocked, Guard
from runner.diagnostics import Diagnostic, Span
from runner.link.rule import FolderContext, FolderRule
from runner.schema.http import Request
from runner.schema.knowledge import HttpKnowledge
from runner.schema.reading.load import Definition
from runner.schema.services import Service, whole_request
from runner.schema.tools import HttpTool

_PORTS = {"http": 80, "https": 443}
_LOOPBACK = ipaddress.ip_address("127.0.0.1")


def _check(context: FolderContext) -> Iterator[Diagnostic]:
    table = context.table
    process = table.process.spec if table.process is not None else None
    guard = Guard(process.network.allow if process is not None else ())
    services = {
        name: definition.spec
        for name, definition in table.entries["services"].items()
        if isinstance(definition.spec, Service)
    }
    told: set[Span] = set()
    for definition in (*table.entries["tools"].values(), *table.entries["knowledge"].values()):
        if not isinstance(definition.spec, HttpTool | HttpKnowledge):
            continue
        service = str(definition.spec.http.service)
        request = _whole(definition.spec.http, services.get(service))
        refused = _refused(guard, str(request.url or ""))
        if refused is None or request.private_network:
            continue
        span, place = _where(definition, table.entries["services"].get(service))
        if span not in told:
            told.add(span)
            hint = f"write private_network: yes below {place}:"
            yield Diagnostic(span, "E312", f"tools may not reach {refused}", hint)


def _whole(request: Request, service: Service | None) -> Request:
    return whole_request(request, service) if service is not None else request


def _where(asking: Definition, service: Definition | None) -> tuple[Span, str]:
    if service is not None:
        return service.document.value_span((*service.location, "url")), service.name
    return asking.document.value_span((*asking.location, "http", "url")), "http"


def _refused(guard: Guard, url: str) -> str | None:
    """The host of an address that is private by its name alone, and not allowed."""
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    if not host or "{" in parts.netloc:
        return None
    address = _address(host)
    if address is None:
        return None
    try:
        guard.check(host, port or _PORTS.get(parts.scheme.lower(), 443), [address])
    except Blocked:
        return host
    return None


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    if host == "localhost":
        return _LOOPBACK
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


RULE = FolderRule(_check)
