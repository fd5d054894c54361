"""Attempts to serve what stands in a real folder."""

import asyncio

import pytest
from support.waiting import until

from runner.diagnostics import Diagnostic, Span
from runner.diff import Change
from runner.serve.reload import report
from runner.serve.reload.reloader import Reloader


class Target(asyncio.Queue):
    """Keeps the releases that were swapped in, and what was told."""

    fails = None

    def __init__(self):
        super().__init__()
        self.told = []

    async def swap(self, release):
        if self.fails:
            raise self.fails
        self.put_nowait(release)

    def tell(self, outcome):
        self.told.append(outcome)


@pytest.fixture
def target():
    """What was swapped in, and told."""
    return Target()


@pytest.fixture
def lacking():
    """Secrets that have no value."""
    return []


@pytest.fixture
def beside():
    """What counts besides the files."""
    return [0]


@pytest.fixture
def reloader(compiler, target, lacking, beside):
    """A reloader of the folder as it is."""
    return Reloader(
        compiler, compiler.compile(), target, lambda _: lacking, beside=lambda: tuple(beside)
    )


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
async def test_a_saved_change_is_served(folder, target, release):
    """Saving a file is enough; what callers notice is told."""
    edit(folder, "Welcome", "Good day")
    served = await asyncio.wait_for(target.get(), 10)
    assert "Good day" in served.agents["desk"].to_json()
    await until(lambda: target.told)
    (report_lines,) = target.told
    assert (report_lines.result, report_lines.release) == ("ok", served.id)
    assert served.id != release.id
    assert report_lines.took_ms >= report_lines.compile_ms > 0
    assert report.words(report_lines).startswith(f"reloaded: now serving release {served.id}: ")
    assert "Good day to the desk" in report.words(report_lines)
    assert report.fields(report_lines)["changes"] == [c.sentence for c in report_lines.changes]


async def test_a_broken_folder_is_not_served(reloader, folder, target, release):
    """The old release is served on, and every mistake is told."""
    before = (folder / "desk.yaml").read_text()
    first, second = before.rsplit("start: greeter", 1)
    edit(folder, before, f"{first.replace('greeter', 'nobody')}start: anybody{second}")
    outcome = await reloader.attempt()
    assert (outcome.result, outcome.release) == ("rejected", release.id)
    assert len(outcome.diagnostics) == 2
    words = report.words(outcome)
    assert words.startswith(f"the new files are not served; still serving release {release.id}\n")
    assert words.count("error[E202]") == 2
    assert words.endswith("\nmore about E202: lkrun explain E202")
    assert report.level(outcome) == "error"
    assert {d["code"] for d in report.fields(outcome)["diagnostics"]} == {"E202"}
    assert target.empty()
    (folder / "desk.yaml").write_text(before)
    assert (await reloader.attempt()).result == "unchanged"


async def test_a_comment_changes_nothing(reloader, folder, target, release):
    """Files that say the same make no release."""
    with (folder / "desk.yaml").open("a") as file:
        file.write("# the end\n")
    outcome = await reloader.attempt()
    assert outcome.result == "unchanged"
    assert report.words(outcome).endswith(f"still serving {release.id}")
    assert target.empty()


async def test_a_secret_without_a_value_is_refused(reloader, folder, target, lacking):
    """A release that could not do its work is not served, until the secret is there."""
    lacking.append(Diagnostic(Span("desk.yaml"), "E405", "the secret X has no value"))
    edit(folder, "Welcome", "Good day")
    outcome = await reloader.attempt()
    assert (outcome.result, outcome.diagnostics[0].code) == ("rejected", "E405")
    assert target.empty()
    lacking.clear()
    assert (await reloader.attempt()).result == "ok"


async def test_a_folder_without_an_enabled_agent_is_refused(reloader, folder, target):
    """A runner that serves somebody does not go on to serve nobody."""
    edit(folder, "mode: text", "mode: text\n    enabled: no")
    outcome = await reloader.attempt()
    assert outcome.result == "rejected"
    assert target.empty()


async def test_an_agent_that_rests_is_told_as_such(reloader, folder):
    """`enabled: no` is not told as if the agent had been deleted."""
    edit(folder, "  shop:\n    mode: text", "  shop:\n    mode: text\n    enabled: no")
    outcome = await reloader.attempt()
    assert [c.sentence for c in outcome.changes] == ["shop is no longer served"]
    edit(folder, "    enabled: no\n", "")
    outcome = await reloader.attempt()
    assert [c.sentence for c in outcome.changes] == ["shop is served again"]


async def test_a_full_disk_keeps_the_old_release(reloader, folder, target, release):
    """What cannot be stored is refused in words, and tried again when it is asked for."""
    target.fails = OSError(28, "No space left on device")
    edit(folder, "Welcome", "Good day")
    outcome = await reloader.attempt()
    assert (outcome.result, outcome.release) == ("rejected", release.id)
    assert "No space left" in outcome.diagnostics[0].message
    target.fails = None
    assert (await reloader.attempt()).result == "ok"


async def test_a_named_text_is_followed(compiler, folder, target):
    """A prompt in a file of its own counts like the YAML that names it."""
    (folder / "prompts").mkdir()
    (folder / "prompts" / "g.md").write_text("You greet.")
    edit(folder, "instructions: You greet.", "instructions_file: prompts/g.md")
    reloader = Reloader(compiler, compiler.compile(), target, lambda _: [])
    task = asyncio.ensure_future(reloader.run())
    (folder / "prompts" / "g.md").write_text("You greet warmly.")
    release = await asyncio.wait_for(target.get(), 10)
    assert release.agents["desk"].prompts == {"greeter": "You greet warmly."}
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@pytest.mark.usefixtures("following")
async def test_a_newly_named_text_makes_one_attempt(folder, target):
    """A prompt that a file begins to name is no change of its own afterwards."""
    (folder / "new.md").write_text("You greet.")
    edit(folder, "instructions: You greet.", "instructions_file: new.md")
    await asyncio.wait_for(target.get(), 10)
    (folder / "new.md").write_text("You greet warmly.")
    await asyncio.wait_for(target.get(), 10)
    await until(lambda: len(target.told) > 1)
    assert [report_lines.result for report_lines in target.told] == ["ok", "ok"]


@pytest.mark.usefixtures("following")
async def test_what_lies_beside_the_files_is_followed(reloader, target, beside):
    """Files of secrets are read again, and that is told; the release stays."""
    await until(lambda: reloader._known)
    beside[0] = 1
    reloader.wake()
    await until(lambda: target.told)
    (report_lines,) = target.told
    assert (report_lines.result, report_lines.same_files) == ("unchanged", True)
    assert report.words(report_lines).startswith("the secrets were read again")


async def test_a_release_of_before_is_served_until_the_files_change(reloader, folder, target):
    """A rollback outlives a touched file, not a changed one; asking for a reload ends it too."""
    first = reloader.served
    edit(folder, "Welcome", "Good day")
    await reloader.attempt()
    outcome = await reloader.roll(first)
    assert (outcome.result, reloader.served) == ("ok", first)
    assert any("Welcome" in c.sentence for c in outcome.changes)
    assert report.words(outcome).startswith(f"went back to release {first.id}, until the files")
    assert (await reloader.roll(first)).result == "unchanged"
    (folder / "desk.yaml").touch()
    assert (await reloader._attempt(reloader._watcher.look())).result == "unchanged"
    edit(folder, "Good day", "Good evening")
    assert (await reloader._attempt(reloader._watcher.look())).result == "ok"
    await reloader.roll(first)
    assert (await reloader.attempt()).result == "ok"
    assert target.qsize() == 5


async def test_files_that_are_mended_end_a_rollback(reloader, folder):
    """Broken, then as they were: they changed, so they are served."""
    first = reloader.served
    edit(folder, "Welcome", "Good day")
    await reloader.attempt()
    second = reloader.served
    await reloader.roll(first)
    edit(folder, "start: greeter", "start: nobody")
    assert (await reloader._attempt(reloader._watcher.look())).result == "rejected"
    edit(folder, "start: nobody", "start: greeter")
    assert (await reloader._attempt(reloader._watcher.look())).release == second.id


async def test_a_release_of_before_whose_secret_is_gone_is_refused(reloader, target, changed):
    """It could not do its work."""
    old = changed("Welcome", "Long ago")
    outcome = await reloader.roll(old, ["OLD_KEY"])
    assert (outcome.result, outcome.diagnostics[0].code) == ("rejected", "E405")
    assert report.words(outcome) == (
        "that release cannot be served: the secret OLD_KEY has no value; "
        f"still serving release {reloader.served.id}"
    )
    assert target.empty()


async def test_a_bug_does_not_end_the_following(reloader, folder, target, release):
    """It is told as a bug; the next change is served."""

    def broken(_):
        raise ZeroDivisionError("oh")

    reloader._lacking, lacking = broken, reloader._lacking
    edit(folder, "Welcome", "Good day")
    outcome = await reloader.attempt()
    assert (outcome.result, outcome.error) == ("rejected", "ZeroDivisionError: oh")
    assert report.words(outcome).startswith("this is a bug in lkrun (ZeroDivisionError: oh)")
    assert report.fields(outcome)["error"] == "ZeroDivisionError: oh"
    assert outcome.release == release.id
    reloader._lacking = lacking
    edit(folder, "Good day", "Good evening")
    assert (await reloader.attempt()).result == "ok"
    assert target.qsize() == 1


def test_many_changes_are_one_short_line():
    """Five are told, and how many more there are."""
    changes = [Change(f"a.{n}", "changed", 1, 2, f"thing {n} is new") for n in range(8)]
    report_lines = report.sentences(changes)
    assert report_lines.endswith("thing 4 is new; and 3 more")
    assert report.sentences([]) == "nothing changes for callers"
