"""The page in a real Chromium."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from playwright.async_api import expect
from support.fake_runner import FakeRunner, say
from support.one_loop import fixture
from support.visiting import WANTED, Visit
from support.waiting import until

from runner.front.app import Front
from runner.front.port import AgentInfo, DialogueError
from runner.front.tokens import Doors
from runner.secret import Secret

pytestmark = WANTED


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


async def test_what_each_turn_took_is_drawn(visit):
    """Bars beside the talk, and the same as a table; a new talk begins without any."""
    await visit.begin()
    await visit.says("mary")
    await visit.page.wait_for_selector("#latency tbody tr:nth-child(2)", state="attached")
    await visit.page.locator("#latency summary").click()
    await visit.sees("#latency tbody tr", "Turn 1")
    turns = await visit.page.locator("#latency tbody th").all_inner_texts()
    assert turns == ["Greeting", "Turn 1"]
    await visit.page.get_by_role("button", name="End", exact=True).click()
    await visit.page.get_by_role("button", name="Start again").click()
    await visit.page.wait_for_selector("#latency tbody tr:nth-child(2)", state="detached")
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


async def test_nothing_that_comes_is_html(visit, runner):
    """Names and descriptions of agents, personas, tools, what these are given and answer."""
    bad = "<img src=x onerror=\"document.title='broken'\">"
    agent = AgentInfo(f"a{bad}", f"b{bad}", f"c{bad}", "text", True, (f"c{bad}",), (f"v{bad}",))
    runner.agents = lambda _=None: [agent]
    await visit.page.goto(visit.address)
    await visit.sees("#cards h2", f"a{bad}")
    await visit.sees("#cards .says", f"b{bad}")
    runner.agents = lambda _=None: [replace(agent, name="clinic")]
    await visit.begin()
    [session] = runner.dialogues
    made = {"name": f"t{bad}", "call_id": "c"}
    runner.happen(session, type="tool_call", arguments={f"g{bad}": f"h{bad}"}, **made)
    runner.happen(session, type="tool_result", output=f"o{bad}", error=False, **made)
    runner.happen(session, type="handoff", **{"from": "x", "to": f"p{bad}"})
    runner.happen(session, type="message", text=f"m{bad}", persona=f"p{bad}")
    await visit.sees(".agent .said", f"m{bad}")
    everything = await visit.page.locator("body").text_content()
    for letter in "cvtghopm":
        assert f"{letter}{bad}" in everything, letter
    assert await visit.page.locator("img").count() == 0
    assert "broken" not in await visit.page.title()


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


async def test_what_is_written_while_it_answers_waits_its_turn(visit, runner):
    """Dots say that the agent thinks; Enter meanwhile queues, and the lines are sent in order."""
    await visit.begin()
    runner.gate.clear()
    await visit.says("mary")
    await visit.sees("#typing", "receptionist is answering")
    await visit.says("html")
    await visit.says("my invoice")
    assert await visit.page.locator("#queue .mine").count() == 2
    assert await visit.page.get_by_label("Your message").input_value() == ""
    assert [each[1] for each in runner.asked] == ["", "mary"]
    runner.gate.set()
    await visit.sees(".agent .said", "I cannot see invoices")
    await visit.page.wait_for_selector("#typing", state="hidden")
    assert [each[1] for each in runner.asked] == ["", "mary", "html", "my invoice"]
    assert await visit.page.locator("#queue .mine").count() == 0
    mine = await visit.page.locator("#log .mine .said").all_inner_texts()
    assert [each.split()[-1] for each in mine] == ["mary", "html", "invoice"]
    assert visit.complaints == []


async def test_what_could_not_be_sent_is_given_back(visit, runner):
    """Where the conversation ends meanwhile, lines that wait are in the box of the next one."""
    await visit.begin()
    runner.gate.clear()
    await visit.says("goodbye")
    await visit.says("one more thing")
    runner.gate.set()
    await visit.sees("#over", "The agent has ended the conversation.")
    await visit.page.get_by_role("button", name="Start again").click()
    await visit.sees(".agent .said", "Good day")
    assert await visit.page.get_by_label("Your message").input_value() == "one more thing"


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


async def test_a_runner_that_wants_a_token_asks_for_it(browser, runner):
    """A wrong one is told; with a right one the talk goes on, its stream too, in this tab alone."""
    front = Front(runner, port=0, doors=lambda: Doors(tokens=(Secret("secret"),)))
    await front.start()
    context = await browser.new_context()
    visit = Visit(await context.new_page(), front)
    await visit.page.goto(visit.address)
    field = visit.page.get_by_label("Token", exact=True)
    await field.fill("secrets")
    await field.press("Enter")
    await visit.sees("#door-wrong", "That is not one of its tokens.")
    await field.fill("secret")
    await visit.page.get_by_role("button", name="Go on").click()
    await visit.page.get_by_role("button", name="Write to clinic").click()
    await visit.sees(".agent .said", "Good day, this is Sunrise Dental.")
    (session,) = runner.sessions()
    await visit.says("mary")
    await visit.sees(".mine .said", "mary")
    runner.happen(session.id, type="message", role="agent", persona="x", text="Still there?")
    await visit.sees(".agent .said", "Still there?")
    assert all("401" in each for each in visit.complaints)
    await context.close()
    await front.stop()


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
    link = visit.page.get_by_role("link", name=re.compile("talk by voice with clinic"))
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
    await visit.page.get_by_role("button", name="Write to clinic").click()
    await visit.sees("#over", "The conversation could not begin. The runner is busy")
    runner.refuses = None
    await visit.page.get_by_role("button", name="Start again").click()
    await visit.sees(".agent .said", "Good day")


async def test_what_happens_between_two_turns_is_seen_at_once(visit, runner):
    """A question into the silence is shown once, and a limit shows the farewell and the reason."""
    await visit.begin()
    assert runner.idle is True
    [name] = runner.dialogues
    runner.happen(name, type="message", text="Are you still there?")
    await visit.sees(".agent .said", "Are you still there?")
    await visit.says("mary")
    await visit.sees(".agent .said", "Thank you, Mary.")
    runner.happen(name, type="message", text="Our time is up, goodbye.")
    runner.happen(name, type="end", reason="max_duration")
    await visit.sees("#over", "it reached the longest time that it may take")
    agent = await visit.page.locator(".agent .said").all_inner_texts()
    assert [each.split()[0] for each in agent] == ["Good", "Are", "Thank", "Our"]
    assert await visit.page.locator("#log .mine").count() == 1
    assert await visit.page.locator("#composer").is_hidden()
    assert visit.complaints == []


async def test_an_end_without_a_word_is_told(visit, runner):
    """Where the stream closes without an end in it, the page asks how the conversation stands."""
    await visit.begin()
    [dialogue] = runner.dialogues.values()
    dialogue.events.append({"turn": 0, "type": "end", "reason": "silence"})
    dialogue.ended = True
    dialogue.news.set()
    await visit.sees("#over", "Nobody wrote for a while")


async def test_end_is_the_caller_leaving_and_can_be_read(visit, runner):
    """End hangs up as a caller does; the talk can be read at its address, with its reason."""
    runner.remembers = True
    await visit.begin()
    await visit.says("mary")
    await visit.sees(".agent .said", "Thank you, Mary.")
    await visit.page.get_by_role("button", name="End", exact=True).click()
    await visit.sees("#over", "You have ended the conversation.")
    [dialogue] = runner.dialogues.values()
    assert dialogue.events[-1]["reason"] == "caller_left"
    await visit.page.reload()
    await visit.sees("#over", "You have ended the conversation.")
    await visit.sees("#over-when", "It ended at")
    await visit.sees("#over-when", "an hour")
    await visit.sees(".mine", "mary")
    assert await visit.page.locator("#composer").is_hidden()
    assert await visit.page.locator("#first-lines button").count() == 0


async def test_first_lines_are_offered_until_somebody_speaks(visit, runner):
    """The agent's suggestions are buttons: one says the line, and then they are gone."""
    await visit.begin()
    await visit.page.get_by_role("button", name="I need an appointment").click()
    await visit.sees("[data-handoff=booking]")
    assert runner.asked[-1][1] == "I need an appointment"
    assert await visit.page.locator("#first-lines button").count() == 0
    box = visit.page.get_by_label("Your message")
    assert await box.evaluate("box => box === document.activeElement")


async def test_why_the_model_failed_is_told_to_the_owner(visit, runner):
    """The reason stands below the turn, as text."""
    await visit.begin()
    runner.failure = "openai: 401 the key <b>sk-…</b> is not valid"
    await visit.says("mary")
    row = await visit.sees(".unanswered", "What went wrong:")
    assert "openai: 401 the key <b>sk-…</b> is not valid" in await row.inner_text()
    runner.failure = None
    await visit.says("html")
    await visit.sees(".agent .said", "<img")
    assert await visit.page.locator(".unanswered").count() == 1


async def test_values_stand_as_people_write_them(visit):
    """All variables are listed, also those without a value; a date and a time are words."""
    await visit.begin()
    await visit.sees("[data-variable=first_slot]", "not known yet")
    await visit.sees("[data-variable=treatments]", "nothing yet")
    await visit.says("on monday")
    slot = await visit.sees(".vars .changed", "first_slot")
    assert "Tuesday, March 3, 2026 at 9:30" in await slot.inner_text()


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (True, "yes"),
        (False, "no"),
        (0, "0"),
        ("2026-03-03", "Tuesday, March 3, 2026"),
        ("14:05:00", "2:05 PM"),
        ("2026-03-03T14:05:00+02:00", "Tuesday, March 3, 2026 at 2:05 PM (UTC+02:00)"),
        ("2026-13-45", "2026-13-45"),
        ("2026", "2026"),
        ("", "not known yet"),
        ("Z", "Z"),
        (["cleaning", "filling"], "• cleaning\n• filling"),
        ([{"day": "2026-03-03", "paid": False}], "• day: Tuesday, March 3, 2026, paid: no"),
    ],
)
async def test_each_kind_of_value(visit, runner, value, words):
    """What a variable holds is written as a person would; what only looks like a date stays."""
    await visit.begin()
    [dialogue] = runner.dialogues.values()
    dialogue.variables["patient_name"] = value
    await visit.says("hello")
    await visit.sees(".agent .said", "I did not understand")
    shown = visit.page.locator("[data-variable=patient_name] dd")
    if words != "not known yet":
        await expect(shown).not_to_have_text("not known yet")  # words come before the turn is over
    seen = await shown.inner_text()
    assert " ".join(seen.split(" ")).replace("\u202f", " ") == words


MISTAKE = {
    "severity": "error", "code": "E101", "file": "clinic.yaml", "line": 12, "column": 3,
    "end_line": 12, "end_column": 9, "message": "unknown key 'greting'",
    "help": "did you mean 'greeting'?", "related": [],
}  # fmt: skip


async def test_a_broken_folder_is_told_and_that_it_is_mended(visit, runner):
    """File, line, what and how stand above the talk, which goes on, until the files are right."""
    await visit.begin()
    runner.folder_state |= {"broken": True, "diagnostics": [MISTAKE] * 6}
    await visit.sees("#folder.bad", "Your files have mistakes")
    first = visit.page.locator("#folder-rows li").first
    text = await first.inner_text()
    assert text.startswith("clinic.yaml:12 Unknown key 'greting'.")
    assert "Did you mean 'greeting'?" in text
    await visit.sees("#folder-rows li", "And 2 more")
    await visit.says("mary")
    await visit.sees(".agent .said", "Thank you, Mary.")
    runner.folder_state |= {"broken": False, "diagnostics": []}
    await visit.sees("#folder.good", "Your files are right again.")
    await visit.page.get_by_role("button", name="Close").click()
    assert await visit.page.locator("#folder").is_hidden()


def serve(runner, release, *changes):
    runner.release = runner.release | {"id": release}
    runner.folder_state |= {"release": release, "changes": list(changes)}


async def test_a_help_of_several_lines_can_be_copied(visit, runner):
    """YAML in a help keeps its lines, and nothing is added to it."""
    help_ = "write it on two lines:\n    greeting:\n      say: Hello"
    runner.folder_state |= {"broken": True, "diagnostics": [MISTAKE | {"help": help_}]}
    await visit.page.goto(visit.address)
    shown = await visit.sees("#folder-rows .help")
    assert await shown.inner_text() == "W" + help_[1:]


async def test_a_reload_says_what_changed_and_offers_a_new_start(visit, runner):
    """The changes stand in words; the talk keeps its files until it is started again."""
    runner.remembers = True
    await visit.begin()
    serve(runner, "r-2", "the greeting of receptionist in clinic has changed")
    await visit.sees("#folder.good", "What you saved is served now.")
    await visit.sees("#folder.good", "goes on with the files it began with")
    await visit.sees("#folder-rows li", "The greeting of receptionist in clinic has changed.")
    await visit.page.get_by_role("button", name="Start again with what you saved").click()
    await visit.sees("#release", "r-2")
    await visit.page.wait_for_selector("#folder-again", state="hidden")
    first, second = runner.dialogues.values()
    assert (first.events[-1]["reason"], second.ended) == ("caller_left", False)


async def test_dev_says_what_is_true(visit, runner):
    """With --dev the talk goes on with what was saved, and then nothing says that it is old."""
    runner.dev = True
    await visit.begin()
    serve(runner, "r-2", "the greeting of receptionist in clinic has changed")
    await visit.sees("#folder.good", "This conversation goes on with it")
    assert "began with" not in await visit.page.locator("#folder").inner_text()
    [dialogue] = runner.dialogues.values()
    dialogue.release = "r-2"
    await visit.says("mary")
    await visit.page.wait_for_selector("#newer", state="hidden")
    await visit.page.wait_for_selector("#folder-again", state="hidden")


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


@fixture
async def caller(browser, front):
    """A person whose browser has a microphone, which hums, and lets this page use it."""
    context = await browser.new_context(permissions=["microphone"])
    yield Visit(await context.new_page(), front)
    await context.close()


async def called(visit, runner, words="Listening"):
    """A call by voice that has begun; its line."""
    await visit.page.goto(visit.address)
    await visit.page.get_by_role("button", name="Talk with clinic").click()
    await visit.sees("#speaking-words", words)
    await until(lambda: runner.line is not None)
    return runner.line


async def test_a_person_speaks_with_an_agent(caller, runner):
    """What the microphone hears goes out, what the agent says is played, its words are read."""
    line = await called(caller, runner)
    assert 16_000 <= line.rate <= 48_000
    await line.came.wait()
    assert len(line.heard[0]) == 2 * round(line.rate / 50)
    tone = bytes(range(1, 201)) * 100
    for piece in ({"type": "speaking", "who": "agent"}, tone, tone):
        line.pieces.put_nowait(piece)
    await caller.sees("#speaking.agent #speaking-words", "receptionist is speaking")
    line.pieces.put_nowait(say("Good day."))
    await caller.sees(".agent .said", "Good day.")
    await caller.sees("#speaking-words", "Listening")
    line.pieces.put_nowait({"type": "speaking", "who": "caller"})
    await caller.sees("#speaking-words", "You are speaking.")
    line.pieces.put_nowait(say("an appointment") | {"role": "user", "turn": 1})
    await caller.sees(".mine", "an appointment")
    for _ in range(2):
        line.pieces.put_nowait(tone)
    await caller.sees("#latency", "Latency by turn")
    assert caller.complaints == []


async def test_what_must_not_be_heard_any_more_is_not_played(caller, runner):
    """The agent is interrupted: what has come of its words is thrown away."""
    line = await called(caller, runner)
    line.pieces.put_nowait(bytes(range(1, 201)) * 5000)  # ten seconds or more
    await caller.sees("#speaking.agent")
    line.pieces.put_nowait({"type": "clear"})
    await caller.sees("#speaking:not(.agent)")


async def test_a_person_writes_and_presses_keys_in_a_call(caller, runner):
    """Beside speaking; what was written stands in the log once the agent has it."""
    line = await called(caller, runner)
    await caller.says("my name is <b>Mary</b>")
    await caller.sees("#queue .mine", "my name is <b>Mary</b>")
    line.pieces.put_nowait(say("my name is <b>Mary</b>") | {"role": "user"})
    await caller.sees("#log .mine", "my name is <b>Mary</b>")
    assert await caller.page.locator("#queue .mine").count() == 0
    await caller.page.get_by_role("button", name="Keypad").click()
    await caller.page.get_by_role("button", name="1", exact=True).click()
    await caller.page.get_by_role("button", name="Press these keys").click()
    await caller.sees("#pad-keys")
    await until(lambda: ("keys", "1") in line.said)
    assert line.said[0] == ("text", "my name is <b>Mary</b>")


async def test_a_microphone_is_muted(caller, runner):
    """Silence goes out, so that the agent does not wait for the end of a sentence."""
    line = await called(caller, runner)
    await caller.page.get_by_role("button", name="Mute your microphone").click()
    await caller.sees("#speaking-words", "Your microphone is off.")
    await until(lambda: not any(line.heard[-1]))
    await caller.page.get_by_role("button", name="Mute your microphone").click()
    await caller.sees("#speaking-words", "Listening")
    await until(lambda: any(line.heard[-1]))


@pytest.mark.parametrize("who", ["person", "agent", "runner"])
async def test_a_call_ends_and_begins_again(caller, runner, front, who):
    """Whoever ends it: the page says so, and offers another one."""
    line = await called(caller, runner)
    if who == "person":
        await caller.page.get_by_role("button", name="End", exact=True).click()
        words = "You have ended the conversation."
    elif who == "agent":
        for piece in ({"type": "end", "reason": "end_call"}, None):
            line.pieces.put_nowait(piece)
        words = "The agent has ended the conversation."
    else:
        await front.stop()
        words = "The connection to the runner broke off, so the call is over."
    await caller.sees("#over-words", words)
    if who != "runner":
        await line.gone.wait()
        await caller.page.get_by_role("button", name="Start again").click()
        await caller.sees("#speaking-words", "Listening")
        assert runner.line is not line


async def test_who_has_no_microphone_hears_and_writes(browser, front, runner):
    """The browser may not use it: the page says what to do, and the call goes on."""
    visit = Visit(await browser.new_page(), front)
    line = await called(visit, runner, "The agent cannot hear you. Write below.")
    await visit.sees("#trouble", "until then you can write")
    await expect(visit.page.locator("#mute")).to_be_hidden()
    line.pieces.put_nowait(say("Good day."))
    await visit.sees(".agent .said", "Good day.")
    await visit.says("hello")
    await until(lambda: line.said == [("text", "hello")])


async def test_a_call_that_is_refused_is_told(caller, runner):
    """No call can be taken: words, no silence."""
    runner.refuses = DialogueError("full", "the agent has as many calls as it may have")
    await caller.page.goto(caller.address)
    await caller.page.get_by_role("button", name="Talk with clinic").click()
    await caller.sees("#over-words", "The runner is busy")


AWAY = "ws://127.0.0.1:9"
"""Where no LiveKit is."""


async def test_with_livekit_a_call_goes_over_its_rooms(browser, runner, front):
    """The page's own socket is for where there is none; nobody's processes are made ready."""
    runner.livekit_url = AWAY
    visit = Visit(await browser.new_page(), front)
    await visit.page.goto(visit.address)
    await visit.sees("[data-start=clinic]", "Write")
    assert await visit.page.locator("[data-call=hotel]").count() == 0  # it is not registered
    assert not runner.expected
    await visit.page.get_by_role("button", name="Talk with clinic").click()
    await visit.sees("#over-words", f"LiveKit at {AWAY} cannot be reached")
    assert runner.visit.agent == "clinic"
    assert runner.line is None


async def test_a_call_over_livekit_that_is_refused_is_told(browser, runner, front):
    """No token is given: words, and the way to try again."""
    runner.livekit_url = AWAY
    runner.refuses = DialogueError("full", "as many callers as the agent takes are there already")
    visit = Visit(await browser.new_page(), front)
    await visit.page.goto(visit.address)
    await visit.page.get_by_role("button", name="Talk with clinic").click()
    await visit.sees("#over-words", "The call could not begin. The runner is busy")
    runner.refuses = None
    await visit.page.get_by_role("button", name="Start again").click()
    await visit.sees("#over-words", "cannot be reached")


async def test_a_conversation_is_copied_as_a_test(visit, runner):
    """It is shown, and what to do with it; a browser that copies nothing has it selected."""
    await visit.page.add_init_script("delete Navigator.prototype.clipboard;")
    await visit.begin()
    await visit.says("mary")
    await visit.sees(".agent .said", "Thank you, Mary.")
    await visit.page.get_by_role("button", name="Copy as a test").click()
    await visit.sees("#test-copied", "Copy it from here")
    assert "# Thank you, Mary." in await visit.page.locator("#test-text").input_value()
    chosen = "(box) => box.selectionEnd - box.selectionStart === box.value.length"
    assert await visit.page.locator("#test-text").evaluate(chosen)
    await visit.page.get_by_role("button", name="Close", exact=True).click()
    runner.dialogues.clear()
    await visit.page.get_by_role("button", name="Copy as a test").click()
    await visit.sees("#trouble", "There is no test to be had of this conversation")
    visit.complaints.clear()
