"""Previews as the runner keeps them: of the folder as it is, for an hour, served to nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from runner.diagnostics import Diagnostic, Span
from runner.front.port import DialogueError
from runner.secret import Secret
from runner.serve.releases import previews as module
from runner.serve.releases.previews import LASTS, Previews
from runner.serve.reload.reloader import Reloader
from runner.serve.socket.messages import CommandResult, PreviewShown

SPEAKING = "  bakery:\n    stt: deepgram/nova-3\n    tts: cartesia/sonic-3"


class Clock:
    """A clock that a test sets."""

    def __init__(self):
        """Begin some day."""
        self.now = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)

    def __call__(self):
        """The time."""
        return self.now


class Target:
    """Nobody is served anything."""

    async def swap(self, release):
        raise AssertionError(release)

    def tell(self, outcome):
        raise AssertionError(outcome)


@pytest.fixture
def clock():
    """The time."""
    return Clock()


@pytest.fixture
def previews(releases, compiler, clock):
    """Those of the folder."""
    reloader = Reloader(compiler, compiler.compile(), Target(), lambda _: [])
    made = Previews(releases, reloader.compiled_now, clock)
    made.address = lambda: "http://127.0.0.1:8090"
    return made


@pytest.fixture
def edited(folder, releases):
    """The folder, saved with another greeting; the runner does not follow it."""
    assert releases.current
    path = folder / "desk.yaml"
    path.write_text(path.read_text().replace("Welcome", "Good day"))


def of(previews, shown):
    """What a link shows."""
    return previews.of(Secret(shown.url.rpartition("=")[2]))


@pytest.mark.usefixtures("edited")
async def test_the_folder_is_shown_as_it_is(previews, releases, release):
    """Callers keep what is served; the link names its release, its end, and what is new."""
    shown = await previews.make()
    assert isinstance(shown, PreviewShown)
    assert shown.url.startswith("http://127.0.0.1:8090/#preview=lkpreview_")
    assert shown.expires == "2026-03-02T09:15:00Z"
    assert releases.current == release
    assert shown.release != release.id
    assert any("Good day" in sentence for sentence in shown.changes)
    assert of(previews, shown).release == shown.release


@pytest.mark.usefixtures("edited")
async def test_it_lasts_an_hour(previews, releases, clock):
    """Then no conversation begins with it, and what nobody uses is not kept."""
    shown = await previews.make()
    clock.now += LASTS - timedelta(seconds=1)
    assert of(previews, shown) is not None
    clock.now += timedelta(seconds=1)
    previews.look()
    assert of(previews, shown) is None
    assert releases.release(shown.release) is None


@pytest.mark.usefixtures("edited")
async def test_a_conversation_outlives_it(previews, releases, calls, clock):
    """What has begun goes on with the release that it has."""
    shown = await previews.make()
    call = calls.begin("text_1", "desk", "text", preview=of(previews, shown))
    clock.now += LASTS
    previews.look()
    assert (call.release, releases.release(shown.release).id) == (shown.release, shown.release)
    calls.end("text_1", "caller_left")
    assert releases.release(shown.release) is None


@pytest.mark.usefixtures("edited")
async def test_no_reload_reaches_its_conversations(previews, releases, calls, renewals, changed):
    """Whoever looks at a preview is not given what is served instead, with next_turn either."""
    renewals._always = True
    call = calls.begin("text_1", "desk", "text", preview=of(previews, await previews.make()))
    releases.swap(changed("Good day", "Hello"))
    assert not renewals._wanted(call, releases.current.agents["desk"])
    assert call.release != releases.current.id


async def test_an_agent_that_is_not_served_is_spoken_with(previews, folder, voices, calls):
    """A new agent of the folder, in a preview; nobody else knows of it."""
    path = folder / "desk.yaml"
    path.write_text(path.read_text().replace("  shop:\n    mode: text", SPEAKING))
    preview = of(previews, await previews.make())
    voices.check("bakery", preview)
    with pytest.raises(DialogueError, match="there is no agent 'bakery'"):
        voices.check("bakery")
    with pytest.raises(DialogueError, match="there is no agent 'shop'"):
        voices.check("shop", preview)
    assert calls.begin("text_1", "bakery", "text", preview=preview).agent == "bakery"


async def test_what_has_mistakes_is_not_shown(previews, folder, releases):
    """Whoever asks is told them."""
    (folder / "desk.yaml").write_text("agents:\n  desk:\n    strat: x\n")
    told = await previews.make()
    assert isinstance(told, CommandResult)
    assert "strat" in told.message
    assert list(releases.kept()) == [releases.current.id]


async def test_a_secret_without_a_value_is_told(releases, compiler):
    """It would fail for whoever tries it, so there is no link."""
    missing = (Diagnostic(Span("desk.yaml"), "E405", "the secret PRICE_KEY has no value"),)
    told = await Previews(releases, lambda: (compiler.compile(), missing)).make()
    assert (told.result, told.message) == ("rejected", "the secret PRICE_KEY has no value")


async def test_a_full_disk_is_told(previews, releases, monkeypatch):
    """Nothing is kept half."""

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(releases, "prepare", full)
    told = await previews.make()
    assert told.message == "there is no place to keep it: No space left on device"


async def test_there_are_not_more_than_some(previews, monkeypatch):
    """The oldest is over where another one would be too many."""
    monkeypatch.setattr(module, "MOST", 2)
    links = [await previews.make() for _ in range(3)]
    assert [of(previews, each) is not None for each in links] == [False, True, True]


async def test_what_is_served_may_be_shown(previews, releases):
    """Nothing is new in it; when it is over, it is served on."""
    shown = await previews.make()
    assert (shown.release, shown.changes) == (releases.current.id, [])
