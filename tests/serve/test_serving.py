"""What the HTTP front is told."""

import json
import re
from functools import partial

import pytest
import pytest_asyncio
from support.fake_jobs import FakeJobs

from runner.egress.port import ToolResponse
from runner.front.port import DialogueError
from runner.secret import Secret
from runner.serve.credentials import LiveKit
from runner.serve.metrics import Metrics
from runner.serve.records.recorder import Recorder
from runner.serve.releases.previews import Previews
from runner.serve.reload.folder_state import FolderState
from runner.serve.reload.reloader import Reloader
from runner.serve.runner import ServedRunner
from runner.serve.sessions.service_answers import LARGEST
from runner.serve.socket.messages import End
from runner.serve.workers.livekit import LiveKitAgents
from runner.serve.workers.neighbours import Neighbours
from runner.serve.workers.registrations import LostConnection

LIVEKIT = LiveKit("ws://lk:7880", "key", Secret("s" * 32))


class Workers:
    """Registrations that are as they are told to be."""

    def __init__(self, missing=(), lost=None):
        self._missing, self.lost = list(missing), lost

    def missing(self):
        return self._missing

    def registered(self, name):
        return name not in self._missing


class Target:
    """Serves nothing."""

    async def swap(self, release):
        pass

    def tell(self, outcome):
        pass


@pytest.fixture
def agents(store, admission, calls, log):
    """What LiveKit knows, with or without credentials; nothing is registered."""

    def make(livekit):
        return LiveKitAgents(
            livekit,
            store.root,
            admission,
            calls,
            log,
            neighbours=Neighbours(None),
            hear=lambda _: None,
        )

    return make


@pytest.fixture
def spoken_to(texts, voices):
    """Whom dialogues and calls of the front are had with."""
    return texts, voices


@pytest.fixture
def parts(socket, releases, calls, admission, spoken_to):
    """All that `ServedRunner` is made of, first."""
    assert socket
    return releases, calls, admission, *spoken_to


@pytest.fixture
def reloader(compiler):
    """Compiles the folder; serves nothing."""
    return Reloader(compiler, compiler.compile(), Target(), lambda _: [])


@pytest.fixture
def metrics(releases, calls):
    """What Prometheus reads."""
    return Metrics(releases, calls)


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A folder of the test's, in which it runs; the environment, which is empty."""
    monkeypatch.chdir(tmp_path)
    return {}


@pytest_asyncio.fixture
async def recorder(releases, calls, log, secrets, elsewhere):
    """Keeps what happens."""
    made = Recorder(releases, calls, log, secrets, elsewhere)
    yield made
    await made.stop()


@pytest.fixture
def about(reloader, recorder, releases):
    """What compiles the folder, what shows it, and what keeps what happens."""
    previews = Previews(releases, reloader.compiled_now)
    mask = partial(re.sub, "tool-secret", "…")
    return {
        "reloader": reloader, "recorder": recorder, "previews": previews,
        "mask": lambda event: json.loads(mask(json.dumps(event, ensure_ascii=False))),
    }  # fmt: skip


@pytest.fixture
def serving(parts, metrics, agents, about, outside):
    """A runner without LiveKit."""
    return ServedRunner(
        *parts,
        outside=outside,
        agents=agents(None),
        **about,
        external=FakeJobs(),
        outgoing=None,
        campaigns=None,
        metrics=metrics,
        folder=FolderState((), broken=False),
        livekit=None,
    )


@pytest.fixture
def with_livekit(parts, metrics, agents, about, outside):
    """A runner with LiveKit."""
    return ServedRunner(
        *parts,
        outside=outside,
        agents=agents(LIVEKIT),
        **about,
        external=FakeJobs(),
        outgoing=None,
        campaigns=None,
        metrics=metrics,
        folder=FolderState((), broken=False),
        livekit=LIVEKIT,
    )


def test_the_release_is_named(serving, release):
    """Id, time and agents."""
    shown = serving.release
    assert (shown["id"], shown["agents"]) == (release.id, ["desk", "shop"])
    assert shown["time"].endswith("Z")


def test_agents_are_listed(serving):
    """Each with its description, first persona, mode and all personas."""
    desk, shop = serving.agents()
    assert (desk.name, desk.description, desk.start, desk.mode) == (
        "desk",
        "The desk",
        "greeter",
        "text",
    )
    assert (desk.registered, desk.personas, shop.description) == (False, ("greeter",), None)


def test_text_is_ready_at_once(serving, admission):
    """Without LiveKit nothing is waited for; while draining nobody is let in."""
    assert (serving.not_ready(), serving.livekit_url, serving.meet_link("desk")) == (
        None,
        None,
        None,
    )
    admission.draining = True
    assert serving.not_ready() == "the runner is shutting down"


def test_with_livekit_all_agents_must_be_registered(with_livekit):
    """The reason names those that are missing."""
    assert with_livekit.livekit_url == "ws://lk:7880"
    assert with_livekit.not_ready() == "the runner is starting"
    with_livekit._agents._workers = Workers(["shop"])
    assert with_livekit.not_ready() == "not registered with LiveKit: shop"
    assert [a.registered for a in with_livekit.agents()] == [True, False]
    lost = LostConnection("LiveKit at ws://lk:7880 cannot be reached (off)", "off", "start it")
    with_livekit._agents._workers = Workers(["shop"], lost)
    assert with_livekit.not_ready() == (
        "not registered with LiveKit: shop; LiveKit at ws://lk:7880 cannot be reached (off); "
        "start it"
    )
    with_livekit._agents._workers = Workers()
    assert with_livekit.not_ready() is None


def test_a_meet_link_carries_server_and_token(with_livekit):
    """LiveKit Meet's form for servers of one's own."""
    link = with_livekit.meet_link("desk")
    assert link.startswith(
        "https://meet.livekit.io/custom?liveKitUrl=ws%3A%2F%2Flk%3A7880&token=ey"
    )


async def test_dialogues_and_calls_are_shown_and_ended(serving, calls):
    """A dialogue can be read and ended; later it is unknown."""
    turn = await serving.turn("desk", "i am mary", None, None, None)
    call = calls.begin("AJ_1", "shop", "call", room="r")
    assert {s.id for s in serving.sessions()} == {turn.session_id, "AJ_1"}
    shown = await serving.session(turn.session_id)
    assert (shown["kind"], shown["turns"], shown["variables"]) == ("text", 1, {"name": "mary"})
    assert shown["events"][0]["text"] == "Welcome to the desk."
    await serving.end(turn.session_id)
    await serving.end("AJ_1")
    assert [s.id for s in serving.sessions()] == ["AJ_1"]
    sent = []
    call.peer = type("P", (), {"send": lambda _, m: sent.append(m)})()
    await serving.end("AJ_1")
    assert sent == [End("AJ_1", "shutdown")]


async def test_what_is_unknown_is_refused(serving, admission):
    """Agents, dialogues and calls that are not here, and everything new while draining."""
    for ask in (serving.session("x"), serving.end("x")):
        with pytest.raises(DialogueError) as refused:
            await ask
        assert refused.value.code == "unknown_session"
    with pytest.raises(DialogueError) as refused:
        await serving.turn("nobody", "hello", None, None, None)
    assert refused.value.code == "unknown_agent"
    admission.draining = True
    with pytest.raises(DialogueError) as refused:
        await serving.turn("desk", "hello", None, None, None)
    assert refused.value.code == "draining"


async def test_a_reload_is_asked_for(serving, folder, admission):
    """The answer holds release and diagnostics; before the runner has begun there is none."""
    with pytest.raises(DialogueError, match="starting"):
        await serving.reload()
    serving.begin()
    assert (await serving.reload())["result"] == "unchanged"
    path = folder / "desk.yaml"
    path.write_text(path.read_text().replace("start: greeter", "start: nobody"))
    result = await serving.reload()
    assert (result["result"], result["diagnostics"][0]["code"]) == ("rejected", "E202")
    serving._reloader._lacking = None
    with pytest.raises(RuntimeError, match="TypeError"):
        await serving.reload()
    admission.draining = True
    with pytest.raises(DialogueError, match="shutting down"):
        await serving.reload()


def test_metrics_are_prometheus_text(serving, calls, release):
    """Names are Prometheus's own for configurations; sessions are told by release."""
    calls.begin("AJ_1", "shop", "call", room="r")
    figures = serving.metrics()
    assert "lkrun_config_last_reload_successful 1.0\n" in figures
    assert f'lkrun_sessions{{agent="shop",kind="call",release="{release.id}"}} 1.0\n' in figures
    assert f'lkrun_sessions{{agent="desk",kind="text",release="{release.id}"}} 0.0\n' in figures
    assert f'lkrun_release_info{{release="{release.id}",' in figures


async def test_what_was_said_is_had_as_a_test(serving, calls):
    """Words, calls and their answers in their order, secrets masked; and that it has ended."""
    call = calls.begin("text_1", "desk", "text")
    calls.answer(call)
    row = {"turn": 1, "name": "look", "call_id": "c"}
    for event in (
        {"turn": 0, "type": "message", "role": "agent", "persona": "greeter", "text": "Hello."},
        {"turn": 1, "type": "message", "role": "user", "persona": "greeter", "text": "look"},
        {**row, "type": "tool_call", "arguments": {}},
        {**row, "type": "tool_result", "output": '{"key": "tool-secret"}', "error": False},
        {"turn": 1, "type": "message", "role": "agent", "persona": "greeter", "text": "Looked."},
    ):
        calls.take(call, event)
    call.services.whole = False  # more than is kept: it is guessed from what the model saw
    while_on = await serving.as_test("text_1")
    for line in ("    agent: desk", "      - user: look", "            - look", '"key": "…"'):
        assert line in while_on
    calls.end("text_1", "end_call")
    assert "ends_call: yes" in await serving.as_test("text_1")


def answered(**about):
    """What came of a request."""
    return ToolResponse(ok="error" not in about, output="what the model saw", **about)


async def test_what_services_answered_is_what_they_answer_in_its_test(serving, calls, secrets):
    """The whole answer, not what the model saw of it; failures too; of too much, nothing."""
    call = calls.begin("text_1", "desk", "text")
    mask = secrets.mask()
    call.services.add("look", answered(result={"found": True}, status=200), mask)
    call.services.add("look", answered(error="not found", status=404, data="no such"), mask)
    call.services.add("look", answered(error="it could not be reached"), mask)
    text = await serving.as_test("text_1")
    for line in ('"found": true', "returns: no such", "status: 404", "fails: it could not be"):
        assert line in text
    call.services.add("look", answered(result="x" * LARGEST, status=200), mask)
    assert (call.services.whole, "mocks" in await serving.as_test("text_1")) == (False, False)


async def test_a_test_of_nothing_is_refused(serving):
    """Of a session that is not known."""
    with pytest.raises(DialogueError, match="there is no such dialogue or call"):
        await serving.as_test("text_9")
