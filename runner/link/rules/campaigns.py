"""Campaigns: who calls, whom, and whether the table has what the agent says."""

from __future__ import annotations

from collections.abc import Iterator

from runner.contacts import ContactProblem, ContactsCheck, checked
from runner.diagnostics import Diagnostic, Related, Span
from runner.diagnostics.nearest import did_you_mean
from runner.link.called import not_called
from runner.link.hints import below, defined_where, near, unknown
from runner.link.leaves import leaves
from runner.link.pinpoint import Pinpoint
from runner.link.rule import DefinitionContext, FolderContext, FolderRule, LeafRule
from runner.link.scope import Scope, parts
from runner.link.surroundings import Prompt
from runner.link.texts import Texts
from runner.link.walk import Leaf
from runner.schema.campaigns import FIGURES, BeforeEach, Campaign, StopWhen
from runner.schema.reading.load import Definition
from runner.schema.tools import BUILT_IN, HttpTool
from runner.schema.types.names import AgentName, ToolName
from runner.schema.types.texts import Condition, Text

_SECTION = "campaigns"
_DATA = ("job", "metadata")


def _agent(context: DefinitionContext, leaf: Leaf, _place: Span) -> Iterator[Diagnostic]:
    if not isinstance(leaf.owner, Campaign):
        return
    name, table = str(leaf.value), context.table
    known = table.entries["agents"]
    if name in known or name in table.words:
        return
    span = leaf.span(context.definition.document)
    if name in table.entries["external_agents"]:
        message = f"'{name}' is an external agent, and a campaign is one of agents:"
        yield Diagnostic(span, "E202", message, "name an agent with dial:")
        return
    yield near(
        context,
        unknown(span, "agent", name, defined_where(name, known, below("agents", name))),
        "agents",
        name,
    )


def _tool(context: DefinitionContext, leaf: Leaf, _place: Span) -> Iterator[Diagnostic]:
    if not isinstance(leaf.owner, BeforeEach):
        return
    name = str(leaf.value)
    entry = context.table.entries["tools"].get(name)
    tool = entry.spec if entry is not None else None
    if isinstance(tool, HttpTool) or (tool is None and name not in BUILT_IN):
        return
    span = leaf.span(context.definition.document)
    message = f"tool '{name}' cannot be run before a call: it asks no service"
    yield Diagnostic(span, "E112", message, "name a tool with http:")


def _figures(context: DefinitionContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    if not isinstance(leaf.value, StopWhen):
        return
    for use in context.texts.analysis(leaf.value).uses:
        if use.path[0] not in FIGURES or len(use.path) > 1:
            name = ".".join(use.path)
            span = context.texts.span(place, leaf.value, use)
            message = f"'{name}' is not a figure of a campaign"
            hint = did_you_mean(name, FIGURES, noun="there are")
            yield Diagnostic(span, "E112", message, hint)


def _folder(context: FolderContext) -> Iterator[Diagnostic]:
    scopes = {scope.name: scope for scope in context.scopes}
    for definition in context.table.entries[_SECTION].values():
        spec = definition.readable
        if not isinstance(spec, Campaign):
            continue
        scope = scopes.get(str(spec.agent))
        if scope is not None:
            yield from _able(definition, scope)
        prompt = context.around.prompts.get((definition.document.file, str(spec.contacts)))
        if prompt is None or prompt.problem is not None:
            continue
        table = checked(prompt.text)
        yield from _wrong_lines(prompt, table, context)
        if scope is not None and not any(each.head for each in table.problems):
            yield from _unzoned(definition, scope, prompt, table)
            yield from _columns(context, definition, scope, prompt, table)
            yield from _parameters(context, definition, spec, prompt, table)


def _able(definition: Definition, scope: Scope) -> Iterator[Diagnostic]:
    """The agent can make calls."""
    agent, span = scope.agent, definition.document.value_span((*definition.location, "agent"))
    if agent.dial is None and scope.definition.may_have("dial"):
        return
    if agent.dial is None:
        message = f"agent '{scope.name}' makes no calls"
        hint = f"write dial: in '{scope.name}', or name an agent that has it"
        yield Diagnostic(span, "E112", message, hint)
    else:
        yield from not_called(span, scope.name, agent, "sent to one")


def _wrong_lines(
    prompt: Prompt, table: ContactsCheck, context: FolderContext
) -> Iterator[Diagnostic]:
    lines = context.around.lines.get(prompt.path) or prompt.text.split("\n")
    for each in table.problems:
        span = _place(prompt.path, lines, each)
        related: tuple[Related, ...] = ()
        if each.first is not None:
            related = (Related(_whole(prompt.path, lines, each.first), "it stands here first"),)
        yield Diagnostic(span, "E216", each.message, each.help, related)
    if table.more:
        last = table.problems[-1].line
        message = f"{table.more} further lines have mistakes"
        hint = "mend those above first: the next check shows the others"
        yield Diagnostic(_whole(prompt.path, lines, last), "E216", message, hint)


def _place(path: str, lines: list[str], problem: ContactProblem) -> Span:
    text = lines[problem.line - 1] if problem.line <= len(lines) else ""
    begin = text.find(problem.value) if problem.value else -1
    if begin < 0:
        return _whole(path, lines, problem.line)
    return Span(path, problem.line, begin + 1, problem.line, begin + 1 + len(problem.value))


def _whole(path: str, lines: list[str], line: int) -> Span:
    text = lines[line - 1] if line <= len(lines) else ""
    return Span(path, line, 1, line, max(len(text), 1) + 1)


def _unzoned(
    definition: Definition, scope: Scope, prompt: Prompt, table: ContactsCheck
) -> Iterator[Diagnostic]:
    """Every contact has a time zone: nobody is called at night."""
    if scope.agent.timezone is not None or table.without_zone is None:
        return
    span = definition.document.value_span((*definition.location, "contacts"))
    message = f"nothing says in which time zone the contact in line {table.without_zone} lives"
    hint = (
        f"write timezone: in agent '{scope.name}', such as Europe/Berlin, or a column timezone in "
        f"{prompt.path}"
    )
    yield Diagnostic(span, "E216", message, hint)


def _columns(
    context: FolderContext,
    definition: Definition,
    scope: Scope,
    prompt: Prompt,
    table: ContactsCheck,
) -> Iterator[Diagnostic]:
    """What the agent says of a contact stands in the table."""
    span = definition.document.value_span((*definition.location, "contacts"))
    lacking: set[str] = set()
    for column, place in _read(context, scope):
        if column in table.columns or column in lacking:
            continue
        lacking.add(column)
        message = f"{prompt.path} has no column '{column}', which agent '{scope.name}' speaks of"
        near_one = did_you_mean(column, table.columns, noun="its columns are")
        hint = f"name a column {column}" + (f"; {near_one}" if near_one else "")
        yield Diagnostic(span, "E216", message, hint, (Related(place, "it is used here"),))


def _read(context: FolderContext, scope: Scope) -> Iterator[tuple[str, Span]]:
    """The columns that would leave a hole in what an agent says, and where they are used."""
    texts = Texts(context.around.analyses, Pinpoint(context.around.lines))
    for part, spec in parts(scope):
        for leaf, place in leaves(part, spec, context.around):
            if not isinstance(leaf.value, Text) or isinstance(leaf.value, Condition):
                continue
            for use in texts.analysis(leaf.value).uses:
                if use.path[:2] == _DATA and len(use.path) > len(_DATA) and not use.guarded:
                    yield use.path[2], texts.span(place, leaf.value, use)


def _parameters(
    context: FolderContext,
    definition: Definition,
    spec: Campaign,
    prompt: Prompt,
    table: ContactsCheck,
) -> Iterator[Diagnostic]:
    """What the tool before each call must be given stands in the table."""
    if spec.before_each is None:
        return
    name = str(spec.before_each.tool)
    entry = context.table.entries["tools"].get(name)
    tool = entry.spec if entry is not None else None
    if not isinstance(tool, HttpTool):
        return
    for parameter, field in tool.parameters.items():
        needed = not field.optional and field.default is None
        if needed and str(parameter) not in table.columns:
            span = definition.document.value_span((*definition.location, "before_each", "tool"))
            message = f"{prompt.path} has no column '{parameter}', which tool '{name}' needs"
            hint = f"name a column {parameter}, or write optional: yes at the parameter"
            yield Diagnostic(span, "E216", message, hint)


RULE = FolderRule(_folder)
AGENT = LeafRule(_agent, AgentName)
TOOL = LeafRule(_tool, ToolName)
FIGURE = LeafRule(_figures, StopWhen)
