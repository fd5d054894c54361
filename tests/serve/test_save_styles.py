"""How editors, git, deployments and Kubernetes save, followed in real directories."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import shutil
import subprocess
import sys

import pytest
from support.command import serving
from support.followed import QUICK, folder_of, following, text

from runner.serve.releases.store import Store

DEFAULT = 0.4
"""Seconds for which files rest before they are read, where the folder says nothing."""


@pytest.fixture
def folder(tmp_path):
    """One agent that greets, and a runner that waits briefly."""
    return folder_of(tmp_path / "agents.d", {"desk.yaml": text("Hello"), "runner.yaml": QUICK})


@pytest.fixture
async def runner(folder, store, log):
    """The followed folder."""
    async with following(folder, store, log) as followed:
        yield followed


async def goes_over(runner, log, hears="Good day"):
    """A save makes one release: the old caller keeps theirs, the next one hears the new words."""
    outcome = await runner.outcome()
    assert (outcome.result, outcome.diagnostics) == ("ok", ())
    assert runner.served[-1] == outcome.release
    reload = log.named("reload")[-1]
    assert (reload["result"], reload["release"], reload["level"]) == ("ok", outcome.release, "info")
    assert reload["changes"] == [change.sentence for change in outcome.changes]
    caller = runner.caller()
    assert (caller.release, caller.hears) == (outcome.release, hears)
    return outcome.release


async def stays(runner, log, *codes):
    """What was saved is rejected and told; callers get what they got before."""
    outcome = await runner.outcome()
    assert outcome.result == "rejected"
    assert {d.code for d in outcome.diagnostics} == set(codes)
    reload = log.named("reload")[-1]
    assert (reload["result"], reload["release"], reload["level"]) == (
        "rejected",
        outcome.release,
        "error",
    )
    assert {d["code"] for d in reload["diagnostics"]} == set(codes)
    assert runner.caller().release == outcome.release
    return outcome


def plain(path, content):
    """The file is emptied and written: shells, nano, most programs."""
    path.write_text(content)


def vim(path, content):
    """Vim tries a name, moves the file away, writes a new one, deletes the old one."""
    trial = path.with_name("4913")
    trial.touch()
    trial.unlink()
    old = path.with_name(f"{path.name}~")
    path.rename(old)
    with path.open("w") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    path.chmod(0o644)
    old.unlink()


def vim_in_place(path, content):
    """Vim with `backupcopy=yes` copies the file away and writes in place."""
    old = path.with_name(f"{path.name}~")
    shutil.copy2(path, old)
    with path.open("r+") as file:
        file.truncate()
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    old.unlink()


def vs_code(path, content):
    """VS Code opens, empties and writes in chunks."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT)
    os.ftruncate(handle, 0)
    for begin in range(0, len(content), 64):
        os.write(handle, content[begin : begin + 64].encode())
    os.fsync(handle)
    os.close(handle)


def vs_code_atomic(path, content):
    """VS Code with atomic saves writes beside, with an ending of its own, and renames."""
    beside = path.with_name(f"{path.name}.vsctmp")
    beside.write_text(content)
    beside.replace(path)


def jetbrains(path, content):
    """JetBrains' safe write puts the new file beside, moves the old one away, renames twice."""
    beside, old = path.with_name(f"{path.name}~jb~"), path.with_name(f"{path.name}___jb_old___")
    beside.write_text(content)
    path.rename(old)
    beside.rename(path)
    old.unlink()


def temporary_and_rename(path, content):
    """A temporary file, hidden, that is renamed: rsync, sed, most deployments."""
    beside = path.with_name(f".{path.name}.x7Kq2b")
    beside.write_text(content)
    beside.replace(path)


STYLES = (plain, vim, vim_in_place, vs_code, vs_code_atomic, jetbrains, temporary_and_rename)


@pytest.mark.parametrize("save", STYLES, ids=lambda style: style.__name__)
async def test_a_file_that_an_editor_saves_is_served_whole(runner, folder, log, save):
    """However it is written, two saves are two releases, and nothing in between is one."""
    before = runner.caller()
    save(folder / "desk.yaml", text("Good day"))
    first = await goes_over(runner, log)
    save(folder / "desk.yaml", text("Good evening"))
    second = await goes_over(runner, log, "Good evening")
    assert runner.served == [first, second]
    assert (before.release, before.hears) == (runner.first, "Hello")
    assert len({first, second, runner.first}) == 3


async def git(place, *arguments):
    """Run git in a place."""
    env = {
        "PATH": os.environ["PATH"],
        "HOME": str(place),
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{who}_NAME": "a person" for who in ("AUTHOR", "COMMITTER")},
        **{f"GIT_{who}_EMAIL": "person@example.com" for who in ("AUTHOR", "COMMITTER")},
    }
    process = await asyncio.create_subprocess_exec(
        "git", *arguments, cwd=place, env=env, stdout=asyncio.subprocess.PIPE
    )
    await process.communicate()
    assert process.returncode == 0


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
async def test_another_branch_is_one_release(tmp_path, store, log):
    """`git checkout` changes forty files, adds one and removes one: callers see all or nothing."""
    folder = tmp_path / "agents.d"
    names = [f"agent{n}" for n in range(40)]
    folder_of(folder, {f"{name}.yaml": text("Hello", name) for name in names})
    await git(tmp_path, "init", "-q", "-b", "main")
    for branch, words in (("main", "Hello"), ("other", "Good day")):
        folder_of(folder, {f"{name}.yaml": text(words, name) for name in names})
        if branch == "other":
            await git(tmp_path, "checkout", "-q", "-b", "other")
            (folder / "agent0.yaml").unlink()
            folder_of(folder, {"new/extra.yaml": text(words, "extra")})
        await git(tmp_path, "add", "-A")
        await git(tmp_path, "commit", "-q", "-m", branch)
    await git(tmp_path, "checkout", "-q", "main")
    async with following(folder, store, log) as runner:
        before = runner.caller("agent7")
        await git(tmp_path, "checkout", "-q", "other")
        outcome = await runner.outcome()
        assert (outcome.result, runner.served) == ("ok", [outcome.release])
        assert {runner.caller(name).hears for name in [*names[1:], "extra"]} == {"Good day"}
        with pytest.raises(KeyError):
            runner.caller("agent0")
        assert before.hears == "Hello"
        await git(tmp_path, "checkout", "-q", "main")
        outcome = await runner.outcome()
        assert (outcome.result, outcome.release) == ("ok", runner.first)
        assert {runner.caller(name).hears for name in names} == {"Hello"}
        assert len(runner.served) == 2


async def test_a_folder_that_is_replaced_whole_is_followed(runner, folder, log):
    """The new folder is served, and what is saved in it afterwards too."""
    before = runner.caller()
    new = folder_of(folder.with_name("new"), {"desk.yaml": text("Good day"), "runner.yaml": QUICK})
    folder.rename(folder.with_name("old"))
    new.rename(folder)
    first = await goes_over(runner, log)
    (folder / "desk.yaml").write_text(text("Good evening"))
    second = await goes_over(runner, log, "Good evening")
    assert runner.served == [first, second]
    assert before.hears == "Hello"


async def test_a_link_that_is_pointed_elsewhere_is_followed(tmp_path, store, log):
    """No event tells of it; the old folder counts no more, the new one is followed."""
    for name, words in (("v1", "Hello"), ("v2", "Good day")):
        folder_of(tmp_path / name, {"desk.yaml": text(words), "runner.yaml": QUICK})
    link = tmp_path / "agents.d"
    link.symlink_to("v1")
    async with following(link, store, log) as runner:
        before = runner.caller()
        beside = tmp_path / "agents.d.new"
        beside.symlink_to("v2")
        beside.replace(link)
        first = await goes_over(runner, log)
        (tmp_path / "v1" / "desk.yaml").write_text(text("Nobody hears this"))
        (tmp_path / "v2" / "desk.yaml").write_text(text("Good evening"))
        second = await goes_over(runner, log, "Good evening")
        assert runner.served == [first, second]
        assert before.hears == "Hello"


async def test_a_config_map_that_is_swapped_is_followed(tmp_path, store, log):
    """Kubernetes swaps the link `..data`; the links that stand for files stay as they are."""
    folder = tmp_path / "agents.d"

    def project(name, words, old=None):
        folder_of(folder / name, {"desk.yaml": text(words), "runner.yaml": QUICK})
        (folder / "..data_tmp").symlink_to(name)
        (folder / "..data_tmp").replace(folder / "..data")
        if old is not None:
            shutil.rmtree(folder / old)

    project("..2026_11_20_09_00_00.1", "Hello")
    for name in ("desk.yaml", "runner.yaml"):
        (folder / name).symlink_to(f"..data/{name}")
    async with following(folder, store, log) as runner:
        before = runner.caller()
        project("..2026_11_21_09_00_00.2", "Good day", "..2026_11_20_09_00_00.1")
        first = await goes_over(runner, log)
        project("..2026_11_22_09_00_00.3", "Good evening", "..2026_11_21_09_00_00.2")
        second = await goes_over(runner, log, "Good evening")
        assert runner.served == [first, second]
        assert before.hears == "Hello"


async def test_an_agent_whose_file_is_removed_and_brought_back(runner, folder, log):
    """It is called no more, its caller stays; brought back it is the release of before."""
    (folder / "shop.yaml").write_text(text("The shop", "shop"))
    both = await goes_over(runner, log, "Hello")
    in_shop = runner.caller("shop")
    content = (folder / "shop.yaml").read_text()
    (folder / "shop.yaml").unlink()
    alone = await goes_over(runner, log, "Hello")
    assert alone == runner.first
    with pytest.raises(KeyError):
        runner.caller("shop")
    assert in_shop.hears == "The shop"
    (folder / "shop.yaml").write_text(content)
    assert await goes_over(runner, log, "Hello") == both
    assert runner.caller("shop").hears == "The shop"
    (folder / "shop.yaml").unlink()
    await goes_over(runner, log, "Hello")
    (folder / "shop.yaml").write_text(text("Another shop", "shop"))
    await goes_over(runner, log, "Hello")
    assert runner.caller("shop").hears == "Another shop"
    assert runner.served[:3] == [both, alone, both]


async def test_a_needed_file_that_is_removed_and_brought_back(tmp_path, store, log):
    """Without it nothing changes for callers; the same file back again is no release."""
    whole = text("Hello")
    head, brain, tail = whole.partition("providers:")
    brain, personas, tail = (brain + tail).partition("personas:")
    files = {"desk.yaml": head + personas + tail, "brain.yaml": brain, "runner.yaml": QUICK}
    folder = folder_of(tmp_path / "agents.d", files)
    async with following(folder, store, log) as runner:
        (folder / "brain.yaml").unlink()
        await stays(runner, log, "E202")
        (folder / "brain.yaml").write_text(brain)
        outcome = await runner.outcome()
        assert (outcome.result, outcome.release) == ("unchanged", runner.first)
        (folder / "brain.yaml").unlink()
        await stays(runner, log, "E202")
        (folder / "brain.yaml").write_text(brain.replace("I hear you", "I understand"))
        new = await goes_over(runner, log, "Hello")
        assert runner.served == [new]


async def test_a_slow_writer_is_waited_for(tmp_path, store, log):
    """The first half of a file is a valid agent, and no caller gets it."""
    folder = folder_of(tmp_path / "agents.d", {"desk.yaml": text("Hello")})
    content = text("Good day")
    middle = content.rindex("      You say")
    async with following(folder, store, log) as runner:
        with (folder / "desk.yaml").open("w") as file:
            for part in (content[:middle], content[middle:]):
                file.write(part)
                file.flush()
                await asyncio.sleep(0.3)  # as slow as the writer is
        new = await goes_over(runner, log)
        assert runner.served == [new]
        assert "no more" in runner.caller().file.read_text()
        (folder / "desk.yaml").write_text(content[:middle])  # alone it would have been valid
        assert await goes_over(runner, log) != new


async def test_a_slow_prompt_that_is_named_only_now_is_waited_for(tmp_path, store, log):
    """A file names a prompt that is still being written: one release, with the whole prompt."""
    folder = folder_of(tmp_path / "agents.d", {"desk.yaml": text("Hello")})
    content = text("Good day").partition("    instructions:")[0]
    async with following(folder, store, log) as runner:
        (folder / "desk.yaml").write_text(text("Hi"))
        first = await goes_over(runner, log, "Hi")
        (folder / "desk.yaml").write_text(content + "    instructions_file: greeter.md\n")
        with (folder / "greeter.md").open("w") as file:
            await asyncio.sleep(DEFAULT * 0.75)
            for part in ("You greet. ", "You are brief."):
                file.write(part)
                file.flush()
                await asyncio.sleep(0.3)  # as slow as the writer is
        new = await goes_over(runner, log)
        assert runner.served == [first, new]
        assert runner.caller().agent.prompts == {"greeter_desk": "You greet. You are brief."}


async def test_a_file_that_stays_half_written_is_rejected(runner, folder, log):
    """It is told with its place, the old release is served; completed, it is served."""
    content = text("Good day")
    half = content[: content.index("personas:") + len("personas:\n  greet")]
    (folder / "desk.yaml").write_text(half)
    outcome = await stays(runner, log, "E104")
    assert outcome.release == runner.first
    assert {d.span.file for d in outcome.diagnostics} == {"desk.yaml"}
    assert runner.caller().hears == "Hello"
    (folder / "desk.yaml").write_text(content)
    new = await goes_over(runner, log)
    assert runner.served == [new]


async def test_forty_files_that_come_one_by_one_are_one_release(tmp_path, store, log):
    """A copy that takes most of a second is waited for: all of it is served, never a part."""
    names = [f"agent{n}" for n in range(40)]
    files = {f"{name}.yaml": text("Hello", name) for name in names}
    folder = folder_of(tmp_path / "agents.d", files)
    async with following(folder, store, log) as runner:
        before = [runner.caller(name) for name in names]
        for name in names:
            (folder / f"{name}.yaml").write_text(text("Good day", name))
            await asyncio.sleep(0.02)  # as slow as the copy is
        outcome = await runner.outcome()
        assert (outcome.result, runner.served) == ("ok", [outcome.release])
        assert {runner.caller(name).hears for name in names} == {"Good day"}
        assert {caller.hears for caller in before} == {"Hello"}
        assert len(log.named("reload")) == 1


async def test_a_prompt_and_the_file_that_names_it_are_one_release(tmp_path, store, log):
    """Saved together, the new words of both come together."""
    named = (
        text("Hello").partition("    instructions:")[0] + "    instructions_file: p/greeter.md\n"
    )
    folder = tmp_path / "agents.d"
    folder_of(folder, {"desk.yaml": named, "p/greeter.md": "Old.", "runner.yaml": QUICK})
    async with following(folder, store, log) as runner:
        before = runner.caller()
        (folder / "p" / "greeter.md").write_text("New.")
        (folder / "desk.yaml").write_text(named.replace("Hello", "Good day"))
        first = await goes_over(runner, log)
        assert runner.caller().agent.prompts == {"greeter_desk": "New."}
        assert before.agent.prompts == {"greeter_desk": "Old."}
        temporary_and_rename(folder / "p" / "greeter.md", "Newer.")
        second = await goes_over(runner, log)
        assert runner.caller().agent.prompts == {"greeter_desk": "Newer."}
        assert runner.served == [first, second]


async def test_a_folder_that_vanishes_and_comes_back(runner, folder, log):
    """Nothing is served of a folder that is gone; the same one back again changes nothing."""
    away = folder.with_name("away")
    folder.rename(away)
    outcome = await stays(runner, log, "E001")
    assert [d.message for d in outcome.diagnostics] == ["there is no such folder"]
    assert runner.caller().hears == "Hello"
    away.rename(folder)
    assert (await runner.outcome()).result == "unchanged"
    (folder / "desk.yaml").write_text(text("Good day"))
    new = await goes_over(runner, log)
    assert runner.served == [new]


async def test_a_folder_that_is_empty_for_a_while(runner, folder, log):
    """As where a volume is not mounted: nobody loses their agent."""
    away = folder.with_name("away")
    away.mkdir()
    for path in list(folder.iterdir()):
        path.rename(away / path.name)
    await stays(runner, log, "E201")
    assert runner.caller().hears == "Hello"
    for path in list(away.iterdir()):
        path.rename(folder / path.name)
    assert (await runner.outcome()).result == "unchanged"
    assert runner.served == []


class Disk(Store):
    """A store that is closed before its file system is."""

    close = Store.destroy


def mounted(place, size):
    """Whether a file system in memory could be mounted there."""
    if os.geteuid() != 0 or shutil.which("mount") is None:
        return False
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(place)]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@contextlib.contextmanager
def memory(place, size):
    """A file system in memory."""
    if not mounted(place, size):
        pytest.skip("this user may not mount a file system")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=False)


async def test_a_volume_that_is_unmounted_and_mounted_again(tmp_path, store, log):
    """The folder of the agents is a volume: away, it is served on; back, it is followed."""
    folder = tmp_path / "agents.d"
    folder.mkdir()
    with memory(folder, "1m"):
        folder_of(folder, {"desk.yaml": text("Hello"), "runner.yaml": QUICK})
        async with following(folder, store, log) as runner:
            await asyncio.to_thread(subprocess.run, ["umount", str(folder)], check=True)
            await stays(runner, log, "E201")
            assert mounted(folder, "1m")
            folder_of(folder, {"desk.yaml": text("Good day"), "runner.yaml": QUICK})
            first = await goes_over(runner, log)
            (folder / "desk.yaml").write_text(text("Good evening"))
            second = await goes_over(runner, log, "Good evening")
            assert runner.served == [first, second]


async def test_a_full_disk_under_the_store_keeps_the_old_release(short, folder, log):
    """Nothing of the new release is left there; with room again it is served."""
    with memory(short, "256k"), contextlib.closing(Disk(short)) as store:
        async with following(folder, store, log) as runner:
            before = runner.caller()
            kept = sorted(path.name for path in short.rglob("*"))
            filler = short / "filler"
            with contextlib.suppress(OSError), filler.open("wb", buffering=0) as file:
                while True:
                    file.write(bytes(4096))
            (folder / "desk.yaml").write_text(text("Good day"))
            outcome = await stays(runner, log, "E001")
            (problem,) = outcome.diagnostics
            assert "No space left on device" in problem.message
            assert sorted(p.name for p in short.rglob("*") if p != filler) == kept
            assert (runner.served, runner.caller().hears) == ([], "Hello")
            filler.unlink()
            (folder / "desk.yaml").write_text(text("Good evening"))
            new = await goes_over(runner, log, "Good evening")
            assert runner.served == [new]
            assert before.hears == "Hello"


@pytest.mark.skipif(sys.platform != "linux", reason="limits of other processes are Linux's")
async def test_a_disk_that_takes_no_more_keeps_the_old_release(folder):
    """No file may grow while the limit holds; afterwards asking for a reload is enough."""
    async with serving(folder) as runner:
        assert (await runner.turn("desk"))["text"] == "Hello"
        pid, limit = runner.process.pid, resource.RLIMIT_FSIZE
        most = resource.prlimit(pid, limit)
        resource.prlimit(pid, limit, (0, most[1]))
        (folder / "desk.yaml").write_text(text("Good day"))
        reload = await runner.event("reload")
        assert (reload["result"], reload["release"]) == ("rejected", runner.events[-2]["release"])
        assert "the release could not be stored" in reload["diagnostics"][0]["message"]
        assert (await runner.turn("desk"))["text"] == "Hello"
        resource.prlimit(pid, limit, most)
        answer = await runner.ask("/-/reload", {})
        assert (answer["result"], answer["diagnostics"]) == ("ok", [])
        turn = await runner.turn("desk")
        assert (turn["text"], turn["release"]) == ("Good day", answer["release"])


@pytest.mark.skipif(sys.platform != "linux", reason="root's rights are given up as on Linux")
async def test_a_file_that_may_not_be_read_is_rejected(folder):
    """It is told in plain words; once it may be read it is served, though nobody saved it again."""
    async with serving(folder, plain=True) as runner:
        first = runner.events[-1]["release"]
        hidden = folder / ".desk.new"
        hidden.write_text(text("Good day"))
        hidden.chmod(0)
        hidden.replace(folder / "desk.yaml")
        reload = await runner.event("reload")
        assert (reload["result"], reload["release"]) == ("rejected", first)
        (problem,) = [d for d in reload["diagnostics"] if d["code"] == "E001"]
        assert problem["file"] == "desk.yaml"
        assert problem["message"] == "this file cannot be read: lkrun is not allowed to"
        assert (await runner.turn("desk"))["text"] == "Hello"
        (folder / "desk.yaml").chmod(0o644)
        reload = await runner.event("reload")
        assert (reload["result"], reload["diagnostics"]) == ("ok", [])
        assert (await runner.turn("desk"))["text"] == "Good day"


KEYED = """\
tools:
  look:
    description: Look something up.
    http:
      url: http://127.0.0.1:PORT/look
      headers:
        X-Key: "{{ secrets.TOOL_KEY }}"
runner:
  network:
    allow:
      - 127.0.0.1
  reload:
    settle: 100ms
"""


async def test_a_secret_that_is_written_anew_is_used_by_the_next_request(tmp_path, service):
    """It is read again, which is told; the release stays, and so does the dialogue."""
    desk = text("Hello").replace("when_caller_says: hello\n          say: Hello again.",
                                 "when_caller_says: look\n          call: look")  # fmt: skip
    desk = desk.replace("    instructions: |", "    tools:\n      - look\n    instructions: |")
    keyed = KEYED.replace("PORT", str(service.server_port))
    folder = folder_of(tmp_path / "agents.d", {"desk.yaml": text("Hello"), "runner.yaml": QUICK})
    secrets = folder_of(tmp_path / "secrets", {"TOOL_KEY": "old-secret\n"})
    async with serving(folder, LKRUN_SECRETS_DIR=str(secrets)) as runner:
        (folder / "runner.yaml").write_text(keyed)
        (folder / "desk.yaml").write_text(desk)
        served = await runner.event("reload")
        assert (served["result"], served["diagnostics"]) == ("ok", [])
        turn = await runner.turn("desk", "look")
        assert service.keys == ["old-secret"]
        beside = secrets / ".new"
        beside.write_text("new-secret\n")
        beside.replace(secrets / "TOOL_KEY")
        reload = await runner.event("reload")
        assert (reload["result"], reload["release"]) == ("unchanged", served["release"])
        await runner.turn("desk", "look", turn["session_id"])
        assert service.keys == ["old-secret", "new-secret"]
        (secrets / "TOOL_KEY").unlink()
        reload = await runner.event("reload")
        assert (reload["result"], reload["release"]) == ("rejected", served["release"])
        assert [d["code"] for d in reload["diagnostics"]] == ["E405"]
        (secrets / "TOOL_KEY").write_text("third-secret")
        assert (await runner.event("reload"))["result"] == "unchanged"
        await runner.turn("desk", "look", turn["session_id"])
        assert service.keys[2:] == ["third-secret"]
    assert len([e for e in runner.events if e["event"] == "reload"]) == 4
    assert not any("-secret" in str(event) for event in runner.events)


async def test_a_touched_file_is_no_release(runner, folder, log):
    """New times and rights of the same content are read again and told, and change nothing."""
    (folder / "desk.yaml").touch()
    outcome = await runner.outcome()
    assert (outcome.result, outcome.release) == ("unchanged", runner.first)
    assert log.named("reload")[-1]["result"] == "unchanged"
    (folder / "desk.yaml").chmod(0o600)
    assert (await runner.outcome()).result == "unchanged"
    (folder / "desk.yaml").write_text(text("Good day"))
    first = await goes_over(runner, log)
    assert runner.served == [first]
