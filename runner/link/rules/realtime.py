"""What cannot stand beside a speech-to-speech model: it hears, thinks and speaks in one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from runner.diagnostics import Diagnostic, Span
from runner.link.chosen import named
from runner.link.rule import AgentContext, AgentRule, Used
from runner.link.scope import Scope
from runner.link.walk import walk
from runner.provider_kinds import IN_ORDER
from runner.schema.actions import AskAgain, EndCall, MustCall, Say
from runner.schema.calling import AnyTool
from runner.schema.personas import Persona
from runner.schema.providers import chosen
from runner.schema.reading.load import Definition
from runner.schema.speech import SAYS_EXACTLY, answers_in_text, realtime_of
from runner.schema.tools import AskTool, McpTool, SayTool
from runner.schema.types.blocks import Block
from runner.schema.types.texts import Spoken

_ONE_VOICE = "write one voice that speaks all of them, or delete tts: and the model speaks itself"
_OR_A_VOICE = "or write tts: beside realtime:, and that voice speaks for the model"
_OWN_WORDS = "write instructions: in its place, and the model says it in its own words"


@dataclass(frozen=True, slots=True)
class _Row:
    """A key that goes by the words between ears and voice, which there are none of.

    Attributes:
        at: the way to it from an agent or persona.
        why: what follows its name.
        hint: what to do.
    """

    at: tuple[str, ...]
    why: str
    hint: str
    where: Callable[[Any], bool] = bool


_OURS = ("vad", "model", "manual")
"""Ways to find the end of a turn that take the turns over from the model."""

_TELL = "say in instructions: what the model should do then, or write llm:, stt: and tts:"
_ROWS = (
    _Row(("intents",), "intents are acted on before the model is asked, and it hears the caller "
         "itself", _TELL),
    _Row(("needs",), "needs are looked for in what the caller says before the model is asked, and "
         "it hears the caller itself",
         "say in instructions: what to ask for, and let the model store it with remember; or "
         "write llm:, stt: and tts:"),
    _Row(("record", "consent"), "the answer is looked for in what the caller says before the model "
         "is asked, and it hears the caller itself",
         "delete it and write announce:, or write llm:, stt: and tts:"),
    _Row(("nodes", "llm"), "no text goes into the model",
         "delete it, or write llm:, stt: and tts:"),
    _Row(("nodes", "stt"), "the model hears the caller itself",
         "delete it, or write llm:, stt: and tts:"),
    _Row(("turn_taking", "while_thinking"), "the words would stand before a text, and the model "
         "speaks itself", "delete it, or write llm:, stt: and tts:"),
    _Row(("turn_taking", "detection"), "stt goes by speech recognition, and the model hears the "
         "caller itself", "write realtime, vad, model or manual, or delete it",
         lambda how: how == "stt"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Check:
    """Looks at one agent.

    Attributes:
        speaking: the personas that speak through a speech-to-speech model.
        mute: those of them that can say no given words.
    """

    scope: Scope
    speaking: frozenset[str] = field(init=False)
    mute: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        agent = self.scope.agent
        speaking = {n for n, p in self.scope.personas.items() if realtime_of(agent, p)}
        object.__setattr__(self, "speaking", frozenset(speaking))
        mute = {n for n in speaking if agent.mode == "voice" and not self._says_exactly(n)}
        object.__setattr__(self, "mute", frozenset(mute))

    def _says_exactly(self, name: str) -> bool:
        agent, persona = self.scope.agent, self.scope.personas[name]
        if answers_in_text(agent, persona) or chosen(agent, "tts") or chosen(persona, "tts"):
            return True
        plugins = {
            str(getattr(spec, "realtime", ""))
            for name in named(self.scope, map(str, realtime_of(agent, persona)))
            if (spec := self.scope.providers.get(name)) is not None
        }
        return bool(plugins) and plugins <= SAYS_EXACTLY | {IN_ORDER}

    def all(self) -> Iterator[tuple[Used, Diagnostic]]:
        """All that does not go together."""
        yield from self._beside()
        yield from self._of_personas()
        if not self.speaking:
            yield from self._without()
            return
        everybody = len(self.speaking) == len(self.scope.personas)
        for used, source, spec, users in self._sources():
            for row in _ROWS:
                if everybody if used is None else users & self.speaking:
                    yield from ((used, problem) for problem in _of_row(source, spec, row))
            if (everybody or used is not None) and users & self.speaking:
                agent = self.scope.agent
                yield from ((used, problem) for problem in _uninterrupted(source, spec, agent))
            yield from ((used, problem) for problem in self._of_leaves(source, spec, users))

    def _without(self) -> Iterator[tuple[Used, Diagnostic]]:
        """`detection: realtime` where there is no such model."""
        entries = self.scope.table.entries["personas"]
        users: list[tuple[Used, Definition, Any]] = [
            (None, self.scope.definition, self.scope.agent)
        ]
        users += [(("personas", n), entries[n], p) for n, p in self.scope.personas.items()]
        for used, source, spec in users:
            if spec.turn_taking is not None and spec.turn_taking.detection == "realtime":
                message = (
                    "'detection: realtime' goes by a speech-to-speech model, and there is none"
                )
                hint = "write model, vad, stt or manual, or delete it"
                yield used, _at(source, ("turn_taking", "detection"), message, hint)

    def _sources(self) -> Iterator[tuple[Used, Definition, Block, set[str]]]:
        """Definitions, and the personas that use them."""
        scope, entries = self.scope, self.scope.table.entries
        yield None, scope.definition, scope.agent, set(scope.personas)
        for name, persona in scope.personas.items():
            yield ("personas", name), entries["personas"][name], persona, {name}
        for name, tool in scope.tools.items():
            users = {n for n, p in scope.personas.items() if name in scope.tools_of(p)}
            yield ("tools", name), entries["tools"][name], tool, users

    def _beside(self) -> Iterator[tuple[Used, Diagnostic]]:
        """What an agent or persona writes beside its own speech-to-speech model."""
        entries = self.scope.table.entries["personas"]
        users: list[tuple[Used, Definition, Any]] = [
            (None, self.scope.definition, self.scope.agent)
        ]
        users += [(("personas", n), entries[n], p) for n, p in self.scope.personas.items()]
        for used, source, spec in users:
            if not chosen(spec, "realtime"):
                continue
            if chosen(spec, "stt"):
                message = (
                    "'stt' and 'realtime' do not go together: the model hears the caller itself"
                )
                yield (
                    used,
                    _at(source, ("stt",), message, "delete stt:, or write llm:, stt: and tts:"),
                )
            if isinstance(getattr(spec, "tts", None), dict):
                message = "voices by language and 'realtime' do not go together"
                yield used, _at(source, ("tts",), message, _ONE_VOICE)
            if chosen(spec, "llm") and not self._summaries():
                message = "'llm' has no effect: with realtime that model answers"
                span = source.document.key_span((*source.location, "llm"))
                yield used, Diagnostic(span, "W211", message, "delete it, or delete realtime:")

    def _summaries(self) -> bool:
        """Whether a model of words is needed: it writes what the next persona is told."""
        handoffs = [*self.scope.agent.handoffs.values()]
        handoffs += [h for p in self.scope.personas.values() for h in p.handoffs.values()]
        return any(handoff.context == "summary" for handoff in handoffs)

    def _of_personas(self) -> Iterator[tuple[Used, Diagnostic]]:
        """Personas with a model of words, where the agent has neither ears nor voice for them."""
        agent = self.scope.agent
        if not chosen(agent, "realtime") or agent.mode != "voice":
            return
        for name, persona in self.scope.personas.items():
            lacking = [k for k in ("stt", "tts") if not (chosen(persona, k) or chosen(agent, k))]
            if name in self.speaking or not lacking:
                continue
            source = self.scope.table.entries["personas"][name]
            keys = " and ".join(f"{key}:" for key in lacking)
            message = (
                f"with 'llm' persona '{name}' does not speak through the agent's realtime, and it "
                f"has no {' and no '.join(_NOUNS[key] for key in lacking)}"
            )
            yield (
                ("personas", name),
                _at(source, ("llm",), message, f"write {keys} beside it, or delete llm:"),
            )

    def _of_leaves(self, source: Definition, spec: Block, users: set[str]) -> Iterator[Diagnostic]:
        speaking, mute = users & self.speaking, users & self.mute
        if isinstance(spec, Persona | AnyTool):
            every = False
        else:
            every = True
            speaking = speaking if speaking == users else set()
            mute = mute if mute == users else set()
        if isinstance(spec, AnyTool) and speaking:
            yield from _of_tool(source, spec)
        who = f"agent '{self.scope.name}'" if every else f"persona '{min(mute, default='')}'"
        for leaf in walk(spec, source.location):
            if mute and isinstance(leaf.value, Spoken) and leaf.key != "confirm":
                message = f"'{leaf.key}' cannot be spoken: {who} has no voice for given words"
                yield Diagnostic(leaf.span(source.document), "E112", message, _instead(leaf.owner))
                return  # one mistake
            if speaking and isinstance(leaf.owner, MustCall | AskAgain) and leaf.key in _CERTAIN:
                message = f"'{leaf.key}' cannot be had of a speech-to-speech model"
                yield Diagnostic(leaf.span(source.document), "E112", message, _CERTAIN[leaf.key])


def _instead(owner: Block) -> str:
    """What to write in the place of given words."""
    if isinstance(owner, SayTool):
        first = "write answer: in its place, for the model to say in its own words"
    elif isinstance(owner, Say) or "instructions" in type(owner).model_fields:
        first = _OWN_WORDS
    elif isinstance(owner, EndCall):
        first = "write end_call: yes"
    else:
        first = "delete it"
    return f"{first}; {_OR_A_VOICE}"


_NOUNS = {"stt": "speech recognition", "tts": "voice"}
_CERTAIN = {
    "must_call": "write instructions: that ask for it, or tool:, which is done for certain",
    "ask_again": "say in instructions: what the model should ask, or write llm:, stt: and tts:",
}


def _of_tool(source: Definition, tool: AnyTool) -> Iterator[Diagnostic]:
    """Tools for which the caller is asked, and their answer awaited, without the model."""
    if isinstance(tool, AskTool):
        message = f"tool '{source.name}' asks the caller, and the model hears the answer first"
        hint = "tell the model in instructions: what to ask for; or write llm:, stt: and tts:"
        yield _at(source, ("ask",), message, hint)
    if isinstance(tool, McpTool):
        for name, options in tool.mcp.tools.items():
            if options.confirm:
                message = f"'{name}' asks for a yes, and the model hears the answer first"
                way = ("mcp", "tools", name, "confirm")
                yield _at(source, way, message, "delete it, or write llm:, stt: and tts:")
    if tool.confirm:
        message = f"tool '{source.name}' asks for a yes, and the model hears the answer first"
        hint = (
            "delete confirm:, and say in description: that the model should ask for a yes first; "
            "or write llm:, stt: and tts:"
        )
        yield _at(source, ("confirm",), message, hint)


def _of_row(source: Definition, spec: Any, row: _Row) -> Iterator[Diagnostic]:
    value: Any = spec
    for name in row.at:
        value = getattr(value, name, None)
    if value and row.where(value):
        message = f"'{row.at[-1]}' and 'realtime' do not go together: {row.why}"
        yield _at(source, row.at, message, row.hint)


def _uninterrupted(source: Definition, spec: Any, agent: Any) -> Iterator[Diagnostic]:
    """What says that the caller cannot interrupt, where the model lets itself be interrupted."""
    turns = getattr(spec, "turn_taking", None)
    detection = getattr(turns, "detection", None) or getattr(agent.turn_taking, "detection", None)
    if turns is None or detection in _OURS:
        return
    interruptions = turns.interruptions
    at: tuple[str, ...] = ("turn_taking", "interruptions")
    if interruptions is False or (interruptions and not interruptions.allow):
        at = at if interruptions is False else (*at, "allow")
        message = (
            f"'{at[-1]}: no' and 'realtime' do not go together: the model finds the end of a turn, "
            "and lets the caller interrupt"
        )
        hint = "delete it, or write detection: vad in turn_taking:, so that LiveKit takes the turns"
        yield _at(source, at, message, hint)


def _at(source: Definition, way: tuple[str, ...], message: str, hint: str) -> Diagnostic:
    span: Span = source.document.key_span((*source.location, *way))
    return Diagnostic(span, "E112", message, hint)


def _check(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    yield from _Check(context.scope).all()


RULE = AgentRule(_check)
