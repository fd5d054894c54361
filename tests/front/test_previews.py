"""The link of a preview: what it opens, what it does not, and what the page makes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from front.test_tokens import APP, SEALED, Now, guarded
from support.one_loop import fixture
from support.visiting import WANTED, Visit

from runner.front.app import Front
from runner.front.routes import ROUTES
from runner.front.talks_port import Preview
from runner.secret import Secret

TOKEN = "lkpreview_of-a-friend"  # noqa: S105 - of these tests
LINKED = {"Authorization": f"Bearer {TOKEN}"}
MADE = datetime(2026, 3, 2, 8, 15, tzinfo=UTC)
SHOWN = Preview("preview_1", "r-of-the-folder", MADE, MADE + timedelta(hours=1))
OPENED = {
    "turn", "voice", "sessions", "session", "session_events", "session_audio", "session_test",
    "end_session", "ticket", "agents", "page_data", "page_agents",
}  # fmt: skip
"""The routes that a link opens; the page's files and the like are open anyway."""


@pytest.fixture
def runner(runner):
    """A runner that shows a preview."""
    runner.previews[Secret(TOKEN)] = SHOWN
    return runner


@fixture(params=[None, SEALED], ids=["open to this machine", "with tokens"])
async def ask(request, runner):
    """A front, whether or not others prove something."""
    async with guarded(runner, Now(tokens=request.param)) as client:
        yield client


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: r.name)
async def test_what_a_link_opens(ask, route, runner):
    """What is needed to talk with what it shows, and nothing else: the rest is 403 in words."""
    path = route.path.format(name="clinic", id="s-1", who="mary", file="dom.js")
    answer = await ask(route.method, path, headers=LINKED, json={})
    assert route.previews == (route.name in OPENED)
    if route.previews or route.open:
        assert answer.status not in (401, 403) or route.name == "job_status"
    else:
        assert (answer.status, answer.error["code"]) == (403, "not_for_previews")
        assert answer.error["help"]
        assert runner.asked == []
    assert TOKEN.encode() not in answer.body


@pytest.mark.parametrize("token", [f"{TOKEN}x", "lkpreview_", TOKEN[:-1], "lkpreview_" + "é" * 9])
async def test_a_link_that_is_over_opens_nothing(ask, runner, token):
    """On this machine too: who has one is told how to get another, not shown what is served."""
    answer = await ask("POST", "/v1/agents/clinic/turns", json={}, headers=_bearer(token))
    assert (answer.status, answer.error["code"]) == (401, "preview_over")
    assert "lkrun preview" in answer.error["help"]
    assert runner.asked == []


def _bearer(token):
    return {"Authorization": f"Bearer {token}"}


async def test_its_dialogues_have_what_it_shows(ask):
    """From its release, to be gone on with by its link; nobody else's are known to it."""
    begun = await ask("POST", "/v1/agents/clinic/turns", json={}, headers=LINKED)
    assert begun.json["release"] == SHOWN.release
    mine = begun.json["session_id"]
    more = {"text": "mary", "session_id": mine}
    assert (await ask("POST", "/v1/agents/clinic/turns", json=more, headers=LINKED)).status == 200
    seen = await ask("GET", "/v1/sessions", headers=LINKED)
    assert [each["id"] for each in seen.json] == [mine]
    assert (await ask("DELETE", f"/v1/sessions/{mine}", headers=LINKED)).status == 204


async def test_dialogues_of_others_are_unknown_to_it(ask, runner):
    """Neither said to, nor read, nor ended: 404, as of what is not there."""
    other = (await runner.turn("clinic", "", None, None, None)).session_id
    body = {"text": "mary", "session_id": other}
    for method, path, about in (
        ("POST", "/v1/agents/clinic/turns", {"json": body}),
        ("GET", f"/v1/sessions/{other}", {}),
        ("GET", f"/v1/sessions/{other}/events", {}),
        ("DELETE", f"/v1/sessions/{other}", {}),
    ):
        answer = await ask(method, path, headers=LINKED, **about)
        assert (answer.status, answer.error["code"]) == (404, "unknown_session"), path
    assert [each[1] for each in runner.asked] == [""]


async def test_a_call_by_voice_has_what_it_shows(ask, runner):
    """A browser sends the token as a subprotocol."""
    protocols = {"Sec-WebSocket-Protocol": f"lkrun, lkrun.bearer.{TOKEN}"}
    answer = await ask("GET", "/v1/agents/clinic/voice?rate=24000", headers=protocols)
    assert (answer.status, runner.shown) == (400, SHOWN)  # asked for without a WebSocket


async def test_the_page_is_told_what_it_shows(ask):
    """Its agents, its release, until when; nothing of the folder, and no LiveKit."""
    page = (await ask("GET", "/-/page.json", headers=LINKED)).json
    assert page["preview"] == {"expires": "2026-03-02T09:15:00Z"}
    assert page["release"] == {
        "id": SHOWN.release, "time": "2026-03-02T08:15:00Z", "agents": ["clinic"],
    }  # fmt: skip
    assert [each["name"] for each in page["agents"]] == ["clinic"]
    assert (page["livekit"], page["folder"]["diagnostics"]) == (None, [])


async def test_a_page_of_elsewhere_cannot_use_it(ask, runner):
    """The door of origins stands before it."""
    about = {**LINKED, "Origin": APP}
    assert (await ask("POST", "/v1/agents/clinic/turns", json={}, headers=about)).status == 403
    assert runner.asked == []


@WANTED
async def test_a_person_follows_the_link(browser, runner):
    """The token leaves the address; the page says what it is, when it is over, and how to go."""
    front = Front(runner, port=0)
    await front.start()
    context = await browser.new_context()
    visit = Visit(await context.new_page(), front)
    await visit.page.goto(f"{visit.address}#preview={TOKEN}")
    await visit.sees("#preview", "Callers still hear what is served.")
    assert TOKEN not in visit.page.url
    assert await visit.page.get_by_role("link", name="Calls").is_hidden()
    await visit.page.get_by_role("button", name="Write to clinic").click()
    await visit.sees(".agent .said", "Good day, this is Sunrise Dental.")
    assert await visit.page.locator("#release").inner_text() == SHOWN.release
    runner.previews.clear()
    await visit.says("mary")
    await visit.sees("#preview", "This preview is over. Make another link with lkrun preview")
    await visit.page.get_by_role("button", name="Leave the preview").click()
    await visit.page.get_by_role("heading", name="hotel").wait_for()
    assert await visit.page.locator("#preview").is_hidden()
    await context.close()
    await front.stop()
