"""Names in templates: are they known, do they have a value there, and may they be seen there?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Related, Span
from runner.diagnostics.nearest import did_you_mean, nearest
from runner.link.fields import parameters
from runner.link.findings import Problem
from runner.link.names import ALWAYS, ATTRIBUTES, MOMENTS
from runner.link.rule import UseContext, UseRule
from runner.link.scope import Variable
from runner.link.walk import Leaf
from runner.schema.types.later import LATER_NAMES, not_yet
from runner.schema.types.texts import Condition, Sent, Text
from runner.schema.types.values import Url
from runner.template import Use

_ONLY_IN = {
    "args": "in a tool",
    "error": "in on_error",
    "result": "in result.text, result.fails_if and then",
}
"""Name → where alone it has a value."""


def _check(context: UseContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    text = leaf.value
    if not isinstance(text, Text):
        return
    host_end = _host_end(text) if isinstance(text, Url) else 0
    for use in context.texts.analysis(text).uses:
        context.read.add(use.path[0])
        problem = _problem(context, use, leaf, in_host=use.offset < host_end)
        if problem is not None:
            related = _misspelt(context, use, leaf) if problem[0] == "E302" else ()
            yield Diagnostic(context.texts.span(place, text, use), *problem, related)


def _problem(context: UseContext, use: Use, leaf: Leaf, *, in_host: bool) -> Problem | None:
    root = use.path[0]
    problem = None if root in ("env", "secrets") else _name(context, root, use.path[1:], leaf)
    if problem is None and in_host and root != "env" and root not in context.scope.fixed:
        hint = (
            "the part before the path may use {{ env.NAME }} and variables with a fixed value only"
        )
        return "E309", f"'{'.'.join(use.path)}' could change which server is asked", hint
    return problem


def _name(context: UseContext, root: str, rest: tuple[str, ...], leaf: Leaf) -> Problem | None:
    if root in ATTRIBUTES:
        return _attribute(root, rest, ATTRIBUTES[root])
    if root == "args" and root in leaf.names and rest:
        fields = parameters(context.spec, context.scope)
        if rest[0] not in fields:
            hint = did_you_mean(rest[0], fields, noun="parameters")
            return "E302", f"the tool has no parameter '{rest[0]}'", hint
    if root in MOMENTS or root in leaf.names:
        return None
    if root in context.scope.variables:
        return _private(context.scope.variables[root], leaf)
    return _unknown(context, root, leaf)


def _unknown(context: UseContext, root: str, leaf: Leaf) -> Problem | None:
    if root in _ONLY_IN:
        return "E304", f"'{root}' has no value here", f"'{root}' may stand {_ONLY_IN[root]} only"
    if root in LATER_NAMES:
        return "E102", *not_yet(root)
    if root in context.scope.table.words:
        return None
    owner = next((n for n, parts in ATTRIBUTES.items() if root in parts), None)
    if "args" in leaf.names and root in parameters(context.spec, context.scope):
        owner = "args"
    near = nearest(root, [*ALWAYS, *leaf.names, *context.scope.variables])
    hint = f"declare it in the agent's variables: as {root}:"
    if owner is not None:
        hint = f"write {owner}.{root}"
    elif near is not None:
        hint = f"did you mean '{near}'?"
    return "E302", f"unknown name '{root}'", hint


def _misspelt(context: UseContext, use: Use, leaf: Leaf) -> tuple[Related, ...]:
    """The parameter or variable whose name may be the one that is misspelt."""
    source, section = context.scope.definition, "variables"
    near = nearest(use.path[0], context.scope.agent.variables)
    if use.path[0] == "args" and len(use.path) > 1:
        source, section = context.definition, "parameters"
        fields = parameters(context.spec, context.scope) if "args" in leaf.names else {}
        near = nearest(use.path[1], fields)
    if near is None:
        return ()
    span = source.document.key_span((*source.location, section, near))
    return (Related(span, f"'{near}' is declared here"),)


def _private(variable: Variable, leaf: Leaf) -> Problem | None:
    private = variable.field is not None and variable.field.private
    if not private or isinstance(leaf.value, Sent | Condition):
        return None
    message = f"'{variable.name}' is private, and here the model or the caller could see it"
    return "E305", message, "a private variable may stand only in what is sent to a service"


def _attribute(root: str, rest: tuple[str, ...], known: tuple[str, ...]) -> Problem | None:
    if not rest:
        message = f"'{root}' needs a part, such as {root}.{known[0]}"
        return "E302", message, f"parts: {', '.join(known)}"
    if rest[0] in known:
        return None
    return "E302", f"'{root}' has no part '{rest[0]}'", did_you_mean(rest[0], known, noun="parts")


_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def _host_end(url: str) -> int:
    masked = _TEMPLATE.sub(lambda found: "x" * len(found[0]), url)
    begin = masked.find("://")
    path = re.search(r"[/?#]", masked[begin + 3 if begin >= 0 else 0 :])
    return len(url) if path is None else (begin + 3 if begin >= 0 else 0) + path.start()


RULE = UseRule(_check)
