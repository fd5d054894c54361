"""The agents of the served release."""

from __future__ import annotations

from typing import Final

from runner.front.models.agents import AgentRows
from runner.front.port import AgentInfo
from runner.front.routes.route import ApiRequest, Route


async def _agents(request: ApiRequest) -> list[AgentInfo]:
    return request.runner.agents(request.preview.release if request.preview is not None else None)


ROUTES: Final = (
    Route("agents", "GET", "/v1/agents", _agents, "The agents", AgentRows, previews=True),
)
