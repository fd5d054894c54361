"""Carrying out a template's statements: text, conditions, loops and names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

from jinja2 import nodes
from jinja2.runtime import LoopContext

from runner.template.empty import EMPTY, Empty
from runner.template.expressions import Expressions, Namespace
from runner.template.grammar import Missing, Template
from runner.template.limits import Exhausted, Manner, RefusedOperation
from runner.template.operators import kind


def _plain(value: Any) -> Any:
    """Hand on a value of Python and JSON alone; what is empty within it is `None`."""
    if isinstance(value, Empty):
        return EMPTY
    if isinstance(value, Mapping):
        return {
            key: None if isinstance(item, Empty) else _plain(item) for key, item in value.items()
        }
    if isinstance(value, (list, tuple, set, frozenset)):
        return [None if isinstance(item, Empty) else _plain(item) for item in value]
    return value


class Rendering(Expressions):
    """One rendering of one template.

    Attributes:
        left_out: the path of its one expression, where that has no value.
    """

    def __init__(
        self,
        template: Template,
        values: Mapping[str, Any],
        manner: Manner,
        quote: Callable[[str], str] | None,
    ) -> None:
        """Begin; `quote` is applied to what each `{{ … }}` gives."""
        super().__init__(template, values, manner)
        self._most = manner.output
        self._quote = quote
        self._written = 0
        self._parts: list[str] = []
        self.left_out: tuple[str, ...] = ()

    def text(self) -> str:
        """Render all of it. What was written when a budget ended is given, and the end is noted."""
        try:
            self._all(self.template.body)
        except Exhausted as end:
            self.failed(0, str(end))
        return self._cut("".join(self._parts))

    def one(self) -> Any:
        """Work out the one expression of it; `EMPTY` where that has no value."""
        try:
            value = self.work_out(self.template.body[0])
            self.left_out = value.path if isinstance(value, Empty) else ()
            return _plain(value)
        except Exhausted as end:
            self.failed(0, str(end))
        except RecursionError:
            self.failed(0, "a value is nested too deeply")
        return EMPTY

    def truth(self) -> bool:
        """Work out the one expression of it, of which only matters whether it is true."""
        try:
            return bool(self.ask(self.template.body[0]))
        except Exhausted as end:
            return bool(self.failed(0, str(end)))

    def _cut(self, text: str) -> str:
        if len(text) * 4 <= self._most:
            return text
        data = text.encode("utf-8", "replace")
        if len(data) <= self._most:
            return text
        self.failed(0, self._too_long())
        return data[: self._most].decode("utf-8", "ignore")

    def _too_long(self) -> str:
        return f"the text is longer than {self._most // 1024} KB and was cut"

    def _write(self, text: str) -> None:
        self._parts.append(text)
        self._written += len(text)
        if self._written > self._most:
            raise Exhausted(self._too_long())

    def _all(self, body: Iterable[nodes.Node]) -> None:
        for node in body:
            statement = self._statements.get(type(node))
            if statement is not None:
                self.spend()
                statement(self, node)
            else:
                self._expression(node)

    def _expression(self, node: nodes.Node) -> None:
        text = self.readable(node, self.work_out(node))
        self._write(text if self._quote is None else self._quote(text))

    def readable(self, node: nodes.Node, value: Any) -> str:
        """Write a value as text; one that cannot be written is nothing, and noted."""
        try:
            return self.read(value)
        except (RefusedOperation, ValueError, RecursionError):
            self.failed(node.lineno, "a value cannot be written as text")
            return ""

    @contextmanager
    def _scope(self) -> Iterator[dict[str, Any]]:
        self.scopes.append({})
        try:
            yield self.scopes[-1]
        finally:
            self.scopes.pop()

    def _output(self, node: nodes.Output) -> None:
        for part in node.nodes:
            if isinstance(part, nodes.TemplateData):
                self._write(part.data)
            else:
                self._expression(part)

    def _if(self, node: nodes.If) -> None:
        for branch in (node, *node.elif_):
            if self.ask(branch.test):
                return self._all(branch.body)
        return self._all(node.else_)

    def _items(self, node: nodes.For) -> list[Any]:
        value = self.ask(node.iter)
        if isinstance(value, Empty):
            return []
        if not isinstance(value, (list, tuple, str, set, frozenset, Mapping)):
            self.failed(node.iter.lineno, f"a loop cannot go through {kind(value)}")
            return []
        items = []
        for item in value:
            self.spend()
            if node.test is None or self._wanted(node, item):
                items.append(item)
        return items

    def _wanted(self, node: nodes.For, item: Any) -> bool:
        with self._scope():
            self._bind(node.target, item)
            return node.test is not None and bool(self.ask(node.test))

    def _for(self, node: nodes.For) -> None:
        items = self._items(node)
        for item, loop in LoopContext(items, Missing):
            self.spend()
            with self._scope() as scope:
                scope["loop"] = loop
                self._bind(node.target, item)
                self._all(node.body)
        if not items:
            with self._scope():
                self._all(node.else_)

    def _bind(self, target: nodes.Node, value: Any) -> None:
        """Give names to a value, or to its parts: `{% for name, price in menu.items() %}`."""
        if isinstance(target, nodes.Name):
            self.scopes[-1][target.name] = self.own_part(value, target)
        elif isinstance(target, nodes.NSRef):
            self._change(target, value)
        elif isinstance(target, nodes.Tuple):
            parts = list(value) if isinstance(value, (list, tuple)) else []
            if len(parts) != len(target.items):
                self.failed(target.lineno, f"there are not {len(target.items)} parts to name here")
                parts = [Missing()] * len(target.items)
            for name, part in zip(target.items, parts, strict=True):
                self._bind(name, part)

    def _change(self, target: nodes.NSRef, value: Any) -> None:
        record = next((s[target.name] for s in reversed(self.scopes) if target.name in s), None)
        if not isinstance(record, Namespace):
            self.failed(target.lineno, f"'{target.name}' is no namespace, so it cannot be changed")
            return
        record[target.attr] = value

    def _set(self, node: nodes.Assign) -> None:
        self._bind(node.target, self.work_out(node.node))

    def _captured(self, body: list[nodes.Node]) -> str:
        parts, written = self._parts, self._written
        self._parts = []
        try:
            with self._scope():
                self._all(body)
            return "".join(self._parts)
        finally:
            self._parts, self._written = parts, written

    def _filtered(self, node: nodes.Filter, text: str) -> Any:
        before, self.captured = self.captured, text
        try:
            return self.work_out(node)
        finally:
            self.captured = before

    def _set_block(self, node: nodes.AssignBlock) -> None:
        value: Any = self._captured(node.body)
        if node.filter is not None:
            value = self._filtered(node.filter, value)
        self._bind(node.target, value)

    def _filter_block(self, node: nodes.FilterBlock) -> None:
        value = self._filtered(node.filter, self._captured(node.body))
        self._write(self.readable(node.filter, value))

    def _with(self, node: nodes.With) -> None:
        values = [self.work_out(each) for each in node.values]
        with self._scope():
            for target, value in zip(node.targets, values, strict=True):
                self._bind(target, value)
            self._all(node.body)

    _statements: ClassVar[dict[type[nodes.Node], Callable[..., None]]] = {
        nodes.Assign: _set,
        nodes.AssignBlock: _set_block,
        nodes.FilterBlock: _filter_block,
        nodes.For: _for,
        nodes.If: _if,
        nodes.Output: _output,
        nodes.With: _with,
    }
