"""How near to a mistake the first word about it is, and how many errors it makes.

Run: python benchmarks/mutations.py [how many, default 3000] [-v]. Each is a valid file with one
change. Targets: of the changes that are rejected at all, at least 95 % have a diagnostic (an error
or a warning, or a place related to it) within two lines of the change, and less than 1 % have more
than one error. What is told in no way at all is counted beside: it may well be valid (`-v` lists
what is far, what is told more than once and what is not told).
"""

from __future__ import annotations

import random
import re
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
SHOWN = 60
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
    moved = " " * by + line if by > 0 else line[min(-by, _lead(line)) :]
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


def insert(lines: list[str], at: int, dice: random.Random) -> tuple[list[str], int]:
    """Type a sign that YAML or a template knows into a line."""
    signs = ("'", '"', ": ", "- ", "[", "{", "{{", " #", "\t", "*", "&")
    line, sign = lines[at], dice.choice(signs)
    place = dice.randrange(len(line) + 1)
    return [*lines[:at], line[:place] + sign + line[place:], *lines[at + 1 :]], at


def without_colon(lines: list[str], at: int, _: random.Random) -> tuple[list[str], int]:
    """Forget the colon after a key."""
    return [*lines[:at], re.sub(r"^( *(?:- )?[\w.]+):", r"\1", lines[at]), *lines[at + 1 :]], at


def without_dash(lines: list[str], at: int, _: random.Random) -> tuple[list[str], int]:
    """Forget the dash of an item."""
    return [*lines[:at], re.sub(r"^( *)- ", r"\1", lines[at]), *lines[at + 1 :]], at


def with_dash(lines: list[str], at: int, _: random.Random) -> tuple[list[str], int]:
    """Write a dash before a line that is no item."""
    return [*lines[:at], re.sub(r"^( *)(?=\w)", r"\1- ", lines[at]), *lines[at + 1 :]], at


def block_out(lines: list[str], at: int, _: random.Random) -> tuple[list[str], int]:
    """Move a key with all below it one level out."""
    above = next((n for n in range(at, -1, -1) if _lead(lines[n]) < _lead(lines[at])), None)
    if above is None:
        return lines, at
    return _moved(lines, at, _lead(lines[above]) - _lead(lines[at])), at


def block_in(lines: list[str], at: int, _: random.Random) -> tuple[list[str], int]:
    """Move a key with all below it one level in."""
    return _moved(lines, at, 2), at


def block_away(lines: list[str], at: int, _: random.Random) -> tuple[list[str], int]:
    """Leave out a key with all below it."""
    return lines[:at] + lines[_end(lines, at) :], at


def block_twice(lines: list[str], at: int, _: random.Random) -> tuple[list[str], int]:
    """Write a key with all below it twice."""
    end = _end(lines, at)
    return lines[:end] + lines[at:], end


def block_to_end(lines: list[str], at: int, _: random.Random) -> tuple[list[str], int]:
    """Move a key with all below it to the end of the file."""
    end = _end(lines, at)
    return [*lines[:at], *lines[end:], *lines[at:end]], len(lines) - (end - at)


def _lead(line: str) -> int:
    return len(line) - len(line.lstrip())


def _end(lines: list[str], at: int) -> int:
    """Behind the last line of the block that begins with a line."""
    lead = _lead(lines[at])
    further = range(at + 1, len(lines))
    end = next((n for n in further if lines[n].strip() and _lead(lines[n]) <= lead), len(lines))
    while end > at + 1 and not lines[end - 1].strip():
        end -= 1
    return end


def _moved(lines: list[str], at: int, by: int) -> list[str]:
    end = _end(lines, at)
    block = [" " * (_lead(n) + by) + n.lstrip() if n.strip() else n for n in lines[at:end]]
    return [*lines[:at], *block, *lines[end:]]


CHANGES: tuple[Change, ...] = (
    *(delete, duplicate, indent, swap, misspell, truncate, cut_short, insert),
    *(without_colon, without_dash, with_dash),
    *(block_out, block_in, block_away, block_twice, block_to_end),
)


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


def changed_file(
    source: Path, change: Change, dice: random.Random
) -> tuple[list[str], int, str] | None:
    """A file with one change: its lines, the changed one, the text; None if nothing changed."""
    lines = source.read_text(encoding="utf-8").splitlines()
    at = dice.randrange(len(lines))
    changed, at = change(lines, at, dice)
    if changed == lines:
        return None
    return changed, at, "\n".join(changed) + ("" if change is truncate else "\n")


def main(count: int, *, verbose: bool) -> None:
    """Change, check, count and print."""
    dice, files = random.Random(SEED), sources()
    tried, told, rejected, several, silent = (Counter[str]() for _ in range(5))
    shown: dict[str, list[str]] = {"far": [], "several": [], "silent": []}
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "folder")
        folder.mkdir()
        cache = Cache(Path(scratch, "cache"))
        for n in range(count):
            source, change = dice.choice(files), CHANGES[n % len(CHANGES)]
            made = changed_file(source, change, dice)
            if made is None:
                continue
            lines, at, text = made
            (folder / source.name).write_text(text, encoding="utf-8")
            compiler = Compiler(folder, env={"CLINIC_BRANCH": "hanoi"}, cache=cache)
            found = list(compiler.compile().diagnostics)
            (folder / source.name).unlink()
            kind, errors = change.__name__, [d for d in found if d.severity == "error"]
            line = lines[min(at, len(lines) - 1)].strip() if lines else ""
            where = f"{kind:13} {source.name}:{at + 1}: {line[:40]!r}"
            tried[kind] += 1
            silent[kind] += not found
            if not found:
                shown["silent"].append(where)
            if not errors:
                continue
            rejected[kind] += 1
            said = "".join(f"\n      {d.span.line}: {d.code} {d.message}" for d in errors[:4])
            if near(found, source.name, at + 1):
                told[kind] += 1
            else:
                shown["far"].append(where + said)
            if len(errors) > 1:
                several[kind] += 1
                shown["several"].append(where + said)
    _print(tried, told, rejected, several, silent)
    for name, list_ in shown.items() if verbose else ():
        print(f"\n{name}:", *list_[:SHOWN], sep="\n  ")


def _print(tried: Counter[str], *counts: Counter[str]) -> None:
    told, rejected, several, silent = counts
    print(f"{'':13} {'tried':>6} {'nothing':>8} {'error':>6} {'>1 error':>9} {'near':>7}")
    for name in (*tried, "all"):
        numbers = [c.total() if name == "all" else c[name] for c in (tried, *counts)]
        number, near_, refused, more, nothing = numbers
        share = near_ / refused if refused else 1.0
        print(f"{name:13} {number:6} {nothing:8} {refused:6} {more:9} {share:7.1%}")
    print(
        f"all        {told.total():5} of {rejected.total():5} rejected changes within two lines: "
        f"{told.total() / rejected.total():.1%}; more than one error: "
        f"{several.total() / rejected.total():.1%}; nothing said: {silent.total()}"
    )


if __name__ == "__main__":
    numbers = [int(a) for a in sys.argv[1:] if a.isdigit()]
    main(numbers[0] if numbers else 3000, verbose="-v" in sys.argv)
