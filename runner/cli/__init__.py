"""The command line: thin verbs over the stages."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper

from runner.cli.crash import report
from runner.cli.exit_codes import ExitCode
from runner.cli.main import lkrun


def run(arguments: list[str] | None = None) -> None:
    """Run a command and leave the process with its exit code."""
    import click

    _write_any_letter()
    try:
        code = lkrun.main(args=arguments, prog_name="lkrun", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(ExitCode.INTERRUPTED)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(ExitCode.FINE)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a bug of ours, and no traceback for the author
        print(report(error), file=sys.stderr)  # noqa: T201 - the one line of a bug
        sys.exit(ExitCode.BUG)
    sys.exit(code if isinstance(code, int) else ExitCode.FINE)


def _write_any_letter() -> None:
    """Have letters that a stream's encoding lacks written as `?`: they are no bug.

    On Windows a pipe or a file gets UTF-8, as everywhere else.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper) and stream.errors == "strict":
            into_file = os.name == "nt" and not stream.isatty()
            stream.reconfigure(encoding="utf-8" if into_file else None, errors="replace")
