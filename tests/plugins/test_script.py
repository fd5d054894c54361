"""The scripted model in real LiveKit sessions, and asked by itself."""

from __future__ import annotations

import json
from typing import Any

import pytest
from livekit.agents import Agent, AgentSession, APIError, RunContext, function_tool, llm
from lkrun_script import Options, build

from runner.providers.validation import validate


def scripted(rules, **options):
    """A model of some rules, written as in YAML."""
    made, problems = validate(Options, {"rules": rules, **options}, "llm 'script'")
    assert problems == []
    return build(made)


def tool(name, answers, properties=None, required=None):
    """A tool as lkrun makes them; what it was given is kept on the list it returns beside it."""
    given: list[dict[str, object]] = []

    async def run(raw_arguments: dict[str, object], ctx: RunContext) -> Any:  # noqa: ARG001 - LiveKit finds it by its annotation
        given.append(raw_arguments)
        if isinstance(answers, Exception):
            raise answers
        return answers() if callable(answers) else answers

    properties = properties or {}
    parameters = {
        "type": "object", "properties": properties,
        "required": list(properties) if required is None else required,
    }  # fmt: skip
    schema = {"name": name, "description": name, "parameters": parameters}
    return function_tool(run, raw_schema=schema), given


async def talk(agent, model, *said):
    """Say things to an agent in a text session and give back what happened after each."""
    turns = []
    settings = {"turn_detection": None}
    async with AgentSession(llm=model, userdata={}, vad=None, turn_handling=settings) as session:
        await session.start(agent)
        for text in said:
            result = await session.run(user_input=text)
            turns.append([
                event.item.text_content if event.type == "message" else event.type
                for event in result.events
            ])  # fmt: skip
        return turns, session.usage.model_usage


async def test_a_rule_speaks_and_calls_several_tools_and_their_answers_go_on():
    """Text and two calls in one step, then fields of the answer in the reply."""
    find, problems = tool(
        "find_slot",
        json.dumps({"start": "Friday 9", "free": True, "n": 4}),
        {"day": {"type": "string"}, "count": {"type": "integer"}, "share": {"type": "number"}},
    )
    note, noted = tool("note", "noted", {"text": {"type": "string"}})
    book, booked = tool("book", "Booked, number 4.", {"n": {"type": ["integer", "null"]}})
    rules = [
        {
            "when_caller_says": "appointment",
            "say": "One moment.",
            "call": {"find_slot": {"day": "tomorrow", "count": "2", "share": "half"}, "note": None},
        },
        {"when_tool_answered": "find_slot", "say": "I have {start}, {free}."},
        {"when_caller_says": "yes", "call": {"book": {"n": "{find_slot.n}"}}},
    ]
    agent = Agent(instructions="desk", tools=[find, note, book])
    said, usage = await talk(agent, scripted(rules), "An appointment, please", "Yes!")
    calls, outputs = ["function_call"] * 2, ["function_call_output"] * 2
    assert said == [
        ["One moment.", *calls, *outputs, "I have Friday 9, yes."],
        ["function_call", "function_call_output", "Booked, number 4."],
    ]
    assert problems == [{"day": "tomorrow", "count": 2, "share": "half"}]
    assert noted == [{"text": ""}]
    assert booked == [{"n": 4}]
    assert usage[0].input_tokens > 0
    assert usage[0].output_tokens > 0


async def test_a_failed_tool_has_rules_of_its_own():
    """`when_tool_failed` sees the error; without such a rule only `otherwise` is said."""
    broken, _ = tool("broken", llm.ToolError("the service is down"))
    rules = [{"when_caller_says": "go", "call": "broken"}]
    agent = Agent(instructions="desk", tools=[broken])
    said, _ = await talk(agent, scripted(rules, otherwise="Hm."), "go")
    assert said[0][-1] == "Hm."
    rules.append({"when_tool_failed": ["other", "broken"], "say": "No: {answer}."})
    said, _ = await talk(Agent(instructions="desk", tools=[broken]), scripted(rules), "go")
    assert said[0][-1] == "No: the service is down."


async def test_a_handoff_tool_takes_the_conversation_to_the_next_persona():
    """A rule may hand over; a rule whose tool the new persona lacks is passed over there."""

    class Billing(Agent):
        """The persona that takes over."""

        async def on_enter(self) -> None:
            """Answer the pending sentence."""
            await self.session.generate_reply()

    def hand_over() -> Agent:
        items = agent.chat_ctx.copy(exclude_instructions=True)
        return Billing(instructions="You are the billing desk.", chat_ctx=items)

    transfer, _ = tool("transfer_to_billing", hand_over)
    rules = [
        {"when_caller_says": "bill", "call": "transfer_to_billing"},
        {"when_caller_says": "bill", "if_instructions_say": "billing desk", "say": "Which bill?"},
        {"when_caller_says": "x", "if_tool_offered": "transfer_to_billing", "say": "never"},
    ]
    agent = Agent(instructions="You are the front desk.", tools=[transfer])
    said, _ = await talk(agent, scripted(rules, otherwise="What?"), "my bill", "x")
    assert said[0][-2:] == ["agent_handoff", "Which bill?"]
    assert said[1] == ["What?"]


async def test_lists_are_used_in_turn_and_groups_are_remembered():
    """Each use of a rule says the next text; a group of an earlier sentence can be said later."""
    rules = [
        {
            "when_caller_matches": r"my name is (?P<name>\w+)",
            "say": ["Hello {name}.", "Oh, {name}."],
        },
        {"when_caller_says": "who", "say": "{name}: {said}"},
    ]
    said = ("My name is Ann", "my name is Bob", "my name is Cid", "who", "hm", "hm")
    turns, _ = await talk(
        Agent(instructions="desk"), scripted(rules, otherwise=["What?", "Pardon?"]), *said
    )
    assert [turn[-1] for turn in turns] == [
        "Hello Ann.", "Oh, Bob.", "Hello Cid.", "Cid: who", "What?", "Pardon?",
    ]  # fmt: skip


async def test_a_model_that_is_told_to_break_breaks_as_a_real_one():
    """`fail` is an APIError of the model, not retried."""
    rules = [{"when_caller_says": "crash", "fail": "no more {said}"}]
    with pytest.raises(APIError, match="no more crash"):
        await reply(scripted(rules), [("user", "crash")])


async def reply(model, messages, tools=(), **wishes):
    """What a model answers to a chat context: text, calls, and the pieces it came in."""
    context = llm.ChatContext.empty()
    for role, text in messages:
        if role == "tool":
            item = llm.FunctionCallOutput(name="find", call_id="c", output=text, is_error=False)
            context.insert(item)
        elif role == "standing":
            context.add_message(role="system", content=text, id="lk.agent_task.instructions")
        else:
            context.add_message(role=role, content=text, id=wishes.pop("id", None) or text)
    pieces, calls = [], []
    async with model.chat(chat_ctx=context, tools=list(tools), **wishes) as stream:
        async for chunk in stream:
            if chunk.delta and chunk.delta.content:
                pieces.append(chunk.delta.content)
            if chunk.delta:
                calls.extend(
                    (call.name, json.loads(call.arguments)) for call in chunk.delta.tool_calls
                )
    return "".join(pieces), calls, pieces


async def test_instructions_and_the_start_of_a_call_are_situations():
    """A rule may answer certain instructions, any instructions, or the very beginning."""
    rules = [
        {"when_instructed": "greet", "say": "Hello."},
        {"when_instructed": "yes", "say": "As told."},
        {"when_call_starts": "yes", "say": "Welcome."},
    ]
    model = scripted(rules)
    assert (await reply(model, [("standing", "You greet.")]))[0] == "Welcome."
    assert (await reply(model, [("system", "Now greet them")]))[0] == "Hello."
    assert (await reply(model, [("user", "x"), ("developer", "be brief")]))[0] == "As told."
    assert (await reply(model, [("user", "x"), ("assistant", "y")]))[0].startswith("Sorry")


async def test_a_reply_comes_word_by_word():
    """Pieces are words, and a delay does not change what is said."""
    rules = [{"when_caller_says": "go", "say": "One two  three "}]
    for delay in ("0s", "1ms"):
        text, _, pieces = await reply(scripted(rules, delay=delay), [("user", "go")])
        assert text == "One two  three "
        assert pieces == ["One", " two", "  three", " "]


async def test_tool_choice_is_honoured():
    """`none` calls nothing, `required` calls something, a named function is called."""
    offered = [
        tool(name, "x", {"a": {"enum": ["k", "l"]}, "b": {"type": "boolean"}, "c": {}})[0]
        for name in ("verdict", "other")
    ]
    rules = [
        {"when_caller_says": "go", "call": "other"},
        {"when_caller_says": "go", "say": "Going.", "call": ["verdict", "other"]},
    ]
    model, said = scripted(rules, otherwise="Hm."), [("user", "go")]
    named = {"type": "function", "function": {"name": "verdict"}}
    example = {"a": "k", "b": False, "c": ""}
    request = {
        "none": ("Going.", []),
        "auto": ("", [("other", example)]),
        "required": ("", [("other", example)]),
    }
    for choice, expected in request.items():
        assert (await reply(model, said, offered, tool_choice=choice))[:2] == expected
    assert (await reply(model, said, offered, tool_choice=named))[:2] == (
        "Going.", [("verdict", example)],
    )  # fmt: skip
    one = await reply(model, said, offered[:1], tool_choice=named, parallel_tool_calls=False)
    assert one[1] == [("verdict", example)]
    unknown = [("user", "else")]
    assert (await reply(model, unknown, offered, tool_choice=named))[1] == [("verdict", example)]
    assert (await reply(model, unknown, offered, tool_choice="required"))[1][0][0] == "other"
    assert (await reply(model, unknown, [], tool_choice="required"))[:2] == ("", [])


async def test_an_answer_without_a_rule_is_read_out_only_when_it_is_words():
    """A plain answer is spoken; JSON, or an empty answer, is not."""
    model = scripted([], otherwise="Hm.")
    assert (await reply(model, [("user", "x"), ("tool", "Booked.")]))[0] == "Booked."
    assert (await reply(model, [("user", "x"), ("tool", '{"a": 1}')]))[0] == "Hm."
    assert (await reply(model, [("user", "x"), ("tool", " ")]))[0] == "Hm."


async def test_texts_become_what_parameters_ask_for():
    """`yes` for a boolean, digits for numbers; what does not fit stays as it was written."""
    parameters = {
        "a": {"type": "boolean"}, "b": {"type": "integer"}, "c": {"type": "number"},
        "d": {"type": ["null", "integer"]}, "e": {}, "f": {"type": "boolean"},
    }  # fmt: skip
    offered = [tool("t", "x", parameters, required=[])[0]]
    written = {"a": "Yes", "b": "5", "c": "0.5", "d": "7", "e": "8", "f": "maybe"}
    rules = [{"when_caller_says": "go", "call": {"t": written}}]
    _, calls, _ = await reply(scripted(rules), [("user", "go")], offered)
    assert calls == [("t", {"a": True, "b": 5, "c": 0.5, "d": 7, "e": "8", "f": "maybe"})]


async def test_a_sentence_that_was_answered_too_early_does_not_count():
    """Words that LiveKit sent ahead of time, and that then changed, use no turn."""
    model = scripted([{"when_caller_says": "go", "say": ["First.", "Second."]}])
    assert (await reply(model, [("user", "go")], id="early"))[0] == "First."
    assert (await reply(model, [("user", "go on")]))[0] == "First."
    assert (await reply(model, [("user", "go on")]))[0] == "First."
    assert (await reply(model, [("user", "go on"), ("user", "go")]))[0] == "Second."
