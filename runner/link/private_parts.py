"""What of an event's data is private.

It is what the agent stores in private variables, or gives to private arguments of its tools.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from runner.schema.actions import AnyAction, RunTool, Set
from runner.template import analyse

if TYPE_CHECKING:
    from runner.link.release import AgentRelease

MASK: Final = "•••"
"""Stands for a private value in records and events."""

_DATA: Final = "args"
"""What the data of an event is called in its actions."""

Path = tuple[str, ...]


def private_parts(agent: AgentRelease, actions: Sequence[AnyAction]) -> frozenset[Path]:
    """The paths in the data that are; the empty one: all of it."""
    texts = [text for action in actions for text in _private_texts(agent, action)]
    return frozenset(path for text in texts for path in _read(text))


def without(data: Any, paths: frozenset[Path]) -> Any:
    """Data without what stands at these paths in it."""
    if () in paths:
        return MASK
    heads = {path[0] for path in paths}
    if isinstance(data, dict):
        return {
            name: without(each, _below(paths, name)) if name in heads else each
            for name, each in data.items()
        }
    if isinstance(data, list):
        return [
            without(each, _below(paths, str(place))) if str(place) in heads else each
            for place, each in enumerate(data)
        ]
    return data


def _below(paths: frozenset[Path], name: str) -> frozenset[Path]:
    return frozenset(path[1:] for path in paths if path[0] == name)


def _private_texts(agent: AgentRelease, action: AnyAction) -> Iterator[str]:
    if isinstance(action, Set):
        private = agent.private_names
        yield from (str(text) for name, text in action.set.items() if str(name) in private)
    if isinstance(action, RunTool) and (tool := agent.tools.get(str(action.tool))) is not None:
        fields = {name for name, each in tool.parameters.items() if each.private}
        yield from (str(text) for name, text in action.arguments.items() if name in fields)


@cache
def _read(text: str) -> frozenset[Path]:
    return frozenset(use.path[1:] for use in analyse(text).uses if use.path[0] == _DATA)
