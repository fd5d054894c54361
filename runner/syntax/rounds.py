"""One reading of a text: its tree, or the first mistake in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runner.syntax.loader import Loader, Refused
from runner.syntax.mistakes import explain
from runner.syntax.scene import Mistake, Scene
from runner.syntax.strict import MarkedYAMLError
from runner.syntax.tree import Tree

if TYPE_CHECKING:
    from runner.syntax.document import Data


@dataclass(frozen=True, slots=True)
class Outcome:
    """The data and tree of a text, or what stopped the loader."""

    data: Data
    tree: Tree
    mistake: Mistake | None = None


def compose(file: str, text: str) -> Outcome:
    """Return what `text` holds, or its first mistake."""
    loader = Loader(text)
    tree = Tree(file, text)
    try:
        node = loader.get_single_node()
    except Refused as refused:
        mistake = explain(Scene(text, loader.scalars), refused.kind, refused.index)
        return Outcome(None, tree, mistake)
    except MarkedYAMLError as error:
        at = error.problem_mark if error.problem_mark is not None else loader.pointer
        scene = Scene(text, loader.scalars)
        return Outcome(None, tree, explain(scene, str(error.problem), at, error.context_mark))
    return Outcome(None if node is None else tree.read(node), tree)
