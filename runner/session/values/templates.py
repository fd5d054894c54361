"""What a call's templates can see, and what they become."""

from __future__ import annotations

import logging
from collections import ChainMap
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from runner.link.release import AgentRelease
from runner.schema.types.by_language import in_language, nearest_language
from runner.session.clock import Clock, MachineClock
from runner.session.facts import CallFacts
from runner.session.values.variables import Variables
from runner.template import Failure, Renderer, analyse, as_data, has_template
from runner.texts import shipped

log = logging.getLogger("lkrun")

AnyWords = tuple[str, ...] | Mapping[str, tuple[str, ...]]
"""Words, or words for each language."""

Names = Mapping[str, Any] | None
"""Names that a template may use besides: `args`, `result`."""


class FixedWords(str):
    """Words that are the same in each call of a release."""

    __slots__ = ()


class TemplateContext(Mapping[str, Any]):
    """Everything a template of the call may name, worked out when it is asked for.

    Attributes:
        persona: the name of the one that speaks.
        spoken: the language that is spoken now, as the agent names it.
        texts: the agent's own words for what lkrun says itself.
        memory: what is remembered of the caller: `calls`, `last` and `summary`.
        answered_by: who has answered a call that the agent makes, once that is known.
    """

    def __init__(
        self,
        release: AgentRelease,
        facts: CallFacts,
        variables: Variables,
        clock: Clock | None = None,
    ) -> None:
        """Take what is known; `clock` tells the moment."""
        self._clock = clock or MachineClock()
        self.persona = str(release.agent.answers_at(self._clock.now()))
        zone = release.agent.timezone
        self.zone = ZoneInfo(zone) if zone else None
        self._locale = str(release.agent.locale or "")
        self._named = release.agent.languages is not None
        self.spoken = release.agent.spoken[0]
        self.texts: Mapping[str, AnyWords] = release.agent.texts
        self._variables = variables
        self.facts, self._agent = facts, release.name
        self.answered_by: str | None = None
        self._known: dict[str, Any] = {
            "caller": facts.caller,
            "room": facts.room,
            "job": facts.job,
            "env": dict(release.env),
        }
        self._made: dict[str, Callable[[], Any]] = {
            "call": self._call,
            "now": self.now,
            "today": lambda: self.now().date(),
            "today_date": lambda: self.now().date(),
            "language": lambda: self.spoken,
        }
        if release.agent.hours is not None:
            self._made["open_now"] = lambda: release.agent.open_at(self._clock.now())
        self.memory: Mapping[str, Any] = {"calls": 0, "last": None, "summary": ""}
        if release.agent.memory is not None:
            self._made["memory"] = self._memory

    def renewed(self, release: AgentRelease, variables: Variables) -> TemplateContext:
        """The same call, by another release."""
        context = TemplateContext(release, self.facts, variables, self._clock)
        context.persona, context.memory = self.persona, self.memory
        context.answered_by = self.answered_by
        context.spoken = nearest_language(self.spoken, release.agent.spoken) or context.spoken
        return context

    def meet(self, facts: CallFacts) -> None:
        """The caller is there: all is known of the call."""
        self.facts = facts
        self._known |= {"caller": facts.caller, "room": facts.room, "job": facts.job}

    def is_fixed(self, template: str) -> bool:
        """Whether a text is the same in each call: no value in it differs."""
        if not has_template(template):
            return True
        names = {use.path[0] for use in analyse(template).uses}
        return names <= {"env", *self._variables.fixed} and "random" not in template

    @property
    def language(self) -> str:
        """The language in which values are written, with its country where the locale has one."""
        if not self._named:
            return self._locale
        own = nearest_language(self.spoken, (self._locale,)) if self._locale else None
        return own or self.spoken

    def now(self) -> datetime:
        """The moment, in the agent's time zone."""
        moment = self._clock.now()
        return moment.astimezone(self.zone) if self.zone else moment

    def _call(self) -> dict[str, Any]:
        started = self.facts.started.astimezone(self.zone)
        return {
            "id": self.facts.id,
            "agent": self._agent,
            "persona": self.persona,
            "started": started,
            "answered_by": self.answered_by,
        }

    def _memory(self) -> dict[str, Any]:
        last = self.memory["last"]
        return {**self.memory, "last": last.astimezone(self.zone) if last is not None else None}

    def __getitem__(self, name: str) -> Any:
        """One of them.

        Raises:
            KeyError: there is no such name, or it has no value.
        """
        if name in self._variables:
            return self._variables[name]
        made = self._made.get(name)
        return made() if made is not None else self._known[name]

    def __iter__(self) -> Iterator[str]:
        """Their names."""
        return iter({**self._variables, **self._made, **self._known})

    def __len__(self) -> int:
        """How many there are."""
        return len(list(iter(self)))

    def of_nobody(self) -> dict[str, Any]:
        """What there would be if nothing were known of the caller: the call, the time, `env`."""
        fixed = {name: self._variables[name] for name in self._variables.fixed}
        return {**fixed, **{n: self[n] for n in self._made}, "env": self._known["env"]}

    def sent(self) -> dict[str, Any]:
        """The same as plain data, for the egress: dates as ISO 8601, and no `env`."""
        facts = {n: as_data(self[n]) for n in ("caller", "room", "job", *self._made)}
        return {**facts, **self._variables.sent()}


class TemplateRenderer:
    """Renders the texts of a call.

    Args:
        context: what they may name.
        places: text → `file:line`, for the log.
    """

    def __init__(self, context: TemplateContext, places: Mapping[str, str]) -> None:
        """Begin; nothing has been said yet."""
        self.context = context
        self._places = places
        self._renderer = self._speaking()
        self._text = ""
        self._warned: set[tuple[str, str]] = set()
        self._turns: dict[tuple[str, ...], int] = {}

    def renewed(self, context: TemplateContext, places: Mapping[str, str]) -> TemplateRenderer:
        """The texts of another release: what was said and warned of already is known."""
        renderer = TemplateRenderer(context, places)
        renderer._warned, renderer._turns = self._warned, self._turns
        return renderer

    def _speaking(self) -> Renderer:
        return Renderer(
            on_missing=self._missing, on_error=self._failed, language=self.context.language
        )

    def speak(self, language: str) -> None:
        """Go on in another language of the agent's."""
        self.context.spoken = language
        self._renderer = self._speaking()

    def text(self, text: str, names: Names = None) -> str:
        """Render a text; nothing stands where a value is missing."""
        if not has_template(text):
            return text
        self._text = text
        return self._renderer.render(text, self._all(names))

    def value(self, text: str, names: Names = None) -> Any:
        """Render a value, which keeps its type where it is one `{{ … }}`."""
        if not has_template(text):
            return str(text)
        self._text = text
        return self._renderer.value(text, self._all(names))

    def data(self, data: Any, names: Names = None) -> Any:
        """Render each text in lists and mappings into what JSON can hold."""
        return self._renderer.json_value(_lists(data), self._all(names))

    def is_true(self, condition: str | None, names: Names = None, *, unclear: bool = False) -> bool:
        """Whether an `if` is true; one that is not there is.

        Args:
            condition: the expression.
            names: what it may name besides.
            unclear: what one is that cannot be worked out.
        """
        if condition is None:
            return True
        self._text = condition
        return self._renderer.condition(condition, self._all(names), unclear=unclear)

    def next(self, words: AnyWords, names: Names = None) -> str:
        """Render words; of a list, the next each time, and the first again after the last.

        Of those that are given by language, the words of the one that is spoken.

        Returns:
            `FixedWords` where nothing in them differs from call to call.
        """
        text = self.coming(words, names)
        each = in_language(words, self.context.spoken)
        self._turns[each] = self._turns.get(each, 0) + 1
        return text

    def anew(self, words: AnyWords) -> None:
        """Let `next` give the first of a list again."""
        self._turns.pop(in_language(words, self.context.spoken), None)

    def coming(self, words: AnyWords, names: Names = None) -> str:
        """What `next` gives the next time."""
        each = in_language(words, self.context.spoken)
        return self._fixed(each[self._turns.get(each, 0) % len(each)], names)

    def own(self, text: str, /, **names: Any) -> str:
        """A sentence of lkrun's own, in the author's words or else in those that are shipped.

        Args:
            text: its name, as `runner.texts.TABLE` has it.
            names: what its templates may name besides.
        """
        words = self.context.texts.get(text)
        if words is not None:
            return self.next(words, names)
        return self._fixed(shipped(text, self.context.language), names)

    def _fixed(self, template: str, names: Names) -> str:
        text = self.text(template, names).strip()
        return FixedWords(text) if self.context.is_fixed(template) else text

    def _all(self, names: Names) -> Mapping[str, Any]:
        return ChainMap(dict(names), self.context) if names else self.context  # type: ignore[arg-type]  # only read

    def _missing(self, path: tuple[str, ...]) -> None:
        self._warn(f"'{'.'.join(path)}' has no value, so nothing stands in its place")

    def _failed(self, failure: Failure) -> None:
        self._warn(failure.message)

    def _warn(self, message: str) -> None:
        self.warn(message, self._places.get(self._text, ""), self._text)

    def warn(self, message: str, place: str, text: str = "") -> None:
        """Warn of a text, once a call; `place` is its `file:line`."""
        if (text or place, message) in self._warned:
            return
        self._warned.add((text or place, message))
        log.warning("%s%s", f"{place}: " if place else "", message)


def _lists(data: Any) -> Any:
    """Lists for tuples: frozen specs hold those."""
    if isinstance(data, Mapping):
        return {key: _lists(item) for key, item in data.items()}
    return [_lists(item) for item in data] if isinstance(data, tuple | list) else data
