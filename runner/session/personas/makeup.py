"""What a persona is made of: its plan, tools, models and instructions, which may change."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from livekit.agents import Agent, ChatContext, llm

from runner.session.call import Call
from runner.session.models.speech import HEARS_AND_THINKS
from runner.session.personas.change import PersonaChange
from runner.session.personas.context import without
from runner.session.personas.models import models_of
from runner.session.personas.toolbox import Toolbox
from runner.session.plan import PersonaPlan
from runner.session.tasks.language import told_language


class Makeup:
    """Holds what one persona is made of, and tells LiveKit's agent what has changed of it.

    Attributes:
        plan: its plan.
        toolbox: makes its tools.
        models: kind → LiveKit's object, or None.

    Args:
        call: the call.
        toolbox: makes its tools.
        plan: its plan.
        agent: LiveKit's agent, which need not be begun yet.

    Raises:
        CannotStartError: a provider cannot be built.
    """

    def __init__(self, call: Call, toolbox: Toolbox, plan: PersonaPlan, agent: Agent) -> None:
        """Build its models; nothing is told to the agent."""
        self._call, self._agent = call, agent
        self.plan, self.toolbox = plan, toolbox
        self.models: Mapping[str, Any] = models_of(call, plan.name)
        self._stamp = call.bound.variables.stamp

    @property
    def instructions(self) -> str:
        """Its instructions as things are now."""
        return self._render(self.plan)

    @property
    def offered(self) -> list[llm.Tool | llm.Toolset]:
        """Those of its tools that a speech-to-speech model may call now."""
        tools = [t for t in self.toolbox.of(self.plan) if isinstance(t, llm.Tool)]
        return [*self.toolbox.offered(self.plan, tools)]

    @property
    def background(self) -> list[llm.Tool]:
        """Its tools that work in the background, which LiveKit's session holds."""
        return self.toolbox.background(self.plan)

    @property
    def now(self) -> PersonaChange:
        """What it is made of now."""
        agent = self._agent
        return PersonaChange(
            self.plan, self.toolbox, str(agent.instructions), agent.tools, self.models
        )

    def change(self) -> PersonaChange:
        """What the call's release makes of it now; nothing is changed yet.

        Raises:
            CannotStartError: a provider cannot be built.
        """
        call, plan = self._call, self._call.bound.plan.personas[self.plan.name]
        toolbox = Toolbox(call)
        models = models_of(call, plan.name)
        return PersonaChange(plan, toolbox, self._render(plan), toolbox.of(plan), models)

    def use(self, models: Mapping[str, Any]) -> None:
        """Use these models from the next words on.

        Raises:
            Exception: whatever LiveKit or a provider has against them.
        """
        before = self.models
        if any(isinstance(each.get("llm"), llm.RealtimeModel) for each in (before, models)):
            # LiveKit changes such a model at a handoff alone
            models = {**models, **{k: before[k] for k in HEARS_AND_THINKS if k in before}}
        self.models = dict(models)
        other = {kind: made for kind, made in models.items() if made is not before.get(kind)}
        if other:
            self._agent.update_options(**other)

    async def become(self, change: PersonaChange) -> None:
        """Go on as another release has it; nothing is said."""
        agent = self._agent
        self.plan, self.toolbox = change.plan, change.toolbox
        self._stamp = self._call.bound.variables.stamp
        if change.text != agent.instructions:
            await agent.update_instructions(change.text)
        kept = (*change.tools, *self.background)
        names = [tool.id for tool in kept if isinstance(tool, llm.Tool)]
        # LiveKit forgets the answers of tools that are gone
        await agent.update_chat_ctx(ChatContext(without(agent.chat_ctx.items, names)))
        await agent.update_tools(change.tools)

    async def offer(self) -> None:
        """Tell a speech-to-speech model which tools it may call now; others are told each time."""
        if self.toolbox.changes(self.plan) and (offered := self.offered) != self._agent.tools:
            await self._agent.update_tools(offered)

    async def refresh(self) -> None:
        """Render the instructions again where a variable that they use has changed."""
        variables = self._call.bound.variables
        if not variables.changed_since(self._stamp, self.plan.uses):
            return
        self._stamp = variables.stamp
        text = self.instructions
        if text != self._agent.instructions:
            await self._agent.update_instructions(text)

    def _render(self, plan: PersonaPlan) -> str:
        context = self._call.bound.context
        before, context.persona = context.persona, plan.name
        try:
            parts = [self._call.bound.renderer.text(text).strip() for text in plan.texts]
            return "\n\n".join(part for part in (*parts, told_language(self._call)) if part)
        finally:
            context.persona = before
