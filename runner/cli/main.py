"""The command `lkrun` and its verbs; each verb's module is imported when it is used."""

from __future__ import annotations

from importlib import import_module

import click

from runner import __version__
from runner.cli.groups import Commands
from runner.cli.options import shared

VERBS: dict[str, tuple[str, str]] = {
    "auth": ("runner.cli.auth", "Get a refresh token in the browser."),
    "campaign": ("runner.cli.campaign", "Start, pause, stop and follow a campaign of calls."),
    "chat": ("runner.cli.chat", "Talk by text with an agent, here."),
    "check": ("runner.cli.check", "Report every mistake in a folder."),
    "deliveries": ("runner.cli.deliveries", "Show what was sent after calls; send it again."),
    "dial": ("runner.cli.dial", "Have an agent call somebody."),
    "diff": ("runner.cli.diff", "Tell what callers will notice between two releases."),
    "doctor": ("runner.cli.doctor", "Try each provider for real."),
    "download-files": ("runner.cli.download_files", "Fetch the files that plugins work with."),
    "explain": ("runner.cli.explain", "Explain a code such as E101."),
    "graph": ("runner.cli.graph", "Draw personas and handoffs."),
    "memory": ("runner.cli.memory", "Show or forget what is remembered of a caller."),
    "new": ("runner.cli.new", "Begin a plugin that works."),
    "optout": ("runner.cli.optout", "List the numbers that are never called; change the list."),
    "phone": ("runner.cli.phone", "Compare the files' phone numbers with LiveKit; apply them."),
    "plugins": ("runner.cli.plugins", "List what is installed, and show its options."),
    "preview": ("runner.cli.preview", "Give a link to talk with what is saved, not served."),
    "promptfoo": ("runner.cli.promptfoo", "Evaluate agents with promptfoo."),
    "records": ("runner.cli.records", "Show what happened in calls."),
    "releases": ("runner.cli.releases", "List the releases that are kept."),
    "rollback": ("runner.cli.rollback", "Serve a kept release again."),
    "schema": ("runner.cli.schema", "Print the JSON Schema for editors."),
    "serve": ("runner.cli.serve", "Let the agents of a folder take calls."),
    "tool": ("runner.cli.tool", "Try a tool by hand."),
    "test": ("runner.cli.test", "Run the conversation tests of a folder."),
    "token": ("runner.cli.token", "Make an access token that calls an agent."),
}
"""Verb → its module, and its line in the help."""


class _Verbs(Commands):
    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in VERBS:
            return None
        command: click.Command = getattr(
            import_module(VERBS[cmd_name][0]), cmd_name.replace("-", "_")
        )
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl([(verb, line) for verb, (_, line) in sorted(VERBS.items())])


@click.group(cls=_Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="lkrun")
@shared
def lkrun() -> None:
    """Voice agents declared in YAML, served over LiveKit."""
