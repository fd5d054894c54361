"""strictyaml's parser and composer without what no file of lkrun holds.

Anchors, aliases, tags and flow style are refused at their first character, and no token has a
comment, so nothing asks for them here. What these short forms do not know is strictyaml's to read
or to refuse.
"""

from __future__ import annotations

from typing import Any

from runner.syntax.strict import (
    BlockEndToken,
    BlockMappingStartToken,
    Composer,
    KeyToken,
    MappingStartEvent,
    Parser,
    ScalarEvent,
    ScalarNode,
    ScalarToken,
    SequenceStartEvent,
    ValueToken,
)

_NO_NODE = (KeyToken, ValueToken, BlockEndToken)
"""Tokens before which a key or a value is empty."""


class BlockComposer(Parser, Composer):
    """Composes block mappings, sequences and scalars from the tokens of a scanner."""

    tokens: list[Any]
    tokens_taken: int

    def peek_token(self) -> Any:
        """Return the next token; the scanner's."""
        raise NotImplementedError

    def _taken(self) -> Any:
        """Take the token that was just looked at."""
        self.tokens_taken += 1
        return self.tokens.pop(0)

    # events

    def check_event(self, *choices: type[Any]) -> bool:
        event = self.peek_event()
        return event is not None and (not choices or isinstance(event, choices))

    def parse_node(self, block: bool = False, indentless_sequence: bool = False) -> Any:
        token = self.peek_token()
        kind, start = type(token), token.start_mark
        if kind is ScalarToken:
            self._taken()
            self.state = self.states.pop()
            implicit = (True, False) if token.plain else (False, True)
            return ScalarEvent(
                None, None, implicit, token.value, start, token.end_mark, style=token.style
            )
        if kind is BlockMappingStartToken:
            self.state = self.parse_block_mapping_first_key
            return MappingStartEvent(None, None, True, start, start, flow_style=False)
        return super().parse_node(block, indentless_sequence)

    def parse_block_mapping_key(self) -> Any:
        if type(self.peek_token()) is not KeyToken:
            return super().parse_block_mapping_key()
        key = self._taken()
        if type(self.peek_token()) in _NO_NODE:
            self.state = self.parse_block_mapping_value
            return self.process_empty_scalar(key.end_mark)
        self.states.append(self.parse_block_mapping_value)
        return self.parse_node(True, True)

    def parse_block_mapping_value(self) -> Any:
        if type(self.peek_token()) is not ValueToken:
            return super().parse_block_mapping_value()
        self._taken()
        following = self.peek_token()
        if type(following) in _NO_NODE:
            self.state = self.parse_block_mapping_key
            return self.process_empty_scalar(following.end_mark)
        self.states.append(self.parse_block_mapping_key)
        return self.parse_node(True, True)

    # nodes

    def compose_node(self, parent: Any, index: Any) -> Any:
        event = self.peek_event()
        kind = type(event)
        if kind is ScalarEvent:
            self.current_event = None
            return ScalarNode("", event.value, event.start_mark, event.end_mark, style=event.style)
        if kind is MappingStartEvent:
            return self.compose_mapping_node(None)
        if kind is SequenceStartEvent:
            return self.compose_sequence_node(None)
        return super().compose_node(parent, index)
