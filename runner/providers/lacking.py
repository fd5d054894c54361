"""What a machine lacks for the providers of a folder: keys that plugins read, and their files."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from runner.diagnostics import Diagnostic, Related
from runner.providers import known
from runner.providers.catalogue import InstalledProvider
from runner.providers.checks import OptionChecker
from runner.providers.problems import OptionProblem
from runner.providers.uses import ProviderUse


def lacking(
    uses: Sequence[ProviderUse], checker: OptionChecker, has: Callable[[str], bool]
) -> list[Diagnostic]:
    """Tell what is missing, each thing once with all the places that need it.

    Args:
        uses: the providers of a folder.
        checker: knows what plugins need.
        has: whether an environment variable has a value.
    """
    used = _providers(uses, checker)
    records = checker.records(dict.fromkeys(p for _, p in used))
    keys: dict[tuple[str, ...], list[tuple[ProviderUse, str]]] = {}
    files: dict[InstalledProvider, list[ProviderUse]] = {}
    for use, provider in used:
        recorded = records[provider]
        if isinstance(recorded, OptionProblem):
            continue  # plain `check` tells it
        for need in _needs(provider, recorded):
            if _open(need, use) and not any(map(has, need["names"])):
                option = next(iter(need["options"]), "")
                keys.setdefault(tuple(need["names"]), []).append((use, option))
        if recorded["files"]:
            files.setdefault(provider, []).append(use)
    diagnostics = [_key(names, users) for names, users in keys.items()]
    return diagnostics + [_file(uses) for uses in _without_files(files, checker).values()]


def _providers(
    uses: Sequence[ProviderUse], checker: OptionChecker
) -> list[tuple[ProviderUse, InstalledProvider]]:
    """The uses of LiveKit's own packages; LiveKit Inference is not one of them."""
    named = ((use, checker.catalogue.find(use.kind, use.plugin)) for use in uses)
    return [
        (use, provider)
        for use, provider in named
        if isinstance(provider, InstalledProvider) and provider.package.startswith(known.PREFIX)
    ]


def _needs(provider: InstalledProvider, recorded: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What its source says; else what is known of the software that it uses."""
    name = known.NEEDS.get(provider.name.partition(".")[0])
    if recorded["needs"] or name is None:
        return list(recorded["needs"])
    return [{"names": [name], "options": ["api_key"], "unless": []}]


def _open(need: Mapping[str, Any], use: ProviderUse) -> bool:
    """Whether no option stands in its place."""
    return not {*need["options"], *need["unless"]} & set(use.options)


def _key(names: tuple[str, ...], users: Sequence[tuple[ProviderUse, str]]) -> Diagnostic:
    (first, option), *others = users
    message = f"{' or '.join(names)} has no value, which {_whose(u for u, _ in users)} needs"
    hint = f"set the environment variable {names[0]}"
    if option:
        template = json.dumps(f"{{{{ secrets.{names[0]} }}}}")
        hint += f", or write below 'with':  {option}: {template}"
    related = tuple(Related(use.place, "also needed here") for use, _ in others)
    return Diagnostic(first.place, "E405", message, hint, related)


def _file(uses: Sequence[ProviderUse]) -> Diagnostic:
    message = f"files are missing that {_whose(uses)} needs"
    related = tuple(Related(use.place, "also needed here") for use in uses[1:])
    return Diagnostic(uses[0].place, "E404", message, "run: lkrun download-files", related)


def _whose(uses: Any) -> str:
    """The provider in words, with the agents that use it."""
    listed = list(uses)
    first = listed[0]
    agents = ", ".join(dict.fromkeys(agent for use in listed for agent in use.agents))
    return f"{first.kind} '{first.plugin}'" + (f" (of {agents})" if agents else "")


def _without_files(
    files: Mapping[InstalledProvider, list[ProviderUse]], checker: OptionChecker
) -> dict[InstalledProvider, list[ProviderUse]]:
    replies = checker.files(tuple(files), "look")
    return {p: uses for (p, uses), there in zip(files.items(), replies, strict=True) if not there}
