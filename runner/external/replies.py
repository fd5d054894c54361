"""What a program answered, and what follows of it: the table of outcomes."""

from __future__ import annotations

from typing import Final

from pydantic import ValidationError

from runner.external.messages import JobReply

GONE: Final = 410
"""The status by which a program says that it will never come back."""

_NOTHING: Final = 204


class BadReplyError(Exception):
    """An answer that says neither yes nor no; the text says why."""


def read(status: int, body: bytes) -> JobReply:
    """Read an answer with a status 2xx; nothing is a yes.

    Raises:
        BadReplyError: it is not what was agreed.
    """
    if status == _NOTHING or not body.strip():
        return JobReply(accepted=True)
    try:
        return JobReply.model_validate_json(body)
    except ValidationError as error:
        raise BadReplyError(_why(body, error)) from None


def _why(body: bytes, error: ValidationError) -> str:
    if body.lstrip()[:1] == b"<":
        return "it answered with a page (HTML), where JSON belongs"
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] == "json_invalid":
        return "its answer is not JSON"
    where = ".".join(map(str, first["loc"]))
    if not where:
        return "its answer is not a JSON object"
    if first["type"] == "missing":
        return f"its answer lacks '{where}', which is true or false"
    return f"'{where}' in its answer is not of the right type"
