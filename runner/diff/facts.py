"""What a sentence about a difference may say: who it is about, what was and what is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from runner.diff.privacy import STARS, masked
from runner.diff.wording import counted, listed, quoted, said
from runner.link import AgentRelease
from runner.link.differences import Difference, path
from runner.provider_kinds import BY_KEY
from runner.schema.types.blocks import Block
from runner.schema.types.names import ProviderName
from runner.schema.types.texts import Spoken

_OPTIONS = ("model", "voice", "voice_id", "language")
"""Options that tell one provider of a plugin from another."""

_SHORT = 60
_NOT_SHOWN = "has changed in what is not shown here"


@dataclass(frozen=True)
class SentenceFacts:
    """All that a sentence may name; a row of the table names them in braces.

    Attributes:
        difference: with everything private masked.
        touched: names of the agents that it touches.
        old: one of these agents as it was; None where it is about no agent.
        new: the same agent as it is.
    """

    difference: Difference
    touched: Sequence[str]
    old: AgentRelease | None = None
    new: AgentRelease | None = None

    @cached_property
    def owner(self) -> str:
        """The agent, persona, tool or provider whose key it is."""
        location = self.difference.location
        return "the runner" if location[0] == "runner" else str(location[1])

    @property
    def agents(self) -> str:
        """The agents: `clinic and hotel`."""
        return listed(self.touched)

    @property
    def key(self) -> str:
        """The key below its owner, as it is written: `limits.max_duration`."""
        begin = 1 if self.difference.location[0] == "runner" else 2
        return path(self.difference.location[begin:])

    @property
    def option(self) -> str:
        """The option of a plugin, below `with`."""
        return path(self.difference.location[3:]) or self.last

    @property
    def entry(self) -> str:
        """The name below the first key: the persona of a handoff, a parameter, a variable."""
        location = self.difference.location
        return str(location[3]) if len(location) > 3 else self.last  # noqa: PLR2004 - section, owner, key, entry

    @property
    def last(self) -> str:
        """The last name of the location."""
        return str([p for p in self.difference.location if isinstance(p, str)][-1])

    @property
    def about(self) -> str:
        """What the key means."""
        return self.difference.about

    @property
    def noun(self) -> str:
        """What people call this provider: `voice`."""
        name = self.owner
        known = next(
            (r.providers[name] for r in (self.new, self.old) if r and name in r.providers), None
        )
        return BY_KEY[known.kind].noun if isinstance(known, Block) else "provider"

    @property
    def described(self) -> str:
        """A provider with what tells it from others."""
        return _provider(self.owner, self.new)

    @property
    def before(self) -> str:
        """What was."""
        return self._said(self.difference.before, self.old)

    @property
    def after(self) -> str:
        """What is."""
        return self._said(self.difference.after, self.new)

    @property
    def became(self) -> str:
        """What is, beside what was: `is now 8 s, not 5 s`."""
        old, now = self.difference.before, self.difference.after
        if old is None:
            return f"is now{_colon(now)} {self.after}"
        if now is None:
            return f"is gone; it was{_colon(old)} {self.before}"
        if _many(old) and _many(now):
            return _lists(old, now)
        if self.before == self.after:
            return _NOT_SHOWN
        return f"is now{_colon(now)} {self.after}, not{_colon(old)} {self.before}"

    def _said(self, value: Any, release: AgentRelease | None) -> str:
        if isinstance(value, tuple) and value and all(isinstance(v, ProviderName) for v in value):
            return " or, if it fails, ".join(_provider(str(name), release) for name in value)
        return said(value, lasts=self.difference.lasts)


def _many(value: Any) -> bool:
    """Whether a list is told by what is new in it and what is gone."""
    return isinstance(value, tuple) and not any(isinstance(v, Block | Spoken) for v in value)


def _colon(value: Any) -> str:
    """What sets off blocks, which read as sentences."""
    values = value if isinstance(value, tuple) else (value,)
    return ":" if any(isinstance(v, Block) for v in values) else ""


def _lists(old: tuple[Any, ...], now: tuple[Any, ...]) -> str:
    new = [said(v) for v in now if v not in old]
    gone = [said(v) for v in old if v not in now]
    if not new and not gone:
        if STARS in now:
            return _NOT_SHOWN
        return "has another order, or other repetitions"
    parts = [f"now also has {listed(new)}"] if new and len(gone) < len(old) else []
    parts += [f"is now {listed(new)}"] if new and not parts else []
    parts += [f"has no longer {listed(gone)}"] if gone else []
    return ", and ".join(parts)


def _provider(name: str, release: AgentRelease | None) -> str:
    """A provider with what tells it from others: `fast (openai, gpt-4.1-mini)`."""
    spec = release.providers.get(name) if release else None
    if not isinstance(spec, Block):
        return name
    options: dict[str, Any] = getattr(spec, "options", {})
    options = masked(options, ("providers", name, "with"), (), hidden=False)
    shown = [options.get(option) for option in _OPTIONS]
    marks = [str(v) for v in shown if isinstance(v, str) and len(v) <= _SHORT]
    return f"{name} ({', '.join([str(getattr(spec, spec.kind)), *marks])})"


def opening(facts: SentenceFacts) -> str:
    """What a new agent begins a call with."""
    release = facts.new
    if release is None:
        return ""
    start = str(release.agent.first)
    persona = release.personas.get(start)
    greeting = persona.greeting if persona else None
    words = f", who {said(greeting)}" if isinstance(greeting, Block) else ""
    return f"calls are answered by {start}{words}"


def abilities(facts: SentenceFacts) -> str:
    """What a new tool or persona does, in a few words."""
    value = facts.difference.after
    url = getattr(getattr(value, "http", None), "url", None)
    if url is not None:
        return f"it asks {said(url)}"
    tools = tuple(getattr(value, "tools", ()))
    wording: dict[str, Callable[[], str]] = {
        "tools": lambda: f"it may call {listed(map(str, tools))}",
        "description": lambda: f"it is for: {quoted(value.description)}",
        "instructions": lambda: f"it is told {counted(len(value.instructions.split()), 'word')}",
    }
    return next((tell() for name, tell in wording.items() if getattr(value, name, None)), "")
