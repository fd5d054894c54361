"""Writes livekit-plugins.md: what of each LiveKit plugin that is installed works with lkrun.

Run where the plugins are installed: python docs/livekit_plugins.py. CI, which installs only those
that the tests use, measures their rows again: python docs/livekit_plugins.py --check
"""

from __future__ import annotations

import asyncio
import sys
import warnings
from pathlib import Path
from typing import Any

from livekit.agents.utils import http_context

from runner.provider_kinds import ROWS
from runner.providers.build import ProviderBuildError, build
from runner.providers.catalogue import Catalogue, InstalledProvider
from runner.providers.checks import OptionChecker
from runner.providers.known import NEEDS, PREFIX
from runner.providers.problems import OptionProblem

PAGE = Path(__file__).resolve().parent / "livekit-plugins.md"
NO = "\N{EN DASH}"
HEAD = """# LiveKit's plugins

What of each works, as `python docs/livekit_plugins.py` has found with the versions below: whether
its name is found, its options are checked (how many there are), what it needs from the
environment, and whether it is made with a key that is not one.

| plugin | kind | version | options | needs | made with a false key |
| --- | --- | --- | --- | --- | --- |
"""


def options(provider: InstalledProvider, recorded: dict[str, Any]) -> dict[str, Any]:
    """What must be written, and a key that is not one."""
    names = {option["name"] for option in recorded["options"]}
    given: dict[str, Any] = dict(recorded["sample"])
    given |= {need["options"][0]: "x" for need in recorded["needs"] if need["options"]}
    if not recorded["needs"] and provider.name in NEEDS and "api_key" in names:
        given["api_key"] = "x"
    return given


def made(provider: InstalledProvider, recorded: dict[str, Any]) -> str:
    """Whether it is made, or why not."""
    try:
        build(provider.kind, provider.name, options(provider, recorded))
    except ProviderBuildError as error:
        return f"no: {str(error).rpartition(': ')[2][:120]}"
    return "yes"


async def rows() -> list[str]:
    """A line for each plugin and kind."""
    catalogue = Catalogue()
    order = [row.key for row in ROWS]
    found = [
        rivals[0] for rivals in catalogue.providers.values() if rivals[0].package.startswith(PREFIX)
    ]
    found.sort(key=lambda p: (p.name, order.index(p.kind)))
    records = OptionChecker(catalogue).records(found)
    lines = []
    async with http_context.open():
        for provider in found:
            recorded = records[provider]
            start = f"| `{provider.name}` | {provider.kind} | {provider.version} |"
            if isinstance(recorded, OptionProblem):
                lines.append(f"{start} no: {recorded.message.rpartition(': ')[2]} | {NO} | {NO} |")
                continue
            names = [" or ".join(need["names"]) for need in recorded["needs"]]
            needs = ", ".join(names) or NEEDS.get(provider.name, NO)
            count = len(recorded["options"])
            lines.append(f"{start} {count} | {needs} | {made(provider, recorded)} |")
    return lines


def differing(lines: list[str], page: str) -> list[str]:
    """Which lines the page has otherwise; it may know more plugins, of versions of its own."""
    known = {tuple(line.split(" | ")[:3]): line for line in page.splitlines()}
    measured = ((tuple(line.split(" | ")[:3]), line) for line in lines)
    return [line for row, line in measured if known.get(row, line) != line]


def main(arguments: list[str]) -> int:
    """Write the page, or with `--check` hold it against the plugins that are installed here."""
    warnings.simplefilter("ignore")
    lines = asyncio.run(rows())
    if arguments != ["--check"]:
        PAGE.write_text(HEAD + "".join(f"{line}\n" for line in lines), encoding="utf-8")
        sys.stdout.write(f"{len(lines)} rows\n")
        return 0
    wrong = differing(lines, PAGE.read_text(encoding="utf-8"))
    for line in wrong:
        sys.stdout.write(f"{PAGE.name} has this row otherwise:\n{line}\n")
    sys.stdout.write(f"{len(lines)} rows held against the plugins that are installed\n")
    return 1 if wrong or not lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
