"""A row of the table of routes: how it is reached, who answers, and how it is described."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web
from pydantic import BaseModel

from runner.front.continued import Continued
from runner.front.login import CALLER
from runner.front.models.base import ProblemReply
from runner.front.port import Runner
from runner.front.previews import PREVIEW
from runner.front.problems import HttpProblem
from runner.front.rooms_port import ProvenCaller
from runner.front.talks_port import Preview
from runner.front.tickets import Tickets
from runner.front.webhooks import Deliveries

JSON: Final = "application/json"


@dataclass(frozen=True, slots=True)
class Site:
    """What all handlers share.

    Attributes:
        document: the OpenAPI document of all routes.
        on_this_machine: whether nobody else reaches the front: whoever asks is the owner.
        continued: the dialogues that go on by a name of the client's.
        tickets: those that stand for a token.
        closing: set when the front stops: what would go on without an end ends.
        deliveries: signed messages that have come.
    """

    runner: Runner
    document: Mapping[str, Any]
    on_this_machine: bool
    closing: asyncio.Event
    continued: Continued = field(default_factory=Continued)
    tickets: Tickets = field(default_factory=Tickets)
    deliveries: Deliveries = field(default_factory=Deliveries)


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A request as its handler sees it.

    Attributes:
        path: the parts of the path that the route names, such as `id`.
        body: of the route's model; None where it has none.
        raw: aiohttp's own.
    """

    site: Site
    path: Mapping[str, str]
    body: Any
    raw: web.Request

    @property
    def runner(self) -> Runner:
        """The runner that answers."""
        return self.site.runner

    @property
    def caller(self) -> ProvenCaller | None:
        """Who asks, where they have proved themselves by an ID token."""
        return self.raw.get(CALLER)

    @property
    def preview(self) -> Preview | None:
        """The preview that is asked for, where who asks has its link."""
        return self.raw.get(PREVIEW)

    def may_see(self, session_id: str) -> bool:
        """Whether a session is one of who asks; a program may see all."""
        if self.preview is not None:
            return self.runner.preview_of(session_id) == self.preview.id
        return self.caller is None or self.runner.caller_of(session_id) == self.caller.identity

    def own(self, session_id: str) -> str:
        """The session of an id.

        Raises:
            HttpProblem: it is somebody else's: there is none that who asks could know of (404).
        """
        if not self.may_see(session_id):
            raise HttpProblem(404, "unknown_session", "there is no such dialogue or call")
        return session_id


Handler = Callable[[ApiRequest], Awaitable[Any]]
"""Gives what `reply` is made of, nothing where there is none, or a whole answer of aiohttp."""


@dataclass(frozen=True, slots=True)
class ErrorShape:
    """How the errors of a route look.

    Attributes:
        model: its model, for the OpenAPI document.
        of: makes the JSON.
    """

    model: type[BaseModel]
    of: Callable[[HttpProblem], Mapping[str, Any]]


OURS: Final = ErrorShape(ProblemReply, lambda problem: problem.body)


@dataclass(frozen=True, slots=True)
class Route:
    """A row; nothing else is said of a route anywhere.

    Attributes:
        name: the operation's, in the OpenAPI document.
        reply: the model of the answer where it is JSON.
        request: the model of the body.
        kind: the media type of the answer; nothing where it has no body.
        problem: the shape of what it refuses; the door and a fault of lkrun have ours.
        query: name → what it does, of the parts of its address behind ?; others are refused.
        open: whether it is answered without a token.
        ticketed: whether a ticket in its address does for a token.
        counted: whether a request of it counts for the rate limit.
        embedded: whether pages of any other site may load it as a script.
        signed: whether a signature of Standard Webhooks does for a token.
        callers: whether a caller's ID token does; its handler shows them what is theirs.
        previews: whether the token of a preview's link does, likewise.
        errors: the statuses that it may answer besides those of every route.
    """

    name: str
    method: str
    path: str
    handler: Handler
    summary: str
    reply: type[BaseModel] | None = None
    request: type[BaseModel] | None = None
    status: int = 200
    kind: str = JSON
    errors: tuple[int, ...] = ()
    problem: ErrorShape = OURS
    query: Mapping[str, str] | None = None
    open: bool = False
    ticketed: bool = False
    counted: bool = True
    embedded: bool = False
    signed: bool = False
    callers: bool = False
    previews: bool = False
