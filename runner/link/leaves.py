"""What is written in a definition, the texts of its files too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from runner.diagnostics import Span
from runner.link.surroundings import LinkContext
from runner.link.walk import Leaf
from runner.schema.reading.load import Definition
from runner.schema.types.blocks import Block
from runner.schema.types.files import AttachedFile, DataFile, DocumentsName, FileName
from runner.schema.types.texts import Told

_AS_THEY_ARE = DataFile | AttachedFile | DocumentsName
"""Files in which a template means nothing."""


def leaves(definition: Definition, spec: Block, around: LinkContext) -> Iterator[tuple[Leaf, Span]]:
    """Each text and name of a definition and where it stands, the texts of its files too."""
    for leaf, place in around.walks.of(spec, definition.document, definition.location):
        yield leaf, place
        if isinstance(leaf.value, FileName) and not isinstance(leaf.value, _AS_THEY_ARE):
            prompt = around.prompts[definition.document.file, str(leaf.value)]
            if prompt.problem is None:
                yield replace(leaf, value=Told(prompt.text)), prompt.span
