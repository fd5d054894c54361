"""Options of providers checked before any call, without importing a plugin into this process."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from runner.plugin import GROUPS
from runner.providers.catalogue import Catalogue, InstalledProvider
from runner.providers.child import BUDGET, Given, ask
from runner.providers.near import near_misses
from runner.providers.problems import OptionProblem, OptionRequest
from runner.providers.record import model_of
from runner.providers.validation import validate

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

_NAMESPACE = "provider-options"
_FORM = 5


class OptionCheckCache(Protocol):
    """Where answers are kept between runs."""

    def get(self, namespace: str, key: str) -> Any | None:
        """The JSON value kept under a key."""

    def put(self, namespace: str, key: str, value: Any) -> None:
        """Keep a JSON value."""


@dataclass(frozen=True, slots=True)
class OptionChecker:
    """Checks options, and recalls what it has found.

    Attributes:
        cache: where answers are kept; with all of them there no process starts.
        catalogue: what is installed.
        budget: seconds that one plugin may take.
        env: the environment of which packages see a part.
    """

    catalogue: Catalogue
    cache: OptionCheckCache | None = None
    budget: float = BUDGET
    env: Mapping[str, str] = field(default_factory=lambda: os.environ)

    def check(self, requests: Sequence[OptionRequest]) -> list[list[OptionProblem]]:
        """The problems of each request, in the order of the requests."""
        answers: list[list[OptionProblem]] = [[] for _ in requests]
        unanswered: dict[InstalledProvider, list[tuple[int, str]]] = {}
        for index, request in enumerate(requests):
            provider = self.catalogue.find(request.kind, request.name)
            if isinstance(provider, InstalledProvider):
                key = self._key(provider, [request.values, list(request.opaque)])
                known = self._recall(key)
                if known is None:
                    unanswered.setdefault(provider, []).append((index, key))
                else:
                    answers[index] = [_problem(item) for item in known]
        for index, key, answer in self._asked(requests, unanswered):
            if isinstance(answer, OptionProblem):
                answers[index] = [answer]
                continue
            answers[index] = [_problem(item) for item in answer]
            self._keep(key, answer)
        return answers

    def _asked(
        self,
        requests: Sequence[OptionRequest],
        unanswered: Mapping[InstalledProvider, Sequence[tuple[int, str]]],
    ) -> Iterator[tuple[int, str, list[dict[str, Any]] | OptionProblem]]:
        """What is said to each request: problems as plain data, or why nothing can be said."""
        further = frozenset(name for request in requests for name in request.environment)
        ours = (provider for provider in unanswered if provider.source == "livekit")
        records = self.records(ours, further)
        others = [provider for provider in unanswered if provider.source != "livekit"]
        jobs = [_job(p, [requests[index] for index, _ in unanswered[p]]) for p in others]
        replies = self._answers(jobs, further)
        for provider, recorded in records.items():
            for index, key in unanswered[provider]:
                if isinstance(recorded, OptionProblem):
                    yield index, key, recorded
                else:
                    yield index, key, _judged(recorded, requests[index])
        for provider, reply in zip(others, replies, strict=True):
            for position, (index, key) in enumerate(unanswered[provider]):
                if "failed" in reply:
                    yield index, key, _failure(provider, reply["failed"])
                else:
                    yield index, key, reply["problems"][position]

    def records(
        self, providers: Iterable[InstalledProvider], further: frozenset[str] = frozenset()
    ) -> dict[InstalledProvider, dict[str, Any] | OptionProblem]:
        """What each provider takes and needs (`record.record`, `reads.needs`), or why not.

        A child process imports those that are asked for the first time in this version; it sees
        the environment variables `further` besides the usual ones.
        """
        return self._described("record", providers, further)

    def schemas(
        self, providers: Iterable[InstalledProvider]
    ) -> dict[InstalledProvider, dict[str, Any] | OptionProblem]:
        """The JSON Schema of each provider's options (`editor.schema_of`), or why there is none."""
        from runner.providers.editor import schema_of_record  # noqa: PLC0415 - most commands write no schema

        listed = list(providers)
        schemas = self._described(
            "schema", [each for each in listed if each.source == "plugin"], frozenset()
        )
        unknown = []
        for provider in (each for each in listed if each.source == "livekit"):
            known = self._recall(self._key(provider, "schema"))
            if known is None:
                unknown.append(provider)
            else:
                schemas[provider] = known
        for provider, recorded in self.records(unknown).items():
            schema = recorded
            if isinstance(recorded, dict):
                schema = schema_of_record(recorded, f"{provider.kind}.{provider.name}.")
                self._keep(self._key(provider, "schema"), schema)
            schemas[provider] = schema
        return schemas

    def schemas_by_name(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Kind → name → schema of all that is installed; what cannot be loaded is left out."""
        kinds: dict[str, dict[str, dict[str, Any]]] = {}
        for provider, schema in self.schemas(self.catalogue.usable()).items():
            if isinstance(schema, dict):
                kinds.setdefault(provider.kind, {})[provider.name] = schema
        return kinds

    def _described(
        self, what: str, providers: Iterable[InstalledProvider], further: frozenset[str]
    ) -> dict[InstalledProvider, dict[str, Any] | OptionProblem]:
        answers: dict[InstalledProvider, dict[str, Any] | OptionProblem] = {}
        unknown = []
        for provider in providers:
            recalled = self._recall(self._key(provider, what))
            if recalled is None:
                unknown.append(provider)
            else:
                answers[provider] = recalled
        jobs = [_job(provider, []) | {what: True} for provider in unknown]
        replies = self._answers(jobs, further)
        for provider, reply in zip(unknown, replies, strict=True):
            if "failed" in reply:
                answers[provider] = _failure(provider, reply["failed"])
            else:
                answers[provider] = reply[what]
                self._keep(self._key(provider, what), reply[what])
        return answers

    def files(self, providers: Sequence[InstalledProvider], how: str) -> list[bool]:
        """Whether each provider has the files that it works with.

        Args:
            providers: those whose record says that they have any.
            how: `look`, or `fetch` those that are missing.
        """
        jobs = [_job(provider, []) | {"files": how} for provider in providers]
        return [reply.get("files") is not False for reply in self._answers(jobs, frozenset())]

    def _answers(
        self, jobs: Sequence[dict[str, Any]], further: frozenset[str]
    ) -> list[dict[str, Any]]:
        given = Given(self.catalogue.paths, self.env, further)
        return ask(jobs, given, self.budget) if jobs else []

    def _recall(self, key: str) -> Any:
        return None if self.cache is None else self.cache.get(_NAMESPACE, key)

    def _keep(self, key: str, value: Any) -> None:
        if self.cache is not None:
            self.cache.put(_NAMESPACE, key, value)

    def _key(self, provider: InstalledProvider, request: Any) -> str:
        """Changes with all that may change the answer: package, framework, reader, question."""
        who = [
            provider.kind, provider.name, provider.target,
            provider.package, provider.version, provider.fingerprint,
        ]  # fmt: skip
        where = [_FORM, list(sys.version_info[:2]), self.catalogue.livekit_version]
        text = json.dumps([who, where, request], sort_keys=True, default=str)
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _judged(recorded: Mapping[str, Any], request: OptionRequest) -> list[dict[str, Any]]:
    """The problems of options against what was recorded, as plain data."""
    model, subject = model_of(recorded), f"{request.kind} '{request.name}'"
    options, problems = validate(model, request.values, subject, request.opaque)
    if options is not None:
        problems = near_misses(recorded, request.values, subject, request.opaque)
    return [asdict(problem) for problem in problems]


def check_options(
    requests: Sequence[OptionRequest],
    *,
    cache: OptionCheckCache | None = None,
    catalogue: Catalogue | None = None,
    budget: float = BUDGET,
    env: Mapping[str, str] = os.environ,
) -> list[list[OptionProblem]]:
    """Check what people wrote under `with`; no plugin is imported into this process.

    A request whose name means no installed provider has no problems here: `Catalogue.find` tells
    what is wrong with it. Answers of a plugin that could not be loaded are not kept: the next run
    asks again.

    Args:
        requests: what to check.
        cache: where answers are kept; with all of them there no process starts.
        catalogue: what is installed; by default for this interpreter.
        budget: seconds that one plugin may take.
        env: the environment of which packages see a part.

    Returns:
        The problems of each request, in the order of the requests.
    """
    return OptionChecker(catalogue or Catalogue(), cache, budget, env).check(requests)


def described(
    provider: InstalledProvider,
    *,
    cache: OptionCheckCache | None = None,
    catalogue: Catalogue | None = None,
    budget: float = BUDGET,
) -> dict[str, Any] | OptionProblem:
    """What a provider takes (`record.record`), or what keeps it from being told."""
    checker = OptionChecker(catalogue or Catalogue(), cache, budget)
    return checker.records([provider])[provider]


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
    if provider.source == "plugin":
        package += f", entry point {GROUPS[provider.kind]} = {provider.target}"
    return OptionProblem(
        "E404",
        (),
        f"the plugin '{provider.name}' ({package}) cannot be loaded: {failed['message']}",
        failed.get("help") or f"mend or update it: pip install --upgrade {provider.package}",
    )


def _problem(data: dict[str, Any]) -> OptionProblem:
    return OptionProblem(**(data | {"location": tuple(data["location"])}))
