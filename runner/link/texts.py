"""Templates: what they use is known, has a value where they stand, and may be seen there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from runner.diagnostics import Diagnostic, Related, Span
from runner.diagnostics.nearest import did_you_mean, nearest
from runner.link.pinpoint import Pinpoint
from runner.link.references import Tell, parameters
from runner.link.scope import Scope, Variable
from runner.link.walk import Leaf
from runner.spec.later import LATER_NAMES
from runner.spec.load import Definition
from runner.spec.setting import env_problem
from runner.spec.shape import Block
from runner.spec.text import Condition, Plain, Scalar, Sent, Text
from runner.spec.values import Url
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
        secrets_used: filled: secret → the places that need it.
        env_used: filled: names of the environment that visible texts use.
    """

    env: Mapping[str, str]
    analyses: Analyses
    pinpoint: Pinpoint
    secrets_used: dict[str, list[Span]]
    env_used: set[str]

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
            tell(
                Diagnostic(
                    span, "E301", "'secrets' needs a name behind it", "write {{ secrets.NAME }}"
                )
            )
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
        if problem is None:
            self.env_used.add(name)
            return
        context = problem.context or {}
        span = self.span(place, value, use)
        tell(Diagnostic(span, problem.type, str(context["message"]), context["help"]))

    def names(
        self, place: Span, leaf: Leaf, scope: Scope, tell: Tell, definition: Definition, spec: Block
    ) -> None:
        """Check the names that a text uses, from the view of one agent."""
        assert isinstance(leaf.value, Text)  # noqa: S101 - the caller picks texts
        fields = parameters(spec, scope) if "args" in leaf.names else {}
        host_end = _host_end(leaf.value) if isinstance(leaf.value, Url) else 0
        for use in self.analysis(leaf.value).uses:
            root = use.path[0]
            if root in ("secrets", "env") and not (use.offset < host_end and root == "secrets"):
                continue
            problem = self._name(use, leaf, scope, fields) or self._host(use, scope, host_end)
            if problem:
                related = _misspelt(use, scope, definition, fields) if problem[0] == "E302" else ()
                tell(Diagnostic(self.span(place, leaf.value, use), *problem, related))

    def _name(
        self, use: Use, leaf: Leaf, scope: Scope, fields: Mapping[str, object]
    ) -> tuple[str, str, str | None] | None:
        root, rest = use.path[0], use.path[1:]
        known = ATTRIBUTES.get(root)
        if known is not None:
            return _attribute(root, rest, known)
        if root in MOMENTS or root in leaf.names:
            if root == "args" and rest and rest[0] not in fields:
                return (
                    "E302",
                    f"the tool has no parameter '{rest[0]}'",
                    did_you_mean(rest[0], fields, noun="parameters"),
                )
            return None
        variable = scope.variables.get(root)
        if variable is not None:
            return self._private(variable, leaf)
        if root in ("args", "result"):
            return (
                "E304",
                f"'{root}' has no value here",
                f"'{root}' may stand {'in a tool' if root == 'args' else 'in result.text and then'} only",
            )
        if root in LATER_NAMES:
            return (
                "E102",
                f"'{root}' is not available yet in this version of lkrun",
                "leave it out until a later version has it",
            )
        if root in scope.table.words:
            return None
        names = [*ALWAYS, *leaf.names, *scope.variables]
        owner = next((n for n, parts in ATTRIBUTES.items() if root in parts), None)
        if root in fields:
            hint = f"write args.{root}"
        elif owner is not None:
            hint = f"write {owner}.{root}"
        else:
            place = f"declare it in the agent's variables: as {root}:"
            near = nearest(root, names)
            hint = f"did you mean '{near}'?" if near else place
        return ("E302", f"unknown name '{root}'", hint)

    def _private(self, variable: Variable, leaf: Leaf) -> tuple[str, str, str | None] | None:
        private = variable.field is not None and variable.field.private
        if not private or isinstance(leaf.value, Sent | Condition):
            return None
        return (
            "E305",
            f"'{variable.name}' is private, and here the model or the caller could see it",
            "a private variable may stand only in what is sent to a service",
        )

    def _host(self, use: Use, scope: Scope, host_end: int) -> tuple[str, str, str | None] | None:
        if use.offset >= host_end or use.path[0] in scope.fixed:
            return None
        name = ".".join(use.path)
        return (
            "E309",
            f"'{name}' could change which server is asked",
            "the part before the path may use {{ env.NAME }} and variables with a fixed value only",
        )


def _misspelt(
    use: Use, scope: Scope, definition: Definition, fields: Mapping[str, object]
) -> tuple[Related, ...]:
    """The parameter or variable whose name may be the one that is misspelt."""
    if use.path[0] == "args" and len(use.path) > 1:
        near, source, section = nearest(use.path[1], fields), definition, "parameters"
    else:
        known = scope.agent.variables
        near, source, section = nearest(use.path[0], known), scope.definition, "variables"
    if near is None:
        return ()
    span = source.document.key_span((*source.location, section, near))
    return (Related(span, f"'{near}' is declared here"),)


def _attribute(
    root: str, rest: tuple[str, ...], known: tuple[str, ...]
) -> tuple[str, str, str | None] | None:
    if not rest:
        return (
            "E302",
            f"'{root}' needs a part, such as {root}.{known[0]}",
            f"parts: {', '.join(known)}",
        )
    if rest[0] in known:
        return None
    return ("E302", f"'{root}' has no part '{rest[0]}'", did_you_mean(rest[0], known, noun="parts"))


_TEMPLATE = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def _host_end(url: str) -> int:
    masked = _TEMPLATE.sub(lambda found: "x" * len(found[0]), url)
    begin = masked.find("://")
    path = re.search(r"[/?#]", masked[begin + 3 if begin >= 0 else 0 :])
    return len(url) if path is None else (begin + 3 if begin >= 0 else 0) + path.start()
