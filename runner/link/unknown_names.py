"""What to write instead of a name that nothing declares."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from runner.diagnostics.nearest import did_you_mean, nearest
from runner.late_pattern import late
from runner.link import foreign_names as foreign
from runner.link.fields import arguments
from runner.link.findings import Problem
from runner.link.names import ALWAYS, ATTRIBUTES, MEMORY, OPEN
from runner.link.rule import UseContext
from runner.link.walk import Leaf
from runner.schema.types.settings import SECRET_ENDINGS
from runner.schema.types.texts import Condition, Credential, Sent
from runner.template import Use, in_brackets

_ONLY_IN = {
    "args": "in http:, result:, then: and rules: of a tool",
    "error": "in on_error",
    "extract": "in send: of after_call",
    "verdicts": "in send: of after_call",
    "result": "in result.text, result.fails_if and then",
}
"""Name → where alone it has a value."""

_ENVIRONMENT = late(r"[A-Z][A-Z0-9]*_[A-Z0-9_]*")
"""How variables of the environment are called."""

_OF_MANY = frozenset({"id", "name", "kind", "metadata", "attributes", "agent", "persona"})
"""Parts of what every call has that a person may also call a value of theirs."""

SECRET_SEEN = (
    "E305",
    "a secret cannot stand here, where the model or the caller could see it",
    "secrets may stand only in what is sent to a service: a tool's http block, a provider's with",
)


def unknown_name(context: UseContext, use: Use, leaf: Leaf) -> Problem | None:
    """Say what is wrong with a name that has no value, and what was probably meant."""
    root = use.path[0]
    asked = "query" in leaf.names and root in ("args", *foreign.QUESTIONS)
    if asked or root in _ONLY_IN:
        where = f"'{root}' may stand {_ONLY_IN.get(root)} only"
        hint = f"{_write('query', leaf)}, which is what the model asks for" if asked else where
        return "E304", f"'{root}' has no value here", hint
    if root in context.scope.table.words:
        return None
    outside = _outside(use.path, leaf) or _of_the_phone(use.path, leaf)
    if outside is not None:
        return outside
    if use.dashed:
        return _dashed(context, use, leaf)
    return "E302", f"unknown name '{root}'", _hint(context, use, leaf)


def _of_the_phone(path: tuple[str, ...], leaf: Leaf) -> Problem | None:
    """Attributes of a phone call by another way than `caller.attributes`."""
    for begin, prefix in foreign.ATTRIBUTES:
        if path[: len(begin)] == begin and len(path) > len(begin):
            name = ".".join((*prefix, *path[len(begin) :]))
            message = f"unknown name '{path[0]}'"
            return "E302", message, _write(f"caller.attributes['{name}']", leaf)
    return None


def unknown_part(root: str, part: str, parts: Sequence[str]) -> str | None:
    """Say which of the parts was probably meant."""
    known = foreign.same((root, part))
    return f"write {known}" if known else did_you_mean(part, parts, noun="parts")


def _write(expression: str, leaf: Leaf) -> str:
    if isinstance(leaf.value, Condition):
        return f"write {expression}"
    return f"write {{{{ {expression} }}}}"


def _outside(path: tuple[str, ...], leaf: Leaf) -> Problem | None:
    """Secrets and the environment by another name."""
    root, rest = path[0].casefold(), path[1:]
    if root.startswith(foreign.HIDDEN):
        root, rest = "secret", (path[0][len(foreign.HIDDEN) :],)
    if path[:2] in foreign.WITHIN_ENVIRONMENT:
        root, rest = "env", path[2:]
    if root not in foreign.SECRETS | foreign.ENVIRONMENT:
        return None
    name = rest[0].upper() if rest else "NAME"
    secret = root in foreign.SECRETS or name.endswith(SECRET_ENDINGS)
    if secret and not isinstance(leaf.value, Sent):
        return SECRET_SEEN
    written = f"{'secrets' if secret else 'env'}.{name}"
    return "E302", f"unknown name '{path[0]}'", _write(written, leaf)


def _dashed(context: UseContext, use: Use, leaf: Leaf) -> Problem:
    """A name with a `-` in it, which is read as a subtraction."""
    path = use.dashed
    if len(path) == 1:
        name = foreign.small(path[0])
        known = foreign.same((name,))
        if known is not None and name not in context.scope.variables:
            return "E302", f"unknown name '{path[0]}'", _write(known, leaf)
        hint = f"a name has no '-': {_declare(context, name, leaf)}"
        return "E302", f"unknown name '{path[0]}'", hint
    root, rest = path[0], path[1:]
    if rest[0] == "attributes":
        expression = f"{root}.attributes['{'.'.join(rest[1:])}']"
    else:
        expression = in_brackets(path)
    shown = next(part for part in path if "-" in part)
    message = f"'{shown}' is read as a subtraction: a '-' stands in it"
    return "E302", message, f"a name with - stands in brackets: {_write(expression, leaf)}"


def _declare(context: UseContext, name: str, leaf: Leaf) -> str:
    if name in (*context.scope.variables, *_there(context), *leaf.names):
        return _write(name, leaf)
    return f"declare {name}: in the agent's variables:, and {_write(name, leaf)}"


def _extracted(context: UseContext, leaf: Leaf) -> Collection[str]:
    """The fields that are read in a call, where these have a value."""
    after = context.scope.agent.after_call
    return after.extract if after is not None and "extract" in leaf.names else ()


def _hint(context: UseContext, use: Use, leaf: Leaf) -> str | None:
    root, variables = use.path[0], context.scope.variables
    fields = arguments(leaf, context.definition, context.spec, context.scope).fields
    owner = "args" if root in fields else "extract" if root in _extracted(context, leaf) else None
    if owner is not None:
        return f"write args.{root}" if owner == "args" else _write(f"extract.{root}", leaf)
    near = nearest(root, variables)
    if near is not None:
        return f"did you mean '{near}'?"
    elsewhere = _elsewhere(use, leaf) or _environment(use, leaf)
    if elsewhere is not None:
        return elsewhere
    small = root.casefold()
    if small != root and small in _there(context):
        return _write(".".join((small, *map(str.casefold, use.path[1:]))), leaf)
    if foreign.small(root) != root and not use.compared:
        hint = _declare(context, foreign.small(root), leaf)
        rule = (
            "is written in small letters" if root != root.casefold() else "has letters from a to z"
        )
        return f"a variable {rule}: {hint}"
    return _here(context, use, leaf)


def _environment(use: Use, leaf: Leaf) -> str | None:
    """A variable of the environment by its bare name, where a service is asked."""
    root = use.path[0]
    if use.path[1:] or not isinstance(leaf.value, Sent) or not _ENVIRONMENT.fullmatch(root):
        return None
    secret = isinstance(leaf.value, Credential) or root.endswith(SECRET_ENDINGS)
    return _write(f"{'secrets' if secret else 'env'}.{root}", leaf)


def _elsewhere(use: Use, leaf: Leaf) -> str | None:
    """What another platform's name is called here."""
    root = use.path[0]
    for names, ours in ((foreign.ANSWERS, "result"), (foreign.ARGUMENTS, "args")):
        if root in names and ours in leaf.names:
            return _write(".".join((ours, *use.path[1:])), leaf)
    known = foreign.same(use.path)
    return _write(known, leaf) if known else None


def _here(context: UseContext, use: Use, leaf: Leaf) -> str:
    """What is near among what every call has; else the name is to be declared."""
    root = use.path[0]
    owner = next((n for n, parts in ATTRIBUTES.items() if root in parts), None)
    if owner is not None:
        own = root in _OF_MANY and len(use.path) == 1  # what lies in it is never the author's own
        return _values(context, root, owner) if own else f"write {'.'.join((owner, *use.path))}"
    near = nearest(root, [*_there(context), *leaf.names])
    literal = use.compared and len(use.path) == 1
    if near is not None and not (literal and root[0].isupper()):
        return f"did you mean '{near}'?"
    if literal:
        return _literal(root)
    if use.path[1:] and root not in leaf.names:
        return _declare(context, foreign.small("_".join(use.path)), leaf)
    return f"declare it in the agent's variables: as {root}:"


def _there(context: UseContext) -> list[str]:
    """The names that every call of the agent has."""
    agent = context.scope.agent
    lacking = {
        name for name, block in ((OPEN, agent.hours), (MEMORY, agent.memory)) if block is None
    }
    return [name for name in ALWAYS if name not in lacking]


def _literal(word: str) -> str:
    if word.casefold() in foreign.YES_NO:
        return f"write {foreign.YES_NO[word.casefold()]}, without quotes"
    return f"a text stands in quotes: '{word}'"


def _values(context: UseContext, root: str, owner: str) -> str:
    """The author's own values first: what LiveKit calls so comes after them."""
    theirs = f"{owner}.{root} is LiveKit's"
    own = [n for n in context.scope.variables if root in n.split("_")]
    if own:
        return f"did you mean '{own[0]}'? ({theirs})"
    listed = ", ".join(list(context.scope.variables)[:8])
    if listed:
        return f"values here: {listed}; or declare {root}: in the agent's variables: ({theirs})"
    return f"declare it in the agent's variables: as {root}: ({theirs})"
