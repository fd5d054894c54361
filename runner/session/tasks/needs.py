"""Needs in a call: asked in order until they are known, whatever the model does."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from runner.schema.actions import AnyAction
from runner.schema.needs import Need
from runner.session.action_context import ActionContext
from runner.session.action_outcome import ActionOutcome
from runner.session.actions import perform
from runner.session.call import Call
from runner.session.errors import MisfitError
from runner.session.plan import PersonaPlan
from runner.session.tasks.asking import NOTHING, Asking, Frame
from runner.session.tasks.wording import asked_for, lacks, right
from runner.session.values.consent import consent
from runner.session.values.conversion import convert, missing
from runner.template import as_data, as_text

log = logging.getLogger("lkrun")


class Needs:
    """Asks for the needs of the persona that speaks.

    Args:
        call: the call.
    """

    def __init__(self, call: Call) -> None:
        """Nothing is asked yet."""
        self._call = call
        self._asking: dict[str, Asking] = {}
        self._frames: list[Frame] = []
        self._done: dict[str, tuple[Any, ...]] = {}
        self._latest = self._question = ""
        self.turns: list[str] = []
        self.words = ""

    def heard(self, turn: str, words: str = "") -> None:
        """The caller has said or pressed something."""
        self.turns.append(turn)
        self.words = words

    def agrees(self, words: str) -> bool | None:
        """Whether the caller's words say yes to what they were asked; None where they do not."""
        return consent(words, self._question, self._call.bound.context.language)

    def fresh(self, name: str, turn: str | None = None) -> bool:
        """Whether the caller has said something since it was asked for or became known.

        Args:
            name: the need.
            turn: a turn that is not counted yet.
        """
        more = turn is not None and turn not in self.turns
        return len(self.turns) + more > self.of(name).heard

    @property
    def turn(self) -> str:
        """The caller's last turn."""
        return self.turns[-1] if self.turns else ""

    def frame(self, plan: PersonaPlan) -> Frame:
        """What is asked for now: what a tool asks on demand comes first."""
        for frame in reversed(self._frames):
            if frame.persona == plan.name:
                return frame
        return Frame(plan.name, plan.needs)

    def of(self, name: str) -> Asking:
        """The state of one need."""
        return self._asking.setdefault(name, Asking())

    def known(self, name: str) -> bool:
        """Whether it has a value that counts."""
        return name in self._call.bound.variables and not self.of(name).is_pending

    def open(self, plan: PersonaPlan) -> list[str]:
        """Names of those that are still to be asked for, in order."""
        needs = self.frame(plan).needs
        return [n for n in needs if not self.known(n) and not self.of(n).given_up]

    def is_open(self, plan: PersonaPlan) -> bool:
        """Whether anything is still to be asked for."""
        return bool(self.open(plan))

    def current(self, plan: PersonaPlan) -> tuple[str, Need] | None:
        """The one that is being asked for."""
        names = self.open(plan)
        again = [n for n in names if self.of(n).again]
        waiting = again or [n for n in names if self.of(n).is_pending] or names
        return (waiting[0], self.frame(plan).needs[waiting[0]]) if waiting else None

    def begin_visit(self, persona: str) -> None:
        """A persona takes over: what was given up in an earlier visit is asked for once more."""
        plan = self._call.bound.plan.personas[persona]
        for name in plan.needs:
            if not self.known(name) and not self.of(name).is_pending:
                self._asking[name] = Asking()

    def carry(self, given: Mapping[str, tuple[Need, Any]]) -> None:
        """Take what the caller has said before the persona that asks for it takes over."""
        for name, (need, value) in given.items():
            if missing(value) or self.known(name) or not self.turns or not self.fresh(name):
                continue
            if problem := self.take(name, need, value):
                log.debug("not carried: %s", problem)

    def begin(self, frame: Frame) -> None:
        """A tool asks for more."""
        self._frames = [f for f in self._frames if f.persona != frame.persona]
        self._frames.append(frame)
        for name in frame.needs:
            if not self.known(name):
                self._asking.pop(name, None)

    def forget(self, name: str) -> bool:
        """Forget a need, so that it is asked for anew; False where the persona has no such."""
        plan = self._call.bound.plan.personas[self._call.speaking]
        if name not in self.frame(plan).needs:
            if name not in plan.needs:
                return False
            self._frames = [f for f in self._frames if f.persona != plan.name]
        ask = {**plan.needs, **self.frame(plan).needs}[name].ask
        if ask is not None:
            self._call.bound.renderer.anew(ask)
        self._call.bound.variables.set(name, None)
        self._asking[name] = Asking(heard=len(self.turns), again=True)
        self._done.pop(plan.name, None)  # the same answer once more is an answer
        return True

    def take(self, name: str, need: Need, value: Any) -> str | None:
        """Take a value, to be confirmed where it may have been misheard.

        Returns:
            Why it is not taken.
        """
        try:
            fitting = convert(need, value, self._call.bound.variables.choices)
        except MisfitError as misfit:
            return f"{name} {misfit}"
        if problem := lacks(need, fitting):
            return f"{name} {problem}"
        state = self.of(name)
        state.heard, state.given_up = len(self.turns), False
        if need.confirmed:
            state.pending, state.asked_in, state.given = fitting, None, True
        else:
            self._store(name, fitting)
        return None

    def _store(self, name: str, value: Any) -> None:
        state = self.of(name)
        state.pending = NOTHING
        state.heard = len(self.turns)
        self._call.bound.variables.set(name, value)

    async def confirmed(self, name: str, need: Need, context: ActionContext) -> ActionOutcome:
        """The caller has said that a value is right."""
        self._store(name, self.of(name).pending)
        return await self.became_known({name: need}, context)

    async def refused(self, name: str, need: Need, context: ActionContext) -> ActionOutcome:
        """The caller has said that a value is wrong."""
        self.of(name).pending = NOTHING
        return await self.missed(name, need, context)

    async def became_known(
        self, needs: Mapping[str, Need], context: ActionContext
    ) -> ActionOutcome:
        """Do what is to be done with each that has become known, then go on asking."""
        outcome = ActionOutcome()
        await self._call.persona.refresh()
        for name, need in needs.items():
            if self.known(name) and need.then:
                outcome.add(await perform(need.then, replace(context, by_model=False)))
                if outcome.stops:
                    return outcome
        outcome.add(await self.go_on(context))
        return outcome

    async def go_on(self, context: ActionContext) -> ActionOutcome:
        """Ask for the next one, or do what follows when there is none."""
        plan = self._call.bound.plan.personas[self._call.speaking]
        current = self.current(plan)
        if current is None:
            return await self._all_known(plan, context)
        name, need = current
        state = self.of(name)
        if state.asked_in is None or self._latest != name:
            return await self.ask(name, need, context)
        if state.asked_in == self.turn:
            return ActionOutcome()
        return await self.missed(name, need, context)

    async def ask(self, name: str, need: Need, context: ActionContext) -> ActionOutcome:
        """Ask for one, exactly where it has its words; else the model asks."""
        outcome = ActionOutcome()
        state = self.of(name)
        state.asked_in, state.heard, self._latest = self.turn, len(self.turns), name
        if words := self.question(name, need):
            self._question = words
            outcome.answered = await self._call.speak(words)
        elif context.by_model:
            outcome.notes.append(self.told_to_ask(name, need))
        else:
            outcome.answered = await self._call.instruct(self.told_to_ask(name, need))
        self.asks(need)
        return outcome

    def asks(self, need: Need) -> None:
        """The caller is being asked for one now."""
        self._call.keys.asked(need)

    def question(self, name: str, need: Need) -> str:
        """The words that ask for it now; none where the model asks."""
        renderer, state = self._call.bound.renderer, self.of(name)
        if state.is_pending:
            if need.question is not None:
                return renderer.next(need.question, {name: state.pending})
            return right(renderer, need, state.pending)
        return renderer.next(need.ask, None) if need.ask is not None else ""

    def told_to_ask(self, name: str, need: Need) -> str:
        """What the model is told where it asks itself."""
        renderer = self._call.bound.renderer
        what = renderer.text(need.description or "").strip()
        return asked_for(renderer, name, need, what)

    async def mistyped(
        self, name: str, need: Need, words: str, context: ActionContext
    ) -> ActionOutcome:
        """What the caller pressed is no answer: they hear why, then they are asked again."""
        heard = await self._call.speak(self._call.bound.renderer.own(words))
        outcome = await self.missed(name, need, context)
        outcome.answered |= heard
        return outcome

    async def missed(self, name: str, need: Need, context: ActionContext) -> ActionOutcome:
        """The caller's words held no fitting value: ask again, or give it up."""
        self.of(name).missed.add(self.turn)
        if self.exhausted(name, need, self.turn):
            return await self.give_up(name, need, context)
        return await self.ask(name, need, context)

    def exhausted(self, name: str, need: Need, turn: str) -> bool:
        """Whether it was asked as often as it may be, up to this turn."""
        state = self.of(name)
        most = need.tries if state.given else need.asked_at_most
        return len(state.missed & {*self.turns, turn}) >= most

    async def give_up(self, name: str, need: Need, context: ActionContext) -> ActionOutcome:
        """Go on without it, or do what its author says."""
        state = self.of(name)
        state.given_up, state.pending = True, NOTHING
        outcome = ActionOutcome(remarks=[self._call.bound.renderer.own("need_given_up", need=name)])
        outcome.add(await perform(need.on_failure, replace(context, by_model=False)))
        if not outcome.stops:
            outcome.add(await self.go_on(context))
        return outcome

    async def _all_known(self, plan: PersonaPlan, context: ActionContext) -> ActionOutcome:
        frame = self.frame(plan)
        failed = [n for n, need in frame.needs.items() if not self.known(n) and not need.optional]
        if frame.tool is not None:
            self._frames.remove(frame)
            return await self._answered(frame, failed, context)
        variables = self._call.bound.variables
        values = tuple(as_text(variables.get(n)) for n in frame.needs)
        if failed or not frame.needs or self._done.get(plan.name) == values:
            return ActionOutcome()
        self._done[plan.name] = values
        return await self._follow(plan.when_known, context)

    async def _answered(
        self, frame: Frame, failed: list[str], context: ActionContext
    ) -> ActionOutcome:
        """What a tool has asked for is there: the model is told, and its `then` is done."""
        variables = self._call.bound.variables
        private = {n for n, need in frame.needs.items() if need.private}
        answers = {n: as_data(variables[n]) for n in frame.needs if self.known(n)}
        shown = {n: v for n, v in answers.items() if n not in private}
        tool = self._call.bound.plan.tools.get(frame.tool or "")
        own = self._call.bound.renderer.own
        remark = own("needs_answered", tool=frame.tool, answers=str(shown))
        outcome = ActionOutcome(remarks=[remark])
        if failed:
            outcome.remarks.append(own("needs_not_given", needs=", ".join(failed)))
            return outcome
        names = {"args": {}, "result": answers}
        then = tool.then if tool is not None else ()
        outcome.add(await self._follow(then, replace(context, names=names)))
        return outcome

    async def _follow(
        self, actions: tuple[AnyAction, ...], context: ActionContext
    ) -> ActionOutcome:
        outcome = await perform(actions, context)
        if not (outcome.answered or outcome.stops or self._call.over):
            outcome.remarks += [f"{name}: {output}" for name, output in outcome.outputs]
        return outcome


def spoken(needs: Mapping[str, Need]) -> dict[str, Need]:
    """Those whose value may come through the model."""
    return {name: need for name, need in needs.items() if need.by_voice}
