"""The demonstration in a real Chromium: the page by hand, and a call with a microphone."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from click.testing import CliRunner
from playwright.async_api import expect
from support.live import needs
from support.live.browser import MICROPHONE, browser, recording, served
from support.live.voice_socket import WITHOUT

from runner.cli.main import lkrun

pytestmark = pytest.mark.timeout(120)

HERE = Path(__file__).parent
WRITE = re.compile("(Write to|Start talking with) clinic")


async def test_a_person_talks_with_the_demonstration_on_the_page(lkrun_serve):
    """Pick the agent, write, and see what it says, the handoff and the tool's answer."""
    runner = lkrun_serve()
    await runner.event("ready")
    async with browser() as page:
        await page.goto(runner.http)
        await page.get_by_role("button", name=WRITE).click()
        log = page.get_by_role("log")
        await expect(log).to_contain_text("Good day, this is Sunrise Dental.")
        box = page.get_by_label("Your message")
        await box.fill("I have a question about my invoice")
        await box.press("Enter")
        await expect(log).to_contain_text("Handed over to billing")
        await expect(log).to_contain_text("Which invoice is it about?")
        await box.fill("number 118")
        await box.press("Enter")
        await expect(log).to_contain_text("look_up_invoice")
        await expect(log).to_contain_text("Invoice 118 over 90 dollars is paid.")
        await page.get_by_role("button", name="End", exact=True).click()
        ended = await runner.event("session_ended", kind="text")
    assert ended["turns"] == 2


async def test_a_browser_with_a_microphone_calls_the_demonstration(livekit, lkrun_serve, tmp_path):
    """A page of thirty lines: the agent is heard and read, and answers what is spoken."""
    client = needs.file("LKRUN_LIVEKIT_CLIENT", "tests/live/fetch-livekit-client")
    runner = lkrun_serve()
    await runner.event("ready")
    spoken = recording("I have a question about my invoice", tmp_path / "spoken.wav")

    fake = f"--use-file-for-fake-audio-capture={spoken}%noloop"
    token = livekit.token("browser", "caller", "clinic")
    files = {"/": HERE / "call.html", "/livekit-client.js": client}
    async with served(files) as address, browser(*MICROPHONE, fake) as page:
        await page.goto(f"{address}/#{urlencode({'url': livekit.url, 'token': token})}")
        await expect(page.locator("#state")).to_have_text("connected")
        await expect(page.locator("body[data-heard=yes]")).to_be_attached()
        said = page.locator("#lines")
        await expect(said).to_contain_text("How can I help you?")
        await page.evaluate("speak()")
        heard = page.locator("#lines .caller")
        await expect(heard.last).to_contain_text("question about my invoice")
        await expect(said).to_contain_text("I am putting you through to billing.")
        await expect(said).to_contain_text("Which invoice is it about?")
        await page.evaluate("room.disconnect()")
        await expect(page.locator("#state")).to_have_text("over")
    ended = await runner.event("session_ended", room="browser")
    assert ended["reason"] == "caller_left"


async def test_a_talk_on_the_page_becomes_a_test_that_passes(lkrun_serve, demonstration):
    """Talk, copy, save into the folder, `lkrun test`: words, tools, handoffs and the end."""
    runner = lkrun_serve(demonstration, **WITHOUT)
    await runner.event("ready")
    async with browser() as page:
        await page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        await page.goto(runner.http)
        await page.get_by_role("button", name="Write to clinic").click()
        log = page.get_by_role("log")
        for said, answered in (
            ("I have a question about my invoice", "Which invoice is it about?"),
            ("number 118", "Invoice 118 over 90 dollars is paid."),
        ):
            await page.get_by_label("Your message").fill(said)
            await page.get_by_label("Your message").press("Enter")
            await expect(log).to_contain_text(answered)
            await expect(page.locator("#typing")).to_be_hidden()
        await page.get_by_role("button", name="Copy as a test").click()
        await expect(page.locator("#test-copied")).to_have_text("It is copied.")
        name = await page.locator("#test-name").inner_text()
        copied = await page.evaluate("navigator.clipboard.readText()")
    assert {"hands_off_to: billing", "look_up_invoice:", 'number: "118"'} <= {
        line.strip() for line in copied.splitlines()
    }, copied
    (demonstration / name).write_text(copied, encoding="utf-8")
    words = ["test", str(demonstration), "-k", name[:-5]]
    done = await asyncio.to_thread(CliRunner().invoke, lkrun, words)
    assert done.exit_code == 0, done.output
    assert "1 passed" in done.output
