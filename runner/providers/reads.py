"""Which environment variables a LiveKit plugin needs, read from the source of its class.

Run in the child of `probe`, where the package is imported already; nothing of it is called.
"""

from __future__ import annotations

import ast
import inspect
import sys
import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from runner.providers.parsed import parsed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_DEEPEST = 2
"""Helpers of helpers that are looked into."""

_CREDENTIALS = ("_KEY", "_TOKEN", "_SECRET", "_PASSWORD", "_CLIENT_ID")
"""Ends of the names of variables that prove who asks."""

_OF_PLUGINS = "livekit.plugins."


@dataclass(slots=True)
class Need:
    """A value that must come from somewhere.

    Attributes:
        names: environment variables; any of them is enough.
        options: options that stand in their place.
        unless: options that may make it needless: other ways to prove who asks.
    """

    names: tuple[str, ...]
    options: set[str] = field(default_factory=set)
    unless: set[str] = field(default_factory=set)


def needs(maker: Any) -> list[dict[str, Any]]:
    """What a class or function refuses to be made without.

    Returns:
        `names`, `options` and `unless` of each, as plain data.
    """
    by_names: dict[tuple[str, ...], Need] = {}
    for need in _of_function(maker, _DEEPEST, set()):
        known = by_names.setdefault(need.names, need)
        known.options |= need.options
    own = set(inspect.signature(maker).parameters)
    return [
        {
            "names": list(need.names),
            "options": sorted(options := _options(need, own)),
            "unless": sorted(need.unless & own - options),
        }
        for need in by_names.values()
    ]


def _options(need: Need, own: set[str]) -> set[str]:
    """The options of the class itself: a helper may call them otherwise."""
    ends = tuple(name.lower() for name in need.names)
    return need.options & own or {
        option for option in own if any(end.endswith(option) for end in ends)
    }


def _of_function(maker: Any, depth: int, seen: set[Any]) -> Iterator[Need]:
    function = inspect.unwrap(_initial(maker))
    if function in seen or not str(getattr(function, "__module__", "")).startswith(_OF_PLUGINS):
        return
    seen.add(function)
    tree = _source(function)
    if tree is None:
        return
    yield from _Reader(tree).needs()
    module = vars(sys.modules[function.__module__])
    for called in _called(tree) if depth else ():
        helper = module.get(called)
        if inspect.isfunction(helper) or inspect.isclass(helper):
            yield from _of_function(helper, depth - 1, seen)


def _initial(maker: Any) -> Any:
    return maker.__init__ if inspect.isclass(maker) else getattr(maker, "__func__", maker)


def _source(function: Any) -> ast.FunctionDef | None:
    try:
        tree = parsed(textwrap.dedent(inspect.getsource(function)))
    except (OSError, SyntaxError, TypeError):
        return None
    first = tree.body[0] if tree.body else None
    return first if isinstance(first, ast.FunctionDef) else None


def _called(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            yield node.func.id


@dataclass(frozen=True, slots=True)
class _Refusal:
    """A `raise`: the names in the conditions around it, its words, and how these belong together.

    Attributes:
        any_of: it is met only where all that its condition names is missing.
    """

    tests: frozenset[str]
    text: str
    any_of: bool

    def concerns(self, names: Iterable[str], targets: set[str]) -> bool:
        """Whether it is about a value."""
        return any(name in self.text for name in names) or bool(targets & self.tests)


class _Reader:
    """Reads one function."""

    def __init__(self, tree: ast.FunctionDef) -> None:
        arguments = (*tree.args.posonlyargs, *tree.args.args, *tree.args.kwonlyargs)
        self._options = {each.arg for each in arguments} - {"self"}
        self._tree = tree

    def needs(self) -> Iterator[Need]:
        """The credentials that it reads and raises an error without."""
        refusals = list(_refusals(self._tree.body, frozenset(), any_of=False))
        sources = dict(self._sources())
        joint: dict[int, Need] = {}
        for statement, names in self._reads():
            targets = _names(statement, ast.Store) | _attributes(statement)
            about = [each for each in refusals if each.concerns(names, targets)]
            if not about:
                continue
            own = self._given(_names(statement, ast.Load) | targets, sources)
            tested = frozenset[str]().union(*(each.tests for each in about))
            need = Need(names, own, self._given(tested, sources))
            group = next((id(each) for each in about if each.any_of), 0)
            known = joint.get(group) if group else None
            if known is None:
                joint[group or id(need)] = need
            else:
                known.names += tuple(name for name in names if name not in known.names)
                known.options |= own
        yield from joint.values()

    def _reads(self) -> Iterator[tuple[ast.stmt, tuple[str, ...]]]:
        for statement in ast.walk(self._tree):
            if isinstance(statement, ast.Assign | ast.AnnAssign | ast.Return | ast.Expr):
                names = dict.fromkeys(n for n in _read(statement) if n.endswith(_CREDENTIALS))
                if names:
                    yield statement, tuple(names)

    def _sources(self) -> Iterator[tuple[str, set[str]]]:
        """Variable → the options that it is made of."""
        for statement in ast.walk(self._tree):
            if isinstance(statement, ast.Assign | ast.AnnAssign):
                for name in _names(statement, ast.Store) | _stored_attributes(statement):
                    yield name, _names(statement, ast.Load) & self._options

    def _given(self, names: Iterable[str], sources: dict[str, set[str]]) -> set[str]:
        """The options that names stand for."""
        options = set[str]()
        for name in names:
            options |= {name} & self._options or sources.get(name, set())
        return options


def _refusals(body: list[ast.stmt], tests: frozenset[str], *, any_of: bool) -> Iterator[_Refusal]:
    for statement in body:
        if isinstance(statement, ast.Raise):
            yield _Refusal(tests, " ".join(_texts(statement)), any_of)
            continue
        inner, joint = tests, any_of
        if isinstance(statement, ast.If):
            inner = tests | _names(statement.test, ast.Load) | _attributes(statement.test)
            joint = _all_missing(statement.test)
        for part in ("body", "orelse"):
            yield from _refusals(getattr(statement, part, []), inner, any_of=joint)


def _all_missing(test: ast.expr) -> bool:
    """Whether a condition asks that everything it names is missing."""
    match test:
        case ast.BoolOp(op=ast.And()) | ast.UnaryOp(op=ast.Not(), operand=ast.BoolOp(op=ast.Or())):
            return True
        case _:
            return False


def _texts(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield each.value


def _names(node: ast.AST, context: type[ast.expr_context]) -> set[str]:
    return {
        each.id
        for each in ast.walk(node)
        if isinstance(each, ast.Name) and isinstance(each.ctx, context)
    }


def _attributes(node: ast.AST) -> set[str]:
    return {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)} - {"environ"}


def _stored_attributes(node: ast.AST) -> set[str]:
    return {
        each.attr
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute) and isinstance(each.ctx, ast.Store)
    }


def _read(node: ast.AST) -> Iterator[str]:
    """The environment variables that a statement reads, by `os.environ` or `os.getenv`."""
    for each in ast.walk(node):
        match each:
            case ast.Call(
                func=ast.Attribute(attr="get", value=ast.Attribute(attr="environ"))
                | ast.Attribute(attr="getenv"),
                args=[ast.Constant(value=str(name)), *_],
            ):
                yield name
            case ast.Subscript(
                value=ast.Attribute(attr="environ"), slice=ast.Constant(value=str(name))
            ):
                yield name
