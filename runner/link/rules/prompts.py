"""Files that a key names: are they there?"""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.late_pattern import late
from runner.link.rule import DefinitionContext, LeafRule
from runner.link.walk import Leaf
from runner.schema.types.files import FileName, SoundName

_SPACES = 2
_SUFFIX = late(r"\.[A-Za-z]{1,8}$")


def _check(context: DefinitionContext, leaf: Leaf, place: Span) -> Iterator[Diagnostic]:
    if not isinstance(leaf.value, FileName):
        return
    if isinstance(leaf.value, SoundName) and not leaf.value.is_file:
        return
    prompt = context.around.prompts[context.definition.document.file, str(leaf.value)]
    if prompt.problem is not None and _is_prose(leaf.value) and leaf.key.endswith("_file"):
        message = f"'{leaf.key}' holds a text, where the name of a file belongs"
        hint = f"write the text behind {leaf.key.removesuffix('_file')}:, without _file"
        yield Diagnostic(place, "E007", message, hint)
    elif prompt.problem is not None:
        yield Diagnostic(place, *prompt.problem)


def _is_prose(name: str) -> bool:
    """Whether what stands where a file's name belongs is rather the text itself."""
    return name.count(" ") >= _SPACES and not _SUFFIX.search(name)


RULE = LeafRule(_check, FileName)
