"""Options of providers checked before any call, without importing a plugin into this process."""

from __future__ import annotations

import hashlib
import json
import sys
from typing import TYPE_CHECKING, Any, Protocol

from runner.providers.catalogue import Catalogue, InstalledProvider
from runner.providers.child import BUDGET, ask
from runner.providers.problems import NameProblem, OptionProblem, OptionRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_NAMESPACE = "provider-options"
_FORM = 3


class OptionCheckCache(Protocol):
    """Where answers are kept between runs."""

    def get(self, namespace: str, key: str) -> Any | None:
        """The JSON value kept under a key."""

    def put(self, namespace: str, key: str, value: Any) -> None:
        """Keep a JSON value."""


def check_options(
    requests: Sequence[OptionRequest],
    *,
    cache: OptionCheckCache | None = None,
    catalogue: Catalogue | None = None,
    budget: float = BUDGET,
) -> list[list[OptionProblem]]:
    """Check what people wrote under `with`, all in one child process.

    A request whose name means no installed provider has no problems here: `Catalogue.find` tells
    what is wrong with it. Answers of a plugin that could not be loaded are not kept: the next run
    asks again.

    Args:
        requests: what to check.
        cache: where answers are kept; with all of them there no process starts.
        catalogue: what is installed; by default for this interpreter.
        budget: seconds that one plugin may take.

    Returns:
        The problems of each request, in the order of the requests.
    """
    catalogue = catalogue or Catalogue()
    answers: list[list[OptionProblem]] = [[] for _ in requests]
    unanswered: dict[InstalledProvider, list[tuple[int, str]]] = {}
    for index, request in enumerate(requests):
        provider = catalogue.find(request.kind, request.name)
        if isinstance(provider, InstalledProvider):
            key = _key(provider, catalogue, [request.values, list(request.opaque)])
            known = None if cache is None else cache.get(_NAMESPACE, key)
            if known is None:
                unanswered.setdefault(provider, []).append((index, key))
            else:
                answers[index] = [_problem(item) for item in known]
    for index, key, answer in _asked(requests, unanswered, catalogue, budget):
        if isinstance(answer, OptionProblem):
            answers[index] = [answer]
            continue
        answers[index] = [_problem(item) for item in answer]
        if cache is not None:
            cache.put(_NAMESPACE, key, answer)
    return answers


def _asked(
    requests: Sequence[OptionRequest],
    unanswered: Mapping[InstalledProvider, Sequence[tuple[int, str]]],
    catalogue: Catalogue,
    budget: float,
) -> Iterator[tuple[int, str, list[dict[str, Any]] | OptionProblem]]:
    """What the child says to each request: problems as plain data, or why it cannot say."""
    jobs = [
        _job(provider, [requests[index] for index, _ in asked])
        for provider, asked in unanswered.items()
    ]
    replies = ask(jobs, catalogue.paths, budget) if jobs else []
    for (provider, asked), reply in zip(unanswered.items(), replies, strict=True):
        for position, (index, key) in enumerate(asked):
            if "failed" in reply:
                yield index, key, _failure(provider, reply["failed"])
            else:
                yield index, key, reply["problems"][position]


def describe(
    kind: str,
    name: str,
    *,
    cache: OptionCheckCache | None = None,
    catalogue: Catalogue | None = None,
    budget: float = BUDGET,
) -> dict[str, Any] | NameProblem | OptionProblem:
    """The JSON Schema of a provider's options, or what keeps it from being told."""
    catalogue = catalogue or Catalogue()
    provider = catalogue.find(kind, name)
    if not isinstance(provider, InstalledProvider):
        return provider
    key = _key(provider, catalogue, "describe")
    schema = None if cache is None else cache.get(_NAMESPACE, key)
    if schema is None:
        reply = ask([_job(provider, []) | {"describe": True}], catalogue.paths, budget)[0]
        if "failed" in reply:
            return _failure(provider, reply["failed"])
        schema = reply["schema"]
        if cache is not None:
            cache.put(_NAMESPACE, key, schema)
    return dict(schema)


def _job(provider: InstalledProvider, requests: Sequence[OptionRequest]) -> dict[str, Any]:
    return {
        "source": provider.source,
        "target": provider.target,
        "kind": provider.kind,
        "name": provider.name,
        "requests": [{"values": item.values, "opaque": item.opaque} for item in requests],
    }


def _failure(provider: InstalledProvider, failed: dict[str, str]) -> OptionProblem:
    if failed["code"] != "E404":
        return OptionProblem(failed["code"], (), failed["message"])
    package = f"{provider.package} {provider.version}"
    return OptionProblem(
        "E404",
        (),
        f"the plugin '{provider.name}' ({package}) cannot be loaded: {failed['message']}",
        failed.get("help") or f"mend or update it: pip install --upgrade {provider.package}",
    )


def _problem(data: dict[str, Any]) -> OptionProblem:
    return OptionProblem(**(data | {"location": tuple(data["location"])}))


def _key(provider: InstalledProvider, catalogue: Catalogue, asked: Any) -> str:
    """Changes with all that may change the answer: package, framework, reader, question."""
    who = [provider.kind, provider.target, provider.package, provider.version, provider.fingerprint]
    where = [_FORM, list(sys.version_info[:2]), catalogue.livekit_version]
    text = json.dumps([who, where, asked], sort_keys=True, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
