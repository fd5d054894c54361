"""The widget on a customer's page, in a real Chromium: a call over a real LiveKit server."""

from __future__ import annotations

import pytest
from playwright.async_api import expect
from support.live.browser import MICROPHONE, browser, served
from support.live.page_talk import GREETING, PageTalk

pytestmark = pytest.mark.timeout(120)

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>A clinic</title>
<script src="{runner}/widget.js" data-agent="clinic" data-token="for-the-site"
  data-color="#7a1f5c" data-ink="#ffeecc"></script></html>"""
DOORS = """
runner:
  http:
    tokens:
      - "{{{{ secrets.SITE_TOKEN }}}}"
    allowed_origins:
      - {site}
"""


async def test_a_visitor_speaks_over_livekit(lkrun_serve, demonstration, tmp_path):
    """From another origin, with a token: greeted, understood, handed over; in its colours."""
    page_file = tmp_path / "index.html"
    async with served({"/": page_file}) as site, browser(*MICROPHONE) as page:
        (demonstration / "doors.yaml").write_text(DOORS.format(site=site), encoding="utf-8")
        runner = lkrun_serve(demonstration, SITE_TOKEN="for-the-site")  # noqa: S106 - the test's own
        await runner.event("ready")
        page_file.write_text(PAGE.format(runner=runner.http), encoding="utf-8")
        talk = PageTalk(page)
        await talk.hears_itself_say(tmp_path)
        await page.goto(site)
        button = page.get_by_role("button", name="Talk to us")
        await expect(button).to_have_css("background-color", "rgb(122, 31, 92)")
        await expect(button).to_have_css("color", "rgb(255, 238, 204)")
        await button.click()
        await page.get_by_role("button", name="Speak").click()
        await expect(talk.log).to_contain_text(GREETING, timeout=60_000)
        state = page.locator("lkrun-widget").get_by_role("status")
        await expect(state).to_contain_text("Listening")
        await talk.speak()
        await expect(talk.log).to_contain_text("question about my invoice")
        await expect(talk.log).to_contain_text("Which invoice is it about?")
        await expect(state).to_contain_text("Listening")
        await page.get_by_role("button", name="End", exact=True).click()
        await expect(state).to_contain_text("The conversation has ended.")
    ended = await runner.event("session_ended", kind="call")
    assert (ended["reason"], bool(ended["room"])) == ("caller_left", True)
