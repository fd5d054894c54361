"""A persona as LiveKit's Agent: a class for each name, a new instance at every handoff."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterable
from functools import lru_cache, partial
from typing import Any

from livekit import rtc
from livekit.agents import (
    NOT_GIVEN,
    Agent,
    ChatContext,
    ModelSettings,
    StopResponse,
    TurnHandlingOptions,
    UserTurnExceededEvent,
    llm,
)
from livekit.agents.voice.generation import update_instructions

from runner.schema.providers import chosen
from runner.session.call import Call
from runner.session.models.nodes import through
from runner.session.pending import PendingHandoff
from runner.session.personas.change import PersonaChange
from runner.session.personas.early_reply import replied
from runner.session.personas.first_words import opened, speak_first
from runner.session.personas.makeup import Makeup
from runner.session.personas.models import nodes_of
from runner.session.personas.nodes import BY_PART
from runner.session.personas.patience import Patience
from runner.session.personas.reconnections import Reconnections
from runner.session.personas.replies import Replies
from runner.session.personas.speech import SpeechModel
from runner.session.personas.taken_over import TakenOver
from runner.session.personas.toolbox import Toolbox
from runner.session.personas.unasked import Unasked
from runner.session.personas.voice import PersonaVoice
from runner.session.plan import PersonaPlan
from runner.session.settings.options import livekit_options
from runner.session.tools.waiting import undisturbed


class LivePersona(Agent):
    """One persona for as long as it speaks.

    Attributes:
        came_from: the persona that handed the call over; None at the start.
        makeup: what it is made of.
        turns: the turn taking of its own, as LiveKit has it for this visit.
        speech: what there is to know of the speech-to-speech model that it speaks through.
        unasked: does what no tool of the model asked for.
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
        self.came_from = before.plan.name if before is not None else None
        self._call = call
        spec = call.bound.release.personas[plan.name]
        self.turns: TurnHandlingOptions = livekit_options(
            spec, detector=call.bound.models.turn_detector
        ).get("turn_handling", {})
        self.makeup = Makeup(call, toolbox, plan, self)
        self.nodes = nodes_of(call, plan.name)
        self.speech = SpeechModel.of(call, self.makeup.models, self.turns)
        super().__init__(
            instructions=self.makeup.instructions,
            id=plan.name,
            tools=self.makeup.offered if self.speech else toolbox.of(plan),
            **{
                kind: made
                for kind, made in self.makeup.models.items()
                if getattr(spec, kind) is not None or made is not getattr(call.session, kind)
            },
            turn_handling=self.turns if call.channel == "voice" else NOT_GIVEN,
        )
        self.unasked = Unasked(call, self, self.enter)
        self._replies = Replies(call, plan, toolbox, self.nodes, first=before is None)
        self._watches: list[Reconnections | Patience] = []
        self._patience: Patience | None = None
        task = call.bound.renderer.own("summarise")
        self._taken_over = (
            TakenOver(before, context, call.clock, task) if before is not None else None
        )

    @property
    def plan(self) -> PersonaPlan:
        """Its plan, as the call has it now."""
        return self.makeup.plan

    @property
    def writer(self) -> Any:
        """The model that writes summaries: the agent's, or the persona's own; None for none."""
        release = self._call.bound.release
        spoken = self._call.bound.context.spoken
        own = release.personas[self.plan.name]
        named = chosen(release.agent, "llm", spoken) or chosen(own, "llm", spoken)
        return self._call.bound.models.get("llm", named) if named else None

    @property
    def background(self) -> list[llm.Tool]:
        """Its tools that work in the background, which LiveKit's session holds."""
        return self.makeup.background

    async def refresh(self) -> None:
        """Go by what variables are now: the instructions that name them, and what is offered."""
        if self.speech is not None:
            await self.makeup.offer()
        await self.makeup.refresh()

    async def become(self, change: PersonaChange) -> None:
        """Go on as another release has it; nothing is said."""
        self._replies.become(change.plan, change.toolbox)
        await self.makeup.become(change)
        if self.speech is not None:
            await self.refresh()

    async def speak_anew(self) -> None:
        """Go on as the language that is spoken now has it.

        Raises:
            CannotStartError: a provider of it cannot be built.
        """
        change = self.makeup.change()
        self.makeup.use(change.models)
        await self.become(change)

    async def on_enter(self) -> None:
        """Take over: what was said, then the first words."""
        self._call.speeches.settle()
        with self._call.busy():
            await self._enter()

    async def _enter(self) -> None:
        call, name = self._call, self.plan.name
        known = name in call.visited
        call.visited.add(name)
        call.bound.context.persona = name
        call.listens()
        if self.speech is not None and call.channel == "voice":
            self._patience = Patience(call, self, finds_turns=self.speech.takes_turns)
            self._watches = [Reconnections(call, self), self._patience]
        if self.came_from is not None:
            call.hops += 1
            await self._take_over()
        elif call.channel == "text" and call.in_room:
            await self.session.room_io.wait_for_ready()
        call.entered.set()
        try:
            if self.came_from is not None or known or await opened(call, self):
                await self.refresh()
                await speak_first(call, self, known=known)
        finally:
            if call.leaving in (None, name):
                call.stay()

    async def on_exit(self) -> None:
        """Speak no more."""
        while self._watches:
            self._watches.pop().stop()

    async def recall(self, history: tuple[tuple[str, str], ...]) -> None:
        """Go on with a talk that took place elsewhere."""
        chat = self.chat_ctx.copy()
        for role, text in history:
            chat.add_message(role="user" if role == "user" else "assistant", content=text)
        self._replies.earlier = frozenset(item.id for item in chat.items)
        await self.update_chat_ctx(chat)

    async def _take_over(self) -> None:
        taken_over, self._taken_over = self._taken_over, None
        if taken_over is None:
            return
        own = (*self.tools, *self.background)
        items = await taken_over.items([tool.id for tool in own if isinstance(tool, llm.Tool)])
        self._replies.earlier = frozenset(item.id for item in items)
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
        if self._call.bound.release.agent.only_listens:
            raise StopResponse  # its words are told as they come
        if self._call.outgoing.pending:
            raise StopResponse  # nobody knows yet who is there: it is kept, see `Outgoing`
        waited = await undisturbed(self._call)
        if self.speech is not None:
            return  # it has heard the caller itself
        if waited:
            known = {item.id for item in turn_ctx.items}
            turn_ctx.insert([item for item in self.chat_ctx.items if item.id not in known])
        if await self._call.tongue.heard(new_message.text_content or ""):
            update_instructions(turn_ctx, instructions=str(self.instructions), add_if_missing=True)
        self._call.hearing.turn(new_message)

    def llm_node(
        self, chat_ctx: ChatContext, tools: list[llm.Tool], model_settings: ModelSettings
    ) -> AsyncGenerator[Any, None]:
        """LiveKit's own, with the tools that may be offered now, and within bounds.

        What the caller's words lead to for certain is done in place of it.
        """
        livekits = partial(replied, self._call.speeches, partial(Agent.default.llm_node, self))
        return self._replies.reply(chat_ctx, tools, model_settings, livekits)

    def tts_node(
        self, text: AsyncIterable[str], model_settings: ModelSettings
    ) -> AsyncGenerator[Any, None]:
        """LiveKit's own, behind the author's nodes; what has sounded before is not asked again."""
        nodes, speak = self.nodes.get("tts", ()), partial(Agent.default.tts_node, self)
        text = self._patience.unbroken(text) if self._patience is not None else text
        return PersonaVoice(self._call, self.plan.name, nodes, speak).heard(text, model_settings)

    def realtime_audio_output_node(
        self, audio: AsyncIterable[rtc.AudioFrame], model_settings: ModelSettings
    ) -> AsyncGenerator[rtc.AudioFrame, None]:
        """LiveKit's own; a speech-to-speech model that stops in its reply leaves nobody waiting."""
        reply = audio if self._patience is None else self._patience.unbroken(audio)
        livekits = Agent.default.realtime_audio_output_node
        return through((), partial(livekits, self), reply, model_settings)

    def first_request(self, text: str) -> tuple[ChatContext, list[llm.Tool], ModelSettings]:
        """What LiveKit will ask the model when the call begins with these instructions."""
        chat = self.chat_ctx.copy()
        chat.add_message(role="system", content=str(self.instructions))
        chat.add_message(role="system", content=text)
        tools = llm.ToolContext([*self.tools, *self.background]).flatten()
        return chat, self._replies.offered(tools, None), ModelSettings()

    async def on_user_turn_exceeded(self, ev: UserTurnExceededEvent) -> None:
        """LiveKit has seen that the caller talks without end."""
        await self.unasked.exceeded(ev)

    def enter(self, leave: PendingHandoff) -> LivePersona:
        """Make the persona that takes over from this one."""
        return enter(self._call, self.makeup.toolbox, self, leave)


def speaker(call: Call) -> LivePersona:
    """The persona that speaks."""
    agent: Any = call.session.current_agent
    return agent  # type: ignore[no-any-return]  # all agents of a call are personas


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
