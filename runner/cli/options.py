"""Options that all commands share: they stand before or after the command."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import IO, Any, TypeVar

import click

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Options:
    """The global options.

    Attributes:
        color: `auto`, `always` or `never`.
        log_level: as `runner.log.level`; None leaves it to the configuration.
        log_format: as `runner.log.format`; None likewise.
        environment: one of `runner.environments`; None leaves it to `LKRUN_ENVIRONMENT`.
    """

    color: str = "auto"
    log_level: str | None = None
    log_format: str | None = None
    environment: str | None = None

    @property
    def asked_environment(self) -> str | None:
        """The environment that is asked for; None: the first that the folder lists."""
        return self.environment or os.environ.get("LKRUN_ENVIRONMENT") or None

    def bright(self, stream: IO[str] | None = None) -> bool:
        """Whether to write colours to a stream (https://no-color.org)."""
        if self.color != "auto":
            return self.color == "always"
        if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
            return False
        return (stream or sys.stdout).isatty()


_DECLARED: tuple[tuple[tuple[str, ...], dict[str, Any]], ...] = (
    (
        ("--environment", "-e"),
        {
            "metavar": "NAME",
            "help": "One of runner.environments; without it LKRUN_ENVIRONMENT, or the first.",
        },
    ),
    (
        ("--color",),
        {
            "type": click.Choice(["auto", "always", "never"]),
            "help": "Colours; auto: on a terminal.",
        },
    ),
    (
        ("--log-level",),
        {
            "type": click.Choice(["debug", "info", "warning", "error"]),
            "help": "How much is logged.",
        },
    ),
    (
        ("--log-format",),
        {"type": click.Choice(["text", "json"]), "help": "The log for people or for programs."},
    ),
)


def shared(command: Command) -> Command:
    """Give a command the global options; what stands behind it wins over what stands before it."""
    for names, settings in reversed(_DECLARED):
        command = click.option(*names, expose_value=False, callback=_remember, **settings)(command)
    return command


def _remember(context: click.Context, parameter: click.Parameter, value: str | None) -> None:
    if value is not None and parameter.name is not None:
        context.obj = replace(options(context), **{parameter.name: value})


def options(context: click.Context | None = None) -> Options:
    """The global options of the running command."""
    context = context or click.get_current_context()
    given = context.find_object(Options)
    return given if given is not None else Options()


def formats(
    *choices: str, shown: str = "For people or for programs."
) -> Callable[[Command], Command]:
    """The option `--format` of a command that writes a result; the first choice is the default."""
    kind = click.Choice(choices)
    return click.option("--format", "form", type=kind, default=choices[0], help=shown)
