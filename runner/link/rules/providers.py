"""Providers that an agent or persona chooses: do they exist, and are they of the right kind?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Related, Span
from runner.diagnostics.nearest import nearest
from runner.late_pattern import late
from runner.link.hints import defined_where, near, unknown
from runner.link.inferred import judged
from runner.link.rule import DefinitionContext, LeafRule
from runner.link.table import name_span
from runner.link.walk import Leaf
from runner.provider_kinds import BY_KEY, IN_ORDER, KIND_NAMED_AT
from runner.providers.catalogue import InstalledProvider
from runner.providers.makers import (
    OPTIONS,
    inference_model,
    is_platform,
    plugin_of,
)
from runner.schema.providers import Order
from runner.schema.reading.load import Definition
from runner.schema.types.names import ProviderName
from runner.schema.types.values import NO, YES
from runner.template import has_template

SPEECH_TO_SPEECH = late(r"openai/gpt-(realtime|live)|google/gemini-([\w.-]+-)?live|xai/grok-voice")
"""How LiveKit Inference calls its speech-to-speech models."""

_INFERENCE = late(r"[\w.-]+(/[\w.:@+-]+)+")


def _check(context: DefinitionContext, leaf: Leaf, _place: Span) -> Iterator[Diagnostic]:
    name, kind = str(leaf.value), KIND_NAMED_AT.get(leaf.key, leaf.key)
    ordered = isinstance(leaf.owner, Order)
    if ordered:
        kind = getattr(context.definition.spec, "kind", "")
    if not isinstance(leaf.value, ProviderName) or kind not in BY_KEY:
        return
    if name in BY_KEY[kind].words or has_template(name):  # a variable: `chosen_providers`
        return
    provider = context.table.entries["providers"].get(name)
    span = leaf.span(context.definition.document)
    if provider is not None:
        several = ordered or _listed(leaf, kind)
        yield from _of_kind(provider, kind, span, several=several)
    elif BY_KEY[kind].example and _INFERENCE.fullmatch(name):
        yield from _of_speech(name, kind, span)
        yield from judged(name, kind, span, context.around.catalogue.is_plugin)
    elif name not in context.table.words:
        hint = _hint(context, name, kind)
        yield near(context, unknown(span, "provider", name, hint), "providers", name)


def _of_speech(name: str, kind: str, span: Span) -> Iterator[Diagnostic]:
    """Models of LiveKit Inference that stand under the other kind's key."""
    speech = SPEECH_TO_SPEECH.match(name) is not None
    if kind == "llm" and speech:
        message = f"'{name}' is a speech-to-speech model, and llm takes models of words"
        yield Diagnostic(span, "E206", message, f"write realtime: {name} in place of llm: and stt:")
    elif kind == "realtime" and not speech:
        message = f"'{name}' is no speech-to-speech model of LiveKit Inference"
        hint = f"write one such as {BY_KEY[kind].example}, or llm: {name} with stt: and tts:"
        yield Diagnostic(span, "E206", message, hint)


def _listed(leaf: Leaf, kind: str) -> bool:
    """Whether it stands in a list with others."""
    named = getattr(leaf.owner, kind, None)
    return isinstance(named, tuple) and len(named) > 1


def _of_kind(provider: Definition, kind: str, span: Span, *, several: bool) -> Iterator[Diagnostic]:
    actual = getattr(provider.spec, "kind", kind)
    if actual != kind:
        message = f"provider '{provider.name}' is of kind {actual}, and {kind} is needed here"
        related = (Related(name_span(provider), f"'{provider.name}' is defined here"),)
        hint = f"name a provider that has {kind}:"
        if {actual, kind} == {"llm", "realtime"}:
            hint = f"write {actual}: {provider.name}, or {hint}"
        yield Diagnostic(span, "E206", message, hint, related)
    elif several and getattr(provider.spec, "kind_value", "") == IN_ORDER:
        message = f"'{provider.name}' is a fallback, which cannot stand in another list"
        related = (Related(name_span(provider), f"'{provider.name}' is defined here"),)
        yield Diagnostic(span, "E206", message, "write the providers of its order: here", related)


def _hint(context: DefinitionContext, name: str, kind: str) -> str:
    fitting = [
        n
        for n, d in context.table.entries["providers"].items()
        if getattr(d.spec, "kind", kind) == kind
    ]
    row = BY_KEY[kind]
    if name.casefold() in NO | YES:
        return _switched(kind, off=name.casefold() in NO)
    if nearest(name, row.words) is not None:
        fitting = [*row.words, *fitting]
    plugin = context.around.catalogue.find(kind, name) if nearest(name, fitting) is None else None
    clean = re.sub(r"[\s,;]+$", "", name)
    if clean != name and _INFERENCE.fullmatch(clean):
        return f"did you mean '{clean}'?"
    if re.search(r"[,;]\s*\S", clean):
        first = re.split(r"[,;]", clean)[0].strip()
        return f"write each on a line of its own, with a dash: - {first}"
    if isinstance(plugin, InstalledProvider) or (plugin is not None and plugin.code == "E401"):
        return (
            f"'{name}' is a plugin: below providers:, give a provider of your own "
            f"{kind}: {name}, and write that provider's name here"
        )
    if nearest(name, fitting) is None and (known := _well_known(kind, name)):
        return known
    place = "write it below providers:"
    if row.example:
        place += f", or write one such as {row.example}"
    elif row.words:
        place = f"write one of {', '.join(row.words)}, or write it below providers:"
    return defined_where(name, fitting, place)


def _switched(kind: str, *, off: bool) -> str:
    """What to write where a yes or no stands for a provider."""
    if off:
        return "delete the line: without it there is none" if kind in _UNUSED else "delete the line"
    return f"write the name of a provider that has {kind}:"


_UNUSED = frozenset({"avatar", "noise_cancellation", "realtime"})
"""Kinds that a call does without where nobody names one."""


def _well_known(kind: str, name: str) -> str | None:
    """What to write for a model or voice that people know by this name."""
    if model := inference_model(kind, name):
        return (
            f"did you mean {model}? It comes through LiveKit, with LiveKit's key; "
            f"or write a provider below providers:, and its name here"
        )
    plugin = plugin_of(kind, name)
    if plugin is None:
        return None
    option = "" if is_platform(name) else f" and, below with:, {OPTIONS[kind]}: {name}"
    return (
        f"below providers:, give a provider of your own {kind}: {plugin}{option}; "
        "then write that provider's name here"
    )


RULE = LeafRule(_check, ProviderName)
