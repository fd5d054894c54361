"""Rooms and tokens, so that LiveKit's own clients reach an agent untouched."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from runner.front.models.rooms import (
    LONGEST_NAME,
    ConfigReply,
    ConnectionDetails,
    OlderTokenReply,
    RoomReply,
    RoomRequest,
    TokenReply,
    TokenRequest,
)
from runner.front.problems import HttpProblem
from runner.front.rooms_port import OpenRoom, RoomPass, RoomVisit, RoomWish
from runner.front.routes.route import ApiRequest, Handler, Route

_REFUSALS: Final = (400, 404, 503)
_ALIASES: Final = ("/token", "/api/token", "/api/v2/sandbox/connection-details")
"""Where LiveKit's clients ask: any endpoint, agent-starter-react, `developmentTokenServer`."""


async def _token(request: ApiRequest) -> dict[str, Any]:
    body: TokenRequest = request.body
    wanted = body.room_config.agents[0] if body.room_config and body.room_config.agents else None
    visit = RoomVisit(
        agent=(wanted.agent_name if wanted else "") or request.raw.query.get("agent"),
        room=body.room_name,
        identity=body.participant_identity,
        name=body.participant_name,
        metadata=body.participant_metadata or "",
        attributes=body.participant_attributes or {},
        job_metadata=wanted.metadata if wanted else "",
    )
    return _reply(await request.runner.let_in(_by(request, visit)))


async def _token_by_link(request: ApiRequest) -> dict[str, Any]:
    query = _Query(request.raw.query)
    visit = RoomVisit(
        agent=query.get("agent"),
        room=query.get("room", "roomName"),
        identity=query.get("identity"),
        name=query.get("name"),
    )
    reply = _reply(await request.runner.let_in(_by(request, visit)))
    return reply | {"accessToken": reply["participant_token"]}


async def _connection_details(request: ApiRequest) -> dict[str, Any]:
    query = _Query(request.raw.query)
    visit = RoomVisit(
        agent=query.get("agent"),
        room=query.get("roomName"),
        name=query.get("participantName"),
        metadata=query.get("metadata") or "",
    )
    way = await request.runner.let_in(_by(request, visit))
    return {
        "serverUrl": way.url,
        "roomName": way.room,
        "participantName": way.name,
        "participantToken": way.token,
    }


def _by(request: ApiRequest, visit: RoomVisit) -> RoomVisit:
    """The visit of who asks: a caller who has signed in is who the login provider says.

    Raises:
        HttpProblem: they want to be somebody else (403).
    """
    caller = request.caller
    if caller is None:
        return visit
    if visit.identity not in (None, caller.identity):
        message = "this ID token is of somebody else than who wants to come in"
        hint = "leave the participant's identity out: it is the 'sub' of the ID token"
        raise HttpProblem(403, "not_yours", message, hint)
    if visit.attributes:
        message = "who comes in by an ID token has no other attributes than its claims"
        raise HttpProblem(403, "not_yours", message, "leave 'participant_attributes' out")
    return replace(visit, identity=caller.identity, attributes=caller.attributes, proven=True)


class _Query:
    """The parts of a link, bounded as those of a body."""

    def __init__(self, query: Mapping[str, str]) -> None:
        self._query = query

    def get(self, *names: str) -> str | None:
        """The first of some that is there; nothing for an empty one.

        Raises:
            HttpProblem: it is too long.
        """
        for name in names:
            value = self._query.get(name, "")
            if len(value) > LONGEST_NAME:
                message = f"'{name}' is longer than {LONGEST_NAME} characters"
                raise HttpProblem(400, "bad_request", message)
            if value:
                return value
        return None


def _reply(way: RoomPass) -> dict[str, Any]:
    return {
        "server_url": way.url,
        "participant_token": way.token,
        "room_name": way.room,
        "participant_name": way.name,
    }


async def _create_room(request: ApiRequest) -> dict[str, Any]:
    body: RoomRequest = request.body
    given = body.metadata
    metadata = given if isinstance(given, str) else json.dumps(given, ensure_ascii=False)
    wish = RoomWish(
        agent=body.agent,
        room=body.room_name,
        metadata="" if given is None else metadata,
        empty_timeout=body.empty_timeout,
        max_participants=body.max_participants,
        identity=request.caller.identity if request.caller is not None else None,
    )
    made: OpenRoom = await request.runner.open_room(wish)
    return {"room_name": made.room, "agent": made.agent, "dispatch_id": made.dispatch}


async def _config(request: ApiRequest) -> dict[str, Any]:
    runner = request.runner
    agents = [{"name": a.name, "description": a.description} for a in runner.agents()]
    livekit = runner.livekit_url
    return {
        "livekit_url": livekit,
        "agents": agents,
        "voice": livekit is not None,
        "text": True,
        "tokens": livekit is not None,
    }


def _row(name: str, method: str, path: str, handler: Handler, summary: str, **more: Any) -> Route:
    return Route(name, method, path, handler, summary, errors=_REFUSALS, callers=True, **more)


ROUTES: Final = (
    *(
        _row(
            "token" if path == "/token" else f"token_at{path.replace('/', '_').replace('-', '_')}",
            "POST", path, _token,
            "A token for a room in which an agent will be: LiveKit's token endpoint",
            reply=TokenReply, request=TokenRequest, status=201,
        )
        for path in _ALIASES
    ),
    _row(
        "token_by_link", "GET", "/token", _token_by_link,
        "The same by ?agent=&room=&identity=&name=", reply=OlderTokenReply,
    ),
    _row(
        "connection_details", "GET", "/connection-details", _connection_details,
        "The same, as LiveKit Meet asks for it", reply=ConnectionDetails,
    ),
    _row(
        "create_room", "POST", "/create-room", _create_room,
        "Make a room and call an agent into it",
        reply=RoomReply, request=RoomRequest, status=201,
    ),
    Route(
        "config", "GET", "/api/config", _config, "What a client may know", ConfigReply,
        callers=True,
    ),
)  # fmt: skip
