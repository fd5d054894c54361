"""The widget on a page of another origin, in a real Chromium."""

from __future__ import annotations

from aiohttp import web
from front.test_page_for_all import LOOK
from front.test_page_for_all import axe as axe  # noqa: PLC0414 - a fixture
from support.id_tokens import LOGIN, Provider, token
from support.one_loop import fixture
from support.visiting import WANTED
from support.waiting import until

from runner.front.app import Front
from runner.front.port import DialogueError
from runner.front.tokens import Doors
from runner.secret import Secret

pytestmark = WANTED

PAGE = """<!doctype html><html lang="en"><title>A clinic</title><main><h1>A clinic</h1></main>
<script src="{runner}/widget.js" data-agent="clinic" data-title="Sunrise <b>Dental</b>"
  data-color="#7a1f5c" data-label="Ask us"{more}></script></html>"""


class Site:
    """A customer's site with the widget on it.

    Attributes:
        origins: what the runner lists.
        tokens: what the runner wants.
        login: whose ID tokens the runner takes.
        more: further attributes of the script.
    """

    def __init__(self, runner):
        """Not listed, without tokens."""
        self.origins, self.tokens, self.more, self.login = frozenset(), None, "", None
        self.front = Front(runner, port=0, doors=self.doors, fetch=Provider())

    def doors(self):
        return Doors(self.tokens, self.origins, login=self.login)

    async def start(self):
        host, port = await self.front.start()

        async def page(_):
            text = PAGE.format(runner=f"http://{host}:{port}", more=self.more)
            return web.Response(text=text, content_type="text/html")

        app = web.Application()
        app.router.add_get("/", page)
        self.server = web.AppRunner(app, shutdown_timeout=0.1)
        await self.server.setup()
        await web.TCPSite(self.server, "127.0.0.1", 0).start()
        self.address = f"http://127.0.0.1:{self.server.addresses[0][1]}"

    async def stop(self):
        await self.server.cleanup()
        await self.front.stop()


@fixture
async def site(runner):
    made = Site(runner)
    await made.start()
    yield made
    await made.stop()


@fixture
async def page(browser):
    made = await browser.new_page()
    made.set_default_timeout(10_000)
    yield made
    await made.close()


async def test_a_listed_site_has_a_conversation(site, runner, page):
    """In writing: the greeting and the answer, as text; the end frees the dialogue."""
    site.origins = frozenset({site.address})
    await page.goto(site.address)
    button = page.get_by_role("button", name="Ask us")
    colour = "button => getComputedStyle(button).backgroundColor"
    assert await button.evaluate(colour) == "rgb(122, 31, 92)"
    await button.click()
    box = page.get_by_label("Your message")
    await box.fill("html")
    await box.press("Enter")
    log = page.get_by_role("log")
    await log.get_by_text("Good day, this is Sunrise Dental.").wait_for()
    await log.get_by_text("<img src=x onerror").wait_for()
    assert await page.title() == "A clinic"
    assert await page.get_by_role("heading", name="Sunrise <b>Dental</b>").count() == 1
    assert await log.locator("li").count() == 3
    [session] = runner.dialogues
    runner.happen(session, type="message", text="Are you still there?")
    await log.get_by_text("Are you still there?").wait_for()
    async with page.expect_response(lambda answer: answer.request.method == "DELETE"):
        await page.get_by_role("button", name="Close").click()
    assert runner.dialogues == {}
    await button.wait_for()


async def test_nothing_keeps_anybody_from_using_it(site, page, axe):
    """axe-core finds nothing, before and after it is opened; Escape closes it."""
    site.origins = frozenset({site.address})
    await page.add_init_script(axe)
    await page.goto(site.address)
    button = page.get_by_role("button", name="Ask us")
    await button.wait_for()
    assert await page.evaluate(LOOK) == []
    await button.press("Enter")
    await page.locator("input:focus").wait_for()
    await page.keyboard.type("mary")
    await page.keyboard.press("Enter")
    await page.get_by_text("Thank you, Mary.").wait_for()
    assert await page.evaluate(LOOK) == []
    await page.keyboard.press("Escape")
    await button.wait_for()


async def test_a_site_that_is_not_listed_gets_nothing(site, runner, page):
    """The button is there, and says that it may not; the runner is asked nothing."""
    await page.goto(site.address)
    await page.get_by_role("button", name="Ask us").click()
    await page.get_by_role("button", name="Not to be reached from this page").wait_for()
    assert runner.asked == []


async def test_a_token_is_shown_where_one_is_wanted(site, runner, page):
    """Of the script's attribute; without it the visitor is told."""
    site.origins, site.tokens = frozenset({site.address}), (Secret("for-the-site"),)
    await page.goto(site.address)
    await page.get_by_role("button", name="Ask us").click()
    await page.get_by_text("This runner wants a token").wait_for()
    site.more = ' data-token="for-the-site"'
    await page.goto(site.address)
    await page.get_by_role("button", name="Ask us").click()
    await page.get_by_label("Your message").fill("mary")
    await page.get_by_role("button", name="Send").click()
    await page.get_by_text("Thank you, Mary.").wait_for()
    assert [each[1] for each in runner.asked] == ["mary"]


async def test_an_id_token_opens_a_call_alone(site, runner, page):
    """What every visitor can read opens nothing of others: who writes is told to speak first."""
    site.origins, site.login = frozenset({site.address}), LOGIN
    site.more = f' data-token="{token()}"'
    await page.goto(site.address)
    await page.get_by_role("button", name="Ask us").click()
    await page.get_by_label("Your message").fill("mary")
    await page.get_by_role("button", name="Send").click()
    await page.get_by_text("Press Speak first. Then you can write as well.").wait_for()
    assert runner.asked == []
    await page.get_by_role("button", name="Speak").click()
    await page.get_by_text("until then you can write").wait_for()
    await until(lambda: runner.line is not None)
    await page.get_by_label("Your message").fill("mary")
    await page.get_by_role("button", name="Send").click()
    await runner.line.came.wait()
    assert runner.line.said == [("text", "mary")]
    await page.get_by_role("button", name="End", exact=True).click()
    await runner.line.gone.wait()


async def test_a_visitor_speaks(site, runner, page):
    """By the runner's socket, from the other origin; who has no microphone writes in the call."""
    site.origins = frozenset({site.address})
    await page.goto(site.address)
    await page.get_by_role("button", name="Ask us").click()
    await page.get_by_role("button", name="Speak").click()
    await page.get_by_text("until then you can write").wait_for()
    await until(lambda: runner.line is not None)
    runner.line.pieces.put_nowait({"type": "message", "role": "agent", "text": "Good day."})
    await page.get_by_role("log").get_by_text("Good day.").wait_for()
    await page.get_by_label("Your message").fill("hello")
    await page.get_by_label("Your message").press("Enter")
    await runner.line.came.wait()
    assert runner.line.said == [("text", "hello")]
    await page.get_by_role("button", name="End", exact=True).click()
    await runner.line.gone.wait()


async def test_a_visitor_is_told_that_nobody_can_answer(site, runner, page):
    """No word of a runner or of LiveKit, in writing, by the runner's socket, over LiveKit."""
    site.origins = frozenset({site.address})
    runner.refuses = DialogueError("not_ready", "LiveKit at wss://lk is away", "start it")
    words = page.get_by_text("Nobody can answer just now. Please try again in a moment.")
    for url in (None, "ws://127.0.0.1:9"):
        runner.livekit_url = url
        await page.goto(site.address)
        await page.get_by_role("button", name="Ask us").click()
        await page.get_by_role("button", name="Speak").click()
        await words.wait_for()
    runner.refuses = None  # there is a token for a LiveKit that is not there
    await page.get_by_role("button", name="Speak").click()
    await page.get_by_text("Calling").wait_for()
    await words.wait_for()
    runner.refuses = DialogueError("full", "as many dialogues as the runner takes", None)
    await page.get_by_label("Your message").fill("mary")
    await page.get_by_role("button", name="Send").click()
    await page.get_by_role("alert").and_(words).wait_for()


async def test_only_the_script_may_be_loaded_from_anywhere(ask):
    """The button's script is for any page; no other file is, and nothing is allowed by it."""
    foreign = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}
    script = await ask("GET", "/widget.js", headers=foreign)
    assert (script.status, script.headers["Content-Type"]) == (
        200, "text/javascript; charset=utf-8",
    )  # fmt: skip
    assert script.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    for path in ("/", "/-/page.js", "/-/page/widget.js", "/v1/agents"):
        assert (await ask("GET", path, headers=foreign)).status == 403
    assert (await ask("GET", "/widget.js", headers={"Host": "evil.example"})).status == 403
