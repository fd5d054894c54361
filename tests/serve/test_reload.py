"""Following a real folder."""

import asyncio

import pytest

from runner.diagnostics import Diagnostic, Span
from runner.serve.reload import Reloader


class Swaps(asyncio.Queue):
    """The releases that were swapped in."""

    fails = None

    def swap(self, release):
        if self.fails:
            raise self.fails
        self.put_nowait(release)


@pytest.fixture
def swaps():
    """What was swapped in."""
    return Swaps()


@pytest.fixture
def lacking():
    """Secrets that have no value."""
    return []


@pytest.fixture
def reloader(compiler, swaps, lacking, log):
    """A reloader of the folder as it is."""
    return Reloader(compiler, compiler.compile(), swaps.swap, lambda _: lacking, log)


@pytest.fixture
async def following(reloader):
    """The reloader at work."""
    task = asyncio.ensure_future(reloader.run())
    await asyncio.sleep(0)
    yield reloader
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def edit(folder, old, new):
    """Save the file with other words."""
    path = folder / "desk.yaml"
    path.write_text(path.read_text().replace(old, new))


@pytest.mark.usefixtures("following")
async def test_a_saved_change_is_served(folder, swaps, log):
    """Saving a file is enough."""
    edit(folder, "Welcome", "Good day")
    release = await asyncio.wait_for(swaps.get(), 10)
    assert "Good day" in release.agents["desk"].to_json()
    await asyncio.sleep(0)
    (told,) = log.named("reload")
    assert (told["result"], told["release"], told["level"]) == ("ok", release.id, "info")


@pytest.mark.usefixtures("following")
async def test_a_file_that_is_swapped_by_rename_is_seen(folder, swaps):
    """Editors write beside and rename."""
    beside = folder / ".desk.new"
    beside.write_text((folder / "desk.yaml").read_text().replace("Welcome", "Good day"))
    beside.replace(folder / "desk.yaml")
    assert "Good day" in (await asyncio.wait_for(swaps.get(), 10)).agents["desk"].to_json()


async def test_a_broken_folder_is_not_served(reloader, folder, swaps, log, release):
    """The old release is served on, and every mistake is told."""
    edit(folder, "start: greeter", "start: nobody")
    outcome = await reloader.attempt()
    assert (outcome.result, outcome.release) == ("rejected", release.id)
    assert len(outcome.diagnostics) >= 2
    (told,) = log.named("reload")
    assert told["level"] == "error"
    assert {d["code"] for d in told["diagnostics"]} >= {"E202"}
    assert swaps.empty()
    edit(folder, "start: nobody", "start: greeter")
    assert (await reloader.attempt()).result == "unchanged"


async def test_a_comment_changes_nothing(reloader, folder, swaps):
    """Files that say the same make no release."""
    with (folder / "desk.yaml").open("a") as file:
        file.write("# the end\n")
    assert (await reloader.attempt()).result == "unchanged"
    assert swaps.empty()


async def test_a_secret_without_a_value_is_refused(reloader, folder, swaps, lacking):
    """A release that could not do its work is not served."""
    lacking.append(Diagnostic(Span("desk.yaml"), "E405", "the secret X has no value"))
    edit(folder, "Welcome", "Good day")
    outcome = await reloader.attempt()
    assert (outcome.result, outcome.diagnostics[0].code) == ("rejected", "E405")
    assert swaps.empty()


async def test_a_folder_without_an_enabled_agent_is_refused(reloader, folder, swaps):
    """A runner that serves somebody does not go on to serve nobody."""
    edit(folder, "mode: text", "mode: text\n    enabled: no")
    outcome = await reloader.attempt()
    assert outcome.result == "rejected"
    assert swaps.empty()


async def test_a_full_disk_keeps_the_old_release(reloader, folder, swaps, release):
    """What cannot be stored is refused in words, and tried again with the next change."""
    swaps.fails = OSError(28, "No space left on device")
    edit(folder, "Welcome", "Good day")
    outcome = await reloader.attempt()
    assert (outcome.result, outcome.release) == ("rejected", release.id)
    assert "No space left" in outcome.diagnostics[0].message
    swaps.fails = None
    assert (await reloader.attempt()).result == "ok"


async def test_a_named_text_is_followed(compiler, folder, swaps, log):
    """A prompt in a file of its own counts like the YAML that names it."""
    (folder / "prompts").mkdir()
    (folder / "prompts" / "g.md").write_text("You greet.")
    edit(folder, "instructions: You greet.", "instructions_file: prompts/g.md")
    reloader = Reloader(compiler, compiler.compile(), swaps.swap, lambda _: [], log)
    task = asyncio.ensure_future(reloader.run())
    (folder / "prompts" / "g.md").write_text("You greet warmly.")
    release = await asyncio.wait_for(swaps.get(), 10)
    assert release.agents["desk"].prompts == {"greeter": "You greet warmly."}
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
