"""The command line: thin verbs over the stages.

Exit codes: 0 fine, 1 findings, 2 wrong use, 3 a bug, 130 Ctrl-C.
"""

from __future__ import annotations

import sys

from runner.cli.crash import report
from runner.cli.main import lkrun


def run(arguments: list[str] | None = None) -> None:
    """Run a command and leave the process with its exit code."""
    import click

    try:
        code = lkrun.main(args=arguments, prog_name="lkrun", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        sys.exit(130)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(0)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is a bug of ours, and no traceback for the author
        print(report(error), file=sys.stderr)  # noqa: T201 - the one line of a bug
        sys.exit(3)
    sys.exit(code if isinstance(code, int) else 0)
