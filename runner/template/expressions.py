"""Working out one expression of a template, node by node, within a budget."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar, Final

from jinja2 import nodes
from jinja2.runtime import Context

from runner.template import lookup
from runner.template.chains import chain
from runner.template.empty import Empty
from runner.template.grammar import Missing, Template, environment
from runner.template.limits import (
    MAX_STEPS,
    Exhausted,
    Manner,
    RefusedOperation,
    count_range,
    fits,
    gather,
    weigh,
)
from runner.template.operators import calculate, compare, kind, signed
from runner.template.words import as_text

_ITEMS_PER_STEP: Final = 8
_CHARACTERS_PER_STEP: Final = 256
_PLAIN: Final = (bool, int, float, Missing)
_OF_EMPTINESS: Final = frozenset({"d", "default"})


class Namespace(dict[str, Any]):
    """What `namespace(…)` gives: a record that `{% set it.field = … %}` may change in a loop."""


_GLOBALS: Final[dict[str, Callable[..., Any]]] = {
    "dict": dict,
    "namespace": Namespace,
    "range": count_range,
}


class Expressions:
    """The values, the scopes and the budget of one rendering."""

    def __init__(self, template: Template, values: Mapping[str, Any], manner: Manner) -> None:
        """Begin a rendering. Nothing here is shared with another."""
        self.template = template
        self.missing: dict[tuple[str, ...], None] = {}
        self.failures: dict[tuple[str, int, int], None] = {}
        self._manner = manner
        self._values = values
        self._environment = environment(wire=manner.wire, language=manner.language)
        self._context = Context(self._environment, {}, None, {})
        self._steps = MAX_STEPS
        self._deadline = time.monotonic() + manner.seconds
        self._asking = 0
        self.scopes: list[dict[str, Any]] = [{}]
        self.captured = ""

    def spend(self, steps: int = 1) -> None:
        """Take steps from the budget.

        Raises:
            Exhausted: there are none left, or the time is over.
        """
        before = self._steps
        self._steps = before - steps
        if self._steps < 0:
            raise Exhausted("the template takes too many steps")
        if (before ^ self._steps) & ~0xFF and time.monotonic() > self._deadline:
            raise Exhausted("the template takes too long")

    def failed(self, offset: int, message: str) -> Missing:
        """Note what could not be worked out, once, and give what is empty."""
        self.note(message, *self.template.place(offset))
        return Missing()

    def note(self, message: str, line: int, column: int) -> None:
        """Note a failure at a place of the text, once."""
        self.failures[message, line, column] = None

    def work_out(self, node: nodes.Node) -> Any:
        """Give the value of an expression; what fails in it is empty, and noted.

        Raises:
            Exhausted: the budget is spent.
        """
        self.spend()
        try:
            return self._work[type(node)](self, node)
        except Exhausted:
            raise
        except RefusedOperation as refused:
            return self.failed(node.lineno, str(refused))
        except RecursionError:
            raise Exhausted("the values in this template are nested too deeply") from None
        except Exception:  # noqa: BLE001  (whatever a value does, a call goes on)
            return self.failed(node.lineno, "a part of this template could not be worked out")

    def ask(self, node: nodes.Node) -> Any:
        """Give a value of which only is asked whether and what it is: its emptiness is no hole."""
        self._asking += 1
        try:
            return self.work_out(node)
        finally:
            self._asking -= 1

    def read(self, value: Any) -> str:
        """Write a value as text, and note a hole."""
        if isinstance(value, Empty):
            if value.path and not self._asking:
                self.missing[value.path] = None
            return ""
        self._weigh(value)
        return as_text(value, wire=self._manner.wire, language=self._manner.language)

    def own(self, value: Any) -> Any:
        """Take over what a filter or a method made: bounded, and empty where it is nothing."""
        if value is None:
            return Missing()
        if isinstance(value, _PLAIN):
            return value
        if isinstance(value, str):
            fits(len(value))
            self.spend(len(value) // _CHARACTERS_PER_STEP)
            return str(value) if type(value) is not str else value
        if isinstance(value, Empty):
            return Missing()
        if isinstance(value, Iterator) or type(value).__name__ in {
            "dict_items",
            "dict_keys",
            "dict_values",
        }:
            value = gather(value)
        self._weigh(value)
        return value

    def _weigh(self, value: Any) -> None:
        self.spend(weigh(value) // _ITEMS_PER_STEP)

    def own_part(self, value: Any, node: nodes.Node) -> Any:
        """Take over a part of a value: nothing becomes empty, with the path that was asked for."""
        if value is None or isinstance(value, Empty):
            return Missing(path=chain(node)[1])
        return value

    def _name(self, node: nodes.Name) -> Any:
        for scope in reversed(self.scopes):
            if node.name in scope:
                return scope[node.name]
        try:
            return self.own_part(self._values[node.name], node)
        except KeyError:
            return Missing(path=(node.name,))

    def _attribute(self, node: nodes.Getattr) -> Any:
        value = self.work_out(node.node)
        return self.own_part(lookup.attribute(value, node.attr), node)

    def _item(self, node: nodes.Getitem) -> Any:
        value = self.work_out(node.node)
        if isinstance(node.arg, nodes.Slice):
            bounds = (node.arg.start, node.arg.stop, node.arg.step)
            key: Any = slice(*(None if each is None else self.work_out(each) for each in bounds))
            return self.own(lookup.item(value, key))
        return self.own_part(lookup.item(value, self.work_out(node.arg)), node)

    def _constant(self, node: nodes.Const) -> Any:
        return Missing() if node.value is None else node.value

    def _list(self, node: nodes.List | nodes.Tuple) -> Any:
        return self.own([self.work_out(each) for each in node.items])

    def _record(self, node: nodes.Dict) -> Any:
        pairs = ((self.work_out(each.key), self.work_out(each.value)) for each in node.items)
        return self.own({as_text(key): value for key, value in pairs})

    def _not(self, node: nodes.Not) -> bool:
        return not self.ask(node.node)

    def _and(self, node: nodes.And) -> Any:
        left = self.work_out(node.left)
        return self.work_out(node.right) if left else left

    def _or(self, node: nodes.Or) -> Any:
        return self.ask(node.left) or self.work_out(node.right)

    def _conditional(self, node: nodes.CondExpr) -> Any:
        if self.ask(node.test):
            return self.work_out(node.expr1)
        return Missing() if node.expr2 is None else self.work_out(node.expr2)

    def _compare(self, node: nodes.Compare) -> bool:
        left = self.ask(node.expr)
        for each in node.ops:
            right = self.ask(each.expr)
            if hasattr(right, "__len__"):
                self.spend(len(right) // _ITEMS_PER_STEP)
            if not compare(each.op, left, right):
                return False
            left = right
        return True

    def _sum(self, node: nodes.BinExpr) -> Any:
        left, right = self.work_out(node.left), self.work_out(node.right)
        return self.own(calculate(type(node).__name__, left, right, self._manner.language))

    def _sign(self, node: nodes.UnaryExpr) -> Any:
        return signed(isinstance(node, nodes.Neg), self.work_out(node.node))

    def _concat(self, node: nodes.Concat) -> Any:
        texts = [self.read(self.work_out(each)) for each in node.nodes]
        fits(sum(map(len, texts)))
        return self.own("".join(texts))

    def _arguments(self, node: Any) -> tuple[list[Any], dict[str, Any]]:
        args = [self.work_out(each) for each in node.args]
        return args, {each.key: self.work_out(each.value) for each in node.kwargs}

    def _filter(self, node: nodes.Filter) -> Any:
        if node.node is None:
            value: Any = self.captured
        else:
            value = (self.ask if node.name in _OF_EMPTINESS else self.work_out)(node.node)
        args, kwargs = self._arguments(node)
        self._weigh([value, *args, *kwargs.values()])
        try:
            made = self._environment.call_filter(node.name, value, args, kwargs, self._context)
            return made if isinstance(made, Missing) else self.own(made)
        except (RefusedOperation, Exhausted, RecursionError):
            raise
        except Exception:  # noqa: BLE001  (a filter may raise anything at the wrong sort of value)
            raise RefusedOperation(
                f"the filter '{node.name}' cannot work with {kind(value)}"
            ) from None

    def _test(self, node: nodes.Test) -> bool:
        value = self.ask(node.node)
        args, kwargs = self._arguments(node)
        self._weigh([value, *args])
        try:
            return bool(self._environment.call_test(node.name, value, args, kwargs, self._context))
        except (RefusedOperation, Exhausted, RecursionError):
            raise
        except Exception:  # noqa: BLE001  (as above)
            raise RefusedOperation(
                f"the test '{node.name}' cannot work with {kind(value)}"
            ) from None

    def _call(self, node: nodes.Call) -> Any:
        args, kwargs = self._arguments(node)
        if isinstance(node.node, nodes.Name):
            return self.own(_GLOBALS[node.node.name](*args, **kwargs))
        called: Any = node.node
        value = self.work_out(called.node)
        if isinstance(value, Empty):
            return value
        self._weigh([*args, *kwargs.values()])
        return self.own(lookup.call(value, called.attr, args, kwargs, self._manner.language))

    _work: ClassVar[dict[type[nodes.Node], Callable[..., Any]]] = {
        **dict.fromkeys(
            (nodes.Add, nodes.Div, nodes.FloorDiv, nodes.Mod, nodes.Mul, nodes.Pow, nodes.Sub),
            _sum,
        ),
        **dict.fromkeys((nodes.List, nodes.Tuple), _list),
        **dict.fromkeys((nodes.Neg, nodes.Pos), _sign),
        nodes.And: _and,
        nodes.Call: _call,
        nodes.Compare: _compare,
        nodes.Concat: _concat,
        nodes.CondExpr: _conditional,
        nodes.Const: _constant,
        nodes.Dict: _record,
        nodes.Filter: _filter,
        nodes.Getattr: _attribute,
        nodes.Getitem: _item,
        nodes.Name: _name,
        nodes.Not: _not,
        nodes.Or: _or,
        nodes.Test: _test,
    }
