"""What is kept of sessions and callers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web

from runner.front.models.records import (
    CallerContext,
    InteractionReply,
    InteractionRequest,
    MemoryReply,
    RecordDetail,
    RecordPage,
    StatsReply,
)
from runner.front.problems import HttpProblem
from runner.front.records_port import RecordFilter
from runner.front.routes.route import ApiRequest, Route
from runner.moments import read_moment

_KINDS: Final = ("call", "text", "interaction", "event")
_LONGEST: Final = 500
"""Characters of a part of a question."""

_FILTER: Final = {
    "agent": "only those of an agent",
    "since": "only those that began then or later: a date, or a moment (ISO 8601)",
    "until": "only those that began until the end of a date, or before a moment",
    "q": "only those in which all these words are found; in quotation marks: one after the other",
    "outcome": "only those that ended so, such as end_call",
    "kind": f"only those of a kind: {', '.join(_KINDS)}",
}
_CURSOR: Final = {"cursor": "go on after an answer that had it"}
_OF_FIGURES: Final = {name: _FILTER[name] for name in ("agent", "since", "kind")}


async def _page(request: ApiRequest) -> dict[str, Any]:
    return await request.runner.records.page(_filter(request.raw.query))


async def _one(request: ApiRequest) -> dict[str, Any]:
    return await request.runner.records.one(request.path["id"])


async def _drop(request: ApiRequest) -> None:
    await request.runner.records.drop(request.path["id"])


async def _audio(request: ApiRequest) -> web.StreamResponse:
    file = await request.runner.records.audio(request.path["id"])
    return web.FileResponse(file, headers={"Content-Type": "audio/ogg"})


async def _table(request: ApiRequest) -> web.StreamResponse:
    lines = await request.runner.records.table(_filter(request.raw.query))
    answer = web.StreamResponse(
        headers={
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": 'attachment; filename="records.csv"',
        }
    )
    await answer.prepare(request.raw)
    async for some in lines:
        await answer.write(some.encode())
    await answer.write_eof()
    return answer


async def _stats(request: ApiRequest) -> dict[str, Any]:
    wanted = _filter(request.raw.query)
    return await request.runner.records.figures(wanted.agent, wanted.since, wanted.kind)


async def _memory(request: ApiRequest) -> dict[str, Any]:
    return await request.runner.records.memory(request.path["who"])


async def _forget(request: ApiRequest) -> None:
    await request.runner.records.forget(request.path["who"])


async def _context(request: ApiRequest) -> dict[str, Any]:
    if request.caller is not None and request.caller.identity != request.path["who"]:
        raise HttpProblem(404, "unknown_caller", "nothing is kept of such a caller")
    return await request.runner.records.context(request.path["who"])


async def _interaction(request: ApiRequest) -> dict[str, Any]:
    body: InteractionRequest = request.body
    about = body.model_dump(exclude={"agent"}, exclude_none=True)
    return {"id": await request.runner.records.interaction(body.agent, about)}


def _filter(query: Mapping[str, str]) -> RecordFilter:
    values = {name: query[name] for name in {**_FILTER, **_CURSOR} if query.get(name)}
    for name, value in values.items():
        if len(value) > _LONGEST:
            message = f"'{name}' is longer than {_LONGEST} characters"
            raise HttpProblem(400, "bad_request", message)
    kind = values.get("kind")
    if kind is not None and kind not in _KINDS:
        message = f"'{kind[:40]}' is not a kind of record"
        raise HttpProblem(400, "bad_request", message, f"there are: {', '.join(_KINDS)}")
    return RecordFilter(
        agent=values.get("agent"),
        since=_moment("since", values.get("since")),
        until=_moment("until", values.get("until"), last=True),
        words=values.get("q"),
        outcome=values.get("outcome"),
        kind=kind,
        cursor=values.get("cursor"),
    )


def _moment(name: str, text: str | None, *, last: bool = False) -> float | None:
    """Seconds since 1970; of a date its beginning, or where it is the last one, its end."""
    if text is None:
        return None
    try:
        # a + of a time zone that a client did not write as %2B has come as a blank
        return read_moment(text.replace(" ", "+") if "T" in text else text, last=last)
    except (ValueError, OverflowError):
        message = f"'{name}' is neither a date nor a moment: '{text[:40]}'"
        hint = "write 2026-03-02, or 2026-03-02T08:00:00Z"
        raise HttpProblem(400, "bad_request", message, hint) from None


ROUTES: Final = (
    Route(
        "records",
        "GET",
        "/v1/records",
        _page,
        "What happened in sessions that are over, the newest first",
        RecordPage,
        query=_FILTER | _CURSOR,
        errors=(400, 503),
    ),
    Route(
        "records_table",
        "GET",
        "/v1/records.csv",
        _table,
        "The same for a spreadsheet, all of them",
        kind="text/csv",
        query=_FILTER,
        errors=(400, 503),
    ),
    Route(
        "record",
        "GET",
        "/v1/records/{id}",
        _one,
        "One of them: what was said and done",
        RecordDetail,
        errors=(404, 503),
    ),
    Route(
        "delete_record",
        "DELETE",
        "/v1/records/{id}",
        _drop,
        "Delete it, with its sound",
        status=204,
        errors=(404, 503),
    ),
    Route(
        "record_audio",
        "GET",
        "/v1/records/{id}/audio",
        _audio,
        "Its sound",
        kind="audio/ogg",
        ticketed=True,
        errors=(404, 503),
    ),
    Route(
        "stats",
        "GET",
        "/v1/stats",
        _stats,
        "What sessions add up to",
        StatsReply,
        query=_OF_FIGURES,
        errors=(400, 503),
    ),
    Route(
        "memory",
        "GET",
        "/v1/memory/{who}",
        _memory,
        "What is remembered of a caller",
        MemoryReply,
        errors=(404, 503),
    ),
    Route(
        "forget_memory",
        "DELETE",
        "/v1/memory/{who}",
        _forget,
        "Forget a caller",
        status=204,
        errors=(404, 503),
    ),
    Route(
        "caller_context",
        "GET",
        "/agent/context/{who}",
        _context,
        "What is kept of a caller: memory, and the last ten calls",
        CallerContext,
        errors=(404, 503),
        callers=True,
    ),
    Route(
        "log_interaction",
        "POST",
        "/interactions/log",
        _interaction,
        "Keep an interaction that took place elsewhere beside the calls",
        InteractionReply,
        InteractionRequest,
        status=201,
        errors=(404,),
    ),
)
