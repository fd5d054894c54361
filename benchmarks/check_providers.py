"""What twenty providers cost `lkrun check`: the same folder with them and without, in turns.

Run: python benchmarks/check_providers.py [ROUNDS]. Target: at most 50 ms more, once what the
plugins take is known; the first time each is imported once, in a process of its own.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path

from check import run

_KINDS = {"llm": "openai", "stt": "openai", "tts": "openai", "realtime": "openai"}
_STRINGS = {
    "llm": "openai/gpt-4.1-mini",
    "stt": "deepgram/nova-3",
    "tts": "cartesia/sonic-3",
    "realtime": "openai/gpt-realtime",
}


def write(folder: Path, *, with_providers: bool) -> None:
    """Ten agents; their models are providers of the folder, or strings of LiveKit Inference."""
    lines = ["personas:", "  host:", "    instructions: Help.", "agents:"]
    for number in range(5):
        named = {kind: f"{kind}-{number}" if with_providers else _STRINGS[kind] for kind in _KINDS}
        lines += [f"  one-{number}:", "    start: host"]
        lines += [f"    {kind}: {named[kind]}" for kind in ("llm", "stt", "tts")]
        lines += [f"  two-{number}:", "    start: host", f"    realtime: {named['realtime']}"]
    lines += ["providers:"] if with_providers else []
    for number in range(5 if with_providers else 0):
        for kind, plugin in _KINDS.items():
            lines += [f"  {kind}-{number}:", f"    {kind}: {plugin}", "    with:"]
            lines += ['      api_key: "{{ secrets.SOME_KEY }}"']
    folder.mkdir()
    (folder / "all.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def main(rounds: int) -> int:
    """Measure both, and print both."""
    with tempfile.TemporaryDirectory() as place:
        folders = {name: Path(place, name) for name in ("without", "with")}
        for name, folder in folders.items():
            write(folder, with_providers=name == "with")
        caches = {name: Path(place, f"cache-{name}") for name in folders}
        first = {name: run(folders[name], caches[name]) for name in folders}
        known: dict[str, list[float]] = {name: [] for name in folders}
        edited: dict[str, list[float]] = {name: [] for name in folders}
        for number in range(rounds):
            for name, folder in folders.items():
                known[name].append(run(folder, caches[name])[0])
                file = folder / "all.yaml"
                text = file.read_text("utf-8")
                file.write_text(text + f"# {number}\n", encoding="utf-8")
                edited[name].append(run(folder, caches[name])[0])
    for what, times in (("nothing changed", known), ("file edited", edited)):
        one, two = (statistics.median(times[name]) * 1000 for name in folders)
        print(
            f"{what:16} without {one:5.0f} ms, with 20 providers {two:5.0f} ms: {two - one:+4.0f}"
        )
    print("the first time   " + ", ".join(f"{n} {first[n][0] * 1000:.0f} ms" for n in folders))
    return 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 15))
