"""A provider imported: its options model and its maker.

Used in the child of `probe` and in the process of a call, nowhere else.
"""

from __future__ import annotations

import importlib
import inspect
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from runner.plugin import API_VERSION, Plugin
from runner.provider_kinds import BY_KEY, PROVIDER_TOOL, ProviderKind
from runner.providers.signature import SignatureOptions, chosen, options_of

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Loaded:
    """A provider.

    Attributes:
        options: what it takes.
        make: makes the LiveKit object of it.
        maker: the class or function that stands behind.
    """

    options: type[BaseModel]
    make: Callable[[Any], Any]
    maker: Any


class UnusableError(Exception):
    """What was imported cannot be used; the message is for people.

    Attributes:
        code: of the diagnostic.
    """

    def __init__(self, message: str, code: str = "E404") -> None:
        """Take what is wrong, in plain words."""
        super().__init__(message)
        self.code = code


@lru_cache(maxsize=64)
def load(source: str, target: str, kind: str) -> Loaded:
    """Import a provider.

    Args:
        source: as `InstalledProvider` has it.
        target: `module:attribute`.
        kind: the key of its `ProviderKind`.

    Raises:
        UnusableError: what was imported is no such provider.
        BaseException: whatever the package's own import raises.
    """
    module_name, _, attribute = target.partition(":")
    module = importlib.import_module(module_name)
    export: Any = module
    for part in filter(None, attribute.split(".")):
        export = getattr(export, part, None)
    if source == "plugin":
        return _of_plugin(export, target)
    return _of_class(export) if kind == PROVIDER_TOOL else _of_livekit(export, target, kind)


def _of_plugin(plugin: Any, target: str) -> Loaded:
    if not isinstance(plugin, Plugin):
        raise UnusableError(f"{target} is not a runner.plugin.Plugin")
    if plugin.api > API_VERSION:
        raise UnusableError(f"it needs a newer lkrun (plugin API {plugin.api}, here {API_VERSION})")
    if not (isinstance(plugin.options, type) and issubclass(plugin.options, BaseModel)):
        raise UnusableError("its options are not a pydantic model")
    return Loaded(plugin.options, plugin.build, plugin.options)


def _of_livekit(export: Any, target: str, kind: str) -> Loaded:
    row = BY_KEY[kind]
    usual = target.rpartition(":")[2] in {row.livekit_class, *row.elsewhere}
    if not callable(export) or not (usual or _is_of(export, row)):
        name = target.partition(":")[0].split(".")[2]
        raise UnusableError(f"'{name}' cannot be used as '{kind}'", "E206")
    return _of_class(getattr(export, "load", export) if kind == "vad" else export)


def _of_class(maker: Any) -> Loaded:
    try:
        options = options_of(maker)
    except TypeError as error:
        raise UnusableError(f"YAML cannot give it its '{error}'") from error

    def make(options: SignatureOptions) -> Any:
        return maker(**chosen(options))

    return Loaded(options, make, maker)


def _is_of(export: Any, kind: ProviderKind) -> bool:
    """Whether a class that a person has named is one of a kind."""
    bases = inspect.getmro(export) if inspect.isclass(export) else ()
    names = {kind.livekit_class, *(place.rpartition(".")[2] for place in kind.elsewhere)}
    return any(base.__name__ in names for base in bases) or inspect.isfunction(export)
