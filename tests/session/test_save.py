"""What an answer saves is true of that answer alone."""

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
      first_slot:
        type: TYPE
    tools:
      - find
      - book
personas:
  host:
    instructions: Be kind.
tools:
  find:
    description: Find a slot on a day.
    parameters:
      day:
        type: text
    http:
      url: https://slots.example/find
      query:
        day: "{{ args.day }}"
    result:
      save:
        first_slot: slots[0].start
  book:
    description: Book the slot that was found.
    if: first_slot is known
    http:
      url: https://slots.example/book
      method: POST
      body:
        json:
          start: "{{ first_slot }}"
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: book it
          call: book
        - when_caller_matches: "(?P<day>monday|sunday)"
          call:
            find:
              day: "{day}"
      otherwise: Pardon?
"""


class Slots:
    """A service that finds a slot on Monday, and on any other day answers as it is told."""

    def __init__(self, other):
        self.other, self.booked = other, []

    def __call__(self, request):
        if request.url.path == "/book":
            self.booked.append(request.content)
            return httpx.Response(200, json={"ok": True})
        if request.url.params["day"] == "monday":
            return httpx.Response(200, json={"slots": [{"start": "2026-12-07T09:00"}]})
        return self.other


NOTHING = {
    "an empty list": httpx.Response(200, json={"slots": []}),
    "null": httpx.Response(200, json={"slots": None}),
    "a null within": httpx.Response(200, json={"slots": [{"start": None}]}),
    "another shape": httpx.Response(200, json={"slots": {"start": "x"}}),
    "a missing key": httpx.Response(200, json={}),
    "an answer that is null": httpx.Response(200, text="null"),
    "an answer without a body": httpx.Response(204),
    "a page": httpx.Response(200, html="<h1>Sign in</h1>"),
    "a plain text": httpx.Response(200, text="none"),
    "a list": httpx.Response(200, json=[]),
    "a value that does not fit": httpx.Response(200, json={"slots": [{"start": "soon"}]}),
    "a record that does not fit": httpx.Response(200, json={"slots": [{"start": {"at": 9}}]}),
}


@pytest.mark.parametrize("nothing", NOTHING.values(), ids=NOTHING)
async def test_what_finds_nothing_empties_its_variable(begin, nothing):
    """A search that finds nothing leaves no slot of an earlier one behind, and none is booked."""
    service = Slots(nothing)
    talk = await begin(FOLDER.replace("TYPE", "datetime"), service=service)
    await talk.say("monday")
    assert talk.conversation.variables == {"first_slot": "2026-12-07T09:00:00"}
    await talk.say("sunday")
    assert talk.conversation.variables == {}
    assert (await talk.say("book it")).kinds == ["user", "agent"]
    assert service.booked == []


@pytest.mark.parametrize("status", [404, 500, 302])
async def test_a_request_that_fails_changes_nothing(begin, status):
    """Only an answer says something of its variables: after a failure the slot is still there."""
    talk = await begin(FOLDER.replace("TYPE", "text"), service=Slots(httpx.Response(status)))
    await talk.say("monday")
    await talk.say("sunday")
    assert talk.conversation.variables == {"first_slot": "2026-12-07T09:00"}


@pytest.mark.parametrize(
    ("given", "kept"), [(0, "0"), (False, "no"), ("", ""), ("0", "0")], ids=["0", "no", "''", "'0'"]
)
async def test_what_is_found_stays_however_little_it_is(begin, given, kept):
    """Zero, no and an empty text are values."""
    service = Slots(httpx.Response(200, json={"slots": [{"start": given}]}))
    talk = await begin(FOLDER.replace("TYPE", "text"), service=service)
    await talk.say("monday")
    await talk.say("sunday")
    assert talk.conversation.variables == {"first_slot": kept}


async def test_an_empty_list_is_the_value_of_a_list(begin):
    """A list variable holds the empty list that was found: there is nothing on it."""
    folder = FOLDER.replace("TYPE", "list\n        of: text").replace("[0].start", "")
    service = Slots(httpx.Response(200, json={"slots": []}))
    talk = await begin(folder.replace("slots[0].start", "slots"), service=service)
    await talk.say("sunday")
    assert talk.conversation.variables == {"first_slot": []}


async def test_what_does_not_fit_is_logged(begin, caplog):
    """The log names the tool, the variable and the value, and says that nothing is left of it."""
    service = Slots(NOTHING["a value that does not fit"])
    talk = await begin(FOLDER.replace("TYPE", "datetime"), service=service)
    await talk.say("sunday")
    (line,) = [r.getMessage() for r in caplog.records if "cannot save" in r.getMessage()]
    assert line.startswith("tool 'find' cannot save 'first_slot': it must be a moment")
    assert line.endswith(", not 'soon'; it has no value now")
