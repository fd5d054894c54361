"""Regular expressions of lkrun's own that are compiled when they are first looked for.

A hundred of them look at what is seldom there. Compiling them all takes a command longer than
reading a file.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    late = re.compile
else:

    class late:  # noqa: N801 - it is written where `re.compile` would be
        """What `re.compile` gives, later."""

        def __init__(self, pattern: str, flags: int = 0) -> None:
            self._written: Final = pattern, flags

        def __getattr__(self, name: str) -> Any:
            """Compile it; from now on its methods are this object's own."""
            value = getattr(re.compile(*self._written), name)
            setattr(self, name, value)
            return value
