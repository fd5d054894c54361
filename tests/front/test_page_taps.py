"""What the caller's app asks for is tried on the page, in a real Chromium."""

from __future__ import annotations

from support.visiting import WANTED
from support.waiting import until

from runner.front.port import DialogueError
from runner.front.talks_port import Tap

pytestmark = WANTED


async def opened(visit):
    """A talk with the control open."""
    await visit.begin()
    await visit.page.get_by_role("button", name="App", exact=True).click()
    await visit.sees("#taps")


async def test_a_tap_sends_what_its_fields_hold(visit, runner):
    """Each as its type; what was left empty is left out."""
    await opened(visit)
    await visit.page.get_by_label("dish").select_option("soup")
    await visit.page.get_by_label("quantity").fill("2")
    await visit.page.get_by_label("extras").fill('["lemon"]')
    await visit.page.get_by_role("button", name="Ask as the app").click()
    await until(lambda: runner.tap is not None)
    assert runner.tap == Tap("choose_dish", {"dish": "soup", "quantity": 2, "extras": ["lemon"]})
    assert visit.complaints == []


async def test_a_method_without_fields_and_the_keyboard_alone(visit, runner):
    """The method is chosen, used and left by keys; focus comes back to where it was opened."""
    await visit.begin()
    await visit.page.get_by_role("button", name="App", exact=True).press("Enter")
    choose = visit.page.get_by_label("The app asks for")
    await choose.press("End")
    await choose.press("Tab")
    await visit.page.keyboard.press("Enter")
    await until(lambda: runner.tap is not None)
    assert runner.tap == Tap("call_waiter", {})
    await visit.page.keyboard.press("Escape")
    await visit.page.wait_for_selector("#taps", state="hidden")
    focused = "document.activeElement.id"
    assert await visit.page.evaluate(focused) == "taps-open"
    assert visit.complaints == []


async def test_what_is_no_json_is_told_at_its_field(visit, runner):
    """Nothing is sent, and the field is marked."""
    await opened(visit)
    await visit.page.get_by_label("extras").fill("lemon")
    await visit.page.get_by_role("button", name="Ask as the app").click()
    await visit.sees("#tap-wrong", "extras is no list in JSON")
    assert await visit.page.evaluate("document.activeElement.id") == "tap-extras"
    assert runner.tap is None


async def test_what_the_agent_refuses_is_told(visit, runner):
    """As it is of a message; the talk goes on."""
    await opened(visit)
    runner.refuses = DialogueError("bad_request", "the app cannot do this: quantity is 9")
    await visit.page.get_by_role("button", name="Ask as the app").click()
    await visit.sees("#trouble", "quantity is 9")
    runner.refuses = None
    await visit.says("mary")
    await visit.sees("#log .mine", "mary")


async def test_an_agent_without_such_methods_offers_none(visit):
    """There is nothing to open."""
    await visit.begin("survey")
    assert await visit.page.locator("#taps-open").is_hidden()
