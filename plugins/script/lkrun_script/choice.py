"""Which rules fit a situation, and what they then say and call."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from lkrun_script.fitting import Moment, fits
from lkrun_script.heard import Listener
from lkrun_script.options import Options
from lkrun_script.rules import Call, Rule
from lkrun_script.situation import Situation, parsed_answer
from lkrun_script.words import fill, fill_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping


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
    _listener: Listener = field(init=False)

    def __post_init__(self) -> None:
        """Listen with the author's slots and patterns."""
        self._listener = Listener(self.options)

    def reply(self, situation: Situation, wish: Wish, present: Iterable[str] = ()) -> Reply:
        """Answer a situation.

        Args:
            situation: what is going on.
            wish: what may be answered.
            present: ids of the items of the conversation. A sentence that was answered ahead of
                time and then changed is not among them later, and does not count as a use.
        """
        self._lasting |= set(present) - {situation.id}
        moment = Moment(
            situation,
            self._listener.sentence(situation.said),
            self._listener.known(situation.heard),
            wish.offered,
        )
        chosen = list(self._chosen(moment, wish))
        if not chosen:
            return self._otherwise(moment, wish)
        return _joined([self._answer(index, rule, moment, wish) for index, rule in chosen])

    def _chosen(self, moment: Moment, wish: Wish) -> Iterator[tuple[int, Rule]]:
        """The first rule that fits; where it has `together`, all of those."""
        together = False
        for index, rule in enumerate(self.options.rules):
            if rule.together >= together and wish.allows(rule) and fits(rule, moment):
                yield index, rule
                together = True
                if not rule.together:
                    return

    def _answer(self, index: int, rule: Rule, moment: Moment, wish: Wish) -> Reply:
        values = moment.values_for(rule)
        text = fill(self._next(index, rule.say, moment.situation), values) if rule.say else ""
        failure = None if rule.fail is None else fill(rule.fail, values)
        calls = _calls(rule, moment, values, wish.only) if wish.may_call else ()
        return Reply(text, tuple(calls), failure)

    def _otherwise(self, moment: Moment, wish: Wish) -> Reply:
        situation = moment.situation
        if wish.must_call:
            tool = wish.only or min(wish.offered, default=None)
            return Reply(calls=(Call(tool, {}),) if tool else ())
        plain = [text for text in situation.answers.values() if _is_plain(text)]
        if situation.kind == "answered" and plain:
            return Reply(" ".join(plain))
        return Reply(fill(self._next(-1, self.options.otherwise, situation), moment.values))

    def _next(self, index: int, words: tuple[str, ...], situation: Situation) -> str:
        uses = self._used.setdefault(index, [])
        if situation.id not in uses:
            uses[:] = [use for use in uses if use in self._lasting]
            uses.append(situation.id)
        if situation.kind != "caller":
            self._lasting.add(situation.id)
        return words[uses.index(situation.id) % len(words)]


def _calls(
    rule: Rule, moment: Moment, values: Mapping[str, Any], only: str | None
) -> Iterator[Call]:
    """A rule's calls, filled; with `for_each` once for each value that was named."""
    each: Iterable[Mapping[str, Any]] = [values]
    if rule.for_each is not None:
        named = moment.sentence.named.get(rule.for_each) or moment.known_as_list(rule.for_each)
        each = [{**values, rule.for_each: value} for value in named]
    for filled in each:
        for call in rule.call:
            if only in (None, call.tool):
                yield Call(call.tool, fill_value(call.arguments, filled))


def _joined(replies: list[Reply]) -> Reply:
    failures = [reply.failure for reply in replies if reply.failure is not None]
    return Reply(
        " ".join(reply.text for reply in replies if reply.text),
        tuple(call for reply in replies for call in reply.calls),
        failures[0] if failures else None,
    )


def _is_plain(text: str) -> bool:
    return bool(text.strip()) and not isinstance(parsed_answer(text), (dict, list))
