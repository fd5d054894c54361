"""What the next persona is told, item by item."""

from __future__ import annotations

from livekit.agents import ChatContext, llm

from runner.session.clock import MachineClock
from runner.session.personas import context


def talk():
    """A talk with a tool whose call lies further back than its answer."""
    chat = ChatContext.empty()
    chat.add_message(role="system", content="Secret instructions")
    chat.add_message(role="user", content="one")
    chat.items.append(llm.FunctionCall(name="find", call_id="1", arguments="{}"))
    chat.add_message(role="assistant", content="two")
    chat.items.append(
        llm.FunctionCallOutput(name="find", call_id="1", output="found", is_error=False)
    )
    chat.items.append(llm.FunctionCall(name="lost", call_id="2", arguments="{}"))
    chat.items.append(
        llm.FunctionCallOutput(name="lost", call_id="2", output="boom", is_error=True)
    )
    chat.items.append(llm.FunctionCall(name="transfer_to_b", call_id="3", arguments="{}"))
    chat.items.append(
        llm.FunctionCallOutput(name="transfer_to_b", call_id="3", output="ok", is_error=False)
    )
    chat.items.append(llm.FunctionCall(name="end_call", call_id="4", arguments="{}"))
    chat.items.append(
        llm.FunctionCallOutput(name="end_call", call_id="4", output="ok", is_error=False)
    )
    chat.items.append(llm.AgentHandoff(new_agent_id="b"))
    return chat.items


def types(items):
    return [item.type if item.type != "message" else item.text_content for item in items]


def test_full():
    """Instructions, handoffs, transfers and errors of lacking tools stay behind."""
    kept = context.carried(talk(), {"find", "end_call"}, "full")
    assert types(kept) == ["one", "function_call", "two", "function_call_output"]


def test_answers_without_their_call_are_cut():
    """An answer whose call was cut off is not carried."""
    assert types(context.carried(talk(), {"find"}, "last 1")) == ["two"]
    assert types(context.carried(talk(), set(), "last 1")) == [
        "two",
        '<earlier_result tool="find">found</earlier_result>',
    ]


def test_nothing_to_carry():
    """A talk without a word of the caller has nothing that goes with a summary."""
    assert context.carried([], {"find"}, "summary") == []
    assert context.carried([], {"find"}, "last 3") == []


async def test_nothing_to_summarise():
    """A talk without a word is not summarised: no model is asked."""
    assert await context.summarised(None, [], MachineClock(), "Summarise.") is None
