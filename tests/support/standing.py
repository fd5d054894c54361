"""A runner that stands in the test's own process: it serves, calls may be on it, it obeys."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from functools import partial

from runner.cache import Cache
from runner.compiler import Compiler
from runner.serve.control import Control, Enlisted
from runner.serve.releases.archive import Archive
from runner.serve.releases.served import Releases
from runner.serve.releases.store import Store
from runner.serve.socket.messages import CommandResult
from runner.serve.socket.server import CallSocket

GOOD = """\
agents:
  desk:
    start: host
    mode: text
    llm: openai/gpt-4.1-mini
personas:
  host:
    instructions: x
    greeting:
      say: Hello.
"""


def compiled(folder, text):
    """The release of a folder of one file."""
    folder.mkdir(exist_ok=True)
    (folder / "a.yaml").write_text(text)
    return Compiler(folder, env={}, cache=Cache(folder.parent / "cache")).compile().release


def archive_of(folder, home):
    """The archive that `lkrun` finds for a person whose home this is."""
    return Archive.of(folder, {"HOME": str(home)})


async def nobody(peer, hello):
    """Hang up: no calls are on here."""


@asynccontextmanager
async def runner(archive, release, *, obeys=True, show=None, join=None):
    """A runner that serves a release, and is found; gives its `Releases`."""
    store = Store.create({})
    releases = Releases(store, release)

    async def refuse():
        return CommandResult(os.getpid(), "rejected", release.id, "the disk is full")

    async def roll(release_id):
        result = partial(CommandResult, os.getpid())
        if not obeys:
            return result("rejected", release.id, "the disk is full")
        if releases.current.id == release_id:
            return result("unchanged", release_id, "it is served")
        releases.swap(archive.load(release_id))
        return result("ok", release_id, "it is served now")

    control = Control(releases, roll, show or refuse)
    if join is not None:
        join(control)
    socket = CallSocket(
        calls=nobody,
        dialogues=nobody,
        control=control.serve,
        blocked=lambda _: None,
    )
    await socket.start(store.socket)
    enlisted = Enlisted(archive, store.socket)
    try:
        yield releases
    finally:
        enlisted.leave()
        await socket.stop()
        store.destroy()
