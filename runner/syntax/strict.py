"""The parts of strictyaml that lkrun uses, without dateutil, which it never needs (20 ms)."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any


class _Postponed(ModuleType):
    """A module that is loaded when something of it is used."""

    def __getattr__(self, name: str) -> Any:
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(importlib.import_module(self.__name__), name)


_POSTPONED = "dateutil.parser"
sys.modules.setdefault(_POSTPONED, _Postponed(_POSTPONED))

from strictyaml.parser import StrictYAMLScanner  # noqa: E402 - after dateutil.parser was postponed
from strictyaml.ruamel import events, nodes, tokens  # noqa: E402 - as above
from strictyaml.ruamel.composer import Composer  # noqa: E402 - as above
from strictyaml.ruamel.error import MarkedYAMLError  # noqa: E402 - as above
from strictyaml.ruamel.parser import Parser  # noqa: E402 - as above
from strictyaml.ruamel.scanner import SimpleKey  # noqa: E402 - as above

if isinstance(sys.modules.get(_POSTPONED), _Postponed):
    del sys.modules[_POSTPONED]

# our marks are offsets, which the annotations of strictyaml's tokens do not know
BlockEndToken: Any = tokens.BlockEndToken
BlockMappingStartToken: Any = tokens.BlockMappingStartToken
KeyToken: Any = tokens.KeyToken
ScalarToken: Any = tokens.ScalarToken
ValueToken: Any = tokens.ValueToken
MappingStartEvent: Any = events.MappingStartEvent
ScalarEvent: Any = events.ScalarEvent
SequenceStartEvent: Any = events.SequenceStartEvent
ScalarNode: Any = nodes.ScalarNode

__all__ = [
    "BlockEndToken",
    "BlockMappingStartToken",
    "Composer",
    "KeyToken",
    "MappingStartEvent",
    "MarkedYAMLError",
    "Parser",
    "ScalarEvent",
    "ScalarNode",
    "ScalarToken",
    "SequenceStartEvent",
    "SimpleKey",
    "StrictYAMLScanner",
    "ValueToken",
]
