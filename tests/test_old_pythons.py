"""What early releases of a supported Python cannot do stands nowhere: Debian 12 has 3.11.2."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
POSSESSIVE_GROUP = re.compile(r"\)[*+?]\+|\)\{[\d,]+\}\+")


def test_no_group_is_repeated_possessively():
    """Before 3.11.5 a possessive group whose inside backtracks does not match what it should."""
    names = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in sorted((ROOT / "runner").rglob("*.py"))
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if POSSESSIVE_GROUP.search(line)
    ]
    assert names == []
