"""The caller's app with a real LiveKit server: the example's page in a real Chromium."""

from __future__ import annotations

import json
import shutil
from urllib.parse import urlencode

import pytest
from livekit import rtc
from playwright.async_api import expect
from support.examples import ROOT
from support.live import needs
from support.live.browser import MICROPHONE, browser, recording, served
from support.live.callers import calling

pytestmark = pytest.mark.timeout(120)

PAGE = ROOT / "examples" / "app"


async def test_the_page_of_the_example(lkrun_serve, tmp_path):
    """A tap is answered by voice, the button lets the caller speak, and the order is seen."""
    client = needs.file("LKRUN_LIVEKIT_CLIENT", "tests/live/fetch-livekit-client")
    folder = shutil.copytree(PAGE, tmp_path / "app")
    spoken = recording("two of them please", tmp_path / "spoken.wav")
    files = {"/": PAGE / "index.html", "/livekit-client.umd.js": client}
    fake = f"--use-file-for-fake-audio-capture={spoken}%noloop"
    async with served(files) as address, browser(*MICROPHONE, fake) as page:
        origins = f"runner:\n  http:\n    allowed_origins:\n      - {address}\n"
        (folder / "runner.yaml").write_text(origins)
        runner = lkrun_serve(folder)
        await runner.event("ready", within=60)
        await page.goto(f"{address}/#{urlencode({'runner': runner.http})}")
        await expect(page.locator("#state")).to_have_text("You talk with the waiter.")
        said = page.locator("#said")
        await expect(said).to_contain_text("Tap on a dish.")

        dish = page.get_by_role("button", name="Pho")
        await dish.click()
        await expect(dish).to_have_attribute("aria-pressed", "true")
        await expect(said).to_contain_text("Pho, how many?")

        button = page.get_by_role("button", name="Hold to talk")
        await button.dispatch_event("pointerdown")
        await expect(said.get_by_text("You: ")).to_contain_text("two")
        await button.dispatch_event("pointerup")
        await expect(page.locator("#order")).to_have_text("2 Pho")
        await expect(said).to_contain_text("Anything else?")
        await expect(page.locator("body")).to_have_attribute("data-added", "Pho")
        await page.evaluate("room.disconnect()")
        await expect(page.locator("#state")).to_have_text("The call is over.")
    ended = await runner.event("session_ended")
    assert ended["reason"] == "caller_left"


TEXT = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    variables:
      wanted:
        type: text
    app:
      shows:
        wanted: "{{ wanted }}"
      on:
        choose:
          parameters:
            dish:
              type: text
          then:
            - set:
                wanted: "{{ args.dish }}"
            - say: "{{ args.dish }} it is."
          answer: "{{ wanted }}"
personas:
  host:
    instructions: You are the host.
    greeting:
      say: Hello there.
    tools:
      - locate
tools:
  locate:
    description: Finds out where the caller is.
    app: where
    timeout: 4s
    then:
      say: You are in {{ result.town }}.
    on_error:
      say: I cannot see where you are.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: where
          call: locate
      otherwise: Hm.
"""


async def test_an_app_that_sends_rubbish_and_an_app_that_answers(livekit, lkrun_serve, write):
    """Real RPC: refusals name the field, data is dropped, and the agent asks the app."""
    runner = lkrun_serve(write(agents=TEXT))
    await runner.event("ready", within=60)
    async with calling(livekit, "desk") as caller:
        agent = await caller.meets_agent()
        me = caller.client.local_participant
        await caller.reads("Hello there.")

        async def asks(method, payload):
            return await me.perform_rpc(
                destination_identity=agent.identity, method=method, payload=payload
            )

        for payload, why in (
            ("{", "the payload is not JSON"),
            ("{}", "'dish' is missing"),
            (json.dumps({"dish": "x", "how": 1}), "there is no field 'how'"),
        ):
            with pytest.raises(rtc.RpcError, match=why):
                await asks("choose", payload)
        with pytest.raises(rtc.RpcError):
            await asks("choose", json.dumps({"dish": "x" * 64 * 1024}))
        with pytest.raises(rtc.RpcError) as unknown:
            await asks("pay", "{}")
        assert unknown.value.code == rtc.RpcError.ErrorCode.UNSUPPORTED_METHOD
        for number in range(100):
            await me.publish_data(b"\xff" * number, topic="choose")

        assert json.loads(await asks("choose", json.dumps({"dish": "Pho"}))) == "Pho"
        await caller.reads("Pho it is.")
        assert agent.attributes["persona"] == "host"
        await caller.until(lambda: agent.attributes.get("wanted") == "Pho", "what the app is shown")
        await me.publish_data(json.dumps({"dish": "Banh mi"}), topic="choose")
        await caller.reads("Banh mi it is.")

        await caller.writes("where")
        await caller.reads("I cannot see where you are.")
        me.register_rpc_method("where", lambda _: '{"town": "Hue"}')
        await caller.writes("where")
        await caller.reads("You are in Hue.")
