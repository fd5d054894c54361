"""Personas: who speaks. One at a time does, and hands the call to another."""

from typing import Annotated, ClassVar, Self

from pydantic import model_validator
from pydantic.json_schema import JsonSchemaValue

from runner.late_pattern import late
from runner.schema.actions import Actions, Speech
from runner.schema.intents import Intents
from runner.schema.keys import Keypad
from runner.schema.needs import Needs
from runner.schema.nodes import Nodes
from runner.schema.providers import PersonaProviders
from runner.schema.speaking import Speaking
from runner.schema.turns import PersonaTurns
from runner.schema.types.blocks import Block, OneOrList, key
from runner.schema.types.files import FileName
from runner.schema.types.mistake import mistake
from runner.schema.types.names import PersonaName, ToolName
from runner.schema.types.settings import Setting
from runner.schema.types.texts import Condition, Told
from runner.schema.types.values import YesNo
from runner.schema.types.words import Words

_LAST = late(r"last\s+(\d{1,3})")


def _context(text: str) -> str:
    if text in ("full", "summary", "none"):
        return text
    match = _LAST.fullmatch(text)
    if match and int(match[1]) > 0:
        return f"last {int(match[1])}"
    raise mistake(
        "E107",
        f"'{text}' does not say what the next persona is told",
        "write full, summary, none, or last and a number, such as last 6",
    )


Context = Annotated[
    str,
    Setting(
        _context,
        {"type": "string", "pattern": r"^\s*(full|summary|none|last\s+0*[1-9]\d{0,2})\s*$"},
        "`full` `summary` `none`, or `last` and a number",
    ),
]


class Handoff(Block):
    """A way from one persona to another: one tool for the model."""

    noun: ClassVar[str] = "a handoff"

    when: Told = key("when the model should hand over")
    condition: Condition | None = key(
        "offered to the model only while this is true", None, alias="if"
    )
    say: Words | None = key("said by the persona that leaves; nothing: silent", None)
    interruptible: YesNo = key(
        "whether the caller may interrupt say; what they say meanwhile is part of the talk when "
        "the next persona takes over",
        False,
    )
    context: Context = key(
        "what the next persona is told of the talk: full, summary, last 6, none", "full"
    )


class _PersonaBasics(Block):
    condition: Condition | None = key(
        "a gate: while this is not true, no way leads to it: neither the model's nor an action's",
        None,
        alias="if",
    )
    instructions: Told | None = key("what the model is told", None)
    instructions_file: Annotated[tuple[FileName, ...] | None, OneOrList(scalars=True)] = key(
        "a text file, or a list of them, instead of or after instructions", None
    )
    greeting: Speech | None = key("its first words in a call", None)
    on_handoff: Speech | None = key(
        "its first words when it is handed a call; without it, its greeting", None
    )
    on_return: Speech | None = key("its first words when the call comes back to it", None)
    needs: Needs = key(
        "what must be known: the caller is asked for it, in this order, where it is missing", {}
    )
    when_known: Actions = key("done when every need has become known", ())
    tools: tuple[ToolName, ...] = key("tools that the model may call", ())
    handoffs: dict[PersonaName, Handoff] = key("personas that it may hand the call to", {})
    intents: Intents = key("certain phrases of the caller, acted on before the model is asked", {})
    keypad: Keypad = key("keys that the caller presses → what is done; other: all the rest", {})


class Persona(PersonaProviders, _PersonaBasics):
    """A persona: what it knows, its first words, its tools and where it can hand the call."""

    noun: ClassVar[str] = "a persona"
    stray: ClassVar[str] = (
        "what the model should know belongs into instructions:; a value of your own belongs to "
        "the agent, below variables:"
    )
    bare: ClassVar[str] = "instructions"
    rules: ClassVar[JsonSchemaValue] = {"dependentRequired": {"when_known": ["needs"]}}
    elsewhere: ClassVar[dict[str, str]] = {
        "start": "it belongs to an agent",
        "when": "write it below handoffs: and a name",
        "variables": "they belong to an agent",
        "idle": "it belongs to an agent",
        "reload": "it belongs to an agent",
        "limits": "they belong to an agent",
        "mode": "it belongs to an agent",
        "timezone": "it belongs to an agent",
        "room": "it belongs to an agent",
        "name": "the name of a persona stands before the colon, one level to the left",
    }

    turn_taking: PersonaTurns | None = key("instead of the agent's", None, live="visit")
    speech: Speaking | None = key(
        "how it speaks: each key that is written here, instead of the agent's", None
    )
    nodes: Nodes | None = key(
        "plugins between the parts; a part that is named here, instead of the agent's",
        None,
        live="visit",
    )

    @model_validator(mode="after")
    def _knows_what_it_needs(self) -> Self:
        if self.when_known and not self.needs:
            raise mistake(
                "E103",
                "'when_known' is done when every need is known, and there are no needs",
                "write needs: beside it, and below it what the caller is asked for",
                at=("when_known",),
                on="key",
            )
        return self
