"""What is served, and the reload of the folder."""

from __future__ import annotations

from typing import Any, Final

from runner.front.models.releases import ReleaseReply, ReloadReply
from runner.front.port import Runner
from runner.front.problems import HttpProblem
from runner.front.routes.route import ApiRequest, Route


def served(runner: Runner) -> dict[str, Any]:
    """The served release.

    Raises:
        HttpProblem: there is none yet.
    """
    release = runner.release
    if not release:
        raise HttpProblem(503, "not_ready", "no release is served yet")
    return release


async def _release(request: ApiRequest) -> dict[str, Any]:
    return served(request.runner)


async def _reload(request: ApiRequest) -> dict[str, Any]:
    return await request.runner.reload()


ROUTES: Final = (
    Route(
        "release",
        "GET",
        "/-/release",
        _release,
        "The served release",
        ReleaseReply,
        errors=(503,),
    ),
    Route(
        "reload",
        "POST",
        "/-/reload",
        _reload,
        "Compile the folder now, and serve it if it is valid",
        ReloadReply,
        errors=(503,),
    ),
)
