"""`fill_in` and `ask_again_for`: how the model gives what the caller has said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from runner.schema.fields import Field
from runner.schema.needs import ASK_AGAIN_FOR, FILL_IN, Need
from runner.session.action_context import ActionContext
from runner.session.action_outcome import ActionOutcome
from runner.session.call import Call
from runner.session.plan import PersonaPlan
from runner.session.tasks.needs import Needs, spoken
from runner.session.tasks.wording import about
from runner.session.values.conversion import missing
from runner.session.values.templates import TemplateRenderer

CONFIRMED = "confirmed"


def offered(call: Call, plan: PersonaPlan, turn: str | None) -> Iterator[dict[str, Any]]:
    """What the model may call about needs now, as raw schemas.

    Args:
        call: the call.
        plan: the persona that speaks.
        turn: the caller's words that are being answered; None where it is something else.
    """
    needs = call.needs
    if turn is None:
        return
    fields = _fillable(call, plan, turn) if needs.is_open(plan) else {}
    if fields:
        yield {
            "name": FILL_IN,
            "description": call.bound.renderer.own("describe_fill_in"),
            "parameters": {**call.schema.object(fields), "required": []},
        }
    names = [n for n, need in plan.needs.items() if not need.final and needs.known(n)]
    if names:
        choice = Field.model_validate({"type": "choice", "choices": names})
        yield {
            "name": ASK_AGAIN_FOR,
            "description": call.bound.renderer.own("describe_ask_again_for"),
            "parameters": call.schema.object({"need": choice}),
        }


def _fillable(call: Call, plan: PersonaPlan, turn: str) -> dict[str, Field]:
    needs: Needs = call.needs
    fields: dict[str, Field] = {}
    for name, need in spoken(needs.frame(plan).needs).items():
        if needs.fresh(name, turn) and not (need.final and needs.known(name)):
            description = (
                about(name, need, need.description or "") if need.parts else need.description
            )
            fields[name] = need.model_copy(
                update={"optional": True, "default": None, "description": description}
            )
    current = needs.current(plan)
    if current is not None and needs.of(current[0]).is_pending and fields:
        description = call.bound.renderer.own("describe_confirmed")
        fields[CONFIRMED] = Field.model_validate({"type": "yes_no", "description": description})
    return fields


def note(call: Call, plan: PersonaPlan) -> str:
    """What the model is told while something is asked for."""
    current = call.needs.current(plan)
    if current is None:
        return ""
    name, need = current
    what = call.bound.renderer.text(need.description or "").strip()
    called = f"{name} ({what})" if what else name
    if call.needs.of(name).is_pending:
        text = "need_note_right"
    elif not need.by_voice:
        text = "need_note_press"
    elif need.ask is not None:
        text = "need_note_said"
    else:
        text = "need_note_spell" if need.spell else "need_note"
    return call.bound.renderer.own(text, what=called, tool=FILL_IN)


@dataclass(slots=True)
class Filled:
    """What came of a `fill_in`.

    Attributes:
        taken: the needs that have a value now, which may wait to be confirmed.
        confirmed: the one whose value the caller has confirmed.
        refused: the one whose value the caller has not confirmed.
        problems: why something was not taken.
        unfit: something did not fit, or there was nothing: the caller is asked again.
    """

    taken: dict[str, Need] = field(default_factory=dict)
    confirmed: str | None = None
    refused: str | None = None
    problems: list[str] = field(default_factory=list)
    unfit: bool = False

    @property
    def failed(self) -> bool:
        """Whether nothing was taken."""
        return not self.taken and self.confirmed is None and self.refused is None

    def output(self, renderer: TemplateRenderer) -> str:
        """What the model sees."""
        own = renderer.own
        parts = [own("need_taken", needs=", ".join(self.taken))] if self.taken else []
        parts += [own("need_confirmed", need=self.confirmed)] if self.confirmed else []
        parts += [own("need_wrong", need=self.refused)] if self.refused else []
        problems = "; ".join(self.problems)
        parts += [own("need_not_taken", problems=problems)] if problems else []
        return " ".join(parts) or own("need_nothing")


def fill(call: Call, plan: PersonaPlan, values: Mapping[str, Any]) -> Filled:
    """Take what the model gives, as far as the caller can have said it."""
    needs, filled, own = call.needs, Filled(), call.bound.renderer.own
    known = spoken(needs.frame(plan).needs)
    current = needs.current(plan)
    for name, value in values.items():
        if missing(value) or name == CONFIRMED:
            continue
        if name not in known:
            filled.problems.append(own("need_unknown", need=name[:60]))
        elif current is not None and _corrected(needs, name, known[name]):
            _correct(needs, name, known[name], value, filled)
        elif current is None or not needs.turns or not needs.fresh(name):
            filled.problems.append(own("need_unanswered", need=name))
        elif known[name].final and needs.known(name):
            filled.problems.append(own("need_final", need=name))
        elif name == current[0] and _same_again(needs, name, value):
            filled.confirmed = name
        elif problem := needs.take(name, known[name], value):
            filled.problems.append(problem)
            filled.unfit = True
        else:
            filled.taken[name] = known[name]
            needs.of(name).filled_in = needs.turn
    if current is not None:
        _confirm(call, current[0], values.get(CONFIRMED), filled)
    filled.unfit |= not (filled.problems or filled.taken or filled.confirmed or filled.refused)
    return filled


def _corrected(needs: Needs, name: str, need: Need) -> bool:
    """Whether the words that gave a value may give a better one: "on Monday, no, on Tuesday".

    Not where something was done with the first: no answer lets a model try value after value.
    """
    state = needs.of(name)
    return bool(needs.turn) and state.filled_in == needs.turn and not (need.final or need.then)


def _correct(needs: Needs, name: str, need: Need, value: Any, filled: Filled) -> None:
    if problem := needs.take(name, need, value):
        filled.problems.append(problem)
    else:
        filled.taken[name] = need


def _same_again(needs: Needs, name: str, value: Any) -> bool:
    """Whether the value that the caller was asked about is given again: so it was right."""
    state = needs.of(name)
    return (
        state.is_pending
        and state.asked_in is not None
        and str(state.pending) == str(value)
        and needs.agrees(needs.words) is not False
    )


def _confirm(call: Call, name: str, confirmed: Any, filled: Filled) -> None:
    needs, own = call.needs, call.bound.renderer.own
    state = needs.of(name)
    if missing(confirmed) or name in filled.taken or filled.confirmed or not state.is_pending:
        return
    if state.asked_in is None or not needs.fresh(name):
        filled.problems.append(own("need_unanswered", need=CONFIRMED))
    elif str(confirmed).strip().casefold() in ("true", "yes", "1"):
        if needs.agrees(needs.words) is False:
            filled.problems.append(own("need_said_no", need=CONFIRMED))
        else:
            filled.confirmed = name
    else:
        filled.refused = name


async def follow(
    call: Call, plan: PersonaPlan, filled: Filled, context: ActionContext
) -> ActionOutcome:
    """Do what follows: what is known is acted on, the next is asked for."""
    needs = call.needs
    every = needs.frame(plan).needs
    if filled.confirmed is not None:
        name = filled.confirmed
        outcome: ActionOutcome = await needs.confirmed(name, every[name], context)
    elif filled.refused is not None:
        outcome = await needs.refused(filled.refused, every[filled.refused], context)
    elif filled.taken:
        outcome = await needs.became_known(filled.taken, context)
    elif filled.unfit and (current := needs.current(plan)) is not None:
        outcome = await _unfit(call, current, context)
    else:
        outcome = ActionOutcome(failed=True)
    outcome.output = filled.output(call.bound.renderer)
    return outcome


async def _unfit(call: Call, current: tuple[str, Need], context: ActionContext) -> ActionOutcome:
    """What the caller said does not fit: the model says why, then they are asked again."""
    name, need = current
    needs = call.needs
    needs.of(name).missed.add(needs.turn)
    needs.of(name).heard = len(needs.turns)  # another try takes other words of the caller
    if needs.exhausted(name, need, needs.turn):
        return await needs.give_up(name, need, context)  # type: ignore[no-any-return]  # `needs` is only known by its shape
    if need.ask is not None or needs.of(name).is_pending:
        return await needs.ask(name, need, context)  # type: ignore[no-any-return]  # as above
    return ActionOutcome(notes=[needs.told_to_ask(name, need)])


class Tell(Protocol):
    """Tells what came of a call of the model."""

    def __call__(self, output: str, *, failed: bool) -> None:
        """Tell it once."""


async def go_back(call: Call, name: str, context: ActionContext, tell: Tell) -> ActionOutcome:
    """Ask once more for what the caller says was wrong."""
    plan, needs = call.bound.plan.personas[call.speaking], call.needs
    need, problem, own = plan.needs.get(name), "", call.bound.renderer.own
    if need is None or not needs.known(name) or need.final:
        problem = own("need_not_again", need=name[:60])
    elif not needs.turns or not needs.fresh(name):
        problem = own("need_unanswered", need=name)
    tell(problem or own("need_again", need=name), failed=bool(problem))
    if problem:
        return ActionOutcome(output=problem, failed=True)
    needs.forget(name)
    outcome: ActionOutcome = await needs.go_on(context)
    outcome.output = own("need_again", need=name)
    return outcome
