"""What rules of the scripted model know of a talk: slots, the last question, tools' answers."""

from __future__ import annotations

import json

import pytest
from livekit.agents import llm
from lkrun_script import Options, build

from runner.providers.validation import validate


def scripted(rules, **options):
    """A model of some rules, written as in YAML."""
    made, problems = validate(Options, {"rules": rules, **options}, "llm 'script'")
    assert problems == []
    return build(made)


def context(*lines):
    """A chat context: `user: …`, `agent: …`, `told: …`, `call: tool`, `tool: answer`."""
    chat, group = llm.ChatContext.empty(), 0
    roles = {"user": "user", "agent": "assistant", "told": "system"}
    for number, line in enumerate(lines):
        who, _, text = line.partition(": ")
        if who == "call":
            group += 1
            chat.items.append(
                llm.FunctionCall(id=f"item{group}/fnc_0", call_id=text, arguments="{}", name=text)
            )
        elif who == "tool":
            name, _, output = text.partition("=")
            chat.items.append(
                llm.FunctionCallOutput(name=name, call_id=name, output=output, is_error=False)
            )
        else:
            chat.items.append(llm.ChatMessage(id=f"m{number}", role=roles[who], content=[text]))
    return chat


async def answer(model, *lines, tools=()):
    """What a model answers: text, and its calls with their arguments."""
    text, calls = [], []
    async with model.chat(chat_ctx=context(*lines), tools=list(tools)) as stream:
        async for chunk in stream:
            if chunk.delta:
                text.append(chunk.delta.content or "")
                calls += [(c.name, json.loads(c.arguments)) for c in chunk.delta.tool_calls]
    return "".join(text), calls


def tool(name, *parameters):
    """A tool with text parameters."""

    async def run(raw_arguments: dict[str, object]) -> str:
        return str(raw_arguments)

    schema = {
        "name": name, "description": name,
        "parameters": {"type": "object", "properties": {p: {"type": "string"} for p in parameters}},
    }  # fmt: skip
    return llm.function_tool(run, raw_schema=schema)


async def test_yes_means_what_the_agent_has_asked():
    """`if_agent_said` looks at what was said since the caller's words before."""
    rules = [
        {"when_caller_mentions": "yes", "if_agent_said": "shall I book", "say": "Booked."},
        {"when_caller_mentions": "yes", "say": "Yes what?"},
    ]
    model = scripted(rules)
    assert (await answer(model, "agent: Shall I book?", "user: yes"))[0] == "Booked."
    late = ("agent: Shall I book?", "user: hm", "agent: Well?", "user: yes")
    assert (await answer(model, *late))[0] == "Yes what?"
    assert (await answer(model, "user: yes"))[0] == "Yes what?"


async def test_what_the_agent_said_can_be_said_again():
    """`{agent_said}` is its last words; without any it is nothing."""
    model = scripted([{"when_caller_says": "what", "say": "I said: {agent_said}"}])
    lines = ("agent: One.", "user: x", "agent: Two.", "agent: Three.", "user: what?")
    assert (await answer(model, *lines))[0] == "I said: Two. Three."
    assert (await answer(model, "user: what"))[0] == "I said: "


DAYS = {"slots": {"day": ["monday", "tuesday"], "what": {"cleaning": "clean", "filling": "hole"}}}


async def test_slots_are_filled_from_the_whole_talk_the_last_value_wins():
    """A value that was named stays known until another is; conditions see both."""
    rules = [
        {"when_caller_names": ["day", "what"], "say": "{what} on {day}."},
        {"when_caller_names": "day", "if_known": "what", "say": "{what} then on {day}."},
        {"when_caller_names": "what", "if_not_known": "day", "say": "{what}: when?"},
        {"when_caller_mentions": "when", "if_caller_names": "what", "say": "{day}."},
        {"when_caller_says": "so", "say": "{what}/{day}"},
    ]
    model = scripted(rules, **DAYS)
    assert (await answer(model, "user: clean on monday"))[0] == "cleaning on monday."
    assert (await answer(model, "user: a hole"))[0] == "filling: when?"
    assert (await answer(model, "user: a hole", "user: tusday"))[0] == "filling then on tuesday."
    assert (await answer(model, "user: monday, no, tuesday", "user: so"))[0] == "/tuesday"
    assert (await answer(model, "user: monday", "user: when clean"))[0] == "monday."


async def test_a_tool_is_called_for_each_value_that_was_named():
    """`for_each` repeats `call`; without a value in the sentence the last known one is used."""
    rules = [
        {"when_caller_names": "what", "for_each": "what", "call": {"add": {"item": "{what}"}}},
        {"when_caller_says": "again", "for_each": "what", "call": {"add": {"item": "{what}"}}},
    ]
    model, tools = scripted(rules, **DAYS), [tool("add", "item")]
    both = [("add", {"item": "cleaning"}), ("add", {"item": "filling"})]
    assert (await answer(model, "user: clean and a hole", tools=tools))[1] == both
    said = ("user: a hole", "user: again")
    assert (await answer(model, *said, tools=tools))[1] == [("add", {"item": "filling"})]


async def test_several_rules_answer_together():
    """Rules with `together` are all used; one without is used alone, when it fits first."""
    rules = [
        {"when_caller_mentions": "stop", "say": "Stopped."},
        {"when_caller_mentions": "hours", "together": "yes", "say": "Nine to five."},
        {"when_caller_mentions": "hello", "say": "Hello."},
        {"when_caller_mentions": "price", "together": "yes", "say": "Ten.", "call": "note"},
    ]
    model, tools = scripted(rules), [tool("note")]
    assert await answer(model, "user: hello, price and hours?", tools=tools) == (
        "Nine to five. Ten.", [("note", {})],
    )  # fmt: skip
    assert (await answer(model, "user: stop, hours?"))[0] == "Stopped."
    assert (await answer(model, "user: hello there, the price"))[0] == "Hello."


async def test_a_rule_may_be_held_back_by_other_words():
    """`if_caller_mentions` and `unless_caller_mentions` narrow any rule, also after a tool."""
    rules = [
        {"when_caller_mentions": "much", "unless_caller_mentions": "bill", "say": "Ten."},
        {"when_caller_mentions": "much", "say": "Which bill?"},
        {"when_tool_answered": "find", "if_caller_mentions": "loud*", "say": "FOUND"},
        {"when_tool_answered": "find", "if_answer_says": "nothing", "say": "No."},
        {"when_tool_answered": "find", "say": "Found {answer}."},
    ]
    model = scripted(rules)
    assert (await answer(model, "user: how much is it"))[0] == "Ten."
    assert (await answer(model, "user: how much is the bill"))[0] == "Which bill?"
    for said, output, expected in (
        ("loudly", "x", "FOUND"), ("find", "nothing there", "No."), ("find", "x", "Found x."),
    ):  # fmt: skip
        lines = (f"user: {said}", "call: find", f"tool: find={output}")
        assert (await answer(model, *lines))[0] == expected


async def test_a_tool_of_a_step_before_has_not_answered_now():
    """Two steps of the model in one turn are two: a rule sees the answers of the last one only."""
    rules = [
        {"when_tool_answered": "add", "say": "Added."},
        {"when_tool_answered": "find", "say": "Found."},
    ]
    model = scripted(rules)
    steps = ("user: x", "call: add", "tool: add=1", "call: find", "tool: find=2")
    assert (await answer(model, *steps))[0] == "Found."


async def test_first_words_after_a_handoff_go_on_with_what_was_said():
    """Conditions about the caller's words hold for instructions too."""
    rules = [
        {"when_instructed": "desk", "if_caller_names": "day", "say": "Desk. {day}?"},
        {"when_instructed": "desk", "say": "Desk."},
    ]
    model = scripted(rules, **DAYS)
    assert (await answer(model, "user: on monday", "told: You are the desk"))[0] == "Desk. monday?"
    assert (await answer(model, "user: hi", "told: You are the desk"))[0] == "Desk."


async def test_one_of_several_patterns_is_enough():
    """`when_caller_matches` takes a list; the groups of the pattern that fits are used."""
    rules = [
        {"when_caller_matches": [r"i am (?P<name>\w+)", r"(?P<name>\w+) here"], "say": "{name}!"}
    ]
    model = scripted(rules)
    assert (await answer(model, "user: I am Ömer"))[0] == "Ömer!"
    assert (await answer(model, "user: Ann here"))[0] == "Ann!"


@pytest.mark.parametrize(
    ("rule", "location", "message", "hint"),
    [
        ({"when_caller_names": "dya", "say": "x"}, ("when_caller_names",), "no slot 'dya'",
         "did you mean 'day'?"),
        ({"when_caller_says": "x", "if_known": ["day", "zzz"], "say": "x"}, ("if_known", 1),
         "no slot 'zzz'", "write it below slots:"),
        ({"when_caller_says": "x", "say": "{dya}"}, ("say",), "no rule has a slot or named group",
         "did you mean 'day'?"),
        ({"when_caller_says": "x", "for_each": "name", "call": "t"}, ("for_each",),
         "no slot 'name'", ""),
        ({"when_caller_says": "x", "for_each": "day", "say": "x"}, (), "repeats 'call'", ""),
        ({"when_caller_says": "x", "if_answer_says": "y", "say": "x"}, (),
         "no tool has answered", "beside when_tool_answered"),
        ({"when_caller_mentions": ["a", "?"], "say": "x"}, ("when_caller_mentions",),
         "no word in '?'", ""),
        ({"when_caller_matches": ["a", "(?=b)"], "say": "x"}, ("when_caller_matches",),
         "cannot look ahead", "write what follows"),
    ],
)  # fmt: skip
def test_a_mistake_is_told_at_its_place(rule, location, message, hint):
    """Names that nothing has, and conditions that can never hold."""
    named = {"when_caller_matches": r"i am (?P<name>\w+)", "say": "Hello {name}."}
    _, (problem,) = validate(Options, {"rules": [named, rule], **DAYS}, "llm 'script'")
    assert problem.location == ("rules", 1, *location)
    assert message in problem.message
    assert hint in (problem.help or "")
