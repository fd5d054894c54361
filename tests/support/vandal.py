"""Writes into a folder what no person would, and knows what may be served of it."""

from __future__ import annotations

import asyncio
import contextlib
import random
import shutil
from collections.abc import Callable
from pathlib import Path

from support.followed import text

from runner.cache import Cache
from runner.compiler import Compiled, Compiler

AGENTS = ("desk", "shop", "tower")
_NAMES = (*(f"{name}.yaml" for name in AGENTS), "prompts/desk.md")


class Vandal:
    """Writes random bytes, truncations and permutations into a folder.

    Args:
        folder: made anew, with three agents of which one has its prompt in a file of its own.
        seed: the same one does the same again.
        more: another file of the folder, which is left alone.
    """

    def __init__(self, folder: Path, seed: int, more: str) -> None:
        """Write the folder as it should be."""
        self.folder = folder
        self._random = random.Random(seed)  # noqa: S311 - nothing is secret here
        self._number = 0
        self._compiler = Compiler(folder, env={}, cache=Cache())
        (folder / "prompts").mkdir(parents=True)
        (folder / "runner.yaml").write_text(more)
        self._mend()
        self.served: dict[str, dict[str, str]] = {}
        self.judge()

    def judge(self) -> Compiled:
        """What the folder is now; if it is valid, it may be served from here on."""
        compiled = self._compiler.compile()
        if compiled.release is not None and compiled.release.agents:
            agents = compiled.release.agents
            self.served[compiled.release.id] = {n: a.to_json() for n, a in agents.items()}
        return compiled

    async def rage(self, most: float) -> None:
        """Write what is never at rest for longer than so many seconds, and then what stays."""
        for _ in range(self._random.randint(0, 6)):
            self._spoil()
            await asyncio.sleep(self._random.uniform(0, most))
        for _ in range(self._random.randint(1, 3)):
            self._random.choice([self._mend, self._mend, self._spoil])()
        (self.folder / "runner.yaml").touch()  # something to tell of, whatever was written

    def _mend(self) -> None:
        """Save all files whole, in any order."""
        self._number += 1
        names = list(_NAMES)
        self._random.shuffle(names)
        for name in names:
            self._clear(name)
            (self.folder / name).write_text(self._whole(name))

    def _whole(self, name: str) -> str:
        if name.endswith(".md"):
            return f"You greet, {self._number}. " * self._random.randint(1, 300)
        whole = text(f"Hello {self._number}", Path(name).stem)
        if name != "desk.yaml":
            return whole
        return whole.partition("    instructions:")[0] + "    instructions_file: prompts/desk.md\n"

    def _spoil(self) -> None:
        """Do something to one file."""
        ways: list[Callable[[str], bytes | None]] = [
            self._noise, self._cut, self._cut, self._shuffled, self._flipped, self._crossed,
            self._gone, self._a_folder, self._a_circle, self._huge,
        ]  # fmt: skip
        name = self._random.choice(_NAMES)
        data = self._random.choice(ways)(name)
        if data is None:
            return
        path = self.folder / name
        if self._random.random() < 0.3:  # some writers rename
            beside = path.with_name(f".{path.name}.new")
            beside.write_bytes(data)
            self._clear(name)
            beside.replace(path)
        else:
            self._clear(name)
            path.write_bytes(data)

    def _now(self, name: str) -> bytes:
        with contextlib.suppress(OSError):
            return (self.folder / name).read_bytes()
        return self._whole(name).encode()

    def _noise(self, _: str) -> bytes:
        return self._random.randbytes(self._random.choice([0, 1, 40, 4000]))

    def _cut(self, name: str) -> bytes:
        whole = self._whole(name).encode()
        return whole[: self._random.randrange(len(whole))]

    def _shuffled(self, name: str) -> bytes:
        lines = self._now(name).splitlines(keepends=True)
        self._random.shuffle(lines)
        return b"".join(lines)

    def _flipped(self, name: str) -> bytes:
        data = bytearray(self._now(name))
        for _ in range(min(len(data), 3)):
            data[self._random.randrange(len(data))] ^= 1 << self._random.randrange(8)
        return bytes(data)

    def _crossed(self, name: str) -> bytes:
        other = self._now(self._random.choice(_NAMES))
        mine = self._now(name)
        return mine[: len(mine) // 2] + other[len(other) // 2 :]

    def _huge(self, name: str) -> bytes:
        return self._now(name) + b"# x\n" * 70_000

    def _gone(self, name: str) -> None:
        self._clear(name, 1)

    def _a_folder(self, name: str) -> None:
        self._clear(name, 1)
        (self.folder / name).mkdir()

    def _a_circle(self, name: str) -> None:
        self._clear(name, 1)
        (self.folder / name).symlink_to(Path(name).name)

    def _clear(self, name: str, often: float = 0.5) -> None:
        """Have no folder and no link where a file shall be, and this often no file either."""
        path = self.folder / name
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        elif path.is_symlink() or self._random.random() < often:
            path.unlink(missing_ok=True)
