"""The tools of MCP servers in a call."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from runner.egress.port import ToolResponse
from runner.schema.tools import McpTool
from runner.session.errors import CannotStartError

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    variables:
      open:
        type: yes_no
        default: "yes"
      asked:
        type: yes_no
    tools:
      - shop
personas:
  host:
    instructions: You answer questions about orders.
    greeting:
      say: Shop here.
tools:
  shop:
    if: not asked
    mcp:
      url: https://shop.example/mcp
      required: REQUIRED
      tools:
        cancel_order:
          if: open
    then:
      set:
        asked: "yes"
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: order
          call:
            find_order:
              number: 5
        - when_caller_says: cancel
          call:
            cancel_order:
              number: 5
        - when_tool_failed: "yes"
          say: "Failed: {answer}"
        - when_tool_answered: "yes"
          say: "Done: {answer}"
"""
NUMBER = {"type": "object", "properties": {"number": {"type": "integer"}}}
LISTED = ToolResponse(
    ok=True,
    output="",
    result=[
        {"name": "find_order", "description": "Find {{ an }} order.", "parameters": NUMBER},
        {"name": "cancel_order", "description": None, "parameters": None},
        {"name": "not a name!", "description": "x", "parameters": None},
    ],
)
DOWN = ToolResponse(ok=False, output="It is not there.", error="nothing listens")


def offered(talk):
    """What the model is offered now: name → schema."""
    agent = talk.conversation.session.current_agent
    tools = agent.makeup.toolbox.offered(agent.plan, agent.tools)
    return {tool.info.name: tool.info.raw_schema for tool in tools}


def folder(**changes):
    """The folder, a server needed unless it is said otherwise."""
    text = FOLDER.replace("REQUIRED", changes.pop("required", "yes"))
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    return text


@pytest.mark.proves("McpTool.mcp", "McpTool.if", "McpTool.then", "ServerToolOptions.if")
@pytest.mark.proves("UrlServer.tools", "CommandServer.tools")
async def test_the_model_has_the_tools_of_the_server(begin):
    """Under their own names, as the server describes them, and only while their conditions hold."""
    talk = await begin(folder(), LISTED, ToolResponse(ok=True, output="Two lamps."))
    (ask,) = talk.service.asked
    assert (ask.tool, ask.function, ask.arguments) == ("shop", None, {})
    assert offered(talk)["find_order"] == {
        "name": "find_order",
        "description": "Find {{ an }} order.",
        "parameters": NUMBER,
    }
    assert set(offered(talk)) == {"find_order", "cancel_order"}
    talk.conversation._call.bound.variables.set("open", "no")
    assert set(offered(talk)) == {"find_order"}

    events = await talk.say("order")

    assert events.outputs == ["Two lamps."]
    ask = talk.service.asked[-1]
    assert (ask.tool, ask.function, ask.arguments) == ("shop", "find_order", {"number": 5})
    assert offered(talk) == {}


async def test_a_tool_that_may_not_be_used_now_is_refused(begin):
    """A model that calls it all the same hears so, and the server does not."""
    text = folder().replace('default: "yes"', 'default: "no"')
    talk = await begin(text, LISTED)
    events = await talk.say("cancel")
    assert talk.service.asked[1:] == []
    assert "Done" not in str(events.texts)


async def test_what_a_server_refuses_is_a_failure(begin):
    """The model is told what the server says."""
    talk = await begin(folder(), LISTED, ToolResponse(ok=False, output="Sent already.", error="e"))
    events = await talk.say("order")
    assert (events.failed, events.outputs) == ([True], ["Sent already."])


@pytest.mark.proves("UrlServer.required", "CommandServer.required")
async def test_a_call_cannot_begin_without_a_server_that_it_needs(begin):
    """Whoever starts the call is told why."""
    with pytest.raises(CannotStartError, match="the server 'shop' is not there: nothing listens"):
        await begin(folder(), DOWN)


async def test_a_call_goes_on_without_a_server_that_it_does_not_need(begin, caplog):
    """Its tools are not there, and the log says why."""
    talk = await begin(folder(required="no"), DOWN)
    assert talk.events.texts == ["Shop here."]
    assert offered(talk) == {}
    assert "the call goes on without the server 'shop': nothing listens" in caplog.text


async def test_a_name_that_is_taken_stays_with_the_folder(begin, caplog):
    """A server cannot replace a tool of the folder."""
    own = "tools:\n  find_order:\n    description: Find it.\n    say: Ours.\n  shop:"
    text = (
        folder().replace("tools:\n  shop:", own).replace("- shop\n", "- shop\n      - find_order\n")
    )
    talk = await begin(text, LISTED)
    assert offered(talk)["find_order"]["description"] == "Find it."
    assert "the tool 'find_order' of 'shop' is left out: its name is taken" in caplog.text


async def test_a_renewed_call_keeps_its_servers(begin, load):
    """What is done after a tool changes at once; the server itself waits for the next call."""
    talk = await begin(folder(), LISTED, ToolResponse(ok=True, output="Two lamps."))
    after = folder().replace("    if: not asked\n", "    if: open\n")
    after = after.replace('        asked: "yes"\n', '        open: "no"\n')
    after = after.replace("      required: yes\n", "      allow:\n        - find_order\n", 1)
    after = after.replace("      tools:\n        cancel_order:\n          if: open\n", "")
    done = await talk.conversation.renew(load(after))
    assert set(offered(talk)) == {"find_order", "cancel_order"}
    assert len(talk.service.asked) == 1
    assert any(path.startswith("tools.shop.mcp") for path in done.waiting)
    await talk.say("order")
    assert offered(talk) == {}


@pytest.mark.proves("McpTool.description", "McpTool.parameters")
@pytest.mark.parametrize("key", ["description", "parameters"])
def test_what_the_server_says_cannot_be_written(key):
    """Its tools are described by it alone."""
    own = {"description": "Find it.", "parameters": {"number": {"type": "integer"}}}[key]
    with pytest.raises(ValidationError, match="from the server"):
        McpTool.model_validate({"mcp": {"url": "https://shop.example/mcp"}, key: own})


OPTIONS = """        find_order:
          max_uses: 1
          background: no
          if_already_running: allow
        cancel_order:
          confirm: Shall I cancel order {{ args.number }}?
          if: open
"""


@pytest.mark.proves("McpTool.on_error")
@pytest.mark.proves("ServerToolOptions.confirm", "ServerToolOptions.max_uses")
@pytest.mark.proves("ServerToolOptions.background", "ServerToolOptions.if_already_running")
async def test_single_tools_of_a_server_have_terms_of_their_own(begin):
    """How often it may be used, what is asked before, and what holds for all tools besides."""
    text = folder().replace("        cancel_order:\n          if: open\n", OPTIONS)
    text = text.replace("    if: not asked\n", "    on_error: Say that the shop is closed.\n")
    lamps, failed = (
        ToolResponse(ok=True, output="Two lamps."),
        ToolResponse(ok=False, output="No."),
    )
    talk = await begin(text, LISTED, lamps, failed)
    tools = talk.conversation._call.bound.plan.tools
    assert (tools["find_order"].background, tools["find_order"].if_already_running) == (
        False,
        "allow",
    )
    assert (await talk.say("order")).outputs == ["Two lamps."]
    assert (await talk.say("order")).outputs != ["Two lamps."]
    assert len(talk.service.asked) == 2
    question = await talk.say("cancel")
    assert "Shall I cancel order 5?" in question.texts
    assert len(talk.service.asked) == 2
    done = await talk.say("yes")
    assert len(talk.service.asked) == 3
    assert "Say that the shop is closed." in str(done)
