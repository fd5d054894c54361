"""Services: what several requests share."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal, TypeVar

from runner.schema.actions import ErrorActions
from runner.schema.http import Request, Shared
from runner.schema.tools import HttpTool
from runner.schema.types.blocks import Block, OrNo, key
from runner.schema.types.files import AttachedFile
from runner.schema.types.measures import Rate, SomeTime
from runner.schema.types.urls import ServiceUrl, Url
from runner.schema.types.values import whole


class BreakerSettings(Block):
    """When a service that keeps failing is left alone."""

    noun: ClassVar[str] = "the breaker"
    bare: ClassVar[str] = "failures"

    failures: Annotated[int, whole(1, 1000)] = key(
        "so many failures in a row: no connection, no answer in time, a status of 500 or more", 5
    )
    open_for: SomeTime = key("for so long it is not asked; then one request tries again", 30.0)


class _Where(Block):
    url: ServiceUrl = key("where it is; the path of a request comes after it")


class Service(Shared, _Where):  # where it is stands first in the reference
    """What several requests share: `http: service:` names it. A key in the request wins."""

    noun: ClassVar[str] = "a service"
    elsewhere: ClassVar[dict[str, str]] = {
        "method": "it belongs to the request, below http: of a tool",
        "query": "it belongs to the request, below http: of a tool",
        "body": "it belongs to the request, below http: of a tool",
        "http": "write its keys right here, such as url: and headers:",
        "result": "it belongs to a tool, beside http:",
    }

    on_error: ErrorActions = key(
        "when it fails, for tools without an on_error of their own: a text is instructions to the "
        "model; or an action",
        (),
        names=("error",),
    )
    rate_limit: Rate | None = key("waits up to 1s for a turn, then fails as busy", None)
    max_concurrent: Annotated[int, whole(1, 1000)] = key("so many requests at the same time", 10)
    authority: AttachedFile | None = key(
        "a file with the certificate authority that is trusted instead of the usual ones (PEM)",
        None,
    )
    breaker: Annotated[BreakerSettings | Literal[False], OrNo()] = key(
        "when it is left alone because it keeps failing", BreakerSettings.model_construct()
    )


def whole_tool(tool: HttpTool, services: Mapping[str, Service]) -> HttpTool:
    """A tool with what the service of its request says and it does not."""
    service = services.get(str(tool.http.service))
    if service is None:
        return tool
    more: dict[str, Any] = {"http": whole_request(tool.http, service)}
    if "on_error" not in tool.model_fields_set:
        more["on_error"] = service.on_error
    return tool.model_copy(update=more)


RequestT = TypeVar("RequestT", bound=Request)


def whole_request(request: RequestT, service: Service | None) -> RequestT:
    """A request with what its service says and it does not."""
    if service is None:
        return request
    shared: dict[str, Any] = {
        name: getattr(service, name)
        for name in Shared.model_fields
        if name in service.model_fields_set and name not in request.model_fields_set
    }
    if service.headers and request.headers:
        own = {name.lower() for name in request.headers}
        given = {n: v for n, v in service.headers.items() if n.lower() not in own}
        shared["headers"] = {**given, **request.headers}
    shared["url"] = Url(service.url.rstrip("/") + (request.url or ""))
    return request.model_copy(update=shared)
