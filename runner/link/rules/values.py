"""Names in templates: are they known, do they have a value there, and may they be seen there?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Related, Span
from runner.diagnostics.nearest import did_you_mean, nearest
from runner.late_pattern import late
from runner.link.fields import arguments
from runner.link.findings import Problem
from runner.link.guesses import guessed
from runner.link.memory import of_memory
from runner.link.names import AFTER_PARTS, ATTRIBUTES, LANGUAGE, LATER_PARTS, MEMORY, OPEN
from runner.link.rule import UseContext, UseRule
from runner.link.scope import Variable
from runner.link.unknown_names import unknown_name, unknown_part
from runner.link.walk import Leaf
from runner.schema.memory import Whom
from runner.schema.types.later import not_yet
from runner.schema.types.texts import Condition, Sent, Stored, Text
from runner.schema.types.urls import Url
from runner.template import MOMENTS, Use

_PLAIN = frozenset(["choice", "email", "integer", "number", "phone", "text", "url", "yes_no"])
"""Types of variables that have no parts."""

_AFTER = frozenset({"extract", "verdicts"})
"""What models find once the call is over."""

_BY_SERVICE = "let a service compare them: send both in an http: block, and save: its answer"

_COUNTS = frozenset({"count", "length", "size"})


def _check(context: UseContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    text = leaf.value
    if not isinstance(text, Text):
        return
    if isinstance(text, Condition):
        yield from _guessed(context, text, place)
    host_end = _host_end(text) if isinstance(text, Url) else 0
    dashed: set[tuple[str, ...]] = set()
    for use in context.texts.analysis(text).uses:
        context.read.add(use.path[0])
        problem = _problem(context, use, leaf, in_host=use.offset < host_end)
        if problem is None or use.dashed in dashed or _again(context, use, problem):
            continue
        dashed |= {use.dashed} if use.dashed else set()
        related = _misspelt(context, use, leaf) if problem[0] == "E302" else ()
        yield Diagnostic(context.texts.span(place, text, use), *problem, related)


def _guessed(context: UseContext, text: Condition, place: Span) -> Iterator[Diagnostic]:
    """What is private beside what a model or an app gives: a guess that is answered is a leak."""
    last = {use.path[0]: use for use in context.texts.analysis(text).uses}
    for name, given in guessed(context, text):
        message = f"'{name}' is private, and '{given}' beside it could be guessed until it fits"
        span = context.texts.span(place, text, last[name])
        yield Diagnostic(span, "E305", message, _BY_SERVICE)


def _again(context: UseContext, use: Use, problem: Problem) -> bool:
    """Whether a name that is to be declared was told of in this definition already."""
    if problem[0] != "E302" or "declare" not in (problem[2] or ""):
        return False
    name = use.dashed or use.path[:1]
    known = name in context.declare
    context.declare.add(name)
    return known


def _problem(context: UseContext, use: Use, leaf: Leaf, *, in_host: bool) -> Problem | None:
    root = use.path[0]
    problem = None if root in ("env", "secrets") else _name(context, use, leaf)
    if problem is None and in_host and root != "env" and root not in context.scope.fixed:
        hint = (
            "the part before the path may use {{ env.NAME }} and variables with a fixed value only"
        )
        return "E309", f"'{'.'.join(use.path)}' could change which server is asked", hint
    return problem


def _name(context: UseContext, use: Use, leaf: Leaf) -> Problem | None:
    root, rest = use.path[0], use.path[1:]
    if root in ATTRIBUTES and root not in context.scope.variables:
        return _of_call(context, use, leaf)
    if root == "args" and root in leaf.names and rest:
        return _argument(context, use, leaf)
    if root in MOMENTS or root == LANGUAGE or root in leaf.names:
        return _found_after(context, root, rest) if root in _AFTER else None
    if root in context.scope.variables:
        variable = context.scope.variables[root]
        return _private(variable, leaf) or _part(variable, rest)
    if root == MEMORY:
        return of_memory(context.scope, rest, leaf)
    return _open(context, rest) if root == OPEN else unknown_name(context, use, leaf)


def _of_call(context: UseContext, use: Use, leaf: Leaf) -> Problem | None:
    """What is wrong with a part of what every call has, or with a name that `-` parts."""
    root, rest = use.path[0], use.path[1:]
    if use.dashed and not rest:
        return unknown_name(context, use, leaf)  # `job` in caller.attributes.x-job-id
    if use.dashed[:1] == (root,) and "-" in use.dashed[1]:
        rest = (use.dashed[1],)
    return _attribute(root, rest, after=root in leaf.names)


def _argument(context: UseContext, use: Use, leaf: Leaf) -> Problem | None:
    """What is wrong with a parameter, where these are known."""
    name, declared = use.path[1], arguments(leaf, context.definition, context.spec, context.scope)
    if declared.open:
        return None
    fields = declared.fields
    if name in fields:
        kept = context.scope.declared.get(str(leaf.location[-1]))
        if isinstance(leaf.value, Stored) and kept is not None and kept.private:
            return None
        return _private(Variable(f"args.{name}", field=fields[name]), leaf)
    if name in context.scope.table.words:
        return None
    hint = did_you_mean(name, fields, noun="parameters")
    hint = hint or f"declare it below parameters: of the {declared.owner}, as {name}:"
    return "E302", f"the {declared.owner} has no parameter '{name}'", hint


def _found_after(context: UseContext, root: str, rest: tuple[str, ...]) -> Problem | None:
    """What is wrong with a part of what models have found in a call."""
    after = context.scope.agent.after_call
    known = tuple(map(str, (after.extract if root == "extract" else after.judge) if after else ()))
    if not known and context.scope.definition.may_have("after_call"):
        return None
    if not known:
        key = "extract" if root == "extract" else "judge"
        message = f"'{root}' has no value here: after_call of '{context.scope.name}' has no {key}"
        return "E304", message, f"write {key}: in after_call, beside send:"
    if rest and rest[0] not in known:
        message = f"'{root}' has no part '{rest[0]}'"
        return "E302", message, did_you_mean(rest[0], known, noun="parts")
    return None


def _open(context: UseContext, rest: tuple[str, ...]) -> Problem | None:
    """What is wrong with asking whether the agent is open."""
    name = context.scope.name
    if context.scope.agent.hours is None and context.scope.definition.may_have("hours"):
        return None
    if context.scope.agent.hours is None:
        message = f"'{OPEN}' has no value here: agent '{name}' has no hours"
        return "E304", message, f"write hours: in the agent '{name}', and below it the days"
    if rest:
        return "E302", f"'{OPEN}' has no part '{rest[0]}': it is yes or no", f"write {OPEN}"
    return None


def _part(variable: Variable, rest: tuple[str, ...]) -> Problem | None:
    """What is wrong with a part of a variable whose parts are known."""
    field = variable.field
    if not rest or rest[0].lstrip("-").isdecimal():
        return None
    kind = field.type if field is not None else "text" if variable.fixed is not None else None
    if isinstance(variable.fixed, tuple):
        kind = "list"
    if rest[0] in _COUNTS and (kind in _PLAIN or kind == "list"):
        message = f"'{variable.name}' has no part '{rest[0]}'"
        return "E302", message, f"write {variable.name} | length"
    if kind in _PLAIN:
        message = f"'{variable.name}' has no part '{rest[0]}': it is one value"
        return "E302", message, f"write {variable.name}"
    if kind == "object" and field is not None and field.fields and rest[0] not in field.fields:
        message = f"'{variable.name}' has no part '{rest[0]}'"
        return "E302", message, did_you_mean(rest[0], field.fields, noun="parts")
    return None


def _misspelt(context: UseContext, use: Use, leaf: Leaf) -> tuple[Related, ...]:
    """The parameter or variable whose name may be the one that is misspelt."""
    source = context.scope.definition
    location = (*source.location, "variables")
    near = nearest(use.path[0], context.scope.agent.variables)
    if use.path[0] == "args" and len(use.path) > 1:
        known = arguments(leaf, context.definition, context.spec, context.scope)
        source, location = context.definition, known.location
        near = nearest(use.path[1], known.fields)
    if near is None:
        return ()
    span = source.document.key_span((*location, near))
    return (Related(span, f"'{near}' is declared here"),)


def _private(variable: Variable, leaf: Leaf) -> Problem | None:
    private = variable.field is not None and variable.field.private
    if private and "extract" in leaf.names:
        message = f"'{variable.name}' is private: its value is gone when the call is over"
        return "E305", message, "send it during the call, by a tool that an action runs"
    if private and isinstance(leaf.value, Whom):
        message = f"'{variable.name}' is private, and whom a memory is about is kept"
        return "E305", message, "write something that is not private, such as {{ caller.phone }}"
    if not private or isinstance(leaf.value, Sent | Condition):
        return None
    message = f"'{variable.name}' is private, and here the model or the caller could see it"
    return "E305", message, "what is private may stand only in what is sent to a service"


def _attribute(root: str, rest: tuple[str, ...], *, after: bool) -> Problem | None:
    later = AFTER_PARTS.get(root, frozenset())
    known = (*ATTRIBUTES[root], *sorted(later)) if after else ATTRIBUTES[root]
    if not rest:
        message = f"'{root}' needs a part, such as {root}.{known[0]}"
        return "E302", message, f"parts: {', '.join(known)}"
    if rest[0] in known:
        return None
    if rest[0] in later:
        message = f"'{root}.{rest[0]}' has no value here: the call is not over yet"
        return "E304", message, f"'{root}.{rest[0]}' may stand in after_call only"
    if rest[0] in LATER_PARTS.get(root, ()):
        return "E102", *not_yet(f"{root}.{rest[0]}")
    message = f"'{root}' has no part '{rest[0]}'"
    if root == "caller" and rest[0] == "sip" and rest[1:]:
        return "E302", message, f"write caller.attributes['{'.'.join(rest)}']"
    hint = unknown_part(root, rest[0], known)
    if root == "job" and nearest(rest[0], known) is None:
        hint = f"write {'.'.join(('job', 'metadata', *rest))}, if it comes with the call's metadata"
    return "E302", message, hint


_TEMPLATE = late(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def _host_end(url: str) -> int:
    masked = _TEMPLATE.sub(lambda match: "x" * len(match[0]), url)
    begin = masked.find("://")
    path = re.search(r"[/?#]", masked[begin + 3 if begin >= 0 else 0 :])
    return len(url) if path is None else (begin + 3 if begin >= 0 else 0) + path.start()


RULE = UseRule(_check, Text)
