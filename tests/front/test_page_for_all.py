"""The pages for everybody: what axe-core finds, the keyboard alone, a phone's width."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from front.test_page_calls import records as records  # noqa: PLC0414 - a fixture
from support.visiting import WANTED, Visit

from runner.front.app import Front
from runner.front.talks_port import Preview
from runner.front.tokens import Doors
from runner.secret import Secret

pytestmark = WANTED

PAGES = {
    "": "[data-call=clinic]",
    "#calls": "[data-record=call-7]",
    "#calls/call-7": ".player audio",
    "#figures": ".sums",
    "#agents": "[data-campaign=clinic]",
}
"""A page → what is there once it is shown."""

LOOK = """
    async () => (await axe.run(document, {resultTypes: ["violations"]})).violations
        .flatMap(({id, nodes}) => nodes.map((at) => [id, String(at.target), at.failureSummary]))
"""
OPEN = "document.querySelectorAll('main .view details').forEach((each) => { each.open = true; })"
FOCUSED = """
    document.activeElement.getAttribute("aria-label") ?? document.activeElement.innerText ?? ""
"""


@pytest.fixture
def axe():
    """The file of axe-core."""
    file = Path(os.environ.get("LKRUN_AXE", ""))
    if not file.is_file() and os.environ.get("CI") != "true":
        pytest.skip("LKRUN_AXE names no file: tests/front/fetch-axe fetches it")
    return file.read_text(encoding="utf-8")


@pytest.mark.usefixtures("records")
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
async def test_nothing_keeps_anybody_from_using_it(browser, front, axe, scheme, width):
    """Every page and a talk, at a phone's width and a desk's, in both schemes: no finding."""
    about = {"width": width, "height": 844}
    context = await browser.new_context(
        viewport=about, color_scheme=scheme, reduced_motion="reduce"
    )
    await context.add_init_script(axe)
    visit = Visit(await context.new_page(), front)
    for address, there in PAGES.items():
        await visit.page.goto("about:blank")
        await visit.page.goto(visit.address + address)
        await visit.sees(there)
        await visit.page.evaluate(OPEN)
        assert await visit.page.evaluate(LOOK) == [], address
        assert await visit.page.evaluate("document.documentElement.scrollWidth") == width
    await visit.page.goto("about:blank")
    await visit.begin()
    await visit.says("I need an appointment")
    await visit.sees("[data-handoff=booking]")
    await visit.page.get_by_role("button", name="Keypad").click()
    await visit.page.get_by_role("button", name="App", exact=True).click()
    await visit.sees("#tap-dish")
    assert await visit.page.evaluate(LOOK) == []
    assert await visit.page.evaluate("document.documentElement.scrollWidth") == width
    await context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_nothing_keeps_anybody_from_coming_in(browser, front, runner, axe, scheme):
    """A preview, a test to be copied, a preview that is over, a token that is wrong: no finding."""
    now = datetime.now(UTC)
    runner.previews[Secret("lkpreview_x")] = Preview("preview_1", "r-1", now, now)
    phone = {"width": 390, "height": 844}
    context = await browser.new_context(
        viewport=phone, color_scheme=scheme, reduced_motion="reduce"
    )
    await context.add_init_script(axe)
    visit = Visit(await context.new_page(), front)

    async def look(there, words=""):
        await visit.sees(there, words)
        assert await visit.page.evaluate(LOOK) == [], there
        assert await visit.page.evaluate("document.documentElement.scrollWidth") == phone["width"]

    await visit.page.goto(f"{visit.address}#preview=lkpreview_x")
    await look("#preview", "Callers still hear what is served.")
    await visit.page.get_by_role("button", name="Write to clinic").click()
    await visit.sees(".agent .said", "Good day, this is Sunrise Dental.")
    await visit.page.get_by_role("button", name="Copy as a test").click()
    await look("#test-copied", "t")
    await visit.page.keyboard.press("Escape")
    runner.previews.clear()
    await visit.says("mary")
    await look("#preview.past", "This preview is over.")
    guarded = Front(runner, port=0, doors=lambda: Doors(tokens=(Secret("secret"),)))
    host, port = await guarded.start()
    await visit.page.goto(f"http://{host}:{port}/")
    await visit.page.get_by_label("Token", exact=True).fill("x")
    await visit.page.keyboard.press("Enter")
    await look("#door-wrong", "That is not one of its tokens.")
    await context.close()
    await guarded.stop()


@pytest.mark.usefixtures("records")
async def test_the_keyboard_leads_through_all_pages(visit):
    """Tab and Enter are enough: to a page, to a call, to a turn of it, and back."""
    await visit.page.goto(visit.address)
    await visit.sees("[data-call=clinic]")
    press = visit.page.keyboard.press

    async def go_to(name):
        for _ in range(60):
            await press("Tab")
            focused = await visit.page.evaluate(FOCUSED)
            if focused.strip().partition("\n")[0] == name:
                return await press("Enter")
        pytest.fail(f"'{name}' is not reached")

    await go_to("Figures")
    await visit.sees(".sums")
    await visit.page.reload()
    await visit.sees(".sums")
    await go_to("Calls")
    await visit.sees("[data-record=call-7]")
    assert await visit.page.evaluate("document.activeElement.tagName") == "H1"
    await go_to("clinic")
    await visit.sees(".player audio")
    await go_to("Hear turn 2")
    await visit.sees("[data-turn='2'][aria-current]")
