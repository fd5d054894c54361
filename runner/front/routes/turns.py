"""Turns of dialogues by text."""

from __future__ import annotations

import time
from typing import Any, Final

from runner.front.models.turns import TurnReply, TurnRequest
from runner.front.routes.route import ApiRequest, Route
from runner.front.talks_port import Tap, Turn


async def _turn(request: ApiRequest) -> dict[str, Any]:
    body: TurnRequest = request.body
    if body.session_id is not None:
        request.own(body.session_id)
    text = body.text if body.text.strip() else ""
    began = time.perf_counter()
    turn = await request.runner.turn(
        request.path["name"],
        text,
        body.session_id,
        body.variables,
        body.metadata,
        idle=bool(body.idle),
        keys=body.keypad,
        tap=Tap(body.app, body.sent or {}) if body.app is not None else None,
        audio=bool(body.audio),
        preview=request.preview,
    )
    reply = _reply(turn, time.perf_counter() - began)
    return reply | {"failure": turn.failure if request.site.on_this_machine else None}


def _reply(turn: Turn, seconds: float) -> dict[str, Any]:
    return {
        "session_id": turn.session_id,
        "text": turn.text,
        "events": list(turn.events),
        "usage": {"input_tokens": turn.input_tokens, "output_tokens": turn.output_tokens},
        "latency_ms": round(seconds * 1000),
        "ended": turn.ended,
        "release": turn.release,
        "persona": turn.persona,
        "variables": turn.variables,
        "first_event": turn.first_event,
        "audio": _sound(turn),
    }


def _sound(turn: Turn) -> dict[str, Any] | None:
    if turn.sound_ms is None:
        return None
    return {"url": f"/v1/sessions/{turn.session_id}/audio", "duration_ms": turn.sound_ms}


ROUTES: Final = (
    Route(
        "turn",
        "POST",
        "/v1/agents/{name}/turns",
        _turn,
        "Say something; without a session id a dialogue begins",
        TurnReply,
        TurnRequest,
        errors=(404, 409, 422, 429, 503),
        previews=True,
    ),
)
