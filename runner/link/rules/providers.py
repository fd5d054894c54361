"""Providers that an agent or persona chooses: do they exist, and are they of the right kind?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Related, Span
from runner.diagnostics.nearest import nearest
from runner.link.hints import defined_where, near, unknown
from runner.link.rule import DefinitionContext, LeafRule
from runner.link.table import name_span
from runner.link.walk import Leaf
from runner.provider_kinds import BY_KEY
from runner.providers.catalogue import InstalledProvider
from runner.schema.reading.load import Definition
from runner.schema.types.names import ProviderName

_INFERENCE = re.compile(r"[\w.-]+(/[\w.:@+-]+)+")


def _check(context: DefinitionContext, leaf: Leaf, _place: Span) -> Iterator[Diagnostic]:
    name, kind = str(leaf.value), leaf.key
    if not isinstance(leaf.value, ProviderName) or kind not in BY_KEY:
        return
    if name in BY_KEY[kind].words:
        return
    provider = context.table.entries["providers"].get(name)
    span = leaf.span(context.definition.document)
    if provider is not None:
        yield from _of_kind(provider, kind, span)
    elif not _INFERENCE.fullmatch(name) and name not in context.table.words:
        hint = _hint(context, name, kind)
        yield near(context, unknown(span, "provider", name, hint), "providers", name)


def _of_kind(provider: Definition, kind: str, span: Span) -> Iterator[Diagnostic]:
    actual = getattr(provider.spec, "kind", kind)
    if actual != kind:
        message = f"provider '{provider.name}' is of kind {actual}, and {kind} is needed here"
        related = (Related(name_span(provider), f"'{provider.name}' is defined here"),)
        yield Diagnostic(span, "E206", message, f"name a provider that has {kind}:", related)


def _hint(context: DefinitionContext, name: str, kind: str) -> str:
    fitting = [
        n
        for n, d in context.table.entries["providers"].items()
        if getattr(d.spec, "kind", kind) == kind
    ]
    plugin = context.around.catalogue.find(kind, name) if nearest(name, fitting) is None else None
    clean = re.sub(r"[\s,;]+$", "", name)
    if clean != name and _INFERENCE.fullmatch(clean):
        return f"did you mean '{clean}'?"
    if isinstance(plugin, InstalledProvider) or (plugin is not None and plugin.code == "E401"):
        return (
            f"'{name}' is a plugin: below providers:, give a provider of your own "
            f"{kind}: {name}, and write that provider's name here"
        )
    example = BY_KEY[kind].example
    place = "write it below providers:" + (f", or write one such as {example}" * bool(example))
    return defined_where(name, fitting, place)


RULE = LeafRule(_check)
