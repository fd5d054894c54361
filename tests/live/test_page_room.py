"""The page's calls over a real LiveKit server, in a real Chromium with a microphone."""

from __future__ import annotations

import pytest
from playwright.async_api import expect
from support.live import needs
from support.live.browser import MICROPHONE, browser
from support.live.page_talk import PageTalk
from support.live.rtcserver import LiveKitServer

pytestmark = pytest.mark.timeout(180)


@pytest.fixture
async def runner(lkrun_serve):
    """The demonstration over LiveKit."""
    made = lkrun_serve()
    await made.event("ready")
    return made


async def test_a_person_talks_with_the_demonstration_over_livekit(runner, tmp_path):
    """Hear it, speak, interrupt, write beside, be muted; trace, variables and end."""
    async with browser(*MICROPHONE) as page:
        urls: list[str] = []
        page.on("request", lambda request: urls.append(request.url))
        talk = PageTalk(page)
        await talk.hears_itself_say(tmp_path)
        await page.goto(runner.http)
        await page.get_by_role("button", name="Talk with clinic, by voice").wait_for()
        assert not any("livekit-client" in each for each in urls)  # it is loaded with the call
        await talk.call(runner.http)
        await talk.ask_about_an_invoice()
    ended = await runner.event("session_ended", kind="call")
    assert ended["reason"] == "caller_left"
    assert {each.split("//")[1].split("/")[0] for each in urls} <= {runner.http.split("//")[1]}


KEYPAD = """\
    start: receptionist
    keypad:
      "1":
        say: You have pressed one.
      "#":
        say: You have pressed hash.
"""


async def test_who_has_no_microphone_hears_writes_and_is_bid_goodbye(lkrun_serve, demonstration):
    """What to do is said; keys are pressed; the agent's end is heard, and is no broken line."""
    file = demonstration / "clinic.yaml"
    file.write_text(file.read_text().replace("    start: receptionist\n", KEYPAD, 1))
    runner = lkrun_serve(demonstration)
    await runner.event("ready")
    async with browser("--autoplay-policy=no-user-gesture-required") as page:
        talk = PageTalk(page)
        await talk.call(runner.http, then="The agent cannot hear you")
        await expect(page.locator("#trouble")).to_contain_text("until then you can write")
        for key, name, said in (("1", "1", "one"), ("#", "hash", "hash")):
            await talk.press(name)
            await expect(talk.log).to_contain_text(f"You pressed {key}")
            await expect(talk.log).to_contain_text(f"You have pressed {said}.")
        await talk.write("goodbye")
        await expect(talk.over).to_contain_text("has ended the conversation")


async def test_a_livekit_that_goes_and_comes_back(lkrun_serve, tmp_path):
    """It is said at once, with what is being done about it, and no more when the call goes on."""
    program = needs.program("LKRUN_LIVEKIT_SERVER", "livekit-server")
    own = LiveKitServer(program, tmp_path / "livekit.log")
    own.start()
    try:
        runner = lkrun_serve(**own.env)
        await runner.event("ready")
        async with browser(*MICROPHONE) as page:
            talk = PageTalk(page)
            await talk.call(runner.http)
            own.kill()
            trouble = page.locator("#trouble")
            await expect(trouble).to_contain_text("connection to LiveKit is gone. Trying to get it")
            own.start()
            await expect(trouble).to_be_hidden(timeout=60_000)
            await expect(talk.over).to_be_hidden()
    finally:
        own.kill()


async def test_a_runner_that_ends_says_so(runner):
    """Whoever is in a call is told who has ended it."""
    async with browser(*MICROPHONE) as page:
        talk = PageTalk(page)
        await talk.call(runner.http)
        runner.ctrl_c()
        await runner.event("draining")  # two signals that wait together are one
        runner.ctrl_c()
        await expect(talk.over).to_contain_text("The runner has ended this conversation.")
    runner.code = await runner.ended(20)
