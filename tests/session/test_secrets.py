"""No secret and no private value comes back to the model, the caller or an event."""

from __future__ import annotations

import json

import httpx
import pytest
from support.echoes import ECHOES
from support.wild import Wild

from runner.egress.port import ToolResponse
from runner.egress.secrets import Secrets

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    variables:
      pin:
        type: text
        private: yes
      kept:
        type: text
      name:
        type: text
        private: yes
    tools:
      - pay
      - echo
personas:
  host:
    instructions: Be kind. {{ kept }}
tools:
  pay:
    description: Pay.
    http:
      url: https://pay.example/pay
      method: POST
      headers:
        X-Key: "{{ secrets.PAY_KEY }}"
      body:
        json:
          pin: "{{ pin }}"
  echo:
    description: Another service, which knows what was sent to the first.
    http:
      url: https://echo.example/
    result:
      save:
        kept: key
        name: name
    on_error: Say that it failed.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: pay
          call: pay
        - when_caller_says: echo
          call: echo
        - when_tool_failed: "yes"
          say: "Failed: {answer}"
        - when_tool_answered: "yes"
          say: "It said {answer}"
"""

KEY, PIN = "sk-live-7A2b9", "471108"


class Echo:
    """A service that sends back what another one was sent."""

    def __init__(self, form, status):
        self.form, self.status, self.seen = form, status, []

    def __call__(self, request):
        if request.url.host == "pay.example":
            self.seen.append(request)
            return httpx.Response(200, json={"ok": True})
        key, pin = self.form(KEY), self.form(PIN)
        return httpx.Response(
            self.status, json={"key": key, "pin": pin, "both": f"{key}/{pin}", "name": PIN}
        )


def leaks(talk, shown):
    """What of the talk shows one of the values."""
    chat = talk.conversation.session.current_agent.chat_ctx.to_dict()
    seen = {
        "events": json.dumps(talk.events),
        "the model": json.dumps(chat) + talk.system,
        "variables": json.dumps(talk.conversation.variables),
    }
    return [place for place, text in seen.items() for value in shown if value in text]


@pytest.mark.parametrize("status", [200, 422], ids=["answered", "refused"])
@pytest.mark.parametrize("form", ECHOES.values(), ids=ECHOES)
async def test_what_one_tool_sent_another_cannot_bring_back(begin, form, status, caplog):
    """A key and a PIN that one tool sent are masked in what another service answers."""
    service = Echo(form, status)
    secrets = Secrets({"PAY_KEY": KEY})
    talk = await begin(FOLDER, service=service, tool_secrets=secrets, given={"pin": PIN})
    await talk.say("pay")
    assert service.seen[0].headers["X-Key"] == KEY
    assert json.loads(service.seen[0].content) == {"pin": PIN}
    turn = await talk.say("echo")
    assert "***" in turn.texts[-1] or status != 200
    assert leaks(talk, [form(KEY), form(PIN), KEY, PIN]) == []
    assert form(KEY) not in caplog.text
    assert form(PIN) not in caplog.text


async def test_a_key_is_known_before_it_is_sent(begin):
    """A service that knows a key of the agent from elsewhere cannot tell it either."""
    talk = await begin(FOLDER, service=Echo(str, 200), tool_secrets=Secrets({"PAY_KEY": KEY}))
    await talk.say("echo")
    assert leaks(talk, [KEY]) == []


async def test_a_private_variable_keeps_what_was_found(begin):
    """What a service says for a private variable is stored as it came, and shown to nobody."""
    talk = await begin(FOLDER, service=Echo(str, 200), given={"pin": PIN})
    await talk.say("echo")
    assert talk.conversation._call.bound.variables["name"] == PIN
    assert talk.conversation.variables["name"] == "•••"


async def test_a_private_value_is_in_no_event(begin):
    """What the caller, the model or a tool says of a private value is masked in the events."""
    brain = Wild("You said 471108?", [("echo", '{"pin": "471108"}')], "Fine.")
    echo = ToolResponse(ok=True, output="471108 is known")
    talk = await begin(FOLDER, echo, given={"pin": PIN}, models={"brain": brain})
    assert (await talk.say("my PIN is 471108")).texts == ["You said •••?"]
    assert (await talk.say("echo")).outputs == [
        "echo was not run: there is no parameter 'pin'; parameters: none."
    ]
    assert PIN not in json.dumps(talk.events)
