"""The caller's app: what it is shown, what it asks for, and what it is asked for."""

from __future__ import annotations

import asyncio
import json
import logging
from types import SimpleNamespace

import pytest
from livekit import rtc

from runner.session.errors import AppRefusedError
from runner.session.observers.app import LOGGED, MOST

FOLDER = """
agents:
  shop:
    start: waiter
    mode: text
    llm: brain
    variables:
      order:
        type: list
        of: text
      wanted:
        type: text
      seat:
        type: text
    app:
      shows:
        cart: "{{ order }}"
        dish: "{{ wanted }}"
        mood: fine
      on:
        choose_dish:
          parameters:
            dish:
              type: text
              max: 20
            count:
              type: integer
              optional: yes
          then:
            - set:
                wanted: "{{ args.dish }}"
            - if: args.count
              tool: add
              with:
                dish: "{{ args.dish }}"
            - say: "{{ args.dish }}. How many?"
          answer: "{{ order }}"
        leave:
          then:
            - handoff: cashier
        finish:
          then: end_call
        note:
          parameters:
            words:
              type: text
          then:
            set:
              seat: "{{ args.words }}"
personas:
  waiter:
    instructions: You are the waiter. {{ wanted }}
    greeting:
      say: Welcome.
    tools:
      - pick_seat
      - add
    handoffs:
      cashier:
        when: They pay.
    keypad:
      "1":
        - app: light_up
          with:
            dish: "{{ wanted }}"
            hall: main
            gone: "{{ seat }}"
          timeout: 2s
        - say: It is lit.
  cashier:
    instructions: You take money.
    greeting:
      say: Cash or card?
tools:
  pick_seat:
    description: Let them pick a seat.
    parameters:
      hall:
        type: text
    app: seats
    with:
      hall: large
      price: "{{ 5 }}"
      asked: "{{ args.hall }}"
    timeout: 4s
    then:
      set:
        seat: "{{ result.seat }}"
    on_error:
      say: "That went wrong: {{ error.message }}."
  add:
    description: Add a dish.
    parameters:
      dish:
        type: text
    set:
      order: "{{ ['soup', args.dish] }}"
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: seat
          call:
            pick_seat:
              hall: small
        - when_caller_says: language
          call:
            pick_seat: {}
      otherwise: Hm.
"""
FOLDER = FOLDER.replace(
    "            pick_seat: {}\n", "            pick_seat:\n              hall: x\n"
)


class Me:
    """The agent's participant: what it offers, shows and asks."""

    def __init__(self):
        self.methods, self.attributes, self.asked = {}, {}, []
        self.answer = '{"seat": "12b"}'
        self.shown = asyncio.Condition()

    def register_rpc_method(self, name, handler):
        self.methods[name] = handler

    def unregister_rpc_method(self, name):
        del self.methods[name]

    async def set_attributes(self, attributes):
        async with self.shown:
            self.attributes |= attributes
            self.shown.notify_all()

    async def perform_rpc(self, **call):
        self.asked.append(call)
        if isinstance(self.answer, Exception):
            raise self.answer
        if self.answer is None:
            await asyncio.Event().wait()
        return self.answer

    async def shows(self, **wanted):
        """Wait until these attributes are shown."""
        async with self.shown:
            await self.shown.wait_for(lambda: wanted.items() <= self.attributes.items())


class Room:
    """A room with an app in it."""

    def __init__(self):
        self.local_participant = Me()
        self.handlers = {}

    def on(self, name, handler):
        self.handlers[name] = handler

    async def calls(self, name, payload, identity="caller"):
        data = SimpleNamespace(caller_identity=identity, payload=payload)
        return json.loads(await self.local_participant.methods[name](data))

    def sends(self, topic, data, identity="caller"):
        sender = SimpleNamespace(identity=identity) if identity else None
        self.handlers["data_received"](SimpleNamespace(topic=topic, data=data, participant=sender))


@pytest.fixture
async def talk(begin):
    """A call with an app, with the first words spoken."""
    return await with_app(begin, FOLDER)


async def with_app(begin, folder):
    made = await begin(folder)
    made.room = Room()
    made.me = made.room.local_participant
    made.call = made.conversation._call
    made.call.room = made.room
    made.app = made.conversation._parts.app
    made.app.register(made.room, lambda: "caller")
    await made.me.shows(persona="waiter")
    return made


def of_app(talk):
    return [(e["role"], e["name"], e["arguments"]) for e in talk.events if e["type"] == "app"]


@pytest.mark.proves("Agent.app", "App.shows")
async def test_the_app_sees_what_shows_says_and_what_is_always_shown(talk):
    """Texts as they are, lists as JSON, and nothing where there is no value yet."""
    assert talk.me.attributes == {"lk.agent.name": "shop", "persona": "waiter", "mood": "fine"}
    await talk.room.calls("choose_dish", '{"dish": "Pho", "count": 2}')
    await talk.me.shows(cart='["soup", "Pho"]', dish="Pho")


async def test_the_app_sees_who_speaks(talk):
    """A handoff is shown, and a value that is gone is shown no more."""
    await talk.room.calls("note", '{"words": "5"}')
    await talk.room.calls("choose_dish", '{"dish": "Pho"}')
    await talk.me.shows(dish="Pho")
    await talk.room.calls("leave", "")
    await talk.me.shows(persona="cashier")
    talk.call.bound.variables.set("wanted", None)
    await talk.me.shows(dish="")


@pytest.mark.proves("App.on", "AppMethod.parameters", "AppMethod.then", "AppMethod.answer")
async def test_what_the_app_asks_for_is_done_and_answered(talk):
    """What stores is done before the answer; what speaks comes when nobody else does."""
    answer = await talk.room.calls("choose_dish", '{"dish": "Pho", "count": 2}')
    assert answer == ["soup", "Pho"]
    await talk.app.settled()
    assert talk.events.texts[-1] == "Pho. How many?"
    assert of_app(talk) == [("user", "choose_dish", {"dish": "Pho", "count": 2})]
    assert "Pho" in talk.system


async def test_a_method_without_an_answer_is_answered_ok(talk):
    """Where nothing is to be spoken of, nothing is said."""
    assert await talk.room.calls("note", '{"words": "by the door"}') == {"ok": True}
    await talk.app.settled()
    assert talk.events.texts == ["Welcome."]
    assert talk.conversation.variables["seat"] == "by the door"


async def test_the_app_ends_the_call(talk):
    """After it nothing more is taken."""
    await talk.room.calls("finish", "{}")
    await talk.conversation.ended
    with pytest.raises(rtc.RpcError, match="the call is over"):
        await talk.room.calls("note", '{"words": "x"}')


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ("{", "the payload is not JSON"),
        ("[1]", "the payload is not a JSON object"),
        ('"text"', "the payload is not a JSON object"),
        ('{"dish": NaN}', "the payload is not JSON"),
        ('{"dish": "\\ud800"}', "the payload is not JSON"),
        ("[" * 10_000, "the payload is not JSON"),
        ("{}", "'dish' is missing: a text is needed"),
        ('{"dish": "Pho", "cuont": 2}', "there is no field 'cuont', did you mean 'count'?"),
        ('{"dish": "Pho", "count": "many"}', "'count'"),
        ('{"dish": "' + "x" * 21 + '"}', "'dish'"),
        ('{"dish": {"a": 1}}', "'dish'"),
        ('{"dish": "' + "x" * 64 * 1024 + '"}', "the payload is longer than 15 KB"),
        ("\x00\x01\x02", "the payload is not JSON"),
    ],
    ids=lambda each: each[:20],
)
async def test_a_payload_that_does_not_fit_is_refused(talk, payload, why):
    """The app is told why, by the name of the field, and nothing is done."""
    with pytest.raises(rtc.RpcError) as refused:
        await talk.room.calls("choose_dish", payload)
    assert refused.value.code == rtc.RpcError.ErrorCode.APPLICATION_ERROR
    assert why in refused.value.message
    assert of_app(talk) == []
    assert "wanted" not in talk.conversation.variables


async def test_an_answer_that_is_too_long_is_an_error(talk):
    """The app is told, rather than LiveKit's own error that names nothing."""
    talk.call.bound.variables.set("order", ["x" * 16_000])
    with pytest.raises(rtc.RpcError, match="the answer of 'choose_dish' is longer than 15 KB"):
        await talk.room.calls("choose_dish", '{"dish": "Pho"}')


async def test_only_the_caller_s_app_is_heard(talk):
    """Whoever else is in the room may not act in the call."""
    with pytest.raises(rtc.RpcError, match="somebody else"):
        await talk.room.calls("note", '{"words": "x"}', identity="a guest")


async def test_data_under_the_topic_of_a_method(talk):
    """It does the same without an answer; data of other topics is not for the agent."""
    talk.room.sends("other", b'{"words": "x"}')
    talk.room.sends("note", b'{"words": "window"}')
    talk.room.sends("note", b'{"words": "door"}', identity=None)
    await asyncio.gather(*talk.call.apart)
    assert [given["words"] for _, _, given in of_app(talk)] == ["window", "door"]


async def test_unfit_data_is_logged_and_dropped(talk, caplog):
    """A thousand messages of rubbish do not fill the log, and the call goes on."""
    for number in range(1000):
        talk.room.sends("note", b"\xff" * number)
    talk.room.sends("note", b'{"words": 1}', identity="a guest")
    await asyncio.gather(*talk.call.apart)
    warnings = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert len(warnings) == LOGGED
    assert "is dropped" in warnings[0]
    assert warnings[-1].endswith("; more of this is not told")
    assert (await talk.say("hello")).texts == ["Hm."]


async def test_a_thousand_calls_at_once(talk):
    """So many are taken as can be spoken of; the others are told so. The agent is not blocked."""
    calls = (talk.room.calls("choose_dish", '{"dish": "Pho"}') for _ in range(1000))
    answers = await asyncio.gather(*calls, return_exceptions=True)
    refused = [a for a in answers if isinstance(a, rtc.RpcError)]
    assert len(answers) - len(refused) >= MOST
    assert f"{MOST} calls wait already" in refused[0].message
    talk.app.stop()


async def test_a_method_that_does_not_exist(talk):
    """It is not offered; by a test's step it is refused."""
    assert set(talk.me.methods) == {"choose_dish", "leave", "finish", "note"}
    with pytest.raises(AppRefusedError, match="there is no method 'pay'"):
        await talk.app.receive("pay", {})


@pytest.mark.proves("CallApp.app", "CallApp.with", "CallApp.timeout", "CallApp.if")
async def test_an_action_calls_the_app(talk):
    """A value that is missing leaves its name out; LiveKit is given more time than is waited."""
    await talk.room.calls("choose_dish", '{"dish": "Pho"}')
    await talk.app.settled()
    assert (await talk.press("1")).texts == ["It is lit."]
    (call,) = talk.me.asked
    assert call["destination_identity"] == "caller"
    assert call["method"] == "light_up"
    assert json.loads(call["payload"]) == {"dish": "Pho", "hall": "main"}
    assert call["response_timeout"] == 9.0
    assert of_app(talk)[-1] == ("agent", "light_up", {"dish": "Pho", "hall": "main"})


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (rtc.RpcError(1400, "Method not supported"), "the app has no method 'light_up'"),
        (rtc.RpcError(1500, "broken"), "the app answered: broken"),
        (rtc.RpcError(1402, "Request payload too large"), "longer than 15 KB"),
        (RuntimeError("no room"), "the app could not be reached: no room"),
    ],
)
async def test_an_action_that_fails_is_logged_and_the_list_goes_on(talk, caplog, answer, why):
    """The caller hears what comes after it."""
    talk.me.answer = answer
    assert (await talk.press("1")).texts == ["It is lit."]
    assert any(why in record.getMessage() for record in caplog.records)


async def test_without_an_app_nothing_breaks(begin):
    """By text or telephone an action is passed over, and a tool says that there is no app."""
    talk = await begin(FOLDER)
    assert (await talk.press("1")).texts == ["It is lit."]
    assert (await talk.say("seat")).texts == ["That went wrong: there is no app in this call."]


@pytest.mark.proves(
    "AppTool.app", "AppTool.with", "AppTool.timeout", "AppTool.parameters", "AppTool.then",
    "AppTool.on_error", "AppTool.description", "AppTool.if",
)  # fmt: skip
async def test_the_model_asks_the_app(talk):
    """What the author has written wins over the model; what is returned is the answer."""
    events = await talk.say("seat")
    (call,) = talk.me.asked
    assert json.loads(call["payload"]) == {"hall": "large", "price": 5, "asked": "small"}
    assert call["response_timeout"] == 11.0
    assert events.outputs == ['{"seat": "12b"}']
    assert talk.conversation.variables["seat"] == "12b"


@pytest.mark.parametrize("answer", ["", "plain words", "[1, 2]", "x" * 30_000])
async def test_whatever_the_app_returns_is_an_answer(talk, answer):
    """Nothing, a text, a list, and of what is endless the beginning."""
    talk.me.answer = answer
    (output,) = (await talk.say("seat")).outputs
    assert output == (answer[: 16 * 1024] or "Done.")


async def test_an_app_that_does_not_answer_is_given_up(begin):
    """The tool fails after its time, and the caller hears so."""
    talk = await with_app(begin, FOLDER.replace("timeout: 4s", "timeout: 10ms"))
    talk.me.answer = None
    words = (await talk.say("seat")).texts
    assert words == ["That went wrong: the app did not answer within 0.01s."]


async def test_a_value_that_is_too_long_is_not_shown(talk, caplog):
    """The others are, and the log tells it once."""
    talk.call.bound.variables.set("order", ["x" * 16_000])
    talk.call.bound.variables.set("wanted", "Pho")
    await talk.me.shows(dish="Pho")
    talk.call.bound.variables.set("wanted", "Banh mi")
    await talk.me.shows(dish="Banh mi")
    assert "cart" not in talk.me.attributes
    assert sum("'cart' is not shown" in r.getMessage() for r in caplog.records) == 1


async def test_a_private_field_is_masked_in_the_event(begin):
    """Nobody who reads events sees it; the tool that sends it does."""
    private = FOLDER.replace(
        "            words:\n              type: text\n",
        "            words:\n              type: text\n              private: yes\n",
        1,
    )
    private = private.replace(
        '            set:\n              seat: "{{ args.words }}"', "            say: Noted."
    )
    talk = await with_app(begin, private)
    await talk.room.calls("note", '{"words": "4711"}')
    assert of_app(talk) == [("user", "note", {"words": "•••"})]


async def test_a_running_call_offers_what_the_new_release_has(talk, load):
    """Methods come and go with a reload, and so does what is shown."""
    after = FOLDER.replace("        note:\n", "        remark:\n").replace(
        "        mood: fine\n", "        mood: merry\n"
    )
    done = await talk.conversation.renew(load(after))
    assert done.live
    assert set(talk.me.methods) == {"choose_dish", "leave", "finish", "remark"}
    await talk.me.shows(mood="merry")
    await talk.room.calls("choose_dish", '{"dish": "Pho"}')
    await talk.me.shows(dish="Pho")
    await talk.conversation.renew(
        load(after[: after.index("    app:\n")] + after[after.index("personas:") :])
    )
    assert set(talk.me.methods) == set()
    await talk.me.shows(mood="", dish="")
