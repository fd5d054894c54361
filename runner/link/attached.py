"""Files that a release holds or names: documents, and what is read when it is needed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from runner.link.surroundings import LinkContext, Prompt
from runner.schema.knowledge import FilesKnowledge
from runner.schema.reading.load import Definition
from runner.schema.types.blocks import Block
from runner.schema.types.files import AttachedFile, SoundName

BlockT = TypeVar("BlockT", bound=Block)


def located(definition: Definition, spec: BlockT, around: LinkContext) -> BlockT:
    """The same definition, its attached files named from the folder and not from its file."""
    paths = {
        str(name): around.prompts[definition.document.file, str(name)].path
        for name in definition.files
        if isinstance(name, AttachedFile)
    }
    return _block(spec, paths) if paths else spec


def documents(
    definition: Definition, spec: FilesKnowledge, prompts: Mapping[tuple[str, str], Prompt]
) -> dict[str, str]:
    """The documents of a knowledge base: path → text."""
    named = (prompts[definition.document.file, str(each)] for each in spec.files)
    return {document.path: document.text for prompt in named for document in prompt.documents}


def sounds(
    definitions: Iterable[Definition], prompts: Mapping[tuple[str, str], Prompt]
) -> dict[str, str]:
    """The sound files that definitions name: path → Base64."""
    named = (
        prompts[definition.document.file, str(name)]
        for definition in definitions
        for name in definition.files
        if isinstance(name, SoundName)
    )
    return {sound.path: sound.text for sound in named}


def _block(block: BlockT, paths: Mapping[str, str]) -> BlockT:
    changed: dict[str, Any] = {}
    for name in block.model_fields_set:
        value = getattr(block, name)
        there = _value(value, paths)
        if there is not value:
            changed[name] = there
    return block.model_copy(update=changed) if changed else block


def _value(value: Any, paths: Mapping[str, str]) -> Any:
    if isinstance(value, AttachedFile):
        return type(value)(paths.get(str(value), str(value)))
    if isinstance(value, Block):
        return _block(value, paths)
    if isinstance(value, dict):
        there = {name: _value(inner, paths) for name, inner in value.items()}
        return there if any(there[n] is not value[n] for n in value) else value
    if isinstance(value, tuple):
        items = tuple(_value(inner, paths) for inner in value)
        return items if any(a is not b for a, b in zip(items, value, strict=True)) else value
    return value
