"""Certificates of requests that are sent without TLS: nobody shows or checks them."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.link.requests import requests
from runner.link.rule import FolderContext, FolderRule
from runner.schema.auth import Mtls
from runner.schema.http import Request
from runner.schema.reading.load import Definition


def _check(context: FolderContext) -> Iterator[Diagnostic]:
    services = context.table.entries["services"]
    known: set[Span] = set()
    for definition, request, whole, key in requests(context):
        if not isinstance(whole.auth, Mtls) or not str(whole.url).casefold().startswith("http://"):
            continue
        place = _address(definition, request, services.get(str(request.service)), key)
        if place not in known:
            known.add(place)
            message = "the certificate of mtls is never shown: this address is one without TLS"
            yield Diagnostic(place, "E112", message, "write https:// in place of http://")


def _address(owner: Definition, request: Request, service: Definition | None, key: str) -> Span:
    if request.service is not None and service is not None:
        return service.document.value_span((*service.location, "url"))
    return owner.document.value_span((*owner.location, key, "url"))


RULE = FolderRule(_check)
