"""`texts`: each may use names of its own only; languages that are not shipped have none."""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic
from runner.diagnostics.nearest import did_you_mean
from runner.link.rule import AgentContext, AgentRule, Used
from runner.link.walk import Leaf, walk
from runner.schema.actions import TransferCall
from runner.schema.agents import Agent
from runner.schema.texts import NAMES
from runner.schema.types.texts import Text
from runner.syntax import Location
from runner.texts import HEARD, LANGUAGES, TABLE, covered

_NOT_PUT_THROUGH = "not_put_through"
_NOTHING = "write plain words here: nothing is known that could stand in them"


def _check(context: AgentContext) -> Iterator[tuple[Used, Diagnostic]]:
    agent, definition = context.scope.agent, context.scope.definition
    if agent.texts:
        for leaf in walk(agent, definition.location):
            if leaf.key == "texts" and leaf.owner is agent and isinstance(leaf.value, Text):
                yield from ((None, problem) for problem in _foreign(context, leaf))
    unheard = set() if _transfers(context) else {_NOT_PUT_THROUGH}
    lacking = [text.name for text in HEARD if text.name not in {*agent.texts, *unheard}]
    for place, language in _named(agent) if lacking else ():
        yield (
            None,
            Diagnostic(
                definition.document.value_span((*definition.location, *place)),
                "W230",
                f"what lkrun says itself, such as an apology, is not there in '{language}': "
                "callers hear it in English",
                f"write texts: and below it your own words for {', '.join(lacking)}; lkrun speaks "
                f"{', '.join(LANGUAGES)}",
            ),
        )


def _transfers(context: AgentContext) -> bool:
    """Whether an action of the agent puts callers through."""
    scope = context.scope
    users = (scope.agent, *scope.personas.values(), *scope.tools.values())
    return any(isinstance(b, TransferCall) for user in users for b in scope.acting(user))


def _named(agent: Agent) -> Iterator[tuple[Location, str]]:
    """The languages that an agent names and lkrun does not speak, with where they stand."""
    named: list[tuple[Location, str]] = [(("locale",), str(agent.locale or "en"))]
    if agent.languages is not None:
        named = [(("languages", "speak", n), tag) for n, tag in enumerate(agent.languages.speak)]
    yield from ((place, tag) for place, tag in named if not covered(tag))


def _foreign(context: AgentContext, leaf: Leaf) -> Iterator[Diagnostic]:
    """Names in a text that only others of lkrun's own texts have."""
    place = len(context.scope.definition.location) + 1
    own = TABLE[str(leaf.location[place])].names
    text = leaf.value
    assert isinstance(text, Text)  # noqa: S101 - whoever asks has looked
    span = leaf.span(context.scope.definition.document)
    for use in context.texts.analysis(text).uses:
        name = use.path[0]
        if name in NAMES and name not in own and name not in context.scope.variables:
            message = f"'{name}' has no value in the text '{leaf.location[place]}'"
            hint = did_you_mean(name, own, noun="its own names") if own else _NOTHING
            yield Diagnostic(context.texts.span(span, text, use), "E304", message, hint)


RULE = AgentRule(_check)
