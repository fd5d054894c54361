"""Whether a rule's `when_…` is what happened, and its `if_…` hold."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lkrun_script.patterns import found
from lkrun_script.rules import ANY, Rule
from lkrun_script.words import says

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from lkrun_script.heard import Sentence
    from lkrun_script.situation import Situation


@dataclass(frozen=True, slots=True)
class Moment:
    """What rules are compared with.

    Attributes:
        situation: why the model is asked.
        sentence: the caller's last words.
        known: slot or group → its last value in the talk.
        offered: the tools that there are.
    """

    situation: Situation
    sentence: Sentence
    known: Mapping[str, str]
    offered: frozenset[str]

    @property
    def answer(self) -> str:
        """What the tools have answered."""
        return " ".join(self.situation.answers.values())

    @property
    def values(self) -> dict[str, Any]:
        """What braces may name."""
        return self.situation.values() | dict(self.known)

    def values_for(self, rule: Rule) -> dict[str, Any]:
        """What braces of a rule may name: the groups of its own patterns come first."""
        own = [groups for each in rule.patterns if (groups := found(each, self.sentence.text))]
        return self.values | (own[0] if own else {})

    def known_as_list(self, name: str) -> tuple[str, ...]:
        """The value of a slot, or none."""
        return (self.known[name],) if name in self.known else ()

    def names(self, slots: Iterable[str]) -> bool:
        """Whether the caller's last words hold a value of each slot."""
        return all(slot in self.sentence.named for slot in slots)


def fits(rule: Rule, now: Moment) -> bool:
    """Whether a rule is about this moment."""
    kind = now.situation.kind
    return any(kind == of and happened(rule, now) for of, happened in _TRIGGERS) and all(
        holds(rule, now) for key, holds in _CONDITIONS if getattr(rule, key) is not None
    )


def _one_of(tools: tuple[str, ...] | None, answers: Mapping[str, str]) -> bool:
    return tools is not None and (tools == ANY or any(tool in answers for tool in tools))


def _mentions(key: str) -> Callable[[Rule, Moment], bool]:
    return lambda rule, now: any(
        each.fits(now.sentence.words) for each in rule.mentions.get(key, ())
    )


def _matches(rule: Rule, now: Moment) -> bool:
    return any(found(each, now.sentence.text) is not None for each in rule.patterns)


def _names(rule: Rule, now: Moment) -> bool:
    return rule.when_caller_names is not None and now.names(rule.when_caller_names)


_Test = Callable[[Rule, Moment], bool]

_TRIGGERS: tuple[tuple[str, _Test], ...] = (
    ("caller", lambda rule, now: says(now.sentence.text, rule.when_caller_says or ())),
    ("caller", _mentions("when_caller_mentions")),
    ("caller", _matches),
    ("caller", _names),
    ("answered", lambda rule, now: _one_of(rule.when_tool_answered, now.situation.answers)),
    ("failed", lambda rule, now: _one_of(rule.when_tool_failed, now.situation.answers)),
    ("instructed", lambda rule, _now: rule.when_instructed == ANY),
    ("instructed", lambda rule, now: says(now.situation.instructed, rule.when_instructed or ())),
    ("start", lambda rule, _now: rule.when_call_starts),
)
"""What happened → when a rule is about it."""

_mentioned, _not_mentioned = _mentions("if_caller_mentions"), _mentions("unless_caller_mentions")

_CONDITIONS: tuple[tuple[str, _Test], ...] = (
    ("if_agent_said", lambda rule, now: says(now.situation.agent_said, rule.if_agent_said or ())),
    ("if_answer_says", lambda rule, now: says(now.answer, rule.if_answer_says or ())),
    ("if_caller_mentions", _mentioned),
    ("if_caller_names", lambda rule, now: now.names(rule.if_caller_names or ())),
    ("if_instructions_say", lambda rule, now: says(
        now.situation.instructions, rule.if_instructions_say or ())),
    ("if_known", lambda rule, now: all(slot in now.known for slot in rule.if_known or ())),
    ("if_not_known", lambda rule, now: not any(
        slot in now.known for slot in rule.if_not_known or ())),
    ("if_tool_offered", lambda rule, now: set(rule.if_tool_offered or ()) <= now.offered),
    ("unless_caller_mentions", lambda rule, now: not _not_mentioned(rule, now)),
)  # fmt: skip
"""Key of a condition → when it holds."""
