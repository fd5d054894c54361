"""Previews: the token of a link opens conversations with what is saved, and nothing else."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from runner.front.problems import HttpProblem
from runner.front.talks_port import Preview

PREVIEW: Final = web.RequestKey("preview", Preview)
"""Where a request has the preview that its token is of."""


def over() -> HttpProblem:
    """What is told to whoever comes with a link that has had its time."""
    hint = "make another link with lkrun preview: one lasts an hour, and ends with its runner"
    about = {"WWW-Authenticate": "Bearer"}
    return HttpProblem(401, "preview_over", "this preview is over", hint, about)


def not_here() -> HttpProblem:
    """What is told to whoever wants more than to talk."""
    message = "the link of a preview does not open this"
    hint = "with it one talks with what is saved; a program sends one of the tokens of runner.http"
    return HttpProblem(403, "not_for_previews", message, hint)
