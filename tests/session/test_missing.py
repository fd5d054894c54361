"""A value that is missing in what is sent, or told of an answer, is in the log once a call."""

from __future__ import annotations

import httpx
import pytest

FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    variables:
      nick:
        description: The caller's nickname
    tools:
      - price
      - remember
personas:
  host:
    instructions: Be kind.
tools:
  price:
    description: Get the price.
    parameters:
      size:
        type: text
        optional: yes
    http:
      url: https://price.example/price
      method: POST
REQUEST
RESULT
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: price
          call: price
      otherwise: Pardon?
"""

SENT = {
    "body": ["      body:", "        json:", '          text: "Dear {{ nick }}"'],
    "a list in the body": [
        "      body:",
        "        json:",
        "          texts:",
        '            - "{{ nick }}"',
    ],
    "a form": ["      body:", "        form:", '          text: "Dear {{ nick }}"'],
    "a text": ["      body:", '        text: "Dear {{ nick }}"'],
    "query": ["      query:", '        who: "{{ nick }}"'],
    "headers": ["      headers:", '        X-Who: "{{ nick }}"'],
    "an attribute": ["      query:", '        who: "{{ caller.attributes.nick }}"'],
}
TOLD = {
    "a field of the answer": ["    result:", '      text: "It costs {{ result.prise }} euros."'],
    "a field of a field": ["    result:", '      text: "It costs {{ result.a.b.c }} euros."'],
    "an argument": ["    result:", '      text: "{{ args.size }} costs {{ result.price }}."'],
    "words": ["    then:", '      say: "It is {{ result.prise }}."'],
}


def folder(request=(), result=()):
    return FOLDER.replace("REQUEST", "\n".join(request)).replace("RESULT", "\n".join(result))


def service(_request):
    return httpx.Response(200, json={"price": 20})


def warned(caplog):
    return [r.getMessage() for r in caplog.records if "has no value" in r.getMessage()]


@pytest.mark.parametrize("lines", SENT.values(), ids=SENT)
async def test_what_is_missing_in_a_request_is_told(begin, lines, caplog):
    """The log names the line and the value, once a call."""
    talk = await begin(folder(lines), service=service)
    for _ in range(2):
        await talk.say("price")
    (line,) = warned(caplog)
    place = 26 + len(lines) - 1
    assert line.startswith(f"all.yaml:{place}: '")
    assert " has no value, so " in line


@pytest.mark.parametrize("lines", TOLD.values(), ids=TOLD)
async def test_what_is_missing_in_an_answer_is_told(begin, lines, caplog):
    """A field that is misspelt in what the model is told, or asked, is in the log."""
    talk = await begin(folder((), lines), service=service)
    for _ in range(2):
        await talk.say("price")
    (line,) = warned(caplog)
    assert line.startswith(f"all.yaml:{27 + len(lines) - 1}: '")


async def test_another_call_is_warned_anew(begin, load, caplog):
    """The warning is once a call, not once for all."""
    release = load(folder(SENT["query"]))
    for _ in range(2):
        await (await begin(release, service=service)).say("price")
    assert len(warned(caplog)) == 2


async def test_what_the_model_leaves_out_is_not_told(begin, caplog):
    """An optional argument is the model's to give or not; its key is left out in silence."""
    lines = ["      query:", '        size: "{{ args.size }}"']
    await (await begin(folder(lines), service=service)).say("price")
    assert warned(caplog) == []


@pytest.mark.parametrize(
    "text", ["{{ result.price or result.prise }}", "{{ result.prise | default('much') }}"]
)
async def test_what_may_be_missing_is_not_told(begin, text, caplog):
    """A value that has another in its place is not missed."""
    lines = ["    result:", f'      text: "It costs {text}."']
    await (await begin(folder((), lines), service=service)).say("price")
    assert warned(caplog) == []
