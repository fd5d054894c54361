"""Templates: what they use is known, has a value where they stand, and may be seen there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from runner.diagnostics import Diagnostic, Related, Span
from runner.diagnostics.nearest import did_you_mean, nearest
from runner.link.findings import Problem, Tell
from runner.link.pinpoint import Pinpoint
from runner.link.references import parameters
from runner.link.scope import Scope, Variable
from runner.link.walk import Leaf
from runner.schema.reading.load import Definition
from runner.schema.types.blocks import Block
from runner.schema.types.later import LATER_NAMES, not_yet
from runner.schema.types.settings import env_problem
from runner.schema.types.texts import Condition, Plain, Scalar, Sent, Text
from runner.schema.types.values import Url
from runner.template import Analysis, Use, has_template

ATTRIBUTES: dict[str, tuple[str, ...]] = {
    "call": ("id", "agent", "persona", "started"),
    "caller": ("identity", "name", "kind", "attributes", "phone", "dialled"),
    "job": ("id", "attributes", "metadata"),
    "room": ("name", "metadata"),
}
"""Names that every call has, and what they have."""

MOMENTS = ("now", "today")
ALWAYS = (*ATTRIBUTES, *MOMENTS)


class Analyses(Protocol):
    """Where analyses are remembered between runs."""

    def of(self, text: str, *, condition: bool) -> Analysis:
        """Analyse a text, or recall what was found."""


@dataclass(frozen=True, slots=True)
class Texts:
    """Checks templates.

    Attributes:
        env: the environment.
        analyses: where analyses are remembered.
        pinpoint: finds uses in their files.
        secrets_used: filled by `form`: secret → the places that need it.
    """

    env: Mapping[str, str]
    analyses: Analyses
    pinpoint: Pinpoint
    secrets_used: dict[str, list[Span]] = field(default_factory=dict)

    def analysis(self, value: Text) -> Analysis:
        """What a text uses; nothing where a template means nothing."""
        if isinstance(value, Plain | Scalar):
            return Analysis(literal=True)
        if isinstance(value, Condition):
            return self.analyses.of(str(value), condition=True)
        return (
            self.analyses.of(str(value), condition=False)
            if has_template(value)
            else Analysis(literal=True)
        )

    def form(self, place: Span, value: Text, tell: Tell) -> Analysis:
        """Check what is wrong whoever uses the text: its grammar, secrets, the environment."""
        analysis = self.analysis(value)
        for problem in analysis.problems:
            span = self.pinpoint.at(place, value, problem.line, problem.column, "")
            tell(Diagnostic(span, problem.code, problem.message, problem.help))
        for use in analysis.uses:
            if use.path[0] == "secrets":
                self._secret(place, value, use, tell)
            elif use.path[0] == "env":
                self._env(place, value, use, tell)
        return analysis

    def span(self, place: Span, value: Text, use: Use) -> Span:
        """Where a use stands in its file."""
        return self.pinpoint.at(place, value, use.line, use.column, ".".join(use.path))

    def _secret(self, place: Span, value: Text, use: Use, tell: Tell) -> None:
        span = self.span(place, value, use)
        if len(use.path) < 2:  # noqa: PLR2004 - the name and one attribute
            message = "'secrets' needs a name behind it"
            tell(Diagnostic(span, "E301", message, "write {{ secrets.NAME }}"))
        elif not isinstance(value, Sent):
            tell(
                Diagnostic(
                    span,
                    "E305",
                    "a secret cannot stand here, where the model or the caller could see it",
                    "secrets may stand only in what is sent to a service: "
                    "a tool's http block, a provider's with",
                )
            )
        else:
            self.secrets_used.setdefault(use.path[1], []).append(span)

    def _env(self, place: Span, value: Text, use: Use, tell: Tell) -> None:
        name = use.path[1] if len(use.path) > 1 else ""
        problem = env_problem(name, known=name in self.env, guarded=use.guarded)
        if problem is not None:
            context = problem.context or {}
            span = self.span(place, value, use)
            tell(Diagnostic(span, problem.type, str(context["message"]), context["help"]))

    def names(self, place: Span, leaf: Leaf, view: DefinitionView, tell: Tell) -> set[str]:
        """Check the names that a text uses, from the view of one agent; give these names."""
        text = leaf.value
        assert isinstance(text, Text)  # noqa: S101 - the caller picks texts
        uses = self.analysis(text).uses
        host_end = _host_end(text) if isinstance(text, Url) else 0
        for use in uses:
            problem = view.problem(use, leaf, in_host=use.offset < host_end)
            if problem is not None:
                related = view.misspelt(use, leaf) if problem[0] == "E302" else ()
                tell(Diagnostic(self.span(place, text, use), *problem, related))
        return {use.path[0] for use in uses}


@dataclass(frozen=True, slots=True)
class DefinitionView:
    """A definition from the view of one agent: the names that its texts may use."""

    scope: Scope
    definition: Definition
    spec: Block

    def fields(self, leaf: Leaf) -> Mapping[str, object]:
        """The parameters that `args` has in a text."""
        return parameters(self.spec, self.scope) if "args" in leaf.names else {}

    def problem(self, use: Use, leaf: Leaf, *, in_host: bool) -> Problem | None:
        """What is wrong with a name that a text uses, if anything."""
        root = use.path[0]
        found = None if root in ("env", "secrets") else self._name(root, use.path[1:], leaf)
        if found is None and in_host and root != "env" and root not in self.scope.fixed:
            hint = (
                "the part before the path may use {{ env.NAME }} "
                "and variables with a fixed value only"
            )
            return "E309", f"'{'.'.join(use.path)}' could change which server is asked", hint
        return found

    def _name(self, root: str, rest: tuple[str, ...], leaf: Leaf) -> Problem | None:
        if root in ATTRIBUTES:
            return _attribute(root, rest, ATTRIBUTES[root])
        if root == "args" and root in leaf.names and rest and rest[0] not in self.fields(leaf):
            hint = did_you_mean(rest[0], self.fields(leaf), noun="parameters")
            return "E302", f"the tool has no parameter '{rest[0]}'", hint
        if root in MOMENTS or root in leaf.names:
            return None
        if root in self.scope.variables:
            return _private(self.scope.variables[root], leaf)
        return self._unknown(root, leaf)

    def _unknown(self, root: str, leaf: Leaf) -> Problem | None:
        if root in _ONLY_IN:
            hint = f"'{root}' may stand {_ONLY_IN[root]} only"
            return "E304", f"'{root}' has no value here", hint
        if root in LATER_NAMES:
            return "E102", *not_yet(root)
        if root in self.scope.table.words:
            return None
        owner = next((n for n, parts in ATTRIBUTES.items() if root in parts), None)
        if root in self.fields(leaf):
            owner = "args"
        near = nearest(root, [*ALWAYS, *leaf.names, *self.scope.variables])
        hint = f"declare it in the agent's variables: as {root}:"
        if owner is not None:
            hint = f"write {owner}.{root}"
        elif near is not None:
            hint = f"did you mean '{near}'?"
        return "E302", f"unknown name '{root}'", hint

    def misspelt(self, use: Use, leaf: Leaf) -> tuple[Related, ...]:
        """The parameter or variable whose name may be the one that is misspelt."""
        source, section = self.scope.definition, "variables"
        near = nearest(use.path[0], self.scope.agent.variables)
        if use.path[0] == "args" and len(use.path) > 1:
            source, section = self.definition, "parameters"
            near = nearest(use.path[1], self.fields(leaf))
        if near is None:
            return ()
        span = source.document.key_span((*source.location, section, near))
        return (Related(span, f"'{near}' is declared here"),)


_ONLY_IN = {
    "args": "in a tool",
    "error": "in on_error",
    "result": "in result.text, result.fails_if and then",
}
"""Name → where alone it has a value."""


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
