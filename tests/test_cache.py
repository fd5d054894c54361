"""A cache that helps where it can and never gets in the way."""

from __future__ import annotations

import hashlib
import marshal
import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runner.cache import Cache, cached_document, default_folder, keep_document
from runner.syntax import parse

BROKEN = b"a:\n  x: [\nb:\n  y: 1  # lkrun: allow W203\n"


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache")


def again(cache):
    return Cache(cache._folder)


def store(cache):
    (path,) = cache._folder.glob("store-*.bin")
    return path


def test_a_value_is_there_at_once_and_after_a_flush(cache):
    """Namespaces do not mix, and each answer is a copy."""
    cache.put("one", "key", {"a": [1, None, b"x", "é"]})
    cache.put("two", b"key", "other")

    cache.get("one", "key")["a"].append("changed")
    cache.flush()

    assert again(cache).get("one", "key") == {"a": [1, None, b"x", "é"]}
    assert again(cache).get("two", "key") == "other"
    assert again(cache).get("three", "key") is None


def test_nothing_is_written_before_the_flush_or_without_news(cache):
    """Reading alone never writes."""
    cache.put("n", "k", 1)
    assert not cache._folder.exists()
    cache.flush()
    before = store(cache).stat().st_mtime_ns

    reader = again(cache)
    assert reader.get("n", "k") == 1
    reader.flush()

    assert store(cache).stat().st_mtime_ns == before


def test_what_two_writers_found_is_kept(cache):
    """A flush takes over what another process wrote since."""
    other = again(cache)
    assert other.get("n", "mine") is None
    cache.put("n", "mine", 1)
    cache.flush()
    other.put("n", "theirs", 2)
    other.flush()

    assert again(cache).get("n", "mine") == 1
    assert again(cache).get("n", "theirs") == 2


DAMAGES = {
    "empty": lambda _: b"",
    "cut": lambda data: data[: len(data) // 2],
    "garbage": lambda _: os.urandom(5000),
    "one bit": lambda data: data[:-1] + bytes([data[-1] ^ 1]),
    "another format": lambda _: b"lkrun-cache-9\n" + b"x" * 100,
    "no table": lambda data: _signed(data, marshal.dumps([1, 2])),
    "no marshal": lambda data: _signed(data, b"\xff\xff"),
}


def _signed(data, body):
    head = data[: data.index(b"\n") + 1]
    return head + hashlib.blake2b(body, digest_size=16).digest() + body


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_store_is_as_good_as_none(cache, damage):
    """Cut, foreign or altered, it gives nothing, and the next flush makes it whole."""
    cache.put("n", "k", 1)
    cache.flush()
    path = store(cache)
    path.write_bytes(damage(path.read_bytes()))

    reader = again(cache)
    assert reader.get("n", "k") is None
    reader.put("n", "k", 2)
    reader.flush()

    assert again(cache).get("n", "k") == 2


def test_a_damaged_value_is_a_miss(cache):
    """One entry that cannot be read does not cost the others."""
    cache.put("n", "good", 1)
    cache.put("n", "bad", 1)
    name = next(reversed(cache._fresh))
    cache._fresh[name] = (cache._today, b"\xff")

    assert cache.get("n", "bad") is None
    assert cache.get("n", "good") == 1


def test_it_stays_within_its_size_and_forgets_what_was_used_longest_ago(cache):
    """What was used today outlives what was not."""
    small = Cache(cache._folder, max_bytes=5000)
    for number in range(8):
        small.put("n", str(number), "x" * 1000)
    small._today -= 3
    for name, (_, blob) in list(small._fresh.items()):
        small._fresh[name] = (small._today, blob)
    small.flush()
    later = Cache(cache._folder, max_bytes=5000)
    assert later.get("n", "7")
    assert later.get("n", "0") is None
    later.put("n", "new", "y" * 3000)
    later.flush()

    last = again(cache)
    assert last.get("n", "new")
    assert last.get("n", "7")
    assert last.get("n", "5") is None
    assert store(cache).stat().st_size < 6000


def test_stores_of_other_versions_go_after_a_month(cache):
    """What nobody used for a month is removed; what is newer may belong to another install."""
    cache._folder.mkdir()
    old, new, foreign = (cache._folder / name for name in ("store-1.bin", "store-2.bin", "notes"))
    for file in (old, new, foreign):
        file.write_bytes(b"x")
    for file in (old, foreign):
        os.utime(file, (time.time() - 40 * 86400,) * 2)
    cache.put("n", "k", 1)
    cache.flush()

    assert not old.exists()
    assert new.exists()
    assert foreign.exists()


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path):
    """The cache then lasts as long as the process."""
    (tmp_path / "file").write_text("")
    cache = Cache(tmp_path / "file" / "cache")
    cache.put("n", "k", 1)
    cache.flush()

    assert cache.get("n", "k") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_a_store_that_somebody_else_wrote_is_not_read(cache):
    """In a shared folder another user's file is no cache of ours."""
    cache.put("n", "k", 1)
    cache.flush()
    os.chown(store(cache), 12345, -1)

    assert again(cache).get("n", "k") is None


FOLDERS = [
    ({"LKRUN_CACHE_DIR": "/x/y", "XDG_CACHE_HOME": "/z"}, "/x/y"),
    ({"XDG_CACHE_HOME": "/z"}, "/z/lkrun"),
    ({"XDG_CACHE_HOME": "relative", "HOME": "/home/me"}, "/home/me/.cache/lkrun"),
    ({"HOME": "/home/me"}, "/home/me/.cache/lkrun"),
    ({"HOME": "nowhere"}, None),
]


@pytest.mark.parametrize(("environment", "folder"), FOLDERS)
def test_the_folder_is_the_users_own(monkeypatch, environment, folder):
    """LKRUN_CACHE_DIR, then XDG_CACHE_HOME if it is absolute, then ~/.cache, then none."""
    for name in ("LKRUN_CACHE_DIR", "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)

    assert default_folder() == (folder and Path(folder))


def test_without_a_home_it_remembers_nothing(monkeypatch):
    """No folder is no error."""
    for name in ("LKRUN_CACHE_DIR", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "nowhere")
    cache = Cache()
    cache.put("n", "k", 1)
    cache.flush()

    assert cache.get("n", "k") == 1
    assert Cache().get("n", "k") is None


def test_a_document_from_the_cache_is_the_one_that_was_parsed(cache):
    """Data, diagnostics, words, allows and places are identical, under the file's own name."""
    digest = hashlib.sha256(BROKEN).hexdigest()
    keep_document(cache, digest, parse("other.yaml", BROKEN))
    cache.flush()

    document = cached_document(again(cache), "a.yaml", digest)
    fresh = parse("a.yaml", BROKEN)

    assert document is not None
    for name in ("file", "data", "diagnostics", "words", "allows"):
        assert getattr(document, name) == getattr(fresh, name)
    assert document.value_span(("b", "y")) == fresh.value_span(("b", "y"))


def test_a_document_that_is_none_is_a_miss(cache):
    """A value of another shape under a document's key is ignored."""
    cache.put("documents", "1", "nonsense")
    cache.put("documents", "2", [1, 2])

    assert cached_document(cache, "a.yaml", "1") is None
    assert cached_document(cache, "a.yaml", "2") is None
    assert cached_document(cache, "a.yaml", "3") is None


def _write_many(folder, start, number):
    start.wait()
    for turn in range(10):
        cache = Cache(folder)
        cache.put("n", f"{number}-{turn}", "x" * 2000)
        cache.flush()
        for other in range(4):
            value = Cache(folder).get("n", f"{other}-{turn}")
            assert value in (None, "x" * 2000)


def test_many_processes_can_use_one_folder(cache):
    """Readers never see half a store, whoever writes."""
    spawn = multiprocessing.get_context("fork")
    start = spawn.Event()
    workers = [
        spawn.Process(target=_write_many, args=(cache._folder, start, number))
        for number in range(4)
    ]
    for worker in workers:
        worker.start()
    start.set()
    for worker in workers:
        worker.join(30)

    assert [worker.exitcode for worker in workers] == [0] * 4
    assert sum(
        again(cache).get("n", f"{number}-{turn}") is not None
        for number in range(4)
        for turn in range(10)
    )


def test_a_full_cache_needs_no_strictyaml(cache):
    """Documents are taken from the cache without importing the parser."""
    digest = hashlib.sha256(BROKEN).hexdigest()
    keep_document(cache, digest, parse("a.yaml", BROKEN))
    cache.flush()
    code = (
        "import sys; from pathlib import Path\n"
        "from runner.cache import Cache, cached_document\n"
        f"document = cached_document(Cache(Path({str(cache._folder)!r})), 'a.yaml', {digest!r})\n"
        "document.value_span(('b', 'y'))\n"
        "print([m for m in sys.modules if m.startswith(('strictyaml', 'dateutil', 'livekit'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
