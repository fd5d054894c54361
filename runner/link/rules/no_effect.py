"""Keys of an agent that nothing comes of, because of another key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from runner.diagnostics import Diagnostic
from runner.link.rule import AgentContext, AgentRule, Used
from runner.link.scope import Scope
from runner.link.walk import walk
from runner.link.without_effect import ROWS, by_text, without_effect
from runner.schema.actions import AskAgain, HandOff, Instruct, Play, PressKeys, Say, TransferCall
from runner.schema.agents import Limits
from runner.schema.personas import Handoff
from runner.schema.providers import chosen
from runner.schema.reading.load import Definition
from runner.schema.speaking import UNSTEERED, can_be_steered
from runner.schema.speech import realtime_of
from runner.schema.tools import HttpTool


def _check(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    scope = context.scope
    for row in ROWS:
        yield from ((None, each) for each in without_effect(scope.agent, scope.definition, row))
    yield from _unheard(context)
    yield from _slow_tools(context)
    yield from _silent_handoffs(context)
    yield from _unsteered(context)
    yield from _unseen(scope)


def _unseen(scope: Scope) -> Iterator[tuple[Used, Diagnostic]]:
    """`video_in` where no model sees."""
    agent, definition = scope.agent, scope.definition
    sees = any(realtime_of(agent, persona) for persona in scope.personas.values())
    if agent.room is not None and agent.room.video_in and (by_text(agent) or not sees):
        yield (
            None,
            Diagnostic(
                definition.document.key_span((*definition.location, "room", "video_in")),
                "W211",
                "'video_in' has no effect: no model of this agent sees what a camera shows",
                "delete it, or write realtime: and behind it a speech-to-speech model that sees",
            ),
        )


def _unheard(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    """Actions that need somebody who speaks."""
    scope = context.scope
    if not scope.agent.only_listens:
        return
    document = scope.definition.document
    for leaf in walk(scope.agent, scope.definition.location):
        if isinstance(leaf.owner, _SPEAKING) and leaf.key == leaf.owner.kind:
            yield (
                None,
                Diagnostic(
                    document.key_span(leaf.location),
                    "W211",
                    f"'{leaf.key}' is never done: with mode: transcribe nobody answers",
                    "delete it, or write mode: voice",
                ),
            )


_SPEAKING = (Say, Instruct, Play, HandOff, PressKeys, AskAgain, TransferCall)


def _slow_tools(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    """Tools that may take longer than a turn of the agent."""
    scope, turn = context.scope, (context.scope.agent.limits or Limits()).max_turn
    for name, tool in scope.tools.items():
        if not isinstance(tool, HttpTool) or tool.http.longest <= turn:
            continue
        definition = scope.table.entries["tools"][name]
        written: Any = definition.document.at((*definition.location, "http"))
        key = next((k for k in ("budget", "timeout") if k in written), None)
        if key is None:
            continue
        at = (*definition.location, "http", key)
        message = (
            f"tool '{name}' may take {tool.http.longest:g}s, but a turn of '{scope.name}' is given "
            f"up after {turn:g}s"
        )
        hint = f"give it less time, or write max_turn: in limits: of '{scope.name}'"
        yield ("tools", name), Diagnostic(definition.document.key_span(at), "W211", message, hint)


def _unsteered(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    """`expressive` where it is certain that LiveKit cannot steer the voice."""
    scope = context.scope
    if by_text(scope.agent):
        return
    users: list[tuple[Used, Definition, Any]] = [(None, scope.definition, scope.agent)]
    entries = scope.table.entries["personas"]
    users += [(("personas", n), entries[n], p) for n, p in scope.personas.items() if n in entries]
    for used, source, spec in users:
        speech = spec.speech
        if speech is None or not speech.expressive:
            continue
        names = chosen(spec, "tts") or chosen(scope.agent, "tts") or ()
        why = _cannot_steer(list(map(str, names)), scope)
        if why:
            at = (*source.location, "speech", "expressive")
            yield (
                used,
                Diagnostic(
                    source.document.key_span(at),
                    "W211",
                    f"'expressive' has no effect: {why}",
                    "use a voice of LiveKit Inference that can be steered, such as "
                    "cartesia/sonic-3, or delete it",
                ),
            )


def _cannot_steer(voices: list[str], scope: Scope) -> str:
    """Why LiveKit cannot steer these voices; nothing where it can, or nobody knows."""
    if len(voices) > 1:
        return "LiveKit steers one voice, and not several in order"
    for name in voices:
        spec: Any = scope.providers.get(name)
        plugin = str(getattr(spec, "tts", "")) if spec is not None else "inference"
        if plugin in UNSTEERED:
            return f"LiveKit cannot steer the voice '{name}'"
        options = getattr(spec, "options", None)
        model = (
            name if spec is None else options.get("model", "") if isinstance(options, dict) else ""
        )
        if plugin == "inference" and "/" in str(model) and not can_be_steered(str(model)):
            return f"LiveKit cannot steer the voice '{model}'"
    return ""


def _silent_handoffs(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    """Handoffs without words that say whether these may be interrupted."""
    scope = context.scope
    for name, persona in scope.personas.items():
        definition = scope.table.entries["personas"][name]
        yield from ((("personas", name), d) for d in _interruptible(definition, persona.handoffs))
    yield from (
        (None, diagnostic) for diagnostic in _interruptible(scope.definition, scope.agent.handoffs)
    )


def _interruptible(definition: Definition, handoffs: Mapping[Any, Handoff]) -> Iterator[Diagnostic]:
    for target, handoff in handoffs.items():
        if handoff.say is None and "interruptible" in handoff.model_fields_set:
            at = (*definition.location, "handoffs", str(target), "interruptible")
            yield Diagnostic(
                definition.document.key_span(at),
                "W211",
                "'interruptible' has no effect: the handoff says nothing",
                "write say: beside it, or delete it",
            )


RULE = AgentRule(_check)
