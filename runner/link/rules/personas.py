"""Personas that are handed a call: do they exist, and is it another one?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.late_pattern import late
from runner.link.hints import below, defined_where, near, unknown
from runner.link.rule import DefinitionContext, LeafRule
from runner.link.walk import Leaf
from runner.schema.actions import BACK, HandOff
from runner.schema.personas import Persona
from runner.schema.types.blocks import is_sentence
from runner.schema.types.later import LATER, not_yet
from runner.schema.types.names import PersonaName

_NUMBER = late(r"(?:(?:tel|sip):)?\+?\d[\d\s()./-]{4,}(?:@.*)?|sip:.*", re.IGNORECASE)
_A_NUMBER = "a phone number cannot take over the call: only a persona can"


def _transfer() -> str:
    """How a call is transferred to a number."""
    kind = "transfer_call"
    if kind in LATER["an action"]:
        return f"name a persona; {not_yet(kind)[0]}"
    return f"name a persona, or write {kind}: and below it to: and the number"


_SPOKEN_BY = {"closed": "night_desk", "start": "desk"}
"""Keys whose persona greets → a name that it could have."""


def _sentence(leaf: Leaf) -> tuple[str, str]:
    """Words that stand where a persona is named: another action, or the greeting of one."""
    message = "a sentence stands here, where the name of a persona belongs"
    if isinstance(leaf.owner, HandOff):
        return message, "words are an action of their own: write say: instead of handoff:"
    name = _SPOKEN_BY.get(leaf.key)
    if name is None:
        return message, "write the name of a persona"
    return message, (
        f"a persona says the words: write its name here, such as {name}; below personas: write "
        f"{name}:, below it greeting:, and below that say: with the words"
    )


def _check(context: DefinitionContext, leaf: Leaf, _place: Span) -> Iterator[Diagnostic]:
    name = str(leaf.value)
    if not isinstance(leaf.value, PersonaName):
        return
    if isinstance(leaf.owner, HandOff) and name == BACK:
        return
    span = leaf.span(context.definition.document)
    if leaf.is_key and isinstance(leaf.owner, Persona) and name == context.definition.name:
        message = f"persona '{name}' hands the call to itself"
        yield Diagnostic(span, "E205", message, "name another persona, or delete this handoff")
    known = context.table.entries["personas"]
    if name not in known and name not in context.table.words:
        if _NUMBER.fullmatch(name):
            yield Diagnostic(span, "E202", _A_NUMBER, _transfer())
            return
        if is_sentence(name) and not leaf.is_key:
            yield Diagnostic(span, "E202", *_sentence(leaf))
            return
        hint = defined_where(name, known, below("personas", name))
        yield near(context, unknown(span, "persona", name, hint), "personas", name)


RULE = LeafRule(_check, PersonaName)
