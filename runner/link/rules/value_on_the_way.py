"""Paths of a call: values that nothing on a path can have set."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from runner.diagnostics import Diagnostic, Span
from runner.link.gates import Ways
from runner.link.prompts import prompts_of
from runner.link.rule import AgentContext, AgentRule, Used
from runner.link.scope import Scope
from runner.link.surroundings import Prompt
from runner.link.texts import Texts
from runner.link.walk import walk
from runner.schema.types.texts import Condition, Text
from runner.template.findings import Use

_FIRST_WORDS = ("greeting", "on_handoff")
"""Keys of a persona that are used before its own tools can have set anything."""


@dataclass(frozen=True, slots=True)
class _Flow:
    """Follows an agent's handoffs.

    Attributes:
        prompts: persona → its prompt files.
    """

    scope: Scope
    texts: Texts
    prompts: Mapping[str, Sequence[Prompt]]

    def warnings(self) -> Iterator[tuple[Used, Diagnostic]]:
        """Each use of a variable on a path on which nothing can have set it."""
        scope = self.scope
        values = scope.variables.values()
        open_names = {v.name for v in values if not v.has_value} - scope.opened
        if not open_names:
            return
        ways = Ways(scope, self.texts.analyses)
        setters = scope.setters
        for name in scope.personas:
            for variable, span, first_words in self._uses(name, open_names):
                if variable in setters[name] and not first_words:
                    continue
                if variable in ways.wanted(name):
                    continue  # its gate is only open where it has a value
                path = ways.path(name, {p for p, sets in setters.items() if variable in sets})
                if path:
                    yield ("personas", name), _warning(variable, span, path)

    def _uses(self, name: str, open_names: set[str]) -> list[tuple[str, Span, bool]]:
        definition = self.scope.table.entries["personas"][name]
        uses = []
        for leaf in walk(self.scope.personas[name], definition.location):
            if not isinstance(leaf.value, Text) or isinstance(leaf.value, Condition):
                continue
            if self._open(leaf.value, open_names):  # nearly always nothing, so no place is wanted
                place = definition.document.value_span(leaf.location)
                first = leaf.location[len(definition.location)] in _FIRST_WORDS
                uses += [(v, s, first) for v, s in self._placed(leaf.value, place, open_names)]
        for prompt in self.prompts.get(name, ()):
            text = Text(prompt.text)
            uses += [(v, s, False) for v, s in self._placed(text, prompt.span, open_names)]
        return uses

    def _placed(self, text: Text, place: Span, open_names: set[str]) -> list[tuple[str, Span]]:
        uses = self._open(text, open_names)
        return [(use.path[0], self.texts.span(place, text, use)) for use in uses]

    def _open(self, text: Text, open_names: set[str]) -> list[Use]:
        uses = self.texts.analysis(text).uses
        return [use for use in uses if use.path[0] in open_names and not use.guarded]


def _warning(variable: str, span: Span, path: list[str]) -> Diagnostic:
    if len(path) == 1:
        message = f"'{variable}' has no value yet when '{path[0]}' begins the call"
    else:
        message = (
            f"'{variable}' may have no value yet in '{path[-1]}': "
            f"nothing sets it on the way {' → '.join(path)}"
        )
    hint = f"set it before, or say what to use instead: {{{{ {variable} or 'something else' }}}}"
    return Diagnostic(span, "W203", message, hint)


def _check(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    prompts = prompts_of(context.scope, context.around)
    yield from _Flow(context.scope, context.texts, prompts).warnings()


RULE = AgentRule(_check)
