"""A page of another origin, in a real Chromium: a name of the network that means this machine."""

from __future__ import annotations

import json

import pytest
from aiohttp import web
from support.one_loop import fixture
from support.visiting import NAME, WANTED

from runner.front.app import Front
from runner.front.tokens import Doors

pytestmark = WANTED

TRY = """
async ({front, socket}) => {
  const json = {"Content-Type": "application/json"};
  const body = '{"text": "hi"}';
  const post = (path, more) => fetch(front + path, {method: "POST", body, ...more});
  const tries = {
    talk: () => post("/v1/agents/clinic/turns", {headers: json}),
    "talk, unlabelled": () => post("/v1/agents/clinic/turns", {mode: "no-cors"}),
    "talk, as OpenAI's": () => post("/v1/chat/completions", {headers: json}),
    reload: () => post("/-/reload", {headers: json}),
    "reload, bare": () => fetch(front + "/-/reload", {method: "POST", mode: "no-cors"}),
    "a token": () => post("/token", {headers: json}),
    "a token by a link": () => fetch(front + "/token?agent=clinic"),
    "a ticket": () => fetch(front + "/v1/tickets", {method: "POST"}),
    "an event": () => post("/agent/event", {mode: "no-cors"}),
    "the end of one": () => fetch(front + "/v1/sessions/s-1", {method: "DELETE"}),
    sessions: () => fetch(front + "/v1/sessions"),
    records: () => fetch(front + "/v1/records"),
    agents: () => fetch(front + "/v1/agents"),
    "agents, with cookies": () => fetch(front + "/v1/agents", {credentials: "include"}),
    metrics: () => fetch(front + "/metrics"),
    "the page": () => fetch(front + "/"),
  };
  const said = {};
  for (const [name, begin] of Object.entries(tries)) {
    const read = async (reply) => `${reply.type} ${await reply.text()}`;
    said[name] = await begin().then(read, () => "");
  }
  const heard = (made, opens) => new Promise((done) => {
    made.addEventListener(opens, () => done("open"));
    made.addEventListener("error", () => done(""));
  });
  said.voice = await heard(new WebSocket(`${socket}/v1/agents/clinic/voice?rate=24000`), "open");
  said.stream = await heard(new EventSource(`${front}/v1/sessions/s-1/events`), "open");
  const loaded = (tag, path) => new Promise((done) => {
    const made = Object.assign(document.createElement(tag), {src: front + path});
    made.onload = () => done("loaded");
    made.onerror = () => done("");
    document.body.append(made);
  });
  said.script = await loaded("script", "/-/page.js");
  said.image = await loaded("img", "/v1/agents");
  return said;
}
"""
"""All ways in which a page asks somewhere else; what came of each, as far as the page can know."""


@fixture
async def page(browser, front):  # noqa: ARG001 - it listens before anybody comes
    """A page of a browser in which the name means this machine."""
    made = await browser.new_page()
    yield made
    await made.close()


@fixture
async def elsewhere():
    """Another server on this machine; a page of it is had by the name."""

    async def answer(_):
        text = "<!doctype html><title>evil</title><body>"
        return web.Response(text=text, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", answer)
    server = web.AppRunner(app, shutdown_timeout=0.1)
    await server.setup()
    await web.TCPSite(server, "127.0.0.1", 0).start()
    yield f"http://{NAME}:{server.addresses[0][1]}/"
    await server.cleanup()


@fixture
async def talked(runner):
    """Somebody talks with the agent; what the runner was asked by then."""
    await runner.turn("clinic", "mary", None, None, None)
    return list(runner.asked)


@pytest.mark.parametrize("named", [False, True], ids=["by the address", "by its own name"])
async def test_another_page_gets_nothing(  # noqa: PLR0913, PLR0917 - who is there, by name
    page, elsewhere, front, runner, talked, named
):
    """Neither talks, nor reads, nor reloads, nor gets a token, whatever it tries and however."""
    host, port = front.address
    where = f"{NAME if named else host}:{port}"
    runner.reloaded = None  # whoever reached it would have it fail
    await page.goto(elsewhere)
    said = await page.evaluate(TRY, {"front": f"http://{where}", "socket": f"ws://{where}"})
    assert {name: what for name, what in said.items() if what not in ("", "opaque ")} == {}
    assert (runner.asked, runner.visit, runner.happened) == (talked, None, [])
    assert [len(each.events) for each in runner.dialogues.values()] == [3]


async def test_a_listed_page_gets_all_of_that(page, elsewhere, runner):
    """The same page and its tries: what keeps it out is the door alone."""
    listed = frozenset({elsewhere.rstrip("/")})
    front = Front(runner, port=0, doors=lambda: Doors(origins=listed))
    host, port = await front.start()
    await page.goto(elsewhere)
    where = {"front": f"http://{host}:{port}", "socket": f"ws://{host}:{port}"}
    said = await page.evaluate(TRY, where)
    await front.stop()
    got = {name for name, what in said.items() if what}
    assert {"talk", "agents", "records", "voice", "a ticket"} <= got
    assert "session_id" in said["talk"]
    assert "cors" in said["a token"]


async def test_a_name_that_turns_to_this_machine_is_no_way_in(page, front, runner, talked):
    """DNS rebinding: to the browser it is one origin, and the front does not answer to its name."""
    answer = await page.goto(f"http://{NAME}:{front.address[1]}/")
    assert answer.status == 403
    assert json.loads(await answer.text())["error"]["code"] == "wrong_host"
    read = "() => fetch('/v1/agents').then((reply) => reply.status)"
    assert await page.evaluate(read) == 403
    assert runner.asked == talked


async def test_a_form_that_is_sent_here_says_nothing(page, elsewhere, front, runner, talked):
    """A form needs no leave to be sent; it is refused, and what it says is heard by nobody."""
    host, port = front.address
    await page.goto(elsewhere)
    form = f"""() => {{
        const made = Object.assign(document.createElement("form"), {{
          method: "post", enctype: "text/plain",
          action: "http://{host}:{port}/v1/agents/clinic/turns",
        }});
        made.innerHTML = '<input name=\\'{{"text": "hi", "x": "\\' value=\\'"}}\\'>';
        document.body.append(made);
        made.submit();
    }}"""
    async with page.expect_navigation() as navigation:
        await page.evaluate(form)
    answer = await navigation.value
    assert answer.status == 403
    assert runner.asked == talked
