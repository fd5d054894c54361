"""What a LiveKit plugin has for each kind, read from its source without importing it."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from runner.provider_kinds import ROWS, ProviderKind
from runner.providers.parsed import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_ANYTHING = frozenset({"*", "__getattr__"})
"""Names that say that a module may have others that its source does not show."""


@dataclass(frozen=True)
class Exports:
    """A package below `livekit.plugins`.

    Attributes:
        folder: where its source lies.
    """

    folder: Path

    @cached_property
    def names(self) -> frozenset[str] | None:
        """What its `__init__` binds; None where that cannot be read."""
        return _bound_in(self.folder / "__init__.py")

    @property
    def unclear(self) -> bool:
        """Whether it may have more than can be read."""
        return self.names is None or bool(self.names & _ANYTHING)

    def places(self) -> dict[str, str]:
        """Kind → what it has for it: `LLM`, or below a module of its own `realtime.RealtimeModel`.

        A kind that needs an object which only a program has is not among them.
        """
        places = {}
        for kind in ROWS:
            place = next(self._existing((kind.livekit_class, *kind.elsewhere)), None)
            if place is not None:
                places[kind.key] = place
        return places

    def tools(self) -> tuple[str, ...]:
        """The tools that its service runs: the classes of its module `tools`."""
        return tuple(_tools_in(self.folder / "tools.py"))

    def variant(self, kind: ProviderKind, name: str) -> str | None:
        """The place of another class that a person names, such as `STTv2` or `responses`."""
        return next(self._existing((name, f"{name}.{kind.livekit_class}")), None)

    def _existing(self, places: tuple[str, ...]) -> Iterator[str]:
        for place in places:
            *modules, last = place.split(".")
            bound = self.names if not modules else _bound_below(self.folder, modules)
            if bound is not None and last in bound and not self._is_module(place):
                yield place

    def _is_module(self, place: str) -> bool:
        path = self.folder.joinpath(*place.split("."))
        return path.is_dir() or path.with_suffix(".py").is_file()


def _tools_in(file: Path) -> Iterator[str]:
    """Classes below LiveKit's `ProviderTool` that are no base of others."""
    families = {"ProviderTool"}
    for statement in _statements(file) or ():
        if isinstance(statement, ast.ClassDef) and families & set(map(_last, statement.bases)):
            families.add(statement.name)
            if "abstractmethod" not in ast.dump(statement):
                yield statement.name


def _last(base: ast.expr) -> str:
    """The name of a class, without its module."""
    match base:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case _:
            return ""


def _bound_below(folder: Path, modules: list[str]) -> frozenset[str] | None:
    path = folder.joinpath(*modules)
    package = _bound_in(path / "__init__.py")
    return _bound_in(path.with_suffix(".py")) if package is None else package


def _bound_in(file: Path) -> frozenset[str] | None:
    statements = _statements(file)
    if statements is None:
        return None
    return frozenset(name for statement in statements for name in _bound(statement))


def _statements(file: Path) -> list[ast.stmt] | None:
    try:
        return parsed(file.read_bytes()).body
    except (OSError, SyntaxError, ValueError):
        return None


def _bound(statement: ast.stmt) -> list[str]:
    match statement:
        case ast.Import() | ast.ImportFrom():
            return [alias.asname or alias.name for alias in statement.names]
        case ast.ClassDef() | ast.FunctionDef():
            return [statement.name]
        case ast.Assign():
            return [target.id for target in statement.targets if isinstance(target, ast.Name)]
        case _:
            return []
