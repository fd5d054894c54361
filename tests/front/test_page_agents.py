"""The page's agents in a real Chromium."""

from __future__ import annotations

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

    def refuse():
        raise DialogueError("not_ready", "no release is served yet")

    runner.portraits = refuse
    await visit.page.goto(visit.address + "#agents")
    await visit.sees(".trouble", "No release is served yet.")
