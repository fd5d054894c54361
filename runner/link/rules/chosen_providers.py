"""Providers that a variable of the call chooses: it can only hold names of providers."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.diagnostics.nearest import did_you_mean
from runner.link.chosen import BY_THE_CALL, choices_of, variable_in
from runner.link.hints import defined_where
from runner.link.rule import UseContext, UseRule
from runner.link.walk import Leaf
from runner.schema.types.names import ProviderName
from runner.template import has_template


def _check(context: UseContext, leaf: Leaf, _place: Span) -> Iterator[Diagnostic]:
    text, kind = str(leaf.value), leaf.key
    if not isinstance(leaf.value, ProviderName) or not has_template(text):
        return
    span = leaf.span(context.definition.document)
    name = variable_in(text)
    if kind not in BY_THE_CALL:
        message, hint = "a variable cannot choose here", "write the name of a provider"
        yield Diagnostic(span, "E206", message, hint)
    elif getattr(leaf.owner, kind, None) not in (text, (text,)):
        hint = f"write {kind}: and this variable alone on one line, or the name of a provider here"
        yield Diagnostic(span, "E206", "a variable cannot choose one of several", hint)
    elif name is None:
        hint = "write one variable and nothing else, such as {{ voice }}"
        yield Diagnostic(span, "E206", "a provider is chosen by one variable alone", hint)
    else:
        context.read.add(name)
        yield from _of_variable(context, name, kind, span)


def _of_variable(context: UseContext, name: str, kind: str, span: Span) -> Iterator[Diagnostic]:
    variables, words = context.scope.variables, context.scope.table.words
    if name not in variables and name in words:
        return
    if name not in variables:
        hint = did_you_mean(name, variables, noun="variables")
        hint = hint or f"declare {name} below variables:, with type: choice"
        yield Diagnostic(span, "E202", f"unknown variable '{name}'", hint)
        return
    choices = choices_of(variables[name])
    if not choices:
        message = f"'{name}' may hold other values than names of providers"
        hint = "give the variable type: choice, and names of providers below choices:"
        yield Diagnostic(span, "E206", message, hint)
        return
    if not variables[name].has_value:
        message = f"variable '{name}' has no value when the call begins, and chooses the {kind}"
        yield Diagnostic(span, "E206", message, f"add default: {choices[0]} to the variable")
    providers = context.scope.table.entries["providers"]
    for choice in choices:
        if choice not in providers and choice not in words:
            yield _unknown(context, name, choice, kind, span)
    for choice in choices:
        actual = getattr(providers[choice].spec, "kind", kind) if choice in providers else kind
        if actual != kind:
            message = (
                f"'{choice}', which variable '{name}' may hold, is of kind {actual}, and {kind} "
                "is needed here"
            )
            yield Diagnostic(span, "E206", message, f"choose among providers that have {kind}:")
            return


def _unknown(context: UseContext, name: str, choice: str, kind: str, span: Span) -> Diagnostic:
    providers = context.scope.table.entries["providers"]
    fitting = [n for n, each in providers.items() if getattr(each.spec, "kind", kind) == kind]
    place = f"define {choice} below providers:"
    if "/" in choice:
        place = f"define a provider with {kind}: inference and this model, and choose its name"
    message = f"'{choice}', which variable '{name}' may hold, is not a provider"
    return Diagnostic(span, "E202", message, defined_where(choice, fitting, place))


RULE = UseRule(_check, ProviderName)
