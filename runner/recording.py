"""A conversation that took place, as a test in YAML."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from runner.link.release import AgentRelease

Event = Mapping[str, Any]

_LONG: Final = 2_000
"""Characters of an answer that gets a file of its own."""

_BARE: Final = re.compile(r"[A-Za-z][\w ,.'!?$€%()/-]*[\w.!?)]")
_WORDS: Final = frozenset({"yes", "no", "true", "false", "on", "off", "null", "none", "nan", "inf"})
_PLACE: Final = re.compile(r"\{\{\s*result((?:\.\w+)+)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service answered to one request of a tool.

    Attributes:
        body: as text, secrets and private values masked; empty where nothing came.
        fails: it could not be reached, in these words.
    """

    tool: str
    status: int = 200
    body: str = ""
    fails: str | None = None


@dataclass(slots=True)
class Cassette:
    """What services answered, in order."""

    answers: list[Answer] = field(default_factory=list)

    def of(self, tool: str) -> list[Answer]:
        """The answers to one tool."""
        return [answer for answer in self.answers if answer.tool == tool]


@dataclass(frozen=True, slots=True)
class Said:
    """A turn that took place, and what came of it.

    Attributes:
        words: the caller's; None for the greeting, and for keys.
        keys: those that the caller pressed.
        private: which they were is told to nobody.
        app: the method that the caller's app has called, and what it sent.
    """

    words: str | None
    events: list[Event]
    keys: str | None = None
    private: bool = False
    app: tuple[str, Mapping[str, Any]] | None = None

    @property
    def step(self) -> str | None:
        """The step of a test that does the same; of private keys nobody knows which they were."""
        if self.app is not None:
            return _app_step(*self.app)
        if self.private:
            return 'keypad: "0000#"  # which keys they were is private: write some of your own'
        if self.keys is not None:
            return f"keypad: {scalar(self.keys)}"
        return f"user: {scalar(self.words)}" if self.words is not None else None


@dataclass(frozen=True, slots=True)
class Recorded:
    """A test.

    Attributes:
        text: a file of the folder.
        files: path beside it → text: long answers of services.
    """

    text: str
    files: Mapping[str, str] = field(default_factory=dict)


def turns_of(events: Iterable[Event]) -> list[Said]:
    """The turns of a session's events, in which the caller's own words stand."""
    turns = [Said(None, [])]
    for event in events:
        if event["type"] == "message" and event["role"] == "user":
            turns.append(Said(str(event["text"]), []))
        elif _by_caller(event) and event["type"] == "app":
            turns.append(Said(None, [], app=(event["name"], event["arguments"])))
        elif _by_caller(event):
            turns.append(Said(None, [], event["keys"], private=event["keys"] is None))
        else:
            turns[-1].events.append(event)
    return turns


def _by_caller(event: Event) -> bool:
    return bool(event["type"] in ("app", "keypad") and event["role"] == "user")


def _app_step(method: str, sent: Mapping[str, Any]) -> str:
    lines = [f"app: {method}", *("with:" for _ in [0] if sent)]
    lines += [f"  {name}: {_written(value)}" for name, value in sent.items()]
    return "\n        ".join(lines)


def _written(value: Any) -> str:
    """A value as a step of a test writes it: a text, or one expression that keeps its type."""
    if isinstance(value, str):
        return scalar(value)
    return scalar("{{ " + json.dumps(value, ensure_ascii=False) + " }}")


def recorded(  # noqa: PLR0913 - what took place, by name
    name: str,
    release: AgentRelease,
    turns: Sequence[Said],
    cassette: Cassette,
    began: datetime,
    *,
    apart: bool = True,
) -> Recorded:
    """Write a test of a conversation.

    Args:
        name: of the test.
        release: the agent.
        turns: what was said, and what came of it.
        cassette: what services answered; secrets are masked in it.
        began: when the call began, in the agent's time zone.
        apart: whether long answers of services have files of their own.
    """
    files: dict[str, str] | None = {} if apart else None
    lines = [
        "# Of a conversation that took place: keep what must stay so, and delete the rest.",
        "tests:",
        f"  {name}:",
        f"    agent: {release.name}",
        f"    clock: {began.replace(tzinfo=None).isoformat(timespec='minutes')}",
        *_mocks(name, release, cassette, files),
        "    steps:",
    ]
    for turn in turns:
        if turn.step is not None:
            lines.append(f"      - {turn.step}")
        lines += _checks(turn.events)
    return Recorded("\n".join(lines) + "\n", files or {})


def guessed(release: AgentRelease, events: Sequence[Event]) -> Cassette:
    """What services must have answered, from what the model saw of it.

    Without `result:` the model sees the whole answer. Where `text:` names single values of it,
    these are read back; where `pick:` has taken something out, nobody knows what was around it.
    """
    cassette = Cassette()
    for event in events:
        if event["type"] == "tool_result" and event["name"] in release.requests:
            name, output = str(event["name"]), str(event["output"])
            if event["error"]:
                cassette.answers.append(
                    Answer(name, fails=output.splitlines()[0][:80] or "no answer")
                )
            else:
                cassette.answers.append(Answer(name, body=_answer(release, name, output)))
    return cassette


def named(agent: str, began: datetime) -> str:
    """The name of a test of a conversation that nobody has named."""
    return f"{agent.replace('-', '_')}_{began:%Y%m%d_%H%M%S}"


def in_its_zone(started: str, release: AgentRelease) -> datetime:
    """When a session began, as the clock of its agent had it."""
    zone = release.agent.timezone
    return datetime.fromisoformat(started).astimezone(ZoneInfo(zone) if zone else None)


def of_session(
    release: AgentRelease, events: Sequence[Event], started: str, heard: Cassette | None = None
) -> str:
    """The test of a session, whole in one file.

    Args:
        release: the agent.
        events: of the session, in which secrets are masked.
        started: the moment at which it began (ISO 8601).
        heard: what services answered; guessed where it is not known.
    """
    began = in_its_zone(started, release)
    name, turns = named(release.name, began), turns_of(events)
    cassette = heard if heard is not None else guessed(release, events)
    return recorded(name, release, turns, cassette, began, apart=False).text


def _answer(release: AgentRelease, tool: str, output: str) -> str:
    template = release.requests[tool].result.text
    if template is None:
        return output
    names: list[str] = []

    def place(match: re.Match[str]) -> str:
        names.append(match[1][1:])
        return "\0"

    parts = _PLACE.sub(place, str(template)).split("\0")
    pattern = "(.*?)".join(map(re.escape, parts))
    match = re.fullmatch(pattern, output, re.DOTALL)
    if match is None:
        return "{}"
    data: dict[str, Any] = {}
    for name, value in zip(names, match.groups(), strict=True):
        inner = data
        *way, last = name.split(".")
        for part in way:
            inner = inner.setdefault(part, {})
        inner[last] = value
    return json.dumps(data, ensure_ascii=False)


def _mocks(
    name: str, release: AgentRelease, cassette: Cassette, files: dict[str, str] | None
) -> Iterator[str]:
    tools = [tool for tool in release.requests if cassette.of(tool)]
    if tools:
        yield "    mocks:"
    for tool in tools:
        yield f"      {tool}:"
        for number, answer in enumerate(cassette.of(tool), 1):
            first, *rest = _mock(answer, f"cassettes/{name}_{tool}_{number}.json", files)
            yield f"        - {first}"
            yield from (f"          {line}" for line in rest)


def _mock(answer: Answer, file: str, files: dict[str, str] | None) -> Iterator[str]:
    if answer.fails is not None:
        yield f"fails: {scalar(answer.fails)}"
        return
    status = answer.status if answer.status != 200 else None  # noqa: PLR2004 - the usual one
    if not answer.body.strip():
        yield f"status: {answer.status}"
        return
    if files is not None and len(answer.body) > _LONG:
        files[file] = answer.body
        yield f"returns_file: {file}"
    elif (shown := _as_json(answer.body)) is None:
        yield f"returns: {scalar(answer.body)}"
    else:
        yield "returns_json: |"
        yield from (f"  {line}" for line in shown.splitlines())
    if status is not None:
        yield f"status: {status}"


def _as_json(body: str) -> str | None:
    try:
        return json.dumps(json.loads(body), ensure_ascii=False, indent=2)
    except ValueError:
        return None


def _checks(events: Sequence[Event]) -> Iterator[str]:
    rows = [*_called(events), *_went(events), *_said(events)]
    if rows:
        yield "      - agent:"
        yield from (f"          {row}" for row in rows)


def _called(events: Sequence[Event]) -> Iterator[str]:
    calls = [e for e in events if e["type"] == "tool_call"]
    given = {str(e["name"]): _arguments(e["arguments"]) for e in calls}
    bare = [name for name, arguments in given.items() if not arguments]
    if bare:  # a name without arguments stands in a list alone
        yield "calls_in_order:" if len(bare) < len(given) else "calls:"
        yield from (f"  - {e['name']}" for e in calls)
    if len(bare) < len(given):
        yield "calls:"
    for name, arguments in given.items():
        if arguments:
            yield f"  {name}:"
            yield from (f"    {argument}: {value}" for argument, value in arguments.items())


def _arguments(given: Any) -> dict[str, str]:
    """Those that are texts, numbers or yes and no, as YAML."""
    words = {True: "yes", False: "no"}
    return {
        str(name): scalar(words[value] if isinstance(value, bool) else str(value))
        for name, value in dict(given or {}).items()
        if isinstance(value, str | int | float)
    }


def _went(events: Sequence[Event]) -> Iterator[str]:
    handoffs = [str(e["to"]) for e in events if e["type"] == "handoff"]
    if handoffs:
        yield f"hands_off_to: {handoffs[-1]}"
    if any(e["type"] == "end" and e["reason"] != "caller_left" for e in events):
        yield "ends_call: yes"


def _said(events: Sequence[Event]) -> Iterator[str]:
    said = [str(e["text"]) for e in events if e["type"] == "message" and e["role"] == "agent"]
    if said:
        yield "says:"
        yield from (f"  - {scalar(words)}" for words in said)


def scalar(text: str) -> str:
    """A text as YAML reads it back, in quotes only where it must be."""
    if _BARE.fullmatch(text) and text.casefold() not in _WORDS and not text.endswith(" "):
        return text
    return json.dumps(text, ensure_ascii=False)
