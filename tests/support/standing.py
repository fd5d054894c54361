"""A runner that stands in the test's own process: it serves, calls may be on it, it obeys."""

from __future__ import annotations

import io
from contextlib import asynccontextmanager

from runner.cache import Cache
from runner.compiler import Compiler
from runner.egress.secrets import Secrets
from runner.serve.control import Control, Enlisted
from runner.serve.log import Log
from runner.serve.releases.archive import Archive
from runner.serve.releases.served import Releases
from runner.serve.releases.store import Store
from runner.serve.sessions.calls import Calls
from runner.serve.sessions.switchboard import Switchboard

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


@asynccontextmanager
async def runner(archive, release, *, obeys=True):
    """A runner that serves a release, and is found; gives its `Releases`."""
    store = Store.create({})
    releases = Releases(store, release)
    log = Log("error", "json", io.StringIO())
    switchboard = Switchboard(releases, Calls(releases, log), Secrets({}), log)

    async def roll(release_id):
        if not obeys:
            return {"result": "rejected", "release": release.id, "message": "the disk is full"}
        if releases.current.id == release_id:
            return {"result": "unchanged", "release": release_id, "message": "it is served"}
        releases.swap(archive.load(release_id))
        return {"result": "ok", "release": release_id, "message": "it is served now"}

    Control(switchboard, releases, roll)
    await switchboard.start(store.socket)
    found = Enlisted(archive, store.socket)
    try:
        yield releases
    finally:
        found.leave()
        await switchboard.stop()
        store.destroy()
