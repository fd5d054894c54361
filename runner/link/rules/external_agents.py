"""External agents: what they name, how their jobs travel, and whether their secrets can be used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from runner.addresses import is_public, literal
from runner.diagnostics import Diagnostic, Related, Span
from runner.link.called import not_called
from runner.link.hints import defined_where, near, unknown
from runner.link.rule import DefinitionContext, FolderContext, FolderRule, LeafRule
from runner.link.table import name_span
from runner.link.walk import Leaf
from runner.schema.external_agents import MAKE_ONE, ExternalAgent, secret_problem
from runner.schema.reading.load import Definition
from runner.schema.types.names import AgentName, ExternalAgentName
from runner.schema.types.texts import Text
from runner.texts import LANGUAGES, covered

_SECTION = "external_agents"
_PRODUCTION = "production"
_LOCAL = (".local", ".internal", ".lan", ".svc", ".home.arpa", ".test")
"""Ends of names that only a network of one's own knows."""

_ONE_SECRET = re.compile(r"\s*\{\{\s*secrets\.([A-Za-z_][A-Za-z0-9_]*)\s*\}\}\s*")


def _also(context: DefinitionContext, leaf: Leaf, _place: Span) -> Iterator[Diagnostic]:
    name, table = str(leaf.value), context.table
    span = leaf.span(context.definition.document)
    if name == context.definition.name:
        message = "it gets each of its jobs already"
        yield Diagnostic(span, "E112", message, "name another external agent, or delete this")
    elif name in table.entries["agents"]:
        message = f"'{name}' is an agent of this directory, and also: names other programs"
        hint = f"write fallback: {name} if it takes the call where no program does"
        yield Diagnostic(span, "E202", message, hint)
    elif name not in table.entries[_SECTION] and name not in table.words:
        place = f"write it below external_agents: as {name}: with its webhook_url: and secret:"
        hint = defined_where(name, table.entries[_SECTION], place)
        yield near(context, unknown(span, "external agent", name, hint), _SECTION, name)


def _texts(context: DefinitionContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    if not isinstance(context.definition.readable, ExternalAgent) or not isinstance(
        leaf.value, Text
    ):
        return
    for use in context.texts.analysis(leaf.value).uses:
        if use.path[0] not in ("env", "secrets"):
            span = context.texts.span(place, leaf.value, use)
            message = f"'{use.path[0]}' has no value here: all jobs go to one address"
            hint = "only {{ env.NAME }} and {{ secrets.NAME }} may stand here"
            yield Diagnostic(span, "E308", message, hint)


def _fallback(context: DefinitionContext, leaf: Leaf, _place: Span) -> Iterator[Diagnostic]:
    if not isinstance(leaf.owner, ExternalAgent):
        return
    name, table = str(leaf.value), context.table
    span, known = leaf.span(context.definition.document), context.table.entries["agents"]
    if name in table.entries[_SECTION] and name not in known:
        message = f"'{name}' is an external agent, and the fallback is one of agents:"
        hint = f"write also: {name} to have both programs called, or name an agent"
        if name == context.definition.name:
            hint = "name an agent, or delete it: an apology is said then"
        yield Diagnostic(span, "E202", message, hint)
    elif name not in known and name not in table.words:
        hint = defined_where(name, known, "delete it: an apology is said then")
        yield near(context, unknown(span, "agent", name, hint), "agents", name)


def _folder(context: FolderContext) -> Iterator[Diagnostic]:
    for definition in context.table.entries[_SECTION].values():
        yield from _twice(context, definition)
        spec = definition.readable
        if isinstance(spec, ExternalAgent):
            yield from _resting(context, definition, spec)
            yield from _open(context, definition, spec)
            yield from _secrets(context, definition, spec)
            yield from _spoken(definition, spec)


def _twice(context: FolderContext, definition: Definition) -> Iterator[Diagnostic]:
    agent = context.table.entries["agents"].get(definition.name)
    if agent is not None:
        message = f"'{definition.name}' is an agent too, and calls would reach one of the two"
        related = (Related(name_span(agent), "the agent stands here"),)
        hint = "give one of them another name, or delete it"
        yield Diagnostic(name_span(definition), "E203", message, hint, related)


def _resting(
    context: FolderContext, definition: Definition, spec: ExternalAgent
) -> Iterator[Diagnostic]:
    """What is named is served, and can be called by its name."""
    known = context.table.entries["agents"].get(str(spec.fallback))
    agent = known.readable if known is not None else None
    if agent is not None:
        span = definition.document.value_span((*definition.location, "fallback"))
        yield from not_called(span, str(spec.fallback), agent, "called")
    for at, name in enumerate(spec.also):
        other = context.table.entries[_SECTION].get(str(name))
        if other is None or other.readable is None or other.readable.enabled:
            continue
        place = (*definition.location, "also", at)
        written = definition.data.get("also") if isinstance(definition.data, dict) else None
        span = definition.document.value_span(place if isinstance(written, list) else place[:-1])
        message = f"the external agent '{name}' is not served: it has enabled: no"
        yield Diagnostic(span, "E112", message, "delete it here, or delete enabled: no")


def _open(
    context: FolderContext, definition: Definition, spec: ExternalAgent
) -> Iterator[Diagnostic]:
    """Addresses without TLS outside of one's own network: the room's token could be read."""
    addresses: list[tuple[tuple[str, ...], str]] = [(("webhook_url",), str(spec.webhook_url))]
    addresses += [(("regions", name), str(url)) for name, url in spec.regions.items()]
    for place, url in addresses:
        if not _readable(url):
            continue
        span = definition.document.value_span((*definition.location, *place))
        message = "what is sent here can be read on the way: the room's token, and who calls"
        hint = "write https:// in place of http://"
        if context.table.environment == _PRODUCTION:
            yield Diagnostic(span, "E315", message, hint)
        else:
            yield Diagnostic(span, "W215", message, hint)


def _readable(url: str) -> bool:
    """Whether an address is one without TLS in the public internet, as far as it can be told."""
    if not url.casefold().startswith("http://"):
        return False
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    if "{" in url.split("/")[2]:
        return False  # known only while it serves
    address = literal(host)
    if address is not None:
        return is_public(address)
    return "." in host and not host.endswith(_LOCAL)


def _secrets(
    context: FolderContext, definition: Definition, spec: ExternalAgent
) -> Iterator[Diagnostic]:
    """What the environment holds as a secret can be one."""
    for at, secret in enumerate(spec.secret):
        alone = _ONE_SECRET.fullmatch(str(secret))
        value = context.around.env.get(alone[1]) if alone else None
        problem = secret_problem(value) if value else None
        if alone is None or problem is None:
            continue
        written = definition.data.get("secret") if isinstance(definition.data, dict) else None
        place = (*definition.location, "secret")
        span = definition.document.value_span((*place, at) if isinstance(written, list) else place)
        yield Diagnostic(span, "E117", f"{alone[1]} cannot be used: {problem}", MAKE_ONE)


def _spoken(definition: Definition, spec: ExternalAgent) -> Iterator[Diagnostic]:
    """A language in which there is no apology."""
    if spec.locale is None or covered(spec.locale):
        return
    span = definition.document.value_span((*definition.location, "locale"))
    message = f"there is no apology in '{spec.locale}': callers hear it in English"
    hint = f"write one of {', '.join(LANGUAGES)}, or fallback: and an agent that takes the call"
    yield Diagnostic(span, "W230", message, hint)


RULE = FolderRule(_folder)
NAMED = LeafRule(_also, ExternalAgentName)
FALLBACK = LeafRule(_fallback, AgentName)
TEXTS = LeafRule(_texts, Text)
