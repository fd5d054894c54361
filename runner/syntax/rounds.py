"""One reading of a text: its tree, or the first mistake in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.syntax.loader import Loader, RefusedSyntax
from runner.syntax.mistakes import explain
from runner.syntax.scene import FailureContext, Mistake
from runner.syntax.strict import MarkedYAMLError
from runner.syntax.tree import Tree

if TYPE_CHECKING:
    from runner.syntax.document import Data


@dataclass(frozen=True, slots=True)
class Composition:
    """The data and tree of a text, or what stopped the loader."""

    data: Data
    tree: Tree
    mistake: Mistake | None = None


def compose(file: str, text: str) -> Composition:
    """Return what `text` holds, or its first mistake."""
    loader = Loader(text)
    tree = Tree(file, text)
    try:
        node = loader.get_single_node()
    except RefusedSyntax as refused:
        mistake = explain(FailureContext(text, loader.scalars), refused.kind, refused.index)
        return Composition(None, tree, mistake)
    except MarkedYAMLError as error:
        at = error.problem_mark if error.problem_mark is not None else loader.pointer
        scene = FailureContext(text, loader.scalars)
        return Composition(None, tree, explain(scene, str(error.problem), at, error.context_mark))
    data = None if node is None else tree.read(node)
    tree.read_comments()
    return Composition(data, tree)
