"""What a block text (`|`, `>`) says: folding and its last line breaks, by the rules of YAML 1.2."""

from __future__ import annotations


def block_text(lines: list[str], folded: bool, chomping: str | None, ended: bool) -> str:
    """Return the text of `lines`.

    Args:
        lines: without their indentation; a blank line is empty.
        folded: whether lines are joined (`>`) or kept (`|`).
        chomping: `+` keeps all last line breaks, `-` none; otherwise one is kept.
        ended: whether the last line has a line break.
    """
    last = len(lines)
    while last and not lines[last - 1]:
        last -= 1
    trailing = len(lines) - last
    if not last:
        return ("\n" * (trailing if ended else trailing - 1)) if chomping == "+" else ""
    text = _fold(lines[:last]) if folded else "\n".join(lines[:last])
    if chomping == "-":
        return text
    breaks = trailing + 1 if ended else trailing
    return text + "\n" * (breaks if chomping == "+" else min(breaks, 1))


def _fold(lines: list[str]) -> str:
    chunks: list[str] = []
    previous = ""
    blank = 0
    for line in lines:
        if not line:
            blank += 1
            continue
        if previous:
            joined = previous[0] not in " \t" and line[0] not in " \t"
            chunks.append(("\n" * blank or " ") if joined else "\n" * (blank + 1))
        else:
            chunks.append("\n" * blank)
        chunks.append(line)
        previous, blank = line, 0
    return "".join(chunks)
