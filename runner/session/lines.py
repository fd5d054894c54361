"""Events as lines for people."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from typing import Any

from runner.diagnostics.render import printable


def line_of(event: Mapping[str, Any]) -> str | None:
    """An event as a line for people; None for what they have written themselves."""
    match event["type"]:
        case "message" if event["role"] == "agent":
            return f"{event['persona']}: {_one_line(event['text'])}"
        case "tool_call":
            given = ", ".join(
                f"{n}: {shortened(v)}" for n, v in _arguments(event["arguments"]).items()
            )
            return f"  → {event['name']}({given})"
        case "tool_result":
            return (
                f"  {'✗' if event['error'] else '←'} {event['name']}: {shortened(event['output'])}"
            )
        case kind if kind in _OWN:
            return _OWN[kind](event)
        case kind if kind in _PLAIN:
            return _PLAIN[kind].format_map(event)
        case _:
            return None


def _with_the_hand(event: Mapping[str, Any]) -> str:
    user = event["role"] == "user"
    if event["type"] == "app":
        who = "the app asks for" if user else f"{event['persona']} asks the app for"
        given = ", ".join(f"{n}: {shortened(v)}" for n, v in event["arguments"].items())
        return f"  ☐ {who} {event['name']}({given})"
    who = "you press" if user else f"{event['persona']} presses"
    return f"  ⌨ {who} {event['keys'] or 'keys that stay private'}"


def _opted_out(event: Mapping[str, Any]) -> str:
    if event["number"] is None:
        return "  ⊘ the caller has no number here that could be put on the list of lkrun optout"
    return f"  ⊘ {event['number']} is never called again"


def _dialled(event: Mapping[str, Any]) -> str:
    to = event["to"] or "nobody: there is no number"
    by = "nobody answers" if event["answered_by"] == "nobody" else _ANSWERS[event["answered_by"]]
    if not event["telephone"]:
        return f"  ☎ there is no telephone here: {event['persona']} would call {to}, and {by}"
    why = f" ({event['outcome']})" if event["answered_by"] == "nobody" else ""
    return f"  ☎ {event['persona']} calls {to}, and {by}{why}"


_ANSWERS = {
    "person": "a person answers",
    "mailbox": "a mailbox answers",
    "menu": "a phone menu answers",
    "full": "a full mailbox answers",
    "unsure": "something answers of which nobody can tell what it is",
}


def _put_through(event: Mapping[str, Any]) -> str:
    to, state = event["to"] or "nobody", event["state"]
    if state == "calling":
        return f"  ☎ {to} is called ({event['how']})"
    if state == "failed":
        return f"  ☎ the caller is not put through to {to}: {event['reason'].replace('_', ' ')}"
    here = "; there is no telephone here, so it is only shown" if state == "shown" else ""
    return f"  ☎ the caller is put through to {to} ({event['how']}){here}"


_OWN = {
    "dial": _dialled,
    "app": _with_the_hand,
    "keypad": _with_the_hand,
    "opt_out": _opted_out,
    "transfer": _put_through,
}

_PLAIN = {
    "handoff": "  ⇒ {from} hands over to {to}",
    "event": "  ⇢ event {name}",
    "intent": "  ⇢ intent {name}",
    "language": "  ⇄ the language changes from {from} to {to}",
    "sound": "  ♪ {name}",
    "end": "  the conversation has ended ({reason})",
}


def _arguments(arguments: Any) -> dict[str, Any]:
    if isinstance(arguments, str):
        with contextlib.suppress(ValueError):
            arguments = json.loads(arguments)
    return arguments if isinstance(arguments, dict) else {}


def shortened(value: Any, longest: int = 160) -> str:
    """A value on one short line."""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    text = _one_line(text)
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _one_line(text: str) -> str:
    return printable(" ".join(text.split()))
