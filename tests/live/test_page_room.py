"""The page's calls over a real LiveKit server, in a real Chromium with a microphone."""

from __future__ import annotations

import base64

import pytest
from live.test_voice_socket import GREETING, SPEAK
from playwright.async_api import expect
from support.live.browser import MICROPHONE, browser, recording

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def runner(lkrun_serve):
    """The demonstration over LiveKit."""
    made = lkrun_serve()
    await made.event("ready")
    return made


async def test_a_person_talks_with_the_demonstration_over_livekit(runner, tmp_path):
    """Hear it, speak, interrupt, write beside; trace, variables and end as over the socket."""
    spoken = recording("I have a question about my invoice", tmp_path / "spoken.wav")
    sound = base64.b64encode(spoken.read_bytes()).decode()
    async with browser(*MICROPHONE) as page:
        urls: list[str] = []
        page.on("request", lambda request: urls.append(request.url))
        await page.add_init_script(SPEAK % sound)
        await page.goto(runner.http)
        talk = page.get_by_role("button", name="Talk with clinic, by voice")
        await talk.wait_for()
        assert not any("livekit-client" in each for each in urls)  # it is loaded with the call
        await talk.click()
        words = page.locator("#speaking-words")
        await expect(words).to_contain_text("receptionist is speaking", timeout=60_000)
        log = page.get_by_role("log")
        await expect(log).to_contain_text(GREETING)
        await expect(words).to_contain_text("Listening")
        await page.evaluate("speak()")
        await expect(log).to_contain_text("question about my invoice")
        await expect(log).to_contain_text("Handed over to billing")
        await expect(log).to_contain_text("Which invoice is it about?")
        box = page.get_by_label("Your message")
        await box.fill("number 118")
        await box.press("Enter")
        await expect(log).to_contain_text("Invoice 118 over 90 dollars is paid.")
        await expect(page.locator("#vars")).to_contain_text("Sunrise Dental")
        await page.get_by_role("button", name="End", exact=True).click()
        await expect(page.locator("#over-words")).to_contain_text("You have ended")
    ended = await runner.event("session_ended", kind="call")
    assert ended["reason"] == "caller_left"
    assert {each.split("//")[1].split("/")[0] for each in urls} <= {runner.http.split("//")[1]}


async def test_an_agent_that_ends_the_call_is_heard_to_its_end(runner):
    """The page says who has ended it, and the agent's end is no broken connection."""
    async with browser(*MICROPHONE) as page:
        await page.goto(runner.http)
        await page.get_by_role("button", name="Talk with clinic, by voice").click()
        await expect(page.get_by_role("log")).to_contain_text(GREETING, timeout=60_000)
        await expect(page.locator("#speaking-words")).to_contain_text("Listening")
        await page.get_by_label("Your message").fill("goodbye")
        await page.get_by_label("Your message").press("Enter")
        await expect(page.locator("#over-words")).to_contain_text("has ended the conversation")
