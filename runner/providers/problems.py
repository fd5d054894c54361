"""What is asked about a provider and what can be wrong with it, as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

Location: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class OptionRequest:
    """The options that a person wrote for one provider.

    Attributes:
        kind: the key of a `ProviderKind`.
        name: the plugin's name.
        values: what stands under `with`, as plain data; texts are YAML's.
        opaque: leaves whose value is known only at run time (templates with a secret, for one).
        environment: further environment variables that the package may see.
    """

    kind: str
    name: str
    values: Any
    opaque: tuple[Location, ...] = ()
    environment: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OptionProblem:
    """One mistake in the options of a provider.

    Attributes:
        code: E103 (an option is missing), E403 (one is refused), E404 (the plugin cannot be loaded)
            or E206.
        location: from the block under `with`; for E404 and E206 it is empty and the plugin's name
            is meant; for E103 it is the block in which something is missing.
        message: what is wrong, as in a diagnostic.
        help: what to write.
        on_key: whether the key itself is wrong, not what stands behind it.
        tool: a tool that the options name: that is wrong, and this its place, only where no agent
            that uses the provider has such a tool.
    """

    code: str
    location: Location
    message: str
    help: str | None = None
    on_key: bool = False
    tool: str | None = None


def block_at(location: Location, subject: str) -> str:
    """How a block of options is called in a message: by its key, or the provider as a whole."""
    name = next((part for part in reversed(location) if isinstance(part, str)), None)
    if name is None:
        return subject
    return f"'{name}'" if isinstance(location[-1], str) else f"an entry of '{name}'"


@dataclass(frozen=True, slots=True)
class NameProblem:
    """What is wrong with a plugin's name: E102, E206, E401, E402 or E404, a message and a help."""

    code: str
    message: str
    help: str | None = None
