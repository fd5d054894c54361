"""A persona as LiveKit's Agent: a class for each name, a new instance at every handoff."""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from livekit.agents import (
    NOT_GIVEN,
    Agent,
    ChatContext,
    ModelSettings,
    TurnHandlingOptions,
    UserTurnExceededEvent,
    llm,
)

from runner.schema.actions import Instruct, Say
from runner.schema.providers import chosen
from runner.session.action_context import ActionContext
from runner.session.action_outcome import ActionOutcome
from runner.session.actions import perform
from runner.session.call import Call
from runner.session.errors import CannotStartError
from runner.session.models.answer import Answer, AnswerError
from runner.session.models.in_order import OWED
from runner.session.models.nodes import through
from runner.session.pending import PendingHandoff
from runner.session.personas.context import FALLBACK, carried, owed, summarised, without
from runner.session.personas.models import choice, models_of, nodes_of
from runner.session.personas.nodes import BY_PART
from runner.session.personas.toolbox import Toolbox
from runner.session.plan import PersonaPlan
from runner.session.settings.options import livekit_options
from runner.session.tasks.certain import Deed, last_caller, prepared, with_note, without_deeds
from runner.session.tasks.filling import note
from runner.session.tasks.intents import meant
from runner.session.tasks.replies import again, answered
from runner.session.tools.confirming import decided
from runner.session.tools.due import due
from runner.session.tools.waiting import undisturbed

log = logging.getLogger("lkrun")

SILENCE = 7.0
"""Seconds that a model may be silent where somebody listens: after 10 they give up."""

TAKE_OVER = (
    "The call has just been handed to you. Say so in one short sentence, and ask how you can help."
)


@dataclass(frozen=True, slots=True)
class PersonaChange:
    """What another release makes of a persona.

    Attributes:
        text: its instructions, rendered.
        models: kind → LiveKit's object, or None.
    """

    plan: PersonaPlan
    toolbox: Toolbox
    text: str
    tools: list[llm.Tool | llm.Toolset]
    models: Mapping[str, Any]


class LivePersona(Agent):
    """One persona for as long as it speaks.

    Attributes:
        came_from: the persona that handed the call over; None at the start.
        plan: what it is made of.
        turns: the turn taking of its own, as LiveKit has it for this visit.
    """

    def __init__(
        self,
        call: Call,
        toolbox: Toolbox,
        plan: PersonaPlan,
        before: LivePersona | None,
        context: str,
    ) -> None:
        """Make it; `before` is the persona that hands over, `context` what it tells of the talk."""
        self.plan = plan
        self.came_from = before.plan.name if before is not None else None
        self._call, self._toolbox = call, toolbox
        self._before, self._context = before, context
        self._stamp = call.bound.variables.stamp
        spec = call.bound.release.personas[plan.name]
        self.turns: TurnHandlingOptions = livekit_options(spec).get("turn_handling", {})
        self._models = models_of(call, plan.name)
        self.nodes = nodes_of(call, plan.name)
        super().__init__(
            instructions=self._render(plan),
            id=plan.name,
            tools=toolbox.of(plan),
            **{
                kind: made
                for kind, made in self._models.items()
                if getattr(spec, kind) is not None or made is not getattr(call.session, kind)
            },
            turn_handling=self.turns if call.channel == "voice" else NOT_GIVEN,
        )
        self._changing = toolbox.changes(plan)
        self._silent = before is not None
        self._cutting_in = False
        self._earlier: frozenset[str] = frozenset()
        self._summary: asyncio.Task[Any] | None = None
        if before is not None and context == "summary":
            self._summary = asyncio.create_task(
                summarised(before.writer, before.chat_ctx.items, call.clock)
            )

    @property
    def writer(self) -> Any:
        """The model that writes summaries: the agent's, or where it has none the persona's own."""
        release = self._call.bound.release
        named = chosen(release.agent, "llm") or chosen(release.personas[self.plan.name], "llm")
        return self._call.bound.models.get("llm", named or ())

    def _render(self, plan: PersonaPlan) -> str:
        context = self._call.bound.context
        before, context.persona = context.persona, plan.name
        try:
            parts = (self._call.bound.renderer.text(text).strip() for text in plan.texts)
            return "\n\n".join(part for part in parts if part)
        finally:
            context.persona = before

    async def refresh(self) -> None:
        """Render the instructions again where a variable that they use has changed."""
        variables = self._call.bound.variables
        if not variables.changed_since(self._stamp, self.plan.uses):
            return
        self._stamp = variables.stamp
        text = self._render(self.plan)
        if text != self.instructions:
            await self.update_instructions(text)

    def change(self) -> PersonaChange:
        """What the call's release makes of it now; nothing is changed yet.

        Raises:
            CannotStartError: a provider cannot be built.
        """
        call, plan = self._call, self._call.bound.plan.personas[self.plan.name]
        toolbox = Toolbox(call)
        models = models_of(call, plan.name)
        return PersonaChange(plan, toolbox, self._render(plan), toolbox.of(plan), models)

    @property
    def made(self) -> PersonaChange:
        """What it is made of now."""
        return PersonaChange(
            self.plan, self._toolbox, str(self.instructions), self.tools, self._models
        )

    def use(self, models: Mapping[str, Any]) -> None:
        """Use these models from the next words on.

        Raises:
            Exception: whatever LiveKit or a provider has against them.
        """
        before, self._models = self._models, dict(models)
        other = {kind: made for kind, made in models.items() if made is not before.get(kind)}
        if other:
            self.update_options(**other)

    @property
    def background(self) -> list[llm.Tool]:
        """Its tools that work in the background, which LiveKit's session holds."""
        return self._toolbox.background(self.plan)

    async def become(self, change: PersonaChange) -> None:
        """Go on as another release has it; nothing is said."""
        self.plan, self._toolbox = change.plan, change.toolbox
        self._changing = change.toolbox.changes(change.plan)
        self._stamp = self._call.bound.variables.stamp
        if change.text != self.instructions:
            await self.update_instructions(change.text)
        kept = (*change.tools, *self.background)
        names = [tool.id for tool in kept if isinstance(tool, llm.Tool)]
        # LiveKit forgets the answers of tools that are gone
        await self.update_chat_ctx(ChatContext(without(self.chat_ctx.items, names)))
        await self.update_tools(change.tools)

    async def on_enter(self) -> None:
        """Take over: what was said, then the first words."""
        with self._call.busy():
            await self._enter()

    async def _enter(self) -> None:
        call, name = self._call, self.plan.name
        known = name in call.visited
        call.visited.add(name)
        call.bound.context.persona = name
        call.listens()
        if self.came_from is not None:
            call.hops += 1
            await self._take_over()
        elif call.channel == "text" and call.in_room:
            await self.session.room_io.wait_for_ready()
        await self.refresh()
        try:
            await self._speak_first(known=known)
        finally:
            if call.leaving in (None, name):
                call.stay()

    async def _speak_first(self, *, known: bool) -> None:
        if self.came_from is None and not known and self._call.history is not None:
            await self._recall(self._call.history)
            return
        words = self._first_words(known=known)
        if words is not None:
            await self._call.open(words)
        if self.plan.asks and await self._ask_first():
            return
        if words is None and self.came_from is not None:
            heard = any(i.type == "message" and i.role == "user" for i in self.chat_ctx.items)
            await self._call.instruct("" if heard else TAKE_OVER, tools=True)

    async def _recall(self, history: tuple[tuple[str, str], ...]) -> None:
        """Go on with a talk that took place elsewhere."""
        chat = self.chat_ctx.copy()
        for role, text in history:
            chat.add_message(role="user" if role == "user" else "assistant", content=text)
        self._earlier = frozenset(item.id for item in chat.items)
        await self.update_chat_ctx(chat)

    async def _ask_first(self) -> bool:
        """Ask for what is missing, or do what follows when nothing is."""
        call = self._call
        call.needs.begin_visit(self.plan.name)
        outcome = await call.needs.go_on(ActionContext(call))
        await self._follow(outcome)
        return outcome.answered or outcome.stops or bool(outcome.outputs)

    def _first_words(self, *, known: bool) -> Say | Instruct | None:
        spec = self._call.bound.release.personas[self.plan.name]
        if known:
            return spec.on_return
        if self.came_from is None:
            return spec.greeting
        return spec.on_handoff or spec.greeting

    async def _take_over(self) -> None:
        before, self._before = self._before, None
        if before is None:
            return
        own = (*self.tools, *self.background)
        tools = [tool.id for tool in own if isinstance(tool, llm.Tool)]
        items: list[llm.ChatItem] = []
        context = self._context
        if self._summary is not None:
            summary = await self._summary
            items = [summary] if summary is not None else []
            context = context if summary is not None else f"last {FALLBACK}"
        items += carried(before.chat_ctx.items, tools, context)
        self._earlier = frozenset(item.id for item in items)
        said = [
            i
            for i in self.chat_ctx.items
            if i.type == "message" and i.role in ("user", "assistant")
        ]
        overheard = self._call.overheard()
        late = [overheard] if overheard is not None else []
        await self.update_chat_ctx(ChatContext([*items, *said, *late]))

    async def on_user_turn_completed(
        self, turn_ctx: ChatContext, new_message: llm.ChatMessage
    ) -> None:
        """Answer what was said before and could not be answered as well; not in a handoff.

        It waits for a tool that may not be disturbed.
        """
        if await undisturbed(self._call):
            known = {item.id for item in turn_ctx.items}
            turn_ctx.insert([item for item in self.chat_ctx.items if item.id not in known])
        self._call.hearing.turn(new_message)

    async def llm_node(
        self, chat_ctx: ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncGenerator[Any, None]:
        """LiveKit's own, with the tools that may be offered now, and within bounds.

        What the caller's words lead to for certain is done in place of it.
        """
        call = self._call
        deed = self._certainly(chat_ctx)
        if deed is not None:
            yield prepared(call, deed)
            return
        turn = self._turn(chat_ctx)
        call.budget.begin(next((i.id for i in reversed(chat_ctx.items) if _is_caller(i)), None))
        if model_settings.tool_choice != "none" and (made := decided(call, chat_ctx.items)):
            yield made
            return
        if self._changing:
            tools = self._toolbox.offered(self.plan, tools, turn)
        if model_settings.tool_choice != "none":
            wanted = due(call, {tool.id for tool in tools}, chat_ctx.items)
            model_settings = ModelSettings(wanted) if wanted is not None else model_settings
        waited = not call.over and (self._silent or owed(chat_ctx.items, call.bound.plan.tools))
        OWED.set(waited)
        answer = Answer(
            through(
                self.nodes.get("llm", ()),
                lambda chat, settings: Agent.default.llm_node(self, chat, tools, settings),
                self._told(chat_ctx, turn),
                model_settings,
            ),
            call.bound.models.hidden,
            self._patience() if call.in_room or call.channel == "voice" else math.inf,
            call.budget,
            owed=waited,
            refused=call.refused,
        )
        try:
            async for piece in answer.pieces():
                yield piece
            self._silent = False
        except AnswerError as error:
            call.given_up += 1
            if words := call.give_up(str(error)):
                yield f"\n{words}" if answer.said else words
        if not answer.called and (following := self._asked_again(chat_ctx, turn)):
            yield following

    def _asked_again(self, chat: ChatContext, turn: str | None) -> str | llm.ChatChunk | None:
        """What follows words of the model alone, where the caller was asked for something."""
        call = self._call
        if turn is None or not self.plan.asks or call.over:
            return None
        said = next((i.text_content for i in chat.messages() if i.id == turn), None)
        following = again(call.needs, self.plan, turn, said or "")
        if isinstance(following, str):
            return f"\n{following}" if following else None
        return prepared(call, following)

    def _certainly(self, chat: ChatContext) -> Deed | None:
        """What the caller's words lead to for certain, where nothing has answered them yet."""
        message = last_caller(chat.items)
        if message is None or message.id in self._earlier:
            return None
        deed = meant(self._call, self.plan, message)
        if deed is None and self.plan.asks:
            deed = answered(self._call.needs, self.plan, message)
        return deed

    def _turn(self, chat: ChatContext) -> str | None:
        """The caller's words that are being answered; None where they were said to another."""
        last = next((i.id for i in reversed(chat.items) if _is_caller(i)), None)
        return None if last in self._earlier else last

    def _told(self, chat: ChatContext, turn: str | None) -> ChatContext:
        """The talk as the model is told of it now."""
        chat = without_deeds(chat)
        asked = self.plan.asks and turn is not None
        text = note(self._call, self.plan) if asked else ""
        return with_note(chat, text) if text else chat

    def _patience(self) -> float:
        """Seconds that the model may be silent: longer where its provider is given more time."""
        named = choice(self._call.bound.release, self.plan.name, "llm")
        return max(SILENCE, self._call.bound.models.patience(named or ()))

    async def on_user_turn_exceeded(self, ev: UserTurnExceededEvent) -> None:
        """LiveKit has seen that the caller talks without end."""
        await self.exceeded(ev)

    async def exceeded(self, event: UserTurnExceededEvent) -> None:
        """The caller talks without end: do what the agent says, once at a time."""
        if self._cutting_in or self._call.over:
            return
        self._cutting_in = True
        try:
            await self._cut_in(event)
        finally:
            self._cutting_in = False

    async def _cut_in(self, event: UserTurnExceededEvent) -> None:
        turns = self._call.bound.release.agent.turn_taking
        limit = turns.turn_limit if turns is not None else None
        if limit is None or not limit.then:
            await super().on_user_turn_exceeded(event)
            return
        await self.act(limit.then, over_the_caller=True)

    async def act(self, actions: Any, *, over_the_caller: bool = False) -> None:
        """Do actions that no tool asked for.

        Args:
            actions: what is done.
            over_the_caller: the caller is speaking, and would interrupt what is said at once.
        """
        call = self._call
        call.budget.begin(object())
        with call.busy():
            outcome = await perform(actions, ActionContext(call, over_the_caller=over_the_caller))
        await self._follow(outcome)

    async def _follow(self, outcome: ActionOutcome) -> None:
        """Do what follows actions that no tool asked for."""
        call = self._call
        if outcome.remarks:
            await self._remark(outcome.remarks)
        if outcome.ends:
            call.over = True
            call.finish("end_call")
        elif outcome.leave is not None:
            call.depart(outcome.leave.target)
            try:
                self.session.update_agent(self.enter(outcome.leave))
            except CannotStartError as error:
                log.error("the call is not handed to '%s': %s", outcome.leave.target, error)  # noqa: TRY400 - no traceback may reach an author
                call.stay()
        elif outcome.outputs and not outcome.answered:
            await call.instruct("", tools=True)

    async def _remark(self, remarks: list[str]) -> None:
        """Tell the model what has happened, without asking it to answer."""
        chat = self.chat_ctx.copy()
        chat.add_message(role="system", content="\n".join(remarks))
        await self.update_chat_ctx(chat)

    def enter(self, leave: PendingHandoff) -> LivePersona:
        """Make the persona that takes over from this one."""
        return enter(self._call, self._toolbox, self, leave)


def speaker(call: Call) -> LivePersona:
    """The persona that speaks."""
    agent: Any = call.session.current_agent
    return agent  # type: ignore[no-any-return]  # all agents of a call are personas


def _is_caller(item: llm.ChatItem) -> bool:
    return item.type == "message" and item.role == "user"


@lru_cache(maxsize=1024)
def class_of(name: str, parts: tuple[str, ...] = ()) -> type[LivePersona]:
    """The class of a persona, with nodes at some parts: LiveKit tells agents apart by it."""
    return type(name, (*(BY_PART[part] for part in parts), LivePersona), {})


def enter(
    call: Call, toolbox: Toolbox, before: LivePersona | None, leave: PendingHandoff
) -> LivePersona:
    """Make the persona that the call goes to."""
    release = call.bound.release
    parts = tuple(part for part in BY_PART if release.nodes(leave.target, part))
    return class_of(leave.target, parts)(
        call, toolbox, call.bound.plan.personas[leave.target], before, leave.context
    )
