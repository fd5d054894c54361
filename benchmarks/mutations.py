"""How near to a mistake the first word about it is: valid files with one line changed.

Run: python benchmarks/mutations.py [how many, default 3000]. Target: of the changes that are
rejected at all, at least 95 % have a diagnostic (an error or a warning, or a place related to it)
within two lines of the change.
"""

from __future__ import annotations

import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from runner.cache import Cache  # noqa: E402 - the checkout is measured, installed or not
from runner.compiler import Compiler  # noqa: E402 - the path is set above
from runner.diagnostics import Diagnostic  # noqa: E402 - as above

SEED = 20260101
Change = Callable[[list[str], int, random.Random], tuple[list[str], int]]


def delete(lines: list[str], at: int, _: random.Random) -> tuple[list[str], int]:
    """Leave a line out."""
    return lines[:at] + lines[at + 1 :], at


def duplicate(lines: list[str], at: int, _: random.Random) -> tuple[list[str], int]:
    """Write a line twice."""
    return lines[: at + 1] + lines[at:], at


def indent(lines: list[str], at: int, dice: random.Random) -> tuple[list[str], int]:
    """Move a line to the right or the left."""
    by = dice.choice((-2, -1, 1, 2, 3))
    line = lines[at]
    moved = " " * by + line if by > 0 else line[min(-by, len(line) - len(line.lstrip())) :]
    return [*lines[:at], moved, *lines[at + 1 :]], at


def swap(lines: list[str], at: int, _: random.Random) -> tuple[list[str], int]:
    """Swap two lines."""
    if at + 1 >= len(lines):
        return lines, at
    return [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]], at


def misspell(lines: list[str], at: int, dice: random.Random) -> tuple[list[str], int]:
    """Leave out, double or change a letter of a line."""
    line = lines[at]
    letters = [i for i, c in enumerate(line) if c.isalpha()]
    if not letters:
        return lines, at
    i = dice.choice(letters)
    new = dice.choice(
        (
            line[:i] + line[i + 1 :],
            line[: i + 1] + line[i:],
            line[:i] + dice.choice("aeiouxyz") + line[i + 1 :],
        )
    )
    return [*lines[:at], new, *lines[at + 1 :]], at


def truncate(lines: list[str], at: int, dice: random.Random) -> tuple[list[str], int]:
    """End the file within a line."""
    cut = dice.randrange(len(lines[at]) + 1)
    return [*lines[:at], lines[at][:cut]], at


def cut_short(lines: list[str], at: int, dice: random.Random) -> tuple[list[str], int]:
    """Lose the end of a line."""
    cut = dice.randrange(len(lines[at]) + 1)
    return [*lines[:at], lines[at][:cut], *lines[at + 1 :]], at


CHANGES: tuple[Change, ...] = (delete, duplicate, indent, swap, misspell, truncate, cut_short)


def sources() -> list[Path]:
    """Valid files that stand alone: each is a folder of its own."""
    return sorted((ROOT / "tests" / "good").glob("*.yaml"))


def near(found: list[Diagnostic], file: str, line: int) -> bool:
    """Whether anything is said within two lines of a line."""
    places = [d.span for d in found] + [r.span for d in found for r in d.related]
    return any(
        p.file == file and p.line - 2 <= line <= max(p.line, min(p.end_line, p.line + 2)) + 2
        for p in places
    )


def main(count: int) -> None:
    """Change, check, count and print."""
    dice, told, rejected, misses = random.Random(SEED), Counter[str](), Counter[str](), []
    files = sources()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "folder")
        folder.mkdir()
        cache = Cache(Path(scratch, "cache"))
        for n in range(count):
            source, change = dice.choice(files), CHANGES[n % len(CHANGES)]
            lines = source.read_text(encoding="utf-8").splitlines()
            at = dice.randrange(len(lines))
            changed, at = change(lines, at, dice)
            path = folder / source.name
            end = "" if change is truncate else "\n"
            path.write_text("\n".join(changed) + end, encoding="utf-8")
            compiler = Compiler(folder, env={"CLINIC_BRANCH": "hanoi"}, cache=cache)
            found = list(compiler.compile().diagnostics)
            path.unlink()
            if not any(d.severity == "error" for d in found):
                continue
            rejected[change.__name__] += 1
            if near(found, source.name, at + 1):
                told[change.__name__] += 1
            else:
                first = min(found)
                misses.append(
                    f"{change.__name__:10} {source.name}:{at + 1}: {lines[at].strip()[:40]!r}"
                    f" → {first.span.line}: {first.code} {first.message}"
                )
    for name in rejected:
        share = told[name] / rejected[name]
        print(f"{name:10} {told[name]:5} of {rejected[name]:5} within two lines: {share:6.1%}")
    total, all_told = rejected.total(), told.total()
    print(
        f"all        {all_told:5} of {total:5} rejected changes (of {count}) "
        f"within two lines: {all_told / total:.1%}"
    )
    for miss in misses[:40] if "-v" in sys.argv else []:
        print("  " + miss)


if __name__ == "__main__":
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    main(numbers[0] if numbers else 3000)
