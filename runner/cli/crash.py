"""A bug of lkrun itself: one line, and a report file that can be sent."""

from __future__ import annotations

import platform
import sys
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

from runner import __version__


def report(error: BaseException) -> str:
    """Write the report file and return the line that is shown instead of a traceback."""
    text = "\n".join(
        [
            f"lkrun {__version__}, Python {platform.python_version()}, {platform.platform()}",
            f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC",
            "lkrun " + " ".join(sys.argv[1:]),
            "",
            "".join(traceback.format_exception(error)),
        ]
    )
    bug = f"lkrun: this is a bug in lkrun ({type(error).__name__})"
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="lkrun-report-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            file.write(text)
    except OSError:
        return f"{bug}, and no report could be written"
    return f"{bug}; please send the report: {Path(file.name)}"
