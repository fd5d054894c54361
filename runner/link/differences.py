"""Two releases of an agent, compared key by key.

It knows no key by name: a new one is compared as soon as it is declared.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Literal, get_args

from runner.link.release import AgentRelease
from runner.schema.agents import Limits, Room
from runner.schema.fields import Field
from runner.schema.turns import PersonaTurns, TurnTaking
from runner.schema.types.blocks import Block, Live
from runner.schema.types.live import latest, marks, within
from runner.schema.types.measures import Duration, LongTime, SomeTime
from runner.schema.types.names import ToolName, VariableName
from runner.schema.types.texts import Plain, Told

SHARED = ("personas", "tools", "services", "knowledge", "providers")
"""Sections of a release: name → definition."""

SETTINGS = (Limits, PersonaTurns, Room, TurnTaking)
"""Blocks that only gather settings: without one, each of its keys has its default."""

_SETS = (Plain, ToolName, VariableName, int)
"""Entries of lists whose order means nothing: each is told by itself."""

_SECONDS = tuple(get_args(each)[1] for each in (Duration, LongTime, SomeTime))

Kind = Literal["changed", "added", "removed"]

Location = tuple[str | int, ...]
"""Where a value stands: names, keys and places in a list, from the section down."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One value that is not what it was.

    Attributes:
        location: where it stands.
        kind: `added` where nothing stood before, `removed` where nothing stands now.
        before: as the models hold it; None where nothing stood.
        after: likewise.
        about: the description of the key that holds it.
        lasts: whether it is a duration, in seconds.
        hidden: whether it is private: it is never shown.
        live: from when it counts in a call that runs already.
    """

    location: Location
    kind: Kind
    before: Any
    after: Any
    about: str = ""
    lasts: bool = False
    hidden: bool = False
    live: Live = "now"


def path(location: Location) -> str:
    """A location as it is written: `tools.book.then[0].say`."""
    written = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in location)
    return written.removeprefix(".")


def of_agent(before: AgentRelease, after: AgentRelease) -> Iterator[Difference]:
    """Go through all that differs between two releases of an agent."""
    yield from differences(before.agent, after.agent, WalkPoint(("agents", after.name)))
    prompts = _prompts(before, after)
    yield from prompts
    by_prompts = {d.location for d in prompts}
    yield from _documents(before, after)
    yield from _sounds(before, after)
    for section in SHARED:
        changed = differences(
            getattr(before, section), getattr(after, section), WalkPoint((section,))
        )
        yield from (d for d in changed if d.location not in by_prompts)
    yield from differences(
        {n: Told(v) for n, v in before.env.items()},
        {n: Told(v) for n, v in after.env.items()},
        WalkPoint(("env",)),
    )


def _prompts(before: AgentRelease, after: AgentRelease) -> list[Difference]:
    """What differs in the text files of personas that both have."""
    changed: list[Difference] = []
    for name in [n for n in after.personas if n in before.personas]:
        old, now = before.prompts.get(name), after.prompts.get(name)
        place = WalkPoint(("personas", name, "instructions_file"), "what its text files say")
        changed += differences(old and Told(old), now and Told(now), place)
    return changed


def _documents(before: AgentRelease, after: AgentRelease) -> Iterator[Difference]:
    """Yield what differs in the documents of knowledge that both have."""
    for name in [n for n in after.documents if n in before.documents]:
        old, now = (
            {path: Told(text) for path, text in each.documents[name].items()}
            for each in (before, after)
        )
        place = WalkPoint(("knowledge", name, "files"), "what its documents say")
        yield from differences(old, now, place)


def _sounds(before: AgentRelease, after: AgentRelease) -> Iterator[Difference]:
    """Yield which sound files of both hold another sound."""
    for file in [f for f in after.sounds if f in before.sounds]:
        old, now = (Told(_known_by(each.sounds[file])) for each in (before, after))
        yield from differences(
            old, now, WalkPoint(("sounds", file, "content"), "what the file holds")
        )


def _known_by(sound: str) -> str:
    """A sound as it is told from others, and shown."""
    return f"the sound {hashlib.sha256(sound.encode()).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class WalkPoint:
    """Where the walk is."""

    location: Location
    about: str = ""
    lasts: bool = False
    hidden: bool = False
    live: Live = "now"

    def at(self, part: str | int) -> WalkPoint:
        """An entry of the mapping or list that stands here."""
        return replace(self, location=(*self.location, part))


def differences(before: Any, after: Any, place: WalkPoint) -> Iterator[Difference]:
    """Go through all that differs, in the order of the schema.

    Args:
        before: a block, mapping, tuple or single value; None where there is none.
        after: likewise.
        place: where both stand.
    """
    if before is after:
        return
    before, after = _settings(before, after), _settings(after, before)
    if isinstance(before, Block) and type(before) is type(after):
        yield from _blocks(before, after, place)
    elif isinstance(before, dict) and isinstance(after, dict):
        for name in dict.fromkeys((*before, *after)):
            yield from differences(before.get(name), after.get(name), place.at(str(name)))
    elif isinstance(before, tuple) and isinstance(after, tuple):
        yield from _tuples(before, after, place)
    elif type(before) is not type(after) or before != after:
        yield from _whole(before, after, place)


def _settings(value: Any, other: Any) -> Any:
    if value is None and isinstance(other, SETTINGS):
        return type(other).model_construct()
    return value


@cache
def plan(model: type[Block]) -> tuple[tuple[str, str, str, bool], ...]:
    """The keys of a block: key, attribute, description, whether it is a duration."""
    rows = []
    for key, name in model.keys().items():
        info = model.model_fields[name]
        lasts = _mentions_seconds((info.annotation, *info.metadata))
        rows.append((key, name, info.description or "", lasts))
    return tuple(rows)


def _mentions_seconds(parts: tuple[Any, ...]) -> bool:
    return any(part in _SECONDS or _mentions_seconds(get_args(part)) for part in parts)


def _blocks(before: Block, after: Any, place: WalkPoint) -> Iterator[Difference]:
    private = isinstance(before, Field) and (before.private or after.private)
    for key, name, about, lasts in plan(type(before)):
        hidden = place.hidden or (private and name == "default")
        live = latest(place.live, marks(type(before))[name])
        inner = WalkPoint((*place.location, key), about, lasts, hidden, live)
        yield from differences(getattr(before, name), getattr(after, name), inner)


def _tuples(
    before: tuple[Any, ...], after: tuple[Any, ...], place: WalkPoint
) -> Iterator[Difference]:
    entries = (*before, *after)
    gone = [e for e in before if e not in after]
    new = [e for e in after if e not in before]
    if (gone or new) and all(type(e) is str or isinstance(e, _SETS) for e in entries):
        for entry in gone:
            yield from _whole(entry, None, place)
        for entry in new:
            yield from _whole(None, entry, place)
    elif _in_step(before, after):
        for index, (old, now) in enumerate(zip(before, after, strict=True)):
            yield from differences(old, now, place.at(index))
    elif before != after:
        yield from _whole(before, after, place)


def _in_step(before: tuple[Any, ...], after: tuple[Any, ...]) -> bool:
    """Whether two lists of blocks or mappings are told entry by entry."""
    return len(before) == len(after) and all(
        type(old) is type(now) and isinstance(old, Block | dict)
        for old, now in zip(before, after, strict=True)
    )


def _whole(before: Any, after: Any, place: WalkPoint) -> Iterator[Difference]:
    kind: Kind = "changed"
    if _nothing(before, after):
        kind, before = "added", None
    elif _nothing(after, before):
        kind, after = "removed", None
    live = latest(place.live, within(before), within(after))
    yield Difference(
        place.location, kind, before, after, place.about, place.lasts, place.hidden, live
    )


def _nothing(value: Any, other: Any) -> bool:
    """Whether nothing stands there; `no` is nothing where a block could stand."""
    return value is None or value in ((), {}) or (value is False and isinstance(other, Block))
