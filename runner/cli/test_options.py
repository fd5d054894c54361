"""What `lkrun test` is asked for, and what of it cannot be meant."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from runner.link.cases import TestCase

_SHOWN = 5
"""Names of tests that are shown where none fits."""


@dataclass(frozen=True, slots=True)
class CommandLine:
    """What the command line asks for."""

    part: str | None
    tags: tuple[str, ...]
    repeat: int | None
    parallel: int
    junit: str | None
    audio: str | None
    coverage: bool
    model: str | None
    simulate: bool
    watch: bool
    form: str


def writable(line: CommandLine) -> None:
    """Refuse files that cannot be written before tests have taken their time."""
    for option, name in (("--junit", line.junit), ("--audio", line.audio)):
        place = Path(name) if name is not None else None
        try:
            if place is not None and option == "--audio":
                place.mkdir(parents=True, exist_ok=True)
            elif place is not None:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.touch()
        except OSError as error:
            problem = f"'{name}' cannot be written: {error.strerror}"
            raise click.BadParameter(problem, param_hint=option) from None


def notes(
    there: Sequence[TestCase], wanted: Sequence[TestCase], line: CommandLine
) -> Iterator[str]:
    """What somebody may not have meant."""
    if there and not wanted:
        words = ", ".join(
            text
            for text in (
                f"-k {line.part}" if line.part is not None else "",
                *(f"--tag {tag}" for tag in line.tags),
                "--simulate" if line.simulate else "",
            )
            if text
        )
        names = ", ".join(case.name for case in there[:_SHOWN]) + ", …" * (len(there) > _SHOWN)
        yield f"no test fits {words}; there are {names}"
    elif line.audio is not None and not any(case.aloud for case in wanted):
        yield "none of these tests has mode: audio, so there is no sound to keep"
