"""Commands that have commands of their own."""

from __future__ import annotations

import click

_LIST = "list"


class Commands(click.Group):
    """Says in lkrun's words that a command is not there, and which was meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is named first.

        Raises:
            click.UsageError: there is none of this name.
        """
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            from runner.diagnostics.nearest import did_you_mean

            hint = did_you_mean(args[0], self.list_commands(ctx), noun="commands")
            raise click.UsageError(
                f"there is no command '{args[0]}'" + (f"; {hint}" if hint else ""), ctx
            ) from error


class Listed(Commands):
    """Lists, where none of its commands is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the command that is left out."""
        named = any(each in self.commands for each in args)
        asked = any(each in ctx.help_option_names for each in args)
        options = not args or args[0].startswith("-")
        bare = options and not named and not asked
        return super().parse_args(ctx, [_LIST, *args] if bare else args)
