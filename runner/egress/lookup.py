"""What is known of a question: asked of documents and services, and put together."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from runner.egress.mcp.servers import import_client
from runner.egress.port import ToolRequest, ToolResponse
from runner.egress.trouble import RequestError
from runner.knowledge import Index, passages
from runner.schema.knowledge import FilesKnowledge

if TYPE_CHECKING:
    from runner.link.release import AgentRelease, Release
    from runner.schema.tools import HttpTool, KnowledgeTool

NOTHING: Final = "Nothing about this was found."
_EMPTY: Final = frozenset({"", "null", "[]", "{}", "Done."})
"""What a service is given out as that found nothing."""

Send = Callable[[str, "HttpTool", ToolRequest], Awaitable[ToolResponse]]
"""Asks the service of a knowledge base: its name, the request as a tool, and what is asked."""


async def look_up(
    release: AgentRelease, tool: KnowledgeTool, ask: ToolRequest, send: Send
) -> ToolResponse:
    """Ask all knowledge of a tool at the same time."""
    names = list(dict.fromkeys(map(str, tool.knowledge)))
    requests = [_asked(release, name, ask, send) for name in names]
    answers = dict(zip(names, await asyncio.gather(*requests), strict=True))
    return _together(answers) if len(names) > 1 else answers[names[0]]


async def _asked(release: AgentRelease, name: str, ask: ToolRequest, send: Send) -> ToolResponse:
    source = release.sources.get(name)
    if source is not None:
        answer = await send(name, source, ask)
        return replace(answer, output=NOTHING) if answer.output in _EMPTY else answer
    question, knowledge = str(ask.arguments.get("query", "")), release.knowledge[name]
    most = knowledge.results if isinstance(knowledge, FilesKnowledge) else 1
    documents = tuple(release.documents.get(name, {}).items())
    return await asyncio.to_thread(_found, documents, question, most)


def _found(documents: tuple[tuple[str, str], ...], question: str, most: int) -> ToolResponse:
    passages = index(documents).find(question, most)
    result = [{"text": p.text, "title": p.title, "file": p.file} for p in passages]
    return ToolResponse(ok=True, output="\n\n".join(map(str, passages)) or NOTHING, result=result)


@lru_cache(maxsize=16)
def index(documents: tuple[tuple[str, str], ...]) -> Index:
    """The index of documents (path, text); made once as long as they are the same."""
    return Index(piece for path, text in documents for piece in passages(text, path))


def read_ahead(release: Release) -> None:
    """Make the indexes of a release, and load what it needs, so that no caller waits for it."""
    if any(agent.servers for agent in release.agents.values()):
        with contextlib.suppress(RequestError):
            import_client()
    for agent in release.agents.values():
        for documents in agent.documents.values():
            index(tuple(documents.items())).find("", 1)


def _together(answers: dict[str, ToolResponse]) -> ToolResponse:
    """One answer out of several; it only failed where all did."""
    good = {name: answer for name, answer in answers.items() if answer.ok}
    bad = {name: answer for name, answer in answers.items() if not answer.ok}
    outputs = [a.output for a in good.values() if a.output != NOTHING]
    if not good:
        outputs = [next(iter(bad.values())).output]
    elif bad:
        outputs.append("(A part of what is known could not be asked.)")
    everything = answers.values()
    first = next(iter(bad.values()), None)
    return ToolResponse(
        ok=bool(good),
        output="\n\n".join(outputs) or NOTHING,
        result={name: answer.result for name, answer in good.items()} or None,
        error="; ".join(f"{name}: {a.error}" for name, a in bad.items()) or None,
        attempts=tuple(attempt for answer in everything for attempt in answer.attempts),
        status=first.status if first is not None else None,
        data=first.data if first is not None and not good else None,
        notes=tuple(dict.fromkeys(note for answer in everything for note in answer.notes)),
    )
