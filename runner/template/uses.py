"""A walk over a template's tree: which names it uses, how, and what in it cannot be used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Final, NamedTuple

from jinja2 import nodes

from runner.template.chains import Path, chain, dashed, source
from runner.template.comparisons import compared, never_true
from runner.template.complaints import TextLines, nearest
from runner.template.filters import COUNTED, UNWANTED
from runner.template.findings import MOMENTS, Analysis, TemplateProblem, Use
from runner.template.formats import with_percent, wrong_format
from runner.template.limits import MAX_DEPTH
from runner.template.lookup import METHODS
from runner.template.ways import (
    EMPTY_TESTS,
    FILTERS,
    FUNCTIONS,
    KNOWN_TESTS,
    MOMENT_METHODS,
    clock,
    written,
)
from runner.template.ways import METHODS as FOREIGN_METHODS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from jinja2.sandbox import SandboxedEnvironment

GLOBALS: Final = frozenset({"dict", "namespace", "range"})
"""What may be called by its bare name. As names of values these are free."""

_NAMED_BY_TEXT: Final = {
    "map": (0, "filter"),
    "reject": (0, "test"),
    "rejectattr": (1, "test"),
    "select": (0, "test"),
    "selectattr": (1, "test"),
}
_FALL_BACK: Final = frozenset({"d", "default", *COUNTED})
_TAGS: Final = {
    "Block": "block",
    "CallBlock": "call",
    "Extends": "extends",
    "FromImport": "from",
    "Import": "import",
    "Include": "include",
    "Macro": "macro",
    "ScopedEvalContextModifier": "autoescape",
}


class TooDeep(Exception):  # noqa: N818  (it ends the reading, and becomes a problem)
    """The tree is nested deeper than a rendering could follow."""

    def __init__(self, offset: int) -> None:
        """Take the offset of the place."""
        super().__init__(offset)
        self.offset = offset


class _At(NamedTuple):
    """Where the walk is: names bound, paths asked for, whether emptiness is harmless, how deep."""

    bound: set[str]
    tested: tuple[Path, ...] = ()
    guarded: bool = False
    depth: int = 0


class Walk:
    """Collects uses and problems from a tree whose nodes carry offsets as line numbers."""

    def __init__(
        self, environment: SandboxedEnvironment, place: TextLines, opening: Callable[[int], int]
    ) -> None:
        """Take the filters and tests, the text, and the way to the braces of an offset."""
        self._environment = environment
        self._place = place
        self._opening = opening
        self._whole: nodes.Node | None = None
        self._condition = False
        self._uses: list[tuple[int, Use]] = []
        self._dashed: dict[int, Path] = {}
        self._compared: set[int] = set()
        self._problems: list[TemplateProblem] = []

    def everything(
        self, body: list[nodes.Node], single: nodes.Node | None, *, condition: bool
    ) -> None:
        """Walk over a whole template.

        Raises:
            TooDeep: it is nested too deeply.
        """
        self._whole, self._condition = single, condition
        self._all(body, _At(set(), guarded=condition))

    def analysis(self, *, single: bool) -> Analysis:
        """Give what was found, in the order of the text."""
        problems = sorted(self._problems, key=lambda each: (each.line, each.column))
        uses = sorted(self._uses, key=lambda each: each[0])
        return Analysis(tuple(problems), tuple(use for _, use in uses), single=single)

    def _complain(self, offset: int, code: str, message: str, help_: str | None = None) -> None:
        self._problems.append(self._place.problem(offset, code, message, help_))

    def _all(self, several: Any, at: _At) -> None:
        for node in several:
            if node is not None:
                self._one(node, at)

    def _one(self, node: nodes.Node, at: _At) -> None:
        if at.depth > MAX_DEPTH:
            raise TooDeep(node.lineno)
        work = self._walks.get(type(node))
        if work is not None:
            work(self, node, at._replace(depth=at.depth + 1))
        elif type(node).__name__ in _TAGS:
            tag = _TAGS[type(node).__name__]
            self._complain(node.lineno, "E301", f"'{{% {tag} %}}' cannot be used here")
        else:
            self._all(node.iter_child_nodes(), at._replace(depth=at.depth + 1))

    def _chain(self, node: nodes.Node, at: _At) -> None:
        name, path, beside = chain(node)
        self._all(beside, at)
        for attribute in path[1:]:
            if attribute.startswith("__"):
                message = f"'{attribute}' cannot be used: it begins with '__'"
                self._complain(node.lineno, "E301", message)
        if name is None or name.name in at.bound:
            return
        guarded = at.guarded or any(
            path[: len(other)] == other or other[: len(path)] == path for other in at.tested
        )
        offset = name.lineno
        part = node is not self._whole
        use = Use(
            path,
            *self._place.of(offset),
            guarded=guarded,
            part=part,
            offset=self._opening(offset),
            dashed=self._dashed.get(offset, ()),
            compared=offset in self._compared,
        )
        self._uses.append((offset, use))

    def _asking(self, test: nodes.Node, at: _At) -> _At:
        """Walk over a test; what it asks for cannot be a hole in what depends on it."""
        before = len(self._uses)
        self._one(test, at._replace(guarded=True))
        paths = tuple(use.path for _, use in self._uses[before:])
        return at._replace(tested=at.tested + paths)

    def _subtraction(self, node: nodes.Sub, at: _At) -> None:
        self._dashed = dashed(node, self._place.text) | self._dashed
        self._all(node.iter_child_nodes(), at)

    def _not(self, node: nodes.Not, at: _At) -> None:
        if isinstance(node.node, nodes.Test):
            self._test(node.node, at, negated=True)
        else:
            self._all(node.iter_child_nodes(), at._replace(guarded=True))

    def _compare(self, node: nodes.Compare, at: _At) -> None:
        never = never_true(node, at.bound)
        if never is not None:
            self._complain(never.offset, "E311", never.message, never.help)
            return
        self._compared |= compared(node)
        self._all(node.iter_child_nodes(), at._replace(guarded=True))

    def _or(self, node: nodes.Or, at: _At) -> None:
        self._one(node.right, self._asking(node.left, at))

    def _and(self, node: nodes.And, at: _At) -> None:
        before = len(self._uses)
        self._one(node.left, at)
        paths = tuple(use.path for _, use in self._uses[before:])
        self._one(node.right, at._replace(tested=at.tested + paths))

    def _conditional(self, node: nodes.CondExpr, at: _At) -> None:
        self._all((node.expr1, node.expr2), self._asking(node.test, at))

    def _filter(self, node: nodes.Filter, at: _At) -> None:
        self._known(node.name, "filter", node.lineno, node.node, node.args)
        if node.name in _NAMED_BY_TEXT:
            place, sort = _NAMED_BY_TEXT[node.name]
            if len(node.args) > place and isinstance(node.args[place], nodes.Const):
                self._known(str(node.args[place].as_const()), sort, node.lineno)
        if node.name == "format" and not (node.dyn_args or node.dyn_kwargs or node.kwargs):
            self._format(node.lineno, node.node, node.args)
        if node.node is not None:
            fall_back = node.name in _FALL_BACK
            self._one(node.node, at._replace(guarded=at.guarded or fall_back))
        self._arguments(node, at)

    def _modulo(self, node: nodes.Mod, at: _At) -> None:
        if isinstance(node.left, nodes.Const):
            right = node.right
            several = right.items if isinstance(right, nodes.List | nodes.Tuple) else None
            self._format(node.lineno, node.left, several)
        self._all(node.iter_child_nodes(), at)

    def _format(
        self, offset: int, pattern: nodes.Node | None, given: Sequence[nodes.Node] | None
    ) -> None:
        wrong = wrong_format(pattern, given, braces=not self._condition)
        if wrong is not None:
            self._complain(offset, "E301", *wrong)

    def _test(self, node: nodes.Test, at: _At, *, negated: bool = False) -> None:
        offset = self._place.after(node.lineno, node.name)
        foreign = (EMPTY_TESTS | KNOWN_TESTS) - self._environment.tests.keys()
        if node.name in foreign:
            known = "is known" if (node.name in KNOWN_TESTS) != negated else "is not known"
            help_ = f"write {source(node.node)} {known}"
            self._complain(offset, "E303", f"unknown test '{node.name}'", help_)
        else:
            self._known(node.name, "test", offset, node.node)
        self._one(node.node, at._replace(guarded=True))
        self._arguments(node, at._replace(guarded=True))

    def _known(
        self,
        name: str,
        sort: str,
        offset: int,
        value: nodes.Node | None = None,
        given: Sequence[nodes.Node] = (),
    ) -> None:
        table: Any = self._environment.filters if sort == "filter" else self._environment.tests
        if name in table:
            return
        if sort == "filter" and name in UNWANTED:
            self._complain(offset, "E303", f"the filter '{name}' cannot be used", UNWANTED[name])
        elif sort == "filter" and name in FILTERS:
            help_ = self._way(FILTERS, name, given, value)
            self._complain(offset, "E303", f"unknown filter '{name}'", help_)
        else:
            help_ = nearest(name, table)
            if help_ is None and sort == "test":
                help_ = "to ask whether it has a value, write 'is known'"
            self._complain(offset, "E303", f"unknown {sort} '{name}'", help_)

    def _call(self, node: nodes.Call, at: _At) -> None:
        self._arguments(node, at)
        called = node.node
        if isinstance(called, nodes.Name) and called.name in GLOBALS:
            return
        if isinstance(called, nodes.Getattr):
            if called.attr not in METHODS:
                message = f"'{called.attr}' cannot be called here"
                help_ = self._of_format(called, node.args)
                help_ = help_ or self._way(FOREIGN_METHODS, called.attr, node.args, called.node)
                self._complain(
                    called.lineno, "E301", message, help_ or nearest(called.attr, METHODS)
                )
                return
            self._one(called.node, at)
            return
        text, help_ = "this value", "a value is written without '(' and ')'"
        if isinstance(called, nodes.Name):
            text = f"'{called.name}'"
            first = node.args[0] if node.args else None
            help_ = self._way(FUNCTIONS, called.name, node.args, first) or help_
        self._complain(called.lineno, "E301", f"{text} cannot be called", help_)

    def _of_format(self, called: nodes.Getattr, given: Sequence[nodes.Node]) -> str | None:
        """Say how `format` of a text, or a method of a date elsewhere, is written here."""
        in_percent = with_percent(called.node, given) if called.attr == "format" else None
        if in_percent is not None:
            return self._way({"format": in_percent}, "format", (), None)
        if not isinstance(called.node, nodes.Name) or called.node.name not in MOMENTS:
            return None
        if called.attr == "format" and given and isinstance(given[0], nodes.Const):
            way = f"{{v}}.strftime({clock(str(given[0].value))!r})"
            return self._way({"format": way}, "format", (), called.node)
        return self._way(MOMENT_METHODS, called.attr, given, called.node)

    def _way(
        self,
        ways: Mapping[str, str],
        name: str,
        given: Sequence[nodes.Node],
        value: nodes.Node | None,
    ) -> str | None:
        """Say how a filter, function or method of another language is written here."""
        if name not in ways:
            return None
        listed = ", ".join(map(source, given)) or "…"
        rest = ", ".join(map(source, given[1:]))
        shown = source(value)
        if isinstance(value, nodes.Const) and value.value in MOMENTS:
            shown = str(value.value)  # Liquid writes 'now' | date
        way = written(ways[name], shown, listed, rest, braces=not self._condition)
        return f"write {way}"

    def _arguments(self, node: Any, at: _At) -> None:
        self._all((*node.args, *(each.value for each in node.kwargs)), at)
        if node.dyn_args or node.dyn_kwargs:
            self._complain(node.lineno, "E301", "'*' cannot stand before an argument here")

    def _for(self, node: nodes.For, at: _At) -> None:
        self._one(node.iter, at._replace(guarded=True))
        inner = at._replace(bound={*at.bound, "loop", *_targets(node.target)})
        if node.recursive:
            self._complain(node.lineno, "E301", "a loop cannot be 'recursive' here")
        if node.test is not None:
            inner = self._asking(node.test, inner)
        self._all(node.body, inner)
        self._all(node.else_, at._replace(bound=set(at.bound)))

    def _if(self, node: nodes.If, at: _At) -> None:
        at = self._asking(node.test, at)
        self._all(node.body, at)
        for each in node.elif_:
            at = self._asking(each.test, at)
            self._all(each.body, at)
        self._all(node.else_, at)

    def _set(self, node: nodes.Assign, at: _At) -> None:
        self._one(node.node, at)
        at.bound.update(_targets(node.target))

    def _set_block(self, node: nodes.AssignBlock, at: _At) -> None:
        self._all(node.body, at._replace(bound=set(at.bound)))
        if node.filter is not None:
            self._one(node.filter, at)
        at.bound.update(_targets(node.target))

    def _with(self, node: nodes.With, at: _At) -> None:
        self._all(node.values, at)
        names = {name for target in node.targets for name in _targets(target)}
        self._all(node.body, at._replace(bound={*at.bound, *names}))

    def _filter_block(self, node: nodes.FilterBlock, at: _At) -> None:
        self._all(node.body, at._replace(bound=set(at.bound)))
        self._one(node.filter, at)

    def _constant(self, _node: nodes.Node, _at: _At) -> None:
        return

    _walks: ClassVar[dict[type[nodes.Node], Callable[..., None]]] = {
        nodes.And: _and,
        nodes.Assign: _set,
        nodes.AssignBlock: _set_block,
        nodes.Call: _call,
        nodes.Compare: _compare,
        nodes.CondExpr: _conditional,
        nodes.Const: _constant,
        nodes.Filter: _filter,
        nodes.FilterBlock: _filter_block,
        nodes.For: _for,
        nodes.Getattr: _chain,
        nodes.Getitem: _chain,
        nodes.If: _if,
        nodes.Mod: _modulo,
        nodes.Name: _chain,
        nodes.Not: _not,
        nodes.Or: _or,
        nodes.Sub: _subtraction,
        nodes.TemplateData: _constant,
        nodes.Test: _test,
        nodes.With: _with,
    }


def _targets(node: nodes.Node) -> set[str]:
    names = {node.name} if isinstance(node, nodes.Name) else set()
    return names | {name.name for name in node.find_all(nodes.Name)}
