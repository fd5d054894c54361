"""A file system without room left: what is served is served on."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections import deque
from functools import partial
from pathlib import Path

import pytest

from runner.serve.releases.archive import Archive
from runner.serve.releases.served import Releases
from runner.serve.releases.store import Store


class Disk:
    """A small file system of its own."""

    def __init__(self, root):
        self.root = root
        self._filler = root / "filler"

    def fill(self):
        """Leave no byte free."""
        with self._filler.open("wb", buffering=0) as file:
            for size in (4096, 1):
                with pytest.raises(OSError, match="No space left"):
                    deque(iter(partial(file.write, b"x" * size), 0), maxlen=0)

    def free(self):
        """Make room."""
        self._filler.unlink()


@pytest.fixture
def disk():
    """A file system of 256 KB in memory; only root may mount one."""
    root = Path(tempfile.mkdtemp(prefix="lk-"))
    options = f"size=256k,mode=0700,uid={os.getuid()}"
    try:
        mount = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "lkrun-test", root],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        pytest.skip("there is no command 'mount' here")
    if mount.returncode != 0:
        pytest.skip(f"no file system may be mounted here: {mount.stderr.strip()}")
    yield Disk(root)
    subprocess.run(["umount", "-l", root], check=True)
    shutil.rmtree(root)


def names(root):
    """All files below a folder."""
    return {path for path in root.rglob("*") if path.is_file()}


def test_the_store(disk, release, changed):
    """A swap fails with nothing left of it; with room again the next one works."""
    (disk.root / "store").mkdir()
    store = Store(disk.root / "store")
    releases = Releases(store, release)
    before = names(store.root)
    after = changed("Welcome", "Good day")
    disk.fill()
    for write in (releases.prepare, releases.swap):
        with pytest.raises(OSError, match="No space left"):
            write(after)
    assert releases.current is release
    assert list(releases.kept()) == [release.id]
    assert names(store.root) == before
    file = Path(releases.file(release.id, "desk"))
    assert file.read_text() == release.agents["desk"].to_json()
    disk.free()
    releases.swap(after)
    assert releases.current is after
    store.destroy()


def test_the_archive(disk, folder, release, changed):
    """What cannot be kept is an error of the system; what was kept before is whole."""
    archive = Archive(folder, disk.root / "archive")
    archive.keep(release, ["first"])
    before = names(archive.root)
    after = changed("Welcome", "Good day")
    disk.fill()
    with pytest.raises(OSError, match="No space left"):
        archive.keep(after, ["second"])
    assert names(archive.root) == before
    assert archive.current() == release.id
    assert archive.load(release.id) == release
    disk.free()
    archive.keep(after, ["second"])
    assert [row.id for row in archive.rows()] == [after.id, release.id]


def test_a_runner_that_starts_on_a_full_disk_says_so(disk, tmp_path):
    """Exit code 1 and one plain sentence, no traceback."""
    folder = tmp_path / "agents.d"
    folder.mkdir()
    (folder / "a.yaml").write_text(
        "agents:\n  desk:\n    start: host\n    mode: text\n    llm: brain\n"
        "personas:\n  host:\n    instructions: x\n"
        "providers:\n  brain:\n    llm: script\n    with:\n      rules:\n"
        "        - when_caller_says: hi\n          say: Hi.\n      otherwise: Yes.\n"
    )
    disk.fill()
    env = {
        **os.environ,
        "XDG_RUNTIME_DIR": str(disk.root),
        "LKRUN_CACHE_DIR": str(tmp_path / "cache"),
        "LKRUN_STATE_DIR": str(tmp_path / "state"),
    }
    done = subprocess.run(
        [sys.executable, "-m", "runner", "serve", str(folder), "--port", "0"],
        env={n: v for n, v in env.items() if not n.startswith("LIVEKIT")},
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )
    assert done.returncode == 1, done.stderr
    assert "error: " in done.stderr
    assert "No space left on device" in done.stderr
    assert "Traceback" not in done.stderr
