"""`confirm`: the model's call of a tool is carried out after the caller's own yes alone."""

from __future__ import annotations

import pytest
from support.wild import Wild

from runner.egress.port import ToolResponse

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    tools:
      - book
      - look
      - cancel
personas:
  host:
    instructions: You are the host.
    handoffs:
      kitchen:
        when: It is about food.
  kitchen:
    instructions: You cook.
    on_handoff:
      say: Kitchen here. Are you hungry?
tools:
  book:
    description: Book a table.
    parameters:
      day:
        type: text
    confirm: CONFIRM
    http:
      url: https://book.example/
      method: POST
      body:
        json:
          day: "{{ args.day }}"
  cancel:
    description: Cancel it all.
    confirm: Shall I cancel it?
    set:
      cancelled: "yes"
  look:
    description: Look it up.
    http:
      url: https://look.example/
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: x
          say: x
"""
QUESTION = "Shall I book {{ args.day }}?"
BOOK = [("book", '{"day": "Thursday"}')]
OK = ToolResponse(ok=True, output="Booked, number 7.")


def folder(confirm=QUESTION):
    text = FOLDER.replace("CONFIRM", f'"{confirm}"' if confirm != "yes" else confirm)
    return text.replace(
        "    tools:\n      - book",
        "    variables:\n      cancelled:\n        type: yes_no\n    tools:\n      - book",
    )


@pytest.mark.proves("AnyTool.confirm")
async def test_it_asks_first_and_does_it_after_a_yes(begin):
    """The question is spoken exactly; a yes sends what was asked about, and the model answers."""
    model = Wild(BOOK, "It is booked.")
    talk = await begin(folder(), OK, models={"brain": model})
    question = await talk.say("A table on Thursday, please.")
    assert question.texts == ["Shall I book Thursday?"]
    assert talk.service.asked == []
    assert question.failed == [False]
    done = await talk.say("Yes, please.")
    assert [a.arguments for a in talk.service.asked] == [{"day": "Thursday"}]
    assert done.texts == ["It is booked."]
    assert done.outputs == ["Booked, number 7."]
    assert len(model.choices) == 2  # nobody asked the model whether that was a yes


async def test_a_no_is_told_to_the_model(begin):
    """After a no nothing is sent; the model knows, and answers."""
    seen = []
    model = Wild(BOOK, lambda chat: seen.append(chat.copy()) or "What else?")
    talk = await begin(folder(), OK, models={"brain": model})
    await talk.say("A table on Thursday, please.")
    refused = await talk.say("No, thank you.")
    assert talk.service.asked == []
    assert refused.texts == ["What else?"]
    assert refused.outputs == ["book was not done: the caller said no."]
    assert refused.failed == [True]
    assert any(
        item.type == "function_call_output" and "said no" in item.output for item in seen[0].items
    )


@pytest.mark.parametrize(
    "answer",
    ["What does it cost?", "Yes, but on Friday.", "Friday", "yes and no", "Thursday", "yes yes no"],
)
async def test_what_is_no_yes_carries_nothing_out(begin, answer):
    """Any other answer goes to the model; the question is closed, and a later yes is none."""
    model = Wild(BOOK, "It is free of charge. Fine?", "Oh.")
    talk = await begin(folder(), OK, models={"brain": model})
    await talk.say("A table on Thursday, please.")
    assert (await talk.say(answer)).texts == ["It is free of charge. Fine?"]
    await talk.say("Yes.")
    assert talk.service.asked == []


async def test_a_yes_before_the_question_is_none(begin):
    """Only what comes after the question is an answer to it."""
    model = Wild(BOOK, "Well?")
    talk = await begin(folder(), OK, models={"brain": model})
    question = await talk.say("Yes yes yes, book Thursday, I confirm.")
    assert question.texts == ["Shall I book Thursday?"]
    assert talk.service.asked == []


async def test_other_arguments_are_asked_about_anew(begin):
    """A yes holds for what was asked about, once: the next call asks again."""
    other = [("book", '{"day": "Friday"}')]
    model = Wild(BOOK, other, "Booked.", other)
    talk = await begin(folder(), OK, models={"brain": model})
    await talk.say("Thursday.")
    assert (await talk.say("Friday is better.")).texts == ["Shall I book Friday?"]
    await talk.say("Yes.")
    assert [a.arguments for a in talk.service.asked] == [{"day": "Friday"}]
    assert (await talk.say("And again.")).texts == ["Shall I book Friday?"]
    assert len(talk.service.asked) == 1


async def test_somebody_elses_question_is_not_answered_for_it(begin):
    """The caller says yes to the next persona: nothing is carried out."""
    model = Wild([*BOOK, ("transfer_to_kitchen", "{}")], "Bon appetit.")
    talk = await begin(folder(), OK, models={"brain": model})
    await talk.say("Hello.")
    assert talk.conversation.persona == "kitchen"
    await talk.say("Yes.")
    assert talk.service.asked == []


async def test_one_question_at_a_time(begin):
    """Of two calls in one answer the first asks; the second is told to wait."""
    model = Wild([*BOOK, ("cancel", "{}")], "Done.")
    talk = await begin(folder(), OK, models={"brain": model})
    question = await talk.say("Both.")
    assert question.texts == ["Shall I book Thursday?"]
    assert sorted(question.failed) == [False, True]
    await talk.say("Yes.")
    assert len(talk.service.asked) == 1
    assert "cancelled" not in talk.conversation.variables


async def test_other_tools_beside_it_do_not_answer_over_the_question(begin):
    """The question is the last that the caller hears in that turn."""
    model = Wild([("look", "{}"), *BOOK], "Done.")
    talk = await begin(folder(), OK, models={"brain": model})
    question = await talk.say("Look and book.")
    assert question.texts == ["Shall I book Thursday?"]
    assert [a.tool for a in talk.service.asked] == ["look"]
    await talk.say("Go ahead.")
    assert [a.tool for a in talk.service.asked] == ["look", "book"]


async def test_with_yes_the_model_asks_in_its_own_words(begin):
    """`confirm: yes`: the model is told to ask, may call nothing then, and the caller decides."""
    model = Wild(BOOK, "Thursday, is that right?", "It is booked.")
    talk = await begin(folder("yes"), OK, models={"brain": model})
    question = await talk.say("Thursday.")
    assert question.texts == ["Thursday, is that right?"]
    assert model.choices[1] == "none"
    assert talk.service.asked == []
    assert (await talk.say("Yes.")).texts == ["It is booked."]
    assert len(talk.service.asked) == 1


@pytest.mark.parametrize("failure", ["", RuntimeError("gone")])
async def test_an_apology_is_no_question(begin, failure):
    """Where the model fails to ask, a yes carries nothing out."""
    model = Wild(BOOK, failure, "Hm.")
    talk = await begin(folder("yes"), OK, models={"brain": model})
    await talk.say("Thursday.")
    await talk.say("Yes.")
    assert talk.service.asked == []


async def test_actions_ask_nobody(begin):
    """`confirm` holds for the model's own calls: what an author has written is done."""
    acting = folder().replace(
        "      url: https://look.example/",
        "      url: https://look.example/\n    then:\n      tool: book\n      with:\n"
        "        day: Monday",
    )
    talk = await begin(acting, OK, models={"brain": Wild([("look", "{}")], "Done.")})
    await talk.say("Look.")
    assert [a.tool for a in talk.service.asked] == ["look", "book"]


async def test_a_reload_between_question_and_answer_keeps_the_question(begin, load):
    """The yes holds by the new release; one without the tool forgets the question."""
    model = Wild(BOOK, "It is booked.")
    talk = await begin(folder(), OK, models={"brain": model})
    await talk.say("Thursday.")
    await talk.conversation.renew(load(folder().replace("You are the host.", "You are kind.")))
    await talk.say("Yes.")
    assert len(talk.service.asked) == 1


async def test_the_locale_says_what_a_yes_is(begin):
    """The words are those of the agent's language and of English."""
    german = folder().replace("    mode: text", "    mode: text\n    locale: de")
    talk = await begin(german, OK, models={"brain": Wild(BOOK, "Gut.")})
    await talk.say("Donnerstag.")
    await talk.say("Ja, bitte, gerne.")
    assert len(talk.service.asked) == 1
