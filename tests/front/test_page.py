"""The page in a real Chromium."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil

import pytest
from support.fake_runner import FakeRunner

from runner.front.app import Front
from runner.front.port import DialogueError

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))),
    None,
)
MISSING = CHROMIUM is None or importlib.util.find_spec("playwright") is None

pytestmark = pytest.mark.skipif(
    MISSING and os.environ.get("CI") != "true",
    reason="needs Chromium and the package playwright (in CI they must be there)",
)


@pytest.fixture
async def browser():
    from playwright.async_api import async_playwright  # noqa: PLC0415 - only where it is installed

    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(executable_path=CHROMIUM)
        yield made
        await made.close()


class Visit:
    """A person in front of the page; what the browser complains about is kept."""

    def __init__(self, page, front) -> None:
        """Take a browser's page and the front."""
        self.page, self.front = page, front
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda said: said.type == "error" and self.complaints.append(said.text),
        )

    @property
    def address(self):
        host, port = self.front.address
        return f"http://{host}:{port}/"

    async def begin(self, agent="clinic"):
        await self.page.goto(self.address)
        await self.page.get_by_role("button", name=f"Start talking with {agent}").click()
        await self.sees(".agent .said", "Good day, this is Sunrise Dental.")

    async def says(self, text):
        await self.page.get_by_label("Your message").fill(text)
        await self.page.get_by_label("Your message").press("Enter")

    async def sees(self, where, text=""):
        found = self.page.locator(where).filter(has_text=text).last
        await found.wait_for(state="visible", timeout=10_000)
        return found


@pytest.fixture
async def visit(browser, front):
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    made = Visit(await context.new_page(), front)
    yield made
    await context.close()


async def test_a_person_talks_with_an_agent(visit):
    """Two turns: the tool with its arguments and answer, the handoff and the variable are seen."""
    await visit.begin()
    await visit.says("I need an appointment")
    await visit.sees("[data-handoff=booking]", "Handed over to booking")
    await visit.sees(".personas .now", "booking")
    await visit.says("A cleaning, please")
    tool = await visit.sees("[data-tool=add_treatment]", "done")
    assert "treatment: cleaning, teeth: 1" in await tool.inner_text()
    await tool.locator("summary").click()
    assert await tool.locator("pre").all_inner_texts() == ["treatment: cleaning\nteeth: 1", "noted"]
    changed = await visit.sees(".vars .changed", "treatments")
    assert "treatment: cleaning" in await changed.inner_text()
    assert await visit.page.locator(".vars .changed").count() == 1
    await visit.sees("#release", "r-7f3a9c21")
    assert visit.complaints == []


async def test_a_failed_tool_is_seen_as_failed(visit):
    """The row says so, and shows what went wrong."""
    await visit.begin()
    await visit.says("my invoice")
    row = await visit.sees("[data-tool=look_up_invoice].failed", "failed")
    await row.locator("summary").press("Enter")
    await visit.sees(".failed pre", "the service did not answer")


async def test_words_are_never_html(visit):
    """What the agent and the person say is shown letter by letter."""
    await visit.begin()
    await visit.says("html <b>me</b>")
    await visit.sees(".mine", "html <b>me</b>")
    await visit.sees(".agent .said", "<img src=x onerror")
    assert await visit.page.locator("#log img, #log b").count() == 0
    assert await visit.page.title() == "clinic · lkrun"


async def test_the_keyboard_is_enough(visit):
    """Enter sends, Shift+Enter breaks the line, arrow-up brings back what was said."""
    await visit.begin()
    box = visit.page.get_by_label("Your message")
    assert await box.evaluate("box => box === document.activeElement")
    await box.type("one")
    await box.press("Shift+Enter")
    await box.type("two")
    await box.press("Enter")
    bubble = await visit.sees(".mine", "one")
    assert (await bubble.locator(".said").inner_text()).endswith("one\ntwo")
    await visit.sees(".agent .said", "Sorry, I did not understand.")
    await box.fill("a draft")
    await box.press("Home")
    await box.press("ArrowUp")
    assert await box.input_value() == "one\ntwo"
    await box.press("ArrowDown")
    assert await box.input_value() == "a draft"


async def test_waiting_is_shown(visit, runner):
    """While the agent thinks, dots say so, and nothing is sent twice."""
    await visit.begin()
    runner.gate.clear()
    await visit.says("mary")
    await visit.sees("#typing", "receptionist is answering")
    await visit.says("again")
    runner.gate.set()
    await visit.sees(".agent .said", "Thank you, Mary.")
    await visit.page.wait_for_selector("#typing", state="hidden")
    assert [each[1] for each in runner.asked] == ["", "mary"]
    assert await visit.page.get_by_label("Your message").input_value() == "again"


async def test_the_end_offers_a_new_start(visit):
    """A conversation that ended says why; a new one begins with one click."""
    await visit.begin()
    await visit.says("goodbye")
    await visit.sees("#over", "The agent has ended the conversation.")
    await visit.page.get_by_role("button", name="Start again").click()
    await visit.sees(".agent .said", "Good day")
    assert await visit.page.locator(".agent").count() == 1
    await visit.page.get_by_role("button", name="End", exact=True).click()
    await visit.sees("#over", "You have ended the conversation.")
    await visit.page.get_by_role("button", name="All agents").click()
    await visit.sees("#lobby-title", "Who would you like to talk to?")


async def test_a_reload_of_the_page_goes_on(visit):
    """The conversation stands in the address: after a reload all is there again."""
    await visit.begin()
    await visit.says("I need an appointment")
    await visit.sees("[data-handoff=booking]")
    await visit.page.reload()
    await visit.sees(".mine", "I need an appointment")
    await visit.sees("[data-tool=transfer_to_booking]", "done")
    await visit.says("a cleaning")
    await visit.sees(".vars .changed", "treatments")
    await visit.page.go_back()
    await visit.sees("#lobby-title")


async def test_refusals_are_told_in_plain_words(visit, runner):
    """A text that is too long stays in the box, and the page says what to do."""
    await visit.begin()
    await visit.says("x" * 70_000)
    await visit.sees("#trouble", "This message is too long. Please send it in parts.")
    assert len(await visit.page.get_by_label("Your message").input_value()) == 70_000
    runner.dialogues.clear()
    await visit.says("hello")
    await visit.sees("#over", "The runner no longer knows this conversation")


async def test_a_runner_that_goes_and_comes_back(visit, front):
    """The page says that the runner is gone, keeps the words, and goes on by itself."""
    await visit.begin()
    port = front.address[1]
    await front.stop()
    await visit.says("mary")
    await visit.sees("#banner", "The runner does not answer.")
    await visit.sees("#trouble", "Your message did not get through.")
    assert await visit.page.get_by_label("Your message").input_value() == "mary"
    other = Front(FakeRunner(), port=port)
    await other.start()
    try:
        await visit.sees("#banner", "The runner is back.")
        await visit.sees("#over", "The runner has been started again")
    finally:
        await other.stop()


async def test_livekit_is_offered_where_it_is(visit, runner):
    """Without LiveKit one line says how to connect it; with it each agent has a voice link."""
    await visit.page.goto(visit.address)
    await visit.sees("#connect", "LIVEKIT_URL")
    assert await visit.page.locator("a[data-agent]:visible").count() == 0
    runner.livekit_url = "wss://example.livekit.cloud"
    await visit.page.reload()
    link = visit.page.get_by_role("link", name=re.compile("Talk by voice with clinic"))
    await link.wait_for()
    assert (await link.get_attribute("href")).startswith("https://meet.livekit.io/custom?")
    await visit.sees(".card", "Voice is not ready yet")
    assert await visit.page.locator("#connect").is_hidden()


async def test_before_there_is_a_release(visit, runner):
    """A runner that serves nothing yet says so, and the agents appear once they are there."""
    release, runner.release = runner.release, {}
    await visit.page.goto(visit.address)
    await visit.sees("#lobby-lead", "No release is served yet.")
    runner.release = release
    await visit.sees(".card", "clinic")


async def test_a_failed_beginning_can_be_tried_again(visit, runner):
    """Where a conversation cannot begin, the page says why and offers to start again."""
    runner.refuses = DialogueError("full", "the runner holds 1,000 dialogues")
    await visit.page.goto(visit.address)
    await visit.page.get_by_role("button", name="Start talking with clinic").click()
    await visit.sees("#over", "The conversation could not begin. The runner is busy")
    runner.refuses = None
    await visit.page.get_by_role("button", name="Start again").click()
    await visit.sees(".agent .said", "Good day")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 820, 1600])
async def test_it_fits_every_width(browser, front, scheme, width):
    """Nothing is wider than the window, in both colour schemes."""
    context = await browser.new_context(
        viewport={"width": width, "height": 740}, color_scheme=scheme, reduced_motion="reduce"
    )
    visit = Visit(await context.new_page(), front)
    await visit.begin()
    await visit.says("w" * 300 + " appointment")
    await visit.sees("[data-handoff=booking]")
    assert await visit.page.evaluate("document.documentElement.scrollWidth") == width
    box = await visit.page.get_by_label("Your message").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert box["y"] + box["height"] <= 740
    await context.close()
