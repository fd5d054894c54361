"""What each check of a test looks at; a row a key of `agent` and `finally`."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from runner.patterns import compile_pattern
from runner.schema.test_steps import Checks
from runner.schema.types.by_language import nearest_language
from runner.session.values.detection import detect
from runner.testing.expected import as_text, fits
from runner.testing.turn import TurnRecord
from runner.texts import LANGUAGES

Check = Callable[[Any, TurnRecord], Iterator[str]]
"""Takes what is expected and a turn; gives a message for each thing that is otherwise."""

MEANING: Final = ("means", "judge")
"""Checks that a model makes."""


def failures(checks: Checks, turn: TurnRecord) -> Iterator[tuple[str, str]]:
    """Check a turn.

    Yields:
        The key of a check that failed, and what is otherwise.
    """
    for key, name in Checks.keys().items():
        if name in checks.model_fields_set and name in CHECKS:
            for message in CHECKS[name](getattr(checks, name), turn):
                yield key, message


def _says(expected: tuple[str, ...], turn: TurnRecord) -> Iterator[str]:
    for words in expected:
        if not _in(words, turn.said):
            yield f"'{words}' was not said; {_said(turn)}"


def _says_any(expected: tuple[str, ...], turn: TurnRecord) -> Iterator[str]:
    if not any(_in(words, turn.said) for words in expected):
        yield f"none of {_quoted(expected)} was said; {_said(turn)}"


def _never_says(expected: tuple[str, ...], turn: TurnRecord) -> Iterator[str]:
    for words in expected:
        if _in(words, turn.said):
            yield f"'{words}' was said; {_said(turn)}"


def _pattern(expected: str, turn: TurnRecord) -> Iterator[str]:
    if compile_pattern(str(expected)).search(turn.said) is None:
        yield f"nothing fits the pattern '{expected}'; {_said(turn)}"


def _max_words(expected: int, turn: TurnRecord) -> Iterator[str]:
    words = len(turn.said.split())
    if words > expected:
        yield f"{words} words were said, more than {expected}; {_said(turn)}"


def _language(expected: str, turn: TurnRecord) -> Iterator[str]:
    if not turn.said.strip():
        yield "nothing was said"
        return
    spoken = detect(turn.said, {**dict.fromkeys(LANGUAGES), expected: None})
    if spoken is not None and nearest_language(spoken, (expected,)) is None:
        yield f"'{spoken}' was spoken, not '{expected}'; {_said(turn)}"


def _calls(
    expected: tuple[str, ...] | Mapping[str, Mapping[str, Any] | None], turn: TurnRecord
) -> Iterator[str]:
    for name in expected:
        given = [e["arguments"] for e in turn.calls if e["name"] == str(name)]
        wanted = expected[name] if isinstance(expected, Mapping) else None
        if not given:
            yield f"{name} was not called; {_called(turn)}"
        elif wanted and not any(fits(wanted, arguments) for arguments in given):
            shown = " and with ".join(json.dumps(a, ensure_ascii=False) for a in given)
            odd = [n for n, v in wanted.items() if not _fits_one(n, v, given[-1])]
            yield f"{name} was called with {shown}: {', '.join(odd)} is otherwise"


def _fits_one(name: str, expected: Any, arguments: Mapping[str, Any]) -> bool:
    return fits({name: expected}, arguments)


def _calls_nothing(expected: bool, turn: TurnRecord) -> Iterator[str]:
    if expected and turn.calls:
        yield _called(turn)


def _never_calls(expected: tuple[str, ...], turn: TurnRecord) -> Iterator[str]:
    called = {e["name"] for e in turn.calls}
    for name in expected:
        if str(name) in called:
            yield f"{name} was called"


def _calls_in_order(expected: tuple[str, ...], turn: TurnRecord) -> Iterator[str]:
    rest = iter(e["name"] for e in turn.calls)
    for name in expected:
        if str(name) not in rest:
            yield f"{name} was not called after what stands before it; {_called(turn)}"
            return


def _times(expected: Mapping[str, int], turn: TurnRecord) -> Iterator[str]:
    for name, wanted in expected.items():
        times = sum(e["name"] == str(name) for e in turn.calls)
        if times != wanted:
            yield f"{name} was called {_often(times)}, not {_often(wanted)}"


def _fails_with(expected: tuple[str, ...], turn: TurnRecord) -> Iterator[str]:
    for words in expected:
        if not any(_in(words, error) for error in turn.errors):
            failed = f"what failed said {_quoted(turn.errors)}" if turn.errors else "no tool failed"
            yield f"no tool failed with '{words}'; {failed}"


def _hands_off_to(expected: str, turn: TurnRecord) -> Iterator[str]:
    if str(expected) not in turn.handoffs:
        yield f"the call was not handed to {expected}; {_handed(turn)}"


def _transfers_to(expected: str, turn: TurnRecord) -> Iterator[str]:
    if str(expected) not in turn.transfers:
        done = [f"put through to {to}" for to in turn.transfers]
        done += [f"not put through to {why}" for why in turn.refused]
        what = f"they were {', then '.join(done)}" if done else "there was no transfer"
        yield f"the caller was not put through to {expected}; {what}"


def _stays(expected: bool, turn: TurnRecord) -> Iterator[str]:
    if expected and turn.handoffs:
        yield _handed(turn)
    elif expected and turn.transfers:
        yield f"the caller was put through to {turn.transfers[0]}"


def _remembers(expected: Mapping[str, Any], turn: TurnRecord) -> Iterator[str]:
    for name, wanted in expected.items():
        if not fits({str(name): wanted}, turn.variables):
            value = turn.variables.get(str(name))
            shown = "has no value" if value is None else f"is '{as_text(value)}'"
            yield f"{name} {shown}, not '{wanted}'"


def _ends_call(expected: bool, turn: TurnRecord) -> Iterator[str]:
    if expected and not turn.ended:
        yield "the call did not end"
    elif not expected and turn.ended:
        yield "the call ended"


def _within(expected: float, turn: TurnRecord) -> Iterator[str]:
    if turn.seconds > expected:
        yield f"the turn took {turn.seconds:.2f} s, more than {expected:g} s"


def _first_word_within(expected: float, turn: TurnRecord) -> Iterator[str]:
    if turn.first_word is None:
        yield "nothing was said"
    elif turn.first_word > expected:
        yield f"the first word came after {turn.first_word:.2f} s, later than {expected:g} s"


def _silence_max(expected: float, turn: TurnRecord) -> Iterator[str]:
    if turn.silence > expected:
        yield f"nothing was said for {turn.silence:.2f} s, longer than {expected:g} s"


def _hears(expected: tuple[str, ...], turn: TurnRecord) -> Iterator[str]:
    heard = " ".join(turn.heard.split())
    understood = f"the agent understood '{heard}'" if heard else "the agent understood nothing"
    yield from (f"'{words}' was not understood; {understood}" for words in expected
                if not _in(words, turn.heard))  # fmt: skip


def _interrupted(expected: bool, turn: TurnRecord) -> Iterator[str]:
    if expected and not turn.interrupted:
        yield "the agent's words were not cut short"
    elif not expected and turn.interrupted:
        yield f"the agent's words were cut short; {_said(turn)}"


def _stops_within(expected: float, turn: TurnRecord) -> Iterator[str]:
    if turn.stopped is None:
        yield "the agent did not stop speaking for the caller"
    elif turn.stopped > expected:
        yield f"the agent was silent after {turn.stopped:.2f} s, later than {expected:g} s"


def _max_tokens(expected: int, turn: TurnRecord) -> Iterator[str]:
    if turn.tokens > expected:
        yield f"{turn.tokens} tokens were used, more than {expected}"


def _tool_calls_max(expected: int, turn: TurnRecord) -> Iterator[str]:
    if len(turn.calls) > expected:
        yield f"{len(turn.calls)} calls of tools, more than {expected}; {_called(turn)}"


def _csv_row(expected: Mapping[str, Any], turn: TurnRecord) -> Iterator[str]:
    if not expected or any(fits(expected, row) for row in turn.rows):
        return
    if not turn.rows:
        yield "no row was written: no csv of after_call was sent"
        return
    shown = " and ".join(json.dumps(row, ensure_ascii=False) for row in turn.rows)
    odd = [n for n, v in expected.items() if not _fits_one(n, v, turn.rows[-1])]
    yield f"the row was {shown}: {', '.join(odd)} is otherwise"


def _webhook_body(expected: Mapping[str, Any], turn: TurnRecord) -> Iterator[str]:
    bodies = [{**body["data"], **body} for body in turn.bodies]
    if not expected or any(fits(expected, body) for body in bodies):
        return
    if not bodies:
        yield "nothing was posted: no webhook of after_call was sent"
        return
    odd = [n for n, v in expected.items() if not _fits_one(n, v, bodies[-1])]
    values = {n: bodies[-1].get(n) for n in odd}
    yield f"the body had {json.dumps(values, ensure_ascii=False)}: {', '.join(odd)} is otherwise"


CHECKS: Final[dict[str, Check]] = {
    "calls": _calls,
    "calls_in_order": _calls_in_order,
    "calls_nothing": _calls_nothing,
    "csv_row": _csv_row,
    "ends_call": _ends_call,
    "fails_with": _fails_with,
    "first_word_within": _first_word_within,
    "hands_off_to": _hands_off_to,
    "hears": _hears,
    "interrupted": _interrupted,
    "matches": _pattern,
    "language": _language,
    "max_tokens": _max_tokens,
    "max_words": _max_words,
    "never_calls": _never_calls,
    "never_says": _never_says,
    "remembers": _remembers,
    "says": _says,
    "says_any": _says_any,
    "silence_max": _silence_max,
    "stays": _stays,
    "stops_within": _stops_within,
    "times": _times,
    "transfers_to": _transfers_to,
    "tool_calls_max": _tool_calls_max,
    "webhook_body": _webhook_body,
    "within": _within,
}


def _in(words: str, text: str) -> bool:
    return _plain(words) in _plain(text)


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text.replace("\u2019", "'")).strip().casefold()


def _said(turn: TurnRecord) -> str:
    said = " ".join(turn.said.split())
    return f"the agent said '{said}'" if said else "the agent said nothing"


def _called(turn: TurnRecord) -> str:
    names = ", ".join(dict.fromkeys(str(e["name"]) for e in turn.calls))
    return f"called: {names}" if names else "no tool was called"


def _handed(turn: TurnRecord) -> str:
    names = ", then ".join(turn.handoffs)
    return f"it was handed to {names}" if names else "it was not handed over"


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join(f"'{text}'" for text in texts)


_TIMES: Final = {0: "not at all", 1: "once", 2: "twice"}


def _often(times: int) -> str:
    return _TIMES.get(times, f"{times} times")
