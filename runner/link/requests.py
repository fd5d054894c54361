"""All requests of a folder, each with what its service says besides."""

from __future__ import annotations

from collections.abc import Iterator

from runner.link.rule import FolderContext
from runner.schema.http import Request
from runner.schema.knowledge import HttpKnowledge
from runner.schema.reading.load import Definition
from runner.schema.services import Service, whole_request
from runner.schema.tools import HttpTool


def requests(context: FolderContext) -> Iterator[tuple[Definition, Request, Request, str]]:
    """The requests of tools, knowledge and providers.

    Returns:
        Whose it is, the request as it is written, the same with what its service says, and the key
        that it stands under.
    """
    services = {
        name: definition.spec
        for name, definition in context.table.entries["services"].items()
        if isinstance(definition.spec, Service)
    }
    for definition, request, key in _written(context):
        yield definition, request, whole_request(request, services.get(str(request.service))), key


def _written(context: FolderContext) -> Iterator[tuple[Definition, Request, str]]:
    """The requests as they are written, each with the key that it stands under."""
    entries = context.table.entries
    for definition in (*entries["tools"].values(), *entries["knowledge"].values()):
        if isinstance(definition.spec, HttpTool | HttpKnowledge):
            yield definition, definition.spec.http, "http"
    for definition in entries["providers"].values():
        options = getattr(definition.spec, "options", None)
        if isinstance(options, Request):
            yield definition, options, "with"
