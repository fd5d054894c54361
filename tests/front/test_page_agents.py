"""The page's agents in a real Chromium."""

from __future__ import annotations

from support.fake_jobs import AGENT
from support.visiting import WANTED

from runner.front.port import DialogueError

pytestmark = WANTED


async def test_an_agent_is_drawn_and_told(visit, runner):
    """Boxes and arrows, the same in words, what it speaks with; all as text."""
    runner.livekit_url = "wss://calls.example"
    await visit.page.goto(visit.address)
    await visit.page.get_by_role("link", name="Agents", exact=True).click()
    clinic = visit.page.locator("[data-portrait=clinic]")
    await clinic.wait_for()
    assert "Speaks · ready for calls" in await clinic.inner_text()
    names = await clinic.locator("svg .name").all_text_contents()
    assert names == ["▶ receptionist", "booking"]
    assert await clinic.locator("svg .way").count() == 1
    assert await clinic.locator("svg text").nth(1).text_content() == "the caller <b>books</b>"
    await clinic.locator("summary").click()
    words = await clinic.locator("li").all_inner_texts()
    assert words[1] == "From receptionist to booking: the caller <b>books</b>."
    facts = await clinic.locator(".vars").inner_text()
    assert "brain (openai · gpt-4.1)" in facts
    assert "find_slots" in facts
    hotel = visit.page.locator("[data-portrait=hotel]")
    assert "not ready for calls yet" in await hotel.inner_text()
    runner.livekit_url = None
    await visit.page.reload()
    await visit.sees("[data-portrait=hotel]", "over this page alone")
    assert visit.complaints == []


async def test_from_an_agent_to_its_calls_and_figures(visit, runner):
    """What is shown there is of this agent alone."""
    await visit.page.goto(visit.address + "#agents")
    await visit.page.locator("[data-portrait=survey]").get_by_text("Its calls").click()
    await visit.sees("h1", "Calls")
    assert await visit.page.get_by_label("Agent", exact=True).input_value() == "survey"
    await visit.page.go_back()
    await visit.page.locator("[data-portrait=clinic]").get_by_text("Its figures").click()
    await visit.sees(".sums")
    assert runner.records.asked[-1][0] == "clinic"


async def test_that_the_agents_cannot_be_had_is_told(visit, runner):
    """In words, in their place."""

    def refuse(_release=None):
        raise DialogueError("not_ready", "no release is served yet")

    runner.portraits = refuse
    await visit.page.goto(visit.address + "#agents")
    await visit.sees(".trouble", "No release is served yet.")


async def test_an_external_agent_is_told_of(visit):
    """Where its jobs go, how it is, who takes its place, and what it was sent last; as text."""
    await visit.page.goto(visit.address + "#agents")
    guide = visit.page.locator("[data-external=guide]")
    await guide.wait_for()
    told = await guide.inner_text()
    assert "A program of its own · ready for calls" in told
    for words in ("http://x.example/", "Not asked", "Jobs are posted to it", "an apology is said"):
        assert words in told
    await guide.locator("summary").click()
    (sent,) = await guide.locator("li").all_inner_texts()
    assert sent == "s-1: given up after 3 attempts (it was down)"
    await visit.page.locator("[data-portrait=clinic]").wait_for()
    assert visit.complaints == []


async def test_an_external_agent_that_is_left_out_says_why(visit, runner):
    """A program that is gone, or that does not answer, is not called ready."""
    trouble = {"state": "unhealthy", "failures": 3, "error": "<b>it is down", "ms": None}
    gone = {**AGENT, "disabled": True, "fallback": "desk"}
    down = {**AGENT, "name": "down", "health": trouble, "breaker": "open"}
    runner.external.served = [gone, down]
    await visit.page.goto(visit.address + "#agents")
    await visit.sees("[data-external=guide]", "left out for now")
    await visit.sees("[data-external=guide]", "It said that it is gone (410)")
    await visit.sees("[data-external=guide]", "desk takes the call")
    await visit.sees("[data-external=down]", "asked 3 times in vain (<b>it is down)")
    await visit.sees("[data-external=down]", "for half a minute calls go elsewhere")
    assert visit.complaints == []


async def test_a_campaign_shows_how_far_it_is_and_is_paused_and_gone_on_with(visit, runner):
    """Counts by outcome, state and buttons by the keyboard alone; the focus stays where it was."""
    await visit.page.goto(visit.address + "#agents")
    card = visit.page.locator("[data-campaign=clinic]")
    await card.wait_for()
    told = await card.inner_text()
    assert "Running · desk calls · 1 of 1 contact done" in told
    assert await card.locator("dl div").all_inner_texts() == [
        "waiting\n0", "on the phone now\n0", "answered\n1",
    ]  # fmt: skip
    await card.get_by_role("button", name="Pause").focus()
    await visit.page.keyboard.press("Enter")
    await visit.sees("[data-campaign=clinic] .line", "Paused")
    assert runner.campaigns.state == "paused"
    await visit.page.keyboard.press("Enter")  # the button in its place: Go on
    await visit.sees("[data-campaign=clinic] .line", "Running")
    assert runner.campaigns.state == "running"
    assert visit.complaints == []


async def test_campaigns_that_cannot_be_had_say_why(visit, runner):
    """They are not left out in silence; once they can be had they are shown, and it is quiet."""
    words = "records.db: another program keeps it locked"
    runner.campaigns.refuses = DialogueError("records_unavailable", words)
    await visit.page.goto(visit.address + "#agents")
    await visit.sees(".campaigns .away", "How far campaigns are cannot be shown now.")
    await visit.sees(".campaigns .away", "keeps it locked")
    runner.campaigns.refuses = None
    await visit.sees("[data-campaign=clinic] .line", "Running")
    assert not await visit.page.locator(".campaigns .away").is_visible()


async def test_a_campaign_is_ended_only_after_a_second_yes(visit, runner):
    """Whoever starts it afterwards has everybody called again; a state from elsewhere is shown."""
    asked = []
    await visit.page.goto(visit.address + "#agents")
    stop = visit.page.locator("[data-campaign=clinic]").get_by_role("button", name="Stop")

    async def no(dialog):
        asked.append(dialog.message)
        await dialog.dismiss()

    visit.page.once("dialog", no)
    await stop.click()
    assert "called again" in asked[0]
    assert runner.campaigns.state == "running"
    visit.page.once("dialog", lambda dialog: dialog.accept())
    await stop.click()
    await visit.sees("[data-campaign=clinic] .line", "Stopped")
    runner.campaigns.state = "finished"
    await visit.sees("[data-campaign=clinic] .line", "Finished")
