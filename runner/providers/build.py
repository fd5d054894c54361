"""The LiveKit object of a provider, made in the process of a call."""

from __future__ import annotations

import json
import logging
import os
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from runner.child_environment import missed
from runner.plugin import GROUPS
from runner.provider_kinds import BY_KEY
from runner.providers.catalogue import Catalogue, InstalledProvider
from runner.providers.limit import BUILD, TooLongError, limit
from runner.providers.loading import UnusableError, load
from runner.providers.validation import validate
from runner.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pydantic import BaseModel

    from runner.providers.problems import OptionProblem

_log = logging.getLogger("lkrun")

_SECRET = ("key", "secret", "token", "password", "credentials")
_HIDDEN = "…"
_TOO_SHORT = 6


class ProviderBuildError(Exception):
    """A provider that could not be made; the message is one plain sentence without any secret."""


def build(
    kind: str,
    name: str,
    values: Any,
    *,
    secrets: Iterable[Secret[str]] = (),
    usual: Mapping[str, Sequence[Any]] = MappingProxyType({}),
) -> Any:
    """Make the LiveKit object (such as `llm.LLM`) of a provider.

    Args:
        kind: the key of a `ProviderKind`.
        name: the plugin's name.
        values: what stands under `with`, templates rendered; converted as in `check_options`.
        secrets: texts that no message may show, besides options and environment variables whose
            name says so.
        usual: what an option is where nobody writes it: the first of the values that fits, where
            the plugin has such an option.

    Raises:
        ProviderBuildError: it is not installed, refuses an option, or cannot be set up (a missing
            key, for one).
    """
    subject = f"{kind} '{name}'"
    provider = catalogue().find(kind, name)
    if not isinstance(provider, InstalledProvider):
        raise ProviderBuildError("; ".join(filter(None, (provider.message, provider.help))))
    hidden = {*_secrets_in(values), *_secrets_in(dict(os.environ))}
    hidden.update(secret.reveal() for secret in secrets)
    try:
        with limit(BUILD):
            loaded = load(provider.source, provider.target, kind)
            values = _with_usual(loaded.options, values, usual, subject)
            options, problems = _validated(loaded.options, values, subject)
            if options is not None:
                return loaded.make(options)
    except TooLongError:
        _blame(provider, f"was not ready within {BUILD:g}s")
        raise ProviderBuildError(f"{subject} was not ready within {BUILD:g} seconds") from None
    except UnusableError as error:
        _blame(provider, f"cannot be used: {error}")
        raise ProviderBuildError(f"{subject} cannot be used: {error}") from None
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a plugin raises becomes one plain sentence
        # the reason is told once, by who wanted the provider
        _blame(provider, "it could not be set up")
        raise ProviderBuildError(_told(f"{subject} could not be set up", error, hidden)) from None
    first = problems[0]
    where = ".".join(str(part) for part in first.location)
    message = _without(first.message, hidden)
    raise ProviderBuildError(f"{subject}, option '{where}': {message}" if where else message)


def _blame(provider: InstalledProvider, why: str) -> None:
    """Name the package whose code it is, for its author."""
    if provider.source == "plugin":
        _log.error(
            "the plugin '%s' of %s %s (entry point %s = %s): %s",
            provider.name, provider.package, provider.version,
            GROUPS[provider.kind], provider.target, why,
        )  # fmt: skip


def check_kind(kind: str, name: str, made: Any) -> Any:
    """What a plugin has made, if it is of its kind.

    Raises:
        ProviderBuildError: it is something else.
    """
    provider, row = catalogue().find(kind, name), BY_KEY.get(kind)
    if not isinstance(provider, InstalledProvider) or provider.source != "plugin":
        return made
    if row is None:
        fits, wanted = callable(made), "a function"
    else:
        names = {row.livekit_class, *(place.rpartition(".")[2] for place in row.elsewhere)}
        fits = kind in _FREE or any(base.__name__ in names for base in type(made).__mro__)
        wanted = f"a LiveKit {row.livekit_class}"
    if not fits:
        why = f"it made {type(made).__name__!r}, where {wanted} belongs"
        _blame(provider, why)
        raise ProviderBuildError(f"{kind} '{name}' cannot be used: {why}")
    return made


_FREE: Final = frozenset({"noise_cancellation", "turn_detector"})
"""Kinds for which LiveKit has no one base class."""

_VALIDATED: Final = 32
_known: dict[tuple[str, Secret[str]], tuple[type[BaseModel], BaseModel]] = {}


def _validated(
    model: type[BaseModel], values: Any, subject: str
) -> tuple[BaseModel | None, list[OptionProblem]]:
    """Options as `validate` gives them; the same ones are looked at once in a process.

    Hundreds of rules of a scripted model take longer to check than a turn takes to answer.
    """
    try:
        key = subject, Secret(json.dumps(values, sort_keys=True))
    except (TypeError, ValueError):
        return validate(model, values, subject)
    of, options = _known.get(key, (None, None))
    if of is model and options is not None:
        return options.model_copy(), []
    options, problems = validate(model, values, subject)
    if options is not None:
        while len(_known) >= _VALIDATED:
            del _known[next(iter(_known))]
        _known[key] = model, options
        options = options.model_copy()
    return options, problems


def _with_usual(
    model: type[BaseModel], values: Any, usual: Mapping[str, Sequence[Any]], subject: str
) -> Any:
    names = {info.alias or name for name, info in model.model_fields.items()}
    for option, choices in usual.items():
        if option in names and option not in values:
            fitting = ({**values, option: choice} for choice in choices)
            values = next((v for v in fitting if not _validated(model, v, subject)[1]), values)
    return values


def brought_by(kind: str, name: str) -> str:
    """The package that brings a plugin, and its version, for the log."""
    provider = catalogue().find(kind, name)
    return (
        f"{provider.package} {provider.version}" if isinstance(provider, InstalledProvider) else ""
    )


@lru_cache(maxsize=1)
def catalogue() -> Catalogue:
    """The providers of this process, looked for once."""
    return Catalogue()


def _told(beginning: str, error: BaseException, hidden: Iterable[str]) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    reason = lines[0] if lines else type(error).__name__
    name = missed(error)
    hint = f"; {name} is set, but providers do not see it: name it below runner.environment"
    return f"{beginning}: {_without(reason, hidden)}{hint if name else ''}"


def _without(text: str, hidden: Iterable[str]) -> str:
    for secret in sorted(hidden, key=len, reverse=True):
        if len(secret) >= _TOO_SHORT:
            text = text.replace(secret, _HIDDEN)
    return text


def _secrets_in(values: Any) -> Iterator[str]:
    if isinstance(values, dict):
        for name, value in values.items():
            if isinstance(value, str) and str(name).lower().endswith(_SECRET):
                yield value
            else:
                yield from _secrets_in(value)
    elif isinstance(values, list):
        for value in values:
            yield from _secrets_in(value)
