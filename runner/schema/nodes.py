"""Nodes: plugins between speech recognition, model and voice."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from runner.schema.http import Json
from runner.schema.providers import PluginName
from runner.schema.types.blocks import Before, Block, OneOrList, key
from runner.schema.types.mistake import mistake

NODE_BLOCK = "x-lkrun-node"
"""Marks, in the JSON Schema, the block of a node with its options."""


@dataclass(frozen=True)
class _OneNode(Before):
    """A bare name is a node without options."""

    def read(self, value: Any) -> Any:
        """Give name → options.

        Raises:
            PydanticCustomError: there are several names, or none.
        """
        if isinstance(value, str):
            return {value: {}}
        if isinstance(value, dict) and len(value) != 1:
            second = list(value)[1] if value else None
            raise mistake(
                "E104",
                "several nodes stand in one entry of the list",
                "write each on its own line, with a dash before it",
                at=(second,) if second else (),
                on="key",
            )
        return value

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        block = {**handler(schema), "minProperties": 1, "maxProperties": 1, NODE_BLOCK: True}
        return {"anyOf": [{"type": "string", "pattern": r"\S"}, block]}


NodeEntry = Annotated[dict[PluginName, dict[str, Json]], _OneNode()]
"""A node by its name, with its options where it has some."""

Entries = Annotated[tuple[NodeEntry, ...], OneOrList()]


class Nodes(Block):
    """What flows between the parts, and who changes it on its way: in order."""

    noun: ClassVar[str] = "the nodes"
    elsewhere: ClassVar[dict[str, str]] = {
        "vad": "nodes stand at stt:, llm: and tts:",
        "stt_node": "write stt: here",
        "llm_node": "write llm: here",
        "tts_node": "write tts: here",
        "voice": "write tts: here, for what changes the words on their way to the voice",
        "model": "write llm: here",
        "ears": "write stt: here",
        "realtime": "nodes stand at stt:, llm: and tts:",
    }

    stt: Entries = key("between the caller's sound and what is understood", ())
    llm: Entries = key("between the conversation and the model's words", ())
    tts: Entries = key("between the words and the voice", ())


PARTS = tuple(Nodes.model_fields)
"""Where nodes may stand."""


def listed(nodes: Nodes | None, part: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The nodes of a part: name and options, in order."""
    for entry in getattr(nodes, part, ()):
        yield from ((str(name), options) for name, options in entry.items())
