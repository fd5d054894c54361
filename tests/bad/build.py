"""Cases that a repository cannot hold: other encodings, large files, odd names, pipes."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

DESK = """\
agents:
  desk:
    start: host
    llm: openai/gpt-4.1-mini
    stt: deepgram/nova-3
    tts: cartesia/sonic-3
personas:
  host:
    instructions: You answer the phone of Sunrise Dental.
"""
PROMPTED = DESK.replace(
    "instructions: You answer the phone of Sunrise Dental.", "instructions_file: desk.md"
)


def _large_file(folder: Path) -> None:
    long = "    instructions: |\n" + "      Answer every question about every tooth.\n" * 6000
    (folder / "desk.yaml").write_text(DESK.replace("    instructions: ", long + "      "))


def _large_prompt(folder: Path) -> None:
    (folder / "desk.yaml").write_text(PROMPTED)
    (folder / "desk.md").write_text("Answer every question about every tooth.\n" * 7000)


def _odd_name(folder: Path) -> None:
    (folder / "desk.yaml").write_text(DESK)
    Path(os.fsdecode(bytes(folder) + b"/z\xe4hne.yaml")).write_text("tools:\n")


def _name_with_a_line_break(folder: Path) -> None:
    (folder / "desk.yaml").write_text(DESK)
    (folder / "tools\nold.yaml").write_text("tools:\n")


def _pipe(folder: Path) -> None:
    (folder / "desk.yaml").write_text(DESK)
    os.mkfifo(folder / "tools.yaml")


def _windows_letters(folder: Path) -> None:
    text = DESK.replace("Sunrise Dental", "Zahnarzt M\u00fcller")
    (folder / "desk.yaml").write_bytes(text.encode("cp1252"))


def _utf_16(folder: Path) -> None:
    (folder / "desk.yaml").write_bytes(DESK.encode("utf-16"))


def _prompt_in_windows_letters(folder: Path) -> None:
    (folder / "desk.yaml").write_text(PROMPTED)
    (folder / "desk.md").write_bytes(
        "You answer the phone of Caf\u00e9 Lumi\u00e8re.\n".encode("cp1252")
    )


def _deep_blocks(folder: Path) -> None:
    nested = "".join(f"{'  ' * level}level{level}:\n" for level in range(80))
    (folder / "desk.yaml").write_text(f"{DESK}tools:\n  deep:\n    json:\n{_shifted(nested, 6)}")


def _deep_lists(folder: Path) -> None:
    (folder / "desk.yaml").write_text(f"{DESK}    tools:\n      {'- ' * 80}end_call\n")


def _shifted(text: str, spaces: int) -> str:
    return "".join(f"{' ' * spaces}{line}\n" for line in text.splitlines())


def _long_template(folder: Path) -> None:
    text = "".join(f"      {{{{ caller.name }}}} may ask for tooth {n}.\n" for n in range(2000))
    longer = DESK.replace("instructions: You", f"instructions: |\n{text}      You")
    (folder / "desk.yaml").write_text(longer)


def _long_prompt_template(folder: Path) -> None:
    (folder / "desk.yaml").write_text(PROMPTED)
    (folder / "desk.md").write_text("{{ caller.name }} may ask for any tooth.\n" * 2000)


BUILDERS: dict[str, Callable[[Path], None]] = {
    "E002-large-file": _large_file,
    "E002-large-prompt": _large_prompt,
    "E005-letters-of-another-encoding": _odd_name,
    "E005-line-break-in-a-name": _name_with_a_line_break,
    "E006-pipe": _pipe,
    "E010-prompt-saved-as-windows-1252": _prompt_in_windows_letters,
    "E010-saved-as-utf-16": _utf_16,
    "E010-saved-as-windows-1252": _windows_letters,
    "E023-eighty-blocks": _deep_blocks,
    "E023-eighty-dashes": _deep_lists,
    "E118-long-prompt-with-braces": _long_prompt_template,
    "E118-long-text-with-braces": _long_template,
}
"""Case → what makes its folder."""
