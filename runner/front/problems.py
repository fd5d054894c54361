"""What the front refuses: one shape, one table of status numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from pydantic import BaseModel, ValidationError

from runner.diagnostics.nearest import did_you_mean
from runner.front.port import DialogueError

STATUS: Final = {
    "agent_unavailable": 503,
    "bad_contacts": 422,
    "bad_number": 422,
    "bad_request": 400,
    "draining": 503,
    "ended": 409,
    "room_gone": 409,
    "unknown_delivery": 404,
    "unknown_job": 404,
    "wrong_token": 401,
    "full": 503,
    "livekit_failed": 503,
    "no_livekit": 503,
    "key_reused": 422,
    "no_trunk": 503,
    "opted_out": 409,
    "not_yours": 403,
    "not_ready": 503,
    "out_of_bounds": 422,
    "records_unavailable": 503,
    "too_many_requests": 429,
    "unknown_agent": 404,
    "unknown_call": 404,
    "unknown_caller": 404,
    "unknown_campaign": 404,
    "unknown_record": 404,
    "unknown_session": 404,
}
"""Code of a `DialogueError` → status of the answer."""

RETRY_AFTER: Final = {
    "agent_unavailable": "5",
    "draining": "10",
    "full": "5",
    "livekit_failed": "5",
    "not_ready": "2",
    "records_unavailable": "5",
    "too_many_requests": "1",
}
"""Code → seconds after which a client may try again."""


class HttpProblem(Exception):  # noqa: N818 - the word of RFC 9457; it is an answer, not a failure
    """A request is answered with an error."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        help: str | None = None,  # noqa: A002 - the word of the API
        headers: dict[str, str] | None = None,
    ) -> None:
        """Take what the client is told."""
        super().__init__(message)
        self.status, self.code, self.message, self.help = status, code, message, help
        self.headers = dict(headers or {})
        if code in RETRY_AFTER:
            self.headers.setdefault("Retry-After", RETRY_AFTER[code])

    @property
    def body(self) -> dict[str, dict[str, str | None]]:
        """The JSON that the client gets."""
        return {"error": {"code": self.code, "message": self.message, "help": self.help}}


def from_dialogue(error: DialogueError, agent: str, agents: list[str]) -> HttpProblem:
    """Turn what the runner refuses into an answer; an unknown agent is told those there are."""
    hint = error.help
    if error.code == "unknown_agent" and hint is None:
        near = did_you_mean(agent, agents)
        listed = f"agents here: {', '.join(sorted(agents))}" if agents else None
        hint = f"{near} {listed}" if near and near.endswith("?") else listed
    return HttpProblem(STATUS.get(error.code, 400), error.code, error.message, hint)


Wording = Callable[[str, dict[str, Any]], tuple[str, str | None]]

_WITHOUT: Final = {"session_id": " to begin a dialogue", "room_name": " for a new room"}
"""What leaving a field out means, where that is worth a word."""

_WORDINGS: Final[dict[str, Wording]] = {
    "bool_type": lambda name, _: (f"'{name}' must be true or false", "write it without quotes"),
    "dict_type": lambda name, _: (f"'{name}' must be an object", 'write {"name": value}'),
    "greater_than_equal": lambda name, about: (
        f"'{name}' is less than {about['ge']:,}",
        f"give {about['ge']:,} or more",
    ),
    "int_type": lambda name, _: (f"'{name}' must be a whole number", "write it without quotes"),
    "less_than_equal": lambda name, about: (
        f"'{name}' is more than {about['le']:,}",
        f"give {about['le']:,} or less",
    ),
    "list_type": lambda name, _: (f"'{name}' must be a list", "write [ … ]"),
    "literal_error": lambda name, about: (
        f"'{name}' is none of the words that are possible here",
        f"write {about['expected']}",
    ),
    "missing": lambda name, _: (f"'{name}' is missing", None),
    "model_type": lambda name, _: (
        (f"'{name}' must be an object", 'write {"name": value}')
        if name
        else ("the body must be a JSON object", 'write, for example, {"text": "hello"}')
    ),
    "string_too_long": lambda name, about: (
        f"'{name}' is longer than {about['max_length']:,} characters",
        None,
    ),
    "string_too_short": lambda name, _: (
        f"'{name}' is empty",
        f"leave '{name}' out{_WITHOUT.get(name, '')}",
    ),
    "string_type": lambda name, _: (f"'{name}' must be text", "write it in double quotes"),
    "too_long": lambda name, about: (
        f"'{name}' may hold at most {about['max_length']:,} item(s)",
        "leave the others out",
    ),
    "too_short": lambda name, about: (
        f"'{name}' is empty" if not about["actual_length"] else f"'{name}' holds too few",
        f"give at least {about['min_length']:,}",
    ),
}
_BOUNDS: Final = frozenset(
    {
        "greater_than_equal",
        "less_than_equal",
        "nothing_said",
        "string_too_long",
        "string_too_short",
        "too_long",
    }
)


def _named(name: str, words: str) -> str:
    """What pydantic says, with where it is; our own words have it already."""
    return f"'{name}': {words[:1].lower()}{words[1:]}" if name else words


def from_validation(error: ValidationError, model: type[BaseModel]) -> HttpProblem:
    """Tell the first mistake of a request; an unknown field comes before the others."""
    mistakes = error.errors(include_url=False, include_input=False)
    first = min(mistakes, key=lambda each: each["type"] != "extra_forbidden")
    about = first.get("ctx", {})
    name = ".".join(str(each) for each in first["loc"])
    if first["type"] == "extra_forbidden":
        known = [info.alias or each for each, info in model.model_fields.items()]
        hint: str | None = did_you_mean(name, known) or f"known here: {', '.join(sorted(known))}"
        return HttpProblem(400, "bad_request", f"unknown field '{name}'", hint)
    wording = _WORDINGS.get(first["type"])
    message, hint = (
        wording(name, about) if wording else (_named(name, first["msg"]), about.get("help"))
    )
    code = "out_of_bounds" if first["type"] in _BOUNDS else "bad_request"
    return HttpProblem(STATUS[code], code, message, hint)
