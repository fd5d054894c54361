"""Another release is served: stored, told, kept, and given to new processes."""

import asyncio
import os
from types import SimpleNamespace

import pytest

from runner.egress.secrets import Secrets
from runner.secret import Secret
from runner.serve.credentials import LiveKit
from runner.serve.doors import FrontDoors
from runner.serve.metrics import Metrics
from runner.serve.releases.archive import Archive, ArchiveError
from runner.serve.reload.folder_state import FolderState
from runner.serve.reload.inherited import ChildEnvironment
from runner.serve.reload.reloader import ReloadResult
from runner.serve.reload.swap import Swap
from runner.serve.startup import ServeSettings

LIVEKIT = LiveKit("ws://lk:7880", "key", Secret("s" * 32))


class Texts:
    """Counts how often new dialogues were given another process."""

    renewed = 0

    async def renew(self):
        self.renewed += 1


class Workers:
    """Keeps whom it was told to register."""

    def follow(self, names):
        self.names = sorted(names)


@pytest.fixture
def texts():
    """The processes of dialogues."""
    return Texts()


@pytest.fixture
def env():
    """The environment as the runner found it."""
    return {"TOOL_KEY": "tool-secret", "LATER_KEY": "later-secret"}


@pytest.fixture
def surroundings(releases, env, texts, log):
    """What new processes have, without LiveKit."""
    made = ChildEnvironment(releases, Secrets(env), texts, log, env=env, livekit=None)
    made.begin()
    return made


@pytest.fixture
def archive(folder, tmp_path):
    """Kept releases."""
    return Archive.of(folder, {"LKRUN_STATE_DIR": str(tmp_path / "state")})


@pytest.fixture
def workers():
    """What LiveKit is told to register."""
    return Workers()


@pytest.fixture
def metrics(releases, calls):
    """What Prometheus reads."""
    return Metrics(releases, calls)


@pytest.fixture
async def succession(surroundings, renewals, workers, metrics, archive):
    """All of it; what it does beside is waited for."""
    tasks, releases = [], surroundings._releases
    made = Swap(
        releases,
        workers,
        surroundings,
        renewals,
        doors=FrontDoors(
            releases,
            surroundings._secrets,
            surroundings._log,
            env={},
            settings=ServeSettings(None, None, drain=1.0, follow=True, level="info", form="json"),
        ),
        folder=FolderState((), broken=False),
        metrics=metrics,
        log=surroundings._log,
        archive=archive,
        external=SimpleNamespace(reloaded=lambda: None),
        spawn=lambda work: tasks.append(asyncio.ensure_future(work)),
    )
    made.tasks = tasks
    yield made
    await asyncio.gather(*tasks)


async def test_a_swap_is_stored_served_and_registered(succession, workers, changed, releases):
    """New callers get it, and its agents are registered."""
    new = changed("  shop:", "  store:")
    await succession.swap(new)
    assert releases.current is new
    assert workers.names == ["desk", "store"]


async def test_what_is_told_is_logged_counted_and_kept(succession, changed, archive, log):
    """A release that was served can be gone back to, with what was new in it."""
    new = changed("Welcome", "Good day")
    await succession.swap(new)
    succession.tell(ReloadResult("ok", new.id))
    await asyncio.gather(*succession.tasks)
    (event,) = log.named("reload")
    assert (event["result"], event["level"], event["release"]) == ("ok", "info", new.id)
    assert archive.current() == new.id
    succession.tell(ReloadResult("rejected", new.id))
    assert log.named("reload")[1]["level"] == "error"
    assert (await succession.kept(new.id)).id == new.id
    with pytest.raises(ArchiveError, match="there is no kept release 'beef'"):
        await succession.kept("beef")


async def test_the_first_release_is_kept_with_what_is_new_since_the_last_run(
    succession, archive, changed, release
):
    """A runner that starts with other files says what has changed since it last served."""
    old = changed("Welcome", "Long ago")
    archive.keep(old, [])
    await succession.keep_first()
    newest = archive.rows()[0]
    assert newest.id == release.id
    assert any("Welcome" in sentence for sentence in newest.changed)
    await succession.keep_first()
    assert len(archive.rows()) == 2


async def test_an_archive_that_cannot_be_written_ends_nothing(succession, changed, tmp_path, log):
    """The release is served; that it is not kept is told."""
    (tmp_path / "state").write_text("a file where a folder belongs")
    new = changed("Welcome", "Good day")
    await succession.swap(new)
    await succession.keep(new, [])
    (event,) = log.named("release_not_kept")
    assert (event["release"], event["level"]) == (new.id, "warning")


async def test_a_secret_that_files_begin_to_use_leaves_the_environment(
    surroundings, changed, monkeypatch, texts, log
):
    """New processes of calls do not inherit it; the main process still knows it."""
    releases = surroundings._releases
    monkeypatch.setenv("LATER_KEY", "later-secret")
    releases.swap(changed("secrets.TOOL_KEY or 'none'", "secrets.LATER_KEY"))
    await surroundings.follow()
    assert "LATER_KEY" not in os.environ
    assert texts.renewed == 1
    (event,) = log.named("processes_renewed")
    assert event["reasons"] == ["without the secret LATER_KEY"]
    await surroundings.follow()
    assert texts.renewed == 1


async def test_a_new_package_begins_new_processes(surroundings, changed, releases, texts, log):
    """Once; and not for what the processes have already."""
    await surroundings.follow()
    assert texts.renewed == 0
    releases.swap(changed("providers:\n", "providers:\n  voice:\n    tts: espeak\n"))
    voiced = changed("  desk:\n    mode: text", "  desk:\n    tts: voice\n    mode: text")
    releases.swap(voiced)
    await surroundings.follow()
    (event,) = log.named("processes_renewed")
    (reason,) = event["reasons"]
    assert reason.startswith("lkrun-espeak ")
    await surroundings.follow()
    assert texts.renewed == 1


async def test_other_credentials_wait_for_a_restart(releases, env, texts, log):
    """It is said once; going back to the old ones is no news."""
    own = {**env, **LIVEKIT.to_env()}
    made = ChildEnvironment(releases, Secrets(own), texts, log, env=own, livekit=LIVEKIT)
    made._look_at_credentials()
    own["LIVEKIT_API_SECRET"] = "x" * 32
    made._look_at_credentials()
    made._look_at_credentials()
    del own["LIVEKIT_URL"]
    made._look_at_credentials()
    events = log.named("restart_needed")
    assert [e["what"] for e in events] == ["livekit", "livekit"]


async def test_secrets_are_kept_out_of_the_log(surroundings, log):
    """Also of what is logged after a reload."""
    surroundings.hide()
    log.event("x", "", told="tool-secret")
    assert "tool-secret" not in str(log.named("x"))
