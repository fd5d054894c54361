"""Which rule fits a situation, and what it then says and calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lkrun_script.rules import ANY, Call, Options, Rule
from lkrun_script.situation import Situation, parsed_answer
from lkrun_script.words import fill, fill_value, says

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

_LONGEST = 300
"""Characters of the caller's words that a regular expression sees: a bound on its time."""


@dataclass(frozen=True, slots=True)
class Wish:
    """How the caller of the model wants it to answer.

    Attributes:
        offered: the tools that there are.
        may_call: whether tools may be called at all.
        must_call: a tool has to be called.
        only: the one tool that has to be called.
    """

    offered: frozenset[str] = frozenset()
    may_call: bool = True
    must_call: bool = False
    only: str | None = None

    def allows(self, rule: Rule) -> bool:
        """Whether a rule's answer would be one that is wanted."""
        tools = {call.tool for call in rule.call}
        if self.only is not None:
            return self.only in tools and self.only in self.offered
        if self.must_call or (tools and self.may_call):
            return bool(tools) and tools <= self.offered
        return not tools or rule.say is not None


@dataclass(frozen=True, slots=True)
class Reply:
    """What the model answers."""

    text: str = ""
    calls: tuple[Call, ...] = ()
    failure: str | None = None


@dataclass(slots=True)
class Script:
    """Rules, and how often each was used in this call (a list under `say` is used in turn)."""

    options: Options
    _used: dict[int, list[str]] = field(default_factory=dict)
    _lasting: set[str] = field(default_factory=set)

    def reply(self, situation: Situation, wish: Wish, present: Iterable[str] = ()) -> Reply:
        """Answer a situation.

        Args:
            situation: what is going on.
            wish: what may be answered.
            present: ids of the items of the conversation. A sentence that was answered ahead of
                time and then changed is not among them later, and does not count as a use.
        """
        self._lasting |= set(present) - {situation.id}
        rules = self.options.rules
        for index, rule in enumerate(rules):
            if fits(rule, situation) and wish.allows(rule) and _may(rule, situation, wish):
                values = situation.values() | self._groups(situation)
                return self._answer(index, rule, situation, wish, values)
        return self._otherwise(situation, wish)

    def _answer(
        self, index: int, rule: Rule, situation: Situation, wish: Wish, values: Mapping[str, Any]
    ) -> Reply:
        text = fill(self._next(index, rule.say, situation), values) if rule.say else ""
        calls = [call for call in rule.call if wish.only in (None, call.tool)]
        filled = [Call(call.tool, fill_value(call.arguments, values)) for call in calls]
        failure = None if rule.fail is None else fill(rule.fail, values)
        return Reply(text, tuple(filled) if wish.may_call else (), failure)

    def _otherwise(self, situation: Situation, wish: Wish) -> Reply:
        if wish.must_call:
            tool = wish.only or min(wish.offered, default=None)
            return Reply(calls=(Call(tool, {}),) if tool else ())
        plain = [text for text in situation.answers.values() if _is_plain(text)]
        if situation.kind == "answered" and plain:
            return Reply(" ".join(plain))
        words = self._next(-1, self.options.otherwise, situation)
        return Reply(fill(words, situation.values() | self._groups(situation)))

    def _next(self, index: int, words: tuple[str, ...], situation: Situation) -> str:
        uses = self._used.setdefault(index, [])
        if situation.id not in uses:
            uses[:] = [use for use in uses if use in self._lasting]
            uses.append(situation.id)
        if situation.kind != "caller":
            self._lasting.add(situation.id)
        return words[uses.index(situation.id) % len(words)]

    def _groups(self, situation: Situation) -> dict[str, str]:
        groups: dict[str, str] = {}
        for text in situation.heard:
            for rule in self.options.rules:
                found = rule.pattern.search(text[:_LONGEST]) if rule.pattern else None
                if found:
                    groups |= {name: part for name, part in found.groupdict().items() if part}
                    break
        return groups


def fits(rule: Rule, situation: Situation) -> bool:
    """Whether a rule's `when_…` is what happened."""
    return any(situation.kind == kind and wanted(rule, situation) for kind, wanted in _FITTING)


_FITTING: tuple[tuple[str, Callable[[Rule, Situation], bool]], ...] = (
    ("caller", lambda rule, now: says(now.said, rule.when_caller_says or ())),
    ("caller", lambda rule, now: bool(rule.pattern and rule.pattern.search(now.said[:_LONGEST]))),
    ("answered", lambda rule, now: _one_of(rule.when_tool_answered, now.answers)),
    ("failed", lambda rule, now: _one_of(rule.when_tool_failed, now.answers)),
    ("instructed", lambda rule, _now: rule.when_instructed == ANY),
    ("instructed", lambda rule, now: says(now.told, rule.when_instructed or ())),
    ("start", lambda rule, _now: rule.when_call_starts),
)  # fmt: skip
"""What happened → when a rule is about it."""


def _one_of(tools: tuple[str, ...] | None, answers: Mapping[str, str]) -> bool:
    return tools is not None and (tools == ANY or any(tool in answers for tool in tools))


def _may(rule: Rule, situation: Situation, wish: Wish) -> bool:
    offered = set(rule.if_tool_offered or ()) <= wish.offered
    return offered and (
        rule.if_instructions_say is None or says(situation.instructions, rule.if_instructions_say)
    )


def _is_plain(text: str) -> bool:
    return bool(text.strip()) and not isinstance(parsed_answer(text), (dict, list))
