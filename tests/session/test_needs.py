"""Needs are asked for in order until they are known, whatever the model does."""

from __future__ import annotations

import json

import pytest
from support.wild import Wild

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    variables:
      note:
        type: text
      kinds:
        type: list
        of: text
personas:
  host:
    instructions: You are the host.
    greeting:
      say: Good day.
    tools:
      - jot
      - contact
    handoffs:
      billing:
        when: It is about money.
  billing:
    instructions: You are billing. {{ invoice or '' }} {{ who or '' }}
    needs:
      invoice:
        type: digits
        length: 3
        description: The number of the invoice
        ask:
          - Which invoice?
          - Its three digits, please.
      who:
        type: name
        ask: Who are you?
        confirm: "{{ who }}, right?"
      size:
        type: choice
        choices:
          - small
          - large
        optional: yes
        ask: Small or large?
    when_known:
      - say: "Invoice {{ invoice }} of {{ who }}."
      - tool: jot
        with:
          text: known
    tools:
      - jot
    handoffs:
      host:
        when: It is settled.
tools:
  jot:
    description: Note it.
    parameters:
      text:
        type: text
    set:
      note: "{{ args.text }}"
  contact:
    description: Take down how they are reached.
    ask:
      mail:
        type: email
        ask: Your e-mail address?
        confirm: no
      floor:
        type: integer
        description: The floor that they live on
    then:
      say: "We write to {{ result.mail }}."
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: x
          say: x
"""


def call(name, **given):
    return [(name, json.dumps(given))]


GO = [("transfer_to_billing", "{}")]


async def talk_with(begin, *answers, folder=FOLDER, given=None):
    model = Wild(*answers)
    return await begin(folder, models={"brain": model}, given=given), model


@pytest.mark.proves(
    "Persona.needs", "Persona.when_known", "Need.type", "Need.ask", "Need.length", "Need.confirm",
    "Need.description", "Need.choices",
)  # fmt: skip
async def test_what_is_missing_is_asked_for_in_order(begin):
    """One after another, exactly as written; then what follows is done."""
    talk, model = await talk_with(
        begin, GO, call("fill_in", invoice="118"), call("fill_in", who="Ann"),
        call("fill_in", size="large"),
    )  # fmt: skip
    assert (await talk.say("money")).texts == ["Which invoice?"]
    assert (await talk.say("one one eight")).texts == ["Who are you?"]
    assert (await talk.say("Ann")).texts == ["Ann, right?"]
    assert (await talk.say("Yes, that is right.")).texts == ["Small or large?"]
    events = await talk.say("large")
    assert events.texts[0] == "Invoice 118 of Ann."
    assert talk.conversation.variables["note"] == "known"
    assert [o for o in model.offered[1:4] if o - {"fill_in", "ask_again_for"}] == []


async def test_only_what_is_missing_is_asked_for(begin):
    """What is known already, from outside or from before, is not asked for."""
    talk, _ = await talk_with(begin, GO, given={"invoice": "118", "size": "small"})
    assert (await talk.say("money")).texts == ["Who are you?"]


async def test_a_handoff_carries_what_the_caller_has_said(begin):
    """The model gives what was said before with the handoff; nobody is asked twice."""
    talk, _ = await talk_with(begin, [("transfer_to_billing", '{"invoice": "118"}')])
    assert (await talk.say("It is about invoice 118")).texts == ["Who are you?"]
    assert talk.conversation.variables["invoice"] == "118"


async def test_two_answers_in_one_sentence_are_taken(begin):
    """An answer that comes before its question is not asked for."""
    talk, _ = await talk_with(begin, GO, call("fill_in", invoice="118", size="large", who="Bea"))
    await talk.say("money")
    assert (await talk.say("118, large, for Bea")).texts == ["Bea, right?"]
    assert "Invoice 118 of Bea." in (await talk.say("yes")).texts


async def test_an_answer_is_only_taken_after_the_question(begin):
    """A model that answers for the caller is refused, and the question stands."""
    talk, _ = await talk_with(
        begin, GO, call("fill_in", invoice="118"), call("fill_in", who="Eve"), "I am sure.",
    )  # fmt: skip
    await talk.say("money")
    await talk.say("118")
    assert "who" not in talk.conversation.variables
    talk, _ = await talk_with(
        begin, GO, [("fill_in", '{"invoice": "118"}'), ("fill_in", '{"who": "Eve"}')]
    )
    await talk.say("money")
    await talk.say("118")
    assert "who" not in talk.conversation.variables


@pytest.mark.proves("Need.tries", "Need.on_failure", "Need.optional")
async def test_it_is_asked_so_often(begin):
    """Without a fitting answer it is asked again, in its words in turn, then given up."""
    folder = FOLDER.replace(
        "        length: 3\n",
        "        length: 3\n        tries: 3\n        on_failure:\n          say: Never mind.\n",
    )
    talk, _ = await talk_with(
        begin, GO, "I only talk.", call("fill_in", invoice="1"), "Talk.", folder=folder
    )
    assert (await talk.say("money")).texts == ["Which invoice?"]
    assert (await talk.say("hm")).texts == ["I only talk.\nIts three digits, please."]
    events = await talk.say("one")
    assert events.failed == [True]
    assert events.texts == ["Which invoice?"]
    assert (await talk.say("no")).texts == ["Talk.", "Never mind.", "Who are you?"]


async def test_without_a_need_that_was_given_up_when_known_is_not_done(begin):
    """Where a need was given up, what follows all of them is left out; an optional one may miss."""
    talk, _ = await talk_with(
        begin, GO, "a", "b", "c", call("fill_in", who="Ann"), given={"size": "small"}
    )
    await talk.say("money")
    for text in ("1", "2", "3"):
        await talk.say(text)
    await talk.say("Ann")
    events = await talk.say("yes")
    assert "Invoice" not in "".join(events.texts)
    assert "note" not in talk.conversation.variables
    talk, _ = await talk_with(begin, GO, "x", given={"invoice": "118", "who": "Ann"})
    assert (await talk.say("money")).texts == ["Small or large?"]
    assert "Invoice 118 of Ann." in (await talk.say("whatever")).texts


async def test_an_optional_answer_that_was_given_is_not_lost_for_an_unclear_word(begin):
    """What the caller has named waits for their yes, also where it may stay empty."""
    optional = FOLDER.replace("        type: name\n", "        type: name\n        optional: yes\n")
    talk, _ = await talk_with(
        begin, GO, call("fill_in", who="Ann"), "Hm.", call("fill_in", who="Anna"), "So.", "So.",
        given={"invoice": "118", "size": "small"}, folder=optional,
    )  # fmt: skip
    await talk.say("money")
    assert (await talk.say("Ann")).texts == ["Ann, right?"]
    assert (await talk.say("well, well")).texts == ["Hm.\nAnn, right?"]
    assert (await talk.say("no")).texts == ["Who are you?"]
    assert (await talk.say("Anna")).texts == ["Anna, right?"]
    assert (await talk.say("yes")).texts == ["Invoice 118 of Anna."]
    talk, _ = await talk_with(
        begin, GO, call("fill_in", who="Ann"), "Hm.", "Hm.", "Hm.",
        given={"invoice": "118", "size": "small"}, folder=optional,
    )  # fmt: skip
    await talk.say("money")
    await talk.say("Ann")
    for text in ("well", "so", "so what"):
        await talk.say(text)
    assert not talk.conversation.variables.get("who")
    assert talk.conversation.variables["note"] == "known"


async def test_a_value_that_was_not_read_out_is_not_confirmed_by_saying_it_again(begin):
    """A model that repeats all it knows confirms nothing that the caller was not asked about."""
    both = FOLDER.replace(
        "        type: digits\n", "        type: digits\n        confirm: Is {{ invoice }} right?\n"
    )
    talk, _ = await talk_with(
        begin, GO, call("fill_in", invoice="118", who="Ann"),
        call("fill_in", invoice="119", who="Ann"), "Hm.",
        given={"size": "small"}, folder=both,
    )  # fmt: skip
    await talk.say("money")
    assert (await talk.say("118, Ann")).texts == ["Is 118 right?"]
    assert (await talk.say("it is 119, of Ann")).texts == ["Is 119 right?"]
    assert (await talk.say("yes")).texts == ["Ann, right?"]
    assert (await talk.say("yes")).texts[0] == "Invoice 119 of Ann."


async def test_a_no_asks_again(begin):
    """What the caller does not confirm is forgotten; a correction waits for their yes anew."""
    talk, _ = await talk_with(
        begin, GO, call("fill_in", who="Ann"), call("fill_in", who="Anna"),
        call("fill_in", who="Anne", confirmed=True), call("fill_in", confirmed=True),
        given={"invoice": "118", "size": "small"},
    )  # fmt: skip
    await talk.say("money")
    assert (await talk.say("Ann")).texts == ["Ann, right?"]
    assert (await talk.say("no")).texts == ["Who are you?"]
    assert (await talk.say("Anna")).texts == ["Anna, right?"]
    assert (await talk.say("with an e at the end")).texts == ["Anne, right?"]
    assert "who" not in talk.conversation.variables
    events = await talk.say("that is the way it is written")
    assert events.texts[0] == "Invoice 118 of Anne."


async def test_a_model_cannot_turn_a_no_into_a_yes(begin):
    """After a sentence that begins with no, a model's confirmation does not count."""
    talk, _ = await talk_with(
        begin, GO, call("fill_in", who="Ann"), call("fill_in", confirmed=True), "I see.",
        given={"invoice": "118", "size": "small"},
    )  # fmt: skip
    await talk.say("money")
    await talk.say("Ann")
    await talk.say("No, I never said that name")
    assert "who" not in talk.conversation.variables


async def test_other_tools_wait(begin):
    """A tool or handoff that the model calls all the same is refused while something is asked."""
    talk, _ = await talk_with(
        begin, GO, call("jot", text="x"), "Hm.", [("transfer_to_host", "{}")], "Hm."
    )
    await talk.say("money")
    for _ in range(2):
        assert (await talk.say("go")).failed == [True]
    assert talk.conversation.persona == "billing"
    assert "note" not in talk.conversation.variables


async def test_a_question_that_is_asked_anew_begins_with_its_first_words(begin):
    """Nobody hears that they were not understood when they were."""
    folder = FOLDER.replace(
        "      - tool: jot\n",
        "      - if: invoice == '118'\n        ask_again: invoice\n      - tool: jot\n",
    )
    talk, _ = await talk_with(
        begin, GO, "Hm.", call("fill_in", invoice="118"), "Hm.",
        folder=folder, given={"who": "Ann", "size": "small"},
    )  # fmt: skip
    said = [(await talk.say(words)).texts[-1] for words in ("money", "what?", "118", "what?")]
    first, second = "Which invoice?", "Its three digits, please."
    ends = zip(said, (first, second, first, second), strict=True)
    assert all(words.endswith(end) for words, end in ends), said


@pytest.mark.proves("AskAgain.ask_again", "Need.final")
async def test_the_caller_goes_back(begin):
    """An answer that was wrong is asked for again, then what follows is done anew."""
    talk, model = await talk_with(
        begin, GO, call("fill_in", size="small"), call("ask_again_for", need="invoice"),
        call("fill_in", invoice="119"), given={"invoice": "118", "who": "Ann"},
    )  # fmt: skip
    await talk.say("money")
    assert "Invoice 118 of Ann." in (await talk.say("small")).texts
    assert (await talk.say("no, the invoice was wrong")).texts == ["Which invoice?"]
    assert "Invoice 119 of Ann." in (await talk.say("119")).texts
    assert "jot" in model.offered[-2] or "jot" in model.offered[2]
    folder = FOLDER.replace("        length: 3\n", "        length: 3\n        final: yes\n")
    talk, _ = await talk_with(
        begin, GO, call("ask_again_for", need="invoice"), folder=folder, given={"invoice": "118"}
    )
    await talk.say("money")
    assert (await talk.say("the invoice was wrong")).failed == [True]
    folder = FOLDER.replace(
        "      - tool: jot\n",
        "      - if: invoice == '118'\n        ask_again: invoice\n      - tool: jot\n",
    )
    talk, _ = await talk_with(
        begin, GO, call("fill_in", size="small"), call("fill_in", invoice="7"), folder=folder,
        given={"invoice": "118", "who": "Ann"},
    )  # fmt: skip
    await talk.say("money")
    events = await talk.say("small")
    assert events.texts == ["Invoice 118 of Ann.", "Which invoice?"]
    assert "invoice" not in talk.conversation.variables


async def test_going_back_comes_before_what_waits_to_be_confirmed(begin):
    """Who goes back while something is read out is asked at once, and that is no try of theirs."""
    talk, _ = await talk_with(
        begin, GO, call("fill_in", invoice="118", who="Bea"), call("ask_again_for", need="invoice"),
        [*call("fill_in", invoice="119", who="Bea"), *call("fill_in", confirmed=True)],
    )  # fmt: skip
    await talk.say("money")
    assert (await talk.say("118, for Bea")).texts == ["Bea, right?"]
    assert (await talk.say("wait, the invoice was wrong")).texts == ["Which invoice?"]
    assert (await talk.say("119")).texts[0] == "Bea, right?"
    assert talk.conversation.variables["invoice"] == "119"
    assert "who" not in talk.conversation.variables
    assert (await talk.say("yes")).texts == ["Small or large?"]


async def test_a_correction_in_one_sentence_counts(begin):
    """A model that gives what was said word by word gives the last of it, of the same words."""
    twice = [*call("fill_in", invoice="117"), *call("fill_in", invoice="118")]
    talk, _ = await talk_with(begin, GO, twice)
    await talk.say("money")
    await talk.say("117, no wait, 118")
    assert talk.conversation.variables["invoice"] == "118"
    unfit = [*call("fill_in", invoice="117"), *call("fill_in", invoice="1")]
    talk, _ = await talk_with(begin, GO, unfit)
    await talk.say("money")
    assert (await talk.say("117, no wait, 1")).failed == [False, True]
    assert talk.conversation.variables["invoice"] == "117"


@pytest.mark.parametrize("lines", ["then:\n          say: Noted.", "final: yes"])
async def test_what_was_acted_on_is_not_tried_again_in_the_same_words(lines, begin):
    """Where an answer does something, a model cannot try one value after the other."""
    folder = FOLDER.replace("        length: 3\n", f"        length: 3\n        {lines}\n")
    twice = [*call("fill_in", invoice="117"), *call("fill_in", invoice="118")]
    talk, _ = await talk_with(begin, GO, twice, folder=folder)
    await talk.say("money")
    assert (await talk.say("117, no wait, 118")).failed == [False, True]
    assert talk.conversation.variables["invoice"] == "117"


async def test_what_was_pressed_is_not_corrected_by_the_model(begin):
    """Keys are the caller's own: only later words of theirs change them."""
    talk, _ = await talk_with(begin, GO, call("fill_in", invoice="999"))
    await talk.say("money")
    await talk.press("118")
    assert talk.conversation.variables["invoice"] == "118"
    await talk.conversation.session.generate_reply(instructions="Go on.")
    assert talk.conversation.variables["invoice"] == "118"


@pytest.mark.proves("Need.then")
async def test_what_is_known_may_end_the_call(begin):
    """The `then` of a need is done as soon as it is known: the way out of a survey."""
    folder = FOLDER.replace(
        "        length: 3\n",
        "        length: 3\n        then:\n          if: invoice == '999'\n"
        "          end_call: Not with us.\n",
    )
    talk, _ = await talk_with(begin, GO, call("fill_in", invoice="999"), folder=folder)
    await talk.say("money")
    events = await talk.say("nine nine nine")
    assert events.texts == ["Not with us."]
    assert events[-1]["type"] == "end"


@pytest.mark.proves("AskTool.ask")
async def test_a_tool_asks_on_demand(begin):
    """The caller is asked, and the answers are the tool's and become variables."""
    talk, model = await talk_with(
        begin, call("contact"), call("fill_in", mail="nonsense"),
        call("fill_in", mail="a@b.example"), "On which floor?", call("fill_in", floor=2), "Done.",
    )  # fmt: skip
    assert (await talk.say("write to me")).texts == ["Your e-mail address?"]
    assert (await talk.say("nonsense")).texts == ["Your e-mail address?"]
    assert (await talk.say("a@b.example")).texts == ["On which floor?"]
    events = await talk.say("the second")
    assert events.texts == ["We write to a@b.example."]
    assert talk.conversation.variables["floor"] == 2
    await talk.say("thanks")
    assert "jot" in model.offered[-1]


async def test_without_words_the_model_asks(begin):
    """A need without `ask` is asked for by the model, which is told its description."""
    seen = []

    def asks(chat):
        seen.append(str(chat.items))
        return "Your invoice, please?"

    folder = FOLDER.replace(
        "        ask:\n          - Which invoice?\n          - Its three digits, please.\n", ""
    )
    talk, _ = await talk_with(begin, GO, asks, "Sorry, your invoice?", folder=folder)
    assert (await talk.say("money")).texts == ["Your invoice, please?"]
    assert "The number of the invoice" in seen[0]
    assert (await talk.say("what?")).texts == ["Sorry, your invoice?"]


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("name", " Ann  Lee ", "Ann Lee"), ("name", "12", None),
        ("email", "a@b.example", "a@b.example"),
        ("phone", "+84 90 123", "+84 90 123"), ("address", "Main St 5, Hue", "Main St 5, Hue"),
        ("address", "5", None), ("date_of_birth", "1984-05-27", "1984-05-27"),
        ("date_of_birth", "2984-05-27", None), ("card", "4242 4242 4242 4242", "4242424242424242"),
        ("card", "4242424242424241", None), ("digits", "4 7-1", "471"), ("digits", "four", None),
        ("integer", "7", 7), ("yes_no", "yes", True), ("date", "2026-12-04", "2026-12-04"),
        ("number", "x", None), ("time", "14:30", "14:30:00"),
        ("url", "https://a.example", "https://a.example"),
    ],
)  # fmt: skip
async def test_values_of_all_types(begin, kind, value, stored):
    """A value is read as the type of its need, and one that does not fit is not taken."""
    folder = f"""
    agents:
      desk:
        start: host
        mode: text
        llm: brain
    personas:
      host:
        instructions: You ask.
        needs:
          it:
            type: {kind}
            confirm: no
            ask: What is it?
    providers:
      brain:
        llm: script
        with:
          rules:
            - when_caller_says: x
              say: x
    """
    talk, _ = await talk_with(begin, call("fill_in", it=value), folder=folder)
    await talk.say("it is this")
    assert talk.conversation.variables.get("it") == stored
