"""What a folder is linked against."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from runner.diagnostics import Span
from runner.link.walk import Walks
from runner.providers.catalogue import Catalogue
from runner.providers.problems import OptionProblem, OptionRequest
from runner.template import Analysis

OptionChecker = Callable[[Sequence[OptionRequest]], list[list[OptionProblem]]]
"""Asks the plugins about options; `providers.checks.check_options` in the product."""


class Analyses(Protocol):
    """Where analyses are remembered between runs."""

    def of(self, text: str, *, condition: bool) -> Analysis:
        """Analyse a text, or recall what was found."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A text file that a key names: its path below the folder and its text, or what is wrong.

    Attributes:
        documents: where it names documents: each of them.
        folders: where these stand.
        left_out: files beside these that are none.
    """

    path: str
    text: str = ""
    problem: tuple[str, str, str | None] | None = None
    documents: tuple[Prompt, ...] = ()
    folders: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    @property
    def span(self) -> Span:
        """The whole file."""
        lines = self.text.split("\n")
        return Span(self.path, 1, 1, len(lines), len(lines[-1]) + 1)


@dataclass(frozen=True, slots=True)
class LinkContext:
    """What a folder is linked against.

    Attributes:
        env: the environment.
        prompts: (file that names it, name) → the file.
        lines: file → its lines, prompts included.
        catalogue: which plugins are installed.
        ask_plugins: asks them about options.
        analyses: what is known of templates.
        walks: what was walked while it is linked.
    """

    env: Mapping[str, str]
    prompts: Mapping[tuple[str, str], Prompt]
    lines: Mapping[str, list[str]]
    catalogue: Catalogue
    ask_plugins: OptionChecker
    analyses: Analyses
    walks: Walks = field(default_factory=Walks, compare=False)
