"""The parts of strictyaml that lkrun uses, imported without dateutil, which it never needs (20 ms)."""

from __future__ import annotations

import importlib.util
import sys


def _postpone(name: str) -> None:
    """Let `name` be loaded when it is used first."""
    if name in sys.modules:
        return
    spec = importlib.util.find_spec(name)
    if spec is None or spec.loader is None:
        return
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)


_postpone("dateutil.parser")

from strictyaml.parser import StrictYAMLScanner  # noqa: E402 - after dateutil was postponed
from strictyaml.ruamel.composer import Composer  # noqa: E402 - as above
from strictyaml.ruamel.error import MarkedYAMLError  # noqa: E402 - as above
from strictyaml.ruamel.nodes import MappingNode, Node, ScalarNode, SequenceNode  # noqa: E402 - as above
from strictyaml.ruamel.parser import Parser  # noqa: E402 - as above
from strictyaml.ruamel.scanner import SimpleKey  # noqa: E402 - as above
from strictyaml.ruamel.tokens import (  # noqa: E402 - as above
    BlockMappingStartToken,
    KeyToken,
    ScalarToken,
    Token,
    ValueToken,
)

__all__ = [
    "BlockMappingStartToken",
    "Composer",
    "KeyToken",
    "MappingNode",
    "MarkedYAMLError",
    "Node",
    "Parser",
    "ScalarNode",
    "ScalarToken",
    "SequenceNode",
    "SimpleKey",
    "StrictYAMLScanner",
    "Token",
    "ValueToken",
]
