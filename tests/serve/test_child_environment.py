"""What a provider's package finds in the environment of a call, of main, and of a check."""

from __future__ import annotations

import hashlib
import json
import os

import pytest
from support import nosy
from support.command import serving

from runner.child_environment import HELD_BACK
from runner.serve.environment import confine, named

pytestmark = pytest.mark.cold

SEEN = {"NOSY_REGION": "eu", "LC_TIME": "de_DE.UTF-8"}
SECRET = {"TOOL_KEY": "the-tools-secret", "DATABASE_URL": "the-database", "BRAIN_KEY": "the-key"}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder whose agent has the provider."""
    site = tmp_path / "site"
    nosy.install(site)
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    monkeypatch.setenv("PYTHONPATH", path)
    folder = tmp_path / "agents.d"
    folder.mkdir()
    (folder / "a.yaml").write_text(nosy.FOLDER)
    return folder


def save(folder, old, new):
    """Save the file with some words replaced."""
    path = folder / "a.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def digest(text):
    """As the provider tells its key: the key itself nobody is shown."""
    return hashlib.sha256(text.encode()).hexdigest()


async def seen_by_provider(runner):
    """What the provider finds in a new dialogue."""
    return json.loads((await runner.turn("nosy", "tell"))["text"])


async def test_a_package_sees_what_it_needs_now_and_after_a_reload(folder, tmp_path):
    """No secret of a tool, here or above; what an author names comes, and goes again."""
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    (secrets / "OTHER_KEY").write_text("another-key")
    async with serving(folder, **SEEN, **SECRET, LKRUN_SECRETS_DIR=str(secrets)) as runner:
        seen = await seen_by_provider(runner)
        assert (seen["key"], seen["dumpable"]) == (digest("the-key"), 0)
        assert SEEN.items() <= seen["env"].items()
        assert {"PATH", "PYTHONPATH"} <= seen["env"].keys()
        assert not (SECRET.keys() | {"LKRUN_SECRETS_DIR"}) & seen["env"].keys()
        assert {name: seen["above"].get(name, 0) for name in SECRET} == dict.fromkeys(SECRET, 0)
        save(folder, "secrets.BRAIN_KEY", "secrets.OTHER_KEY")  # first: only the other renews
        save(folder, "runner:\n", "runner:\n  environment:\n    - DATABASE_URL\n")
        renewed = await runner.event("processes_renewed")
        assert renewed["reasons"] == ["with the variable DATABASE_URL"]
        seen = await seen_by_provider(runner)
        assert (seen["key"], seen["env"]["DATABASE_URL"]) == (
            digest("another-key"),
            "the-database",
        )
        save(folder, "    - DATABASE_URL\n", "    - NOTHING\n")
        renewed = await runner.event("processes_renewed")
        assert renewed["reasons"] == ["without the variable DATABASE_URL"]
        assert "DATABASE_URL" not in (await seen_by_provider(runner))["env"]


async def test_a_package_that_misses_a_variable_says_how_it_gets_it(folder):
    """Who reads the log learns which name to write where; written there, the agent talks."""
    save(folder, "    with:\n", "    with:\n      needs: DATABASE_URL\n")
    async with serving(folder, **SECRET) as runner:
        with pytest.raises(OSError, match="503"):
            await seen_by_provider(runner)
        await runner.event("log")  # whose code it is
        logged = await runner.event("log")
        assert (
            "DATABASE_URL is set, but providers do not see it: name it below runner.environment"
            in logged["message"]
        )
        save(folder, "runner:\n", "runner:\n  environment:\n    - DATABASE_URL\n")
        await runner.event("processes_renewed")
        assert (await seen_by_provider(runner))["env"]["DATABASE_URL"] == "the-database"


def test_what_is_new_and_gone_is_said_by_its_name(monkeypatch):
    """Only what the runner began with is touched; what is gone is gone for the system too."""
    monkeypatch.setenv("LKRUN_WARM", "{}")
    monkeypatch.setenv(HELD_BACK, "")
    monkeypatch.setenv("A_SECRET", "s")
    monkeypatch.setenv("B_PLAIN", "b")
    monkeypatch.setenv("C_KEPT", "")
    monkeypatch.delenv("C_KEPT")
    env = {"A_SECRET": "s", "B_PLAIN": "b", "C_KEPT": "c", HELD_BACK: "of another runner"}
    new, gone = confine({"C_KEPT": "c"}, env)
    assert (new, gone) == (["C_KEPT"], ["A_SECRET", "B_PLAIN"])
    assert env.keys() & os.environ.keys() == {"C_KEPT", HELD_BACK}
    assert (os.environ["LKRUN_WARM"], os.environ[HELD_BACK]) == ("{}", "A_SECRET B_PLAIN")
    assert named(new, gone, {"A_SECRET"}) == [
        "without the secret A_SECRET", "without the variable B_PLAIN", "with the variable C_KEPT",
    ]  # fmt: skip
