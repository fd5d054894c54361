"""Errors as OpenAI has them (https://platform.openai.com/docs/guides/error-codes)."""

from __future__ import annotations

from typing import Any, Final

from runner.front.problems import HttpProblem

_CODES: Final = {
    "unknown_agent": "model_not_found",
    "too_many_requests": "rate_limit_exceeded",
}
_RATE: Final = 429
_SERVER: Final = 500


def openai_error(problem: HttpProblem) -> dict[str, Any]:
    """A problem as OpenAI's clients read it; what to do is a part of the message."""
    if problem.status == _RATE:
        kind = "rate_limit_error"
    else:
        kind = "server_error" if problem.status >= _SERVER else "invalid_request_error"
    words = f"{problem.message}; {problem.help}" if problem.help else problem.message
    code = _CODES.get(problem.code, problem.code)
    return {"error": {"message": words, "type": kind, "param": None, "code": code}}
