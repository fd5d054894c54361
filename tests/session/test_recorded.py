"""What a caller hears of the recording of their call, and what they say to it."""

from __future__ import annotations

import pytest

FOLDER = """
agents:
  bank:
    start: clerk
    mode: text
    llm: brain
    languages:
      speak:
        - en
        - de
      switch: on_request
    variables:
      name:
        type: text
    record:
      announce:
        en: This call is recorded.
        de: Dieses Gespräch wird aufgezeichnet.
      consent:
        ask: May we record this call?
        on_refusal: REFUSAL
    after_call:
      extract:
        why:
          description: Why they called
      send:
        csv: calls.csv
personas:
  clerk:
    instructions: You answer.
    greeting:
      say: Good day.
    intents:
      goodbye:
        phrases:
          - goodbye
        then: end_call
  other:
    instructions: You apologise.
    greeting:
      say: I am the other.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: bye
          call: end_call
      otherwise: I see.
"""
ASKED = ["This call is recorded.", "May we record this call?"]


def folder(refusal="\n          say: Then not.", **changes):
    text = FOLDER.replace("REFUSAL", refusal)
    for old, new in changes.values():
        assert old in text
        text = text.replace(old, new)
    return text


def said(talk):
    return [line for _, line in talk.conversation.report().transcript]


@pytest.mark.proves("Record.announce", "Record.consent", "Consent.ask")
@pytest.mark.parametrize("channel", ["text", "voice"])
async def test_they_are_told_and_asked_before_anything_else(begin, channel):
    """The words of the recording come first, then the question; the greeting waits for a yes."""
    talk = await begin(folder(), channel=channel)
    await talk.until(lambda _: talk.events.texts == ASKED)
    assert talk.conversation._call.recording.agreed is None


async def test_after_a_yes_what_is_said_is_kept(begin):
    """The greeting follows at once, no model is asked, and the words from then on are known."""
    talk = await begin(folder())
    assert (await talk.say("Yes, sure.")).texts == ["Good day."]
    assert (await talk.say("Hello.")).texts == ["I see."]
    assert said(talk) == ["Good day.", "Hello.", "I see."]


@pytest.mark.proves("Consent.on_refusal")
@pytest.mark.parametrize(
    ("refusal", "heard"),
    [
        ("\n          say: Then not.", ["Then not.", "Good day."]),
        ("end_call", []),
        ("\n          end_call: We may not speak then.", ["We may not speak then."]),
        ("\n          - handoff: other", ["I am the other."]),
    ],
)
async def test_after_a_no_nothing_is_kept(begin, refusal, heard):
    """What the author says of a refusal is done, and no word of the call is known afterwards."""
    talk = await begin(folder(refusal))
    assert (await talk.say("No, thank you.")).texts == heard
    await talk.say("Hello.")
    assert said(talk) == []
    await talk.conversation.end("caller_left")
    assert (await talk.conversation.whole_report()).extract == {}


async def test_without_a_word_about_a_refusal_the_call_goes_on(begin):
    """`on_refusal` need not stand there: the greeting follows."""
    without = ("        on_refusal: \n          say: Then not.\n", "")
    talk = await begin(folder("\n          say: Then not.", without=without))
    assert (await talk.say("No.")).texts == ["Good day."]


async def test_whoever_answers_neither_is_asked_three_times(begin):
    """Then it counts as a no; an intent or a question of the caller is no answer."""
    talk = await begin(folder())
    for words in ("Why?", "goodbye"):
        assert (await talk.say(words)).texts == ["May we record this call?"]
    assert (await talk.say("Well, yes, but not my name.")).texts == ["Then not.", "Good day."]
    assert said(talk) == []
    assert talk.conversation._call.recording.agreed is False


@pytest.mark.parametrize("answer", ["yes", "Ja, gern.", "Yes, you may record this call."])
async def test_a_yes_in_the_callers_words(begin, answer):
    """A yes is one in the language of the call too, and in the words of the question."""
    talk = await begin(folder())
    await talk.conversation._call.tongue.speak("de") if answer.startswith("Ja") else None
    assert (await talk.say(answer)).texts[-1] == "Good day."
    assert talk.conversation._call.recording.agreed is True


async def test_needs_are_asked_for_after_the_answer(begin):
    """A persona that needs something asks for it when the caller has agreed."""
    needs = "    instructions: You answer.\n"
    asks = f"{needs}    needs:\n      name:\n        ask: Who is speaking?\n"
    talk = await begin(folder(needs=(needs, asks)))
    assert talk.events.texts == ASKED
    assert (await talk.say("yes")).texts == ["Good day.", "Who is speaking?"]


async def test_who_is_asked_by_another_persona_has_not_agreed(begin):
    """Where the call goes on elsewhere before they have answered, nothing of it is kept."""
    talk = await begin(folder())
    call = talk.conversation._call
    call.recording.asks = "other"
    await talk.say("yes")
    assert call.recording.agreed is False


async def test_words_about_a_recording_are_heard_to_their_end(begin):
    """Nobody interrupts them; the question may be answered before it has been said."""
    talk = await begin(folder(), started=False)
    await talk.conversation.prepare()
    allowed = []
    session = talk.conversation.session
    session.on("speech_created", lambda e: allowed.append(e.speech_handle.allow_interruptions))
    await talk.conversation.start()
    assert allowed == [False, True]


async def test_an_announcement_alone_is_followed_by_the_greeting(begin):
    """Without a question the call begins as ever, in the language that is spoken."""
    text = FOLDER.replace("      consent:\n        ask: May we record this call?\n", "")
    text = text.replace("        on_refusal: REFUSAL\n", "")
    talk = await begin(text.replace("        - en\n        - de\n", "        - de\n        - en\n"))
    assert talk.events.texts == ["Dieses Gespräch wird aufgezeichnet.", "Good day."]
    await talk.say("Hello.")
    assert said(talk)[-2:] == ["Hello.", "I see."]


class Noted:
    """Keeps sound, as far as a test wants to know."""

    def __init__(self, talk):
        self.done, self._talk = [], talk

    def attach(self, session):
        assert session is self._talk.conversation.session
        self.done.append(("attach", list(self._talk.events.texts)))

    async def begin(self):
        self.done.append(("begin", list(self._talk.events.texts)))

    async def close(self):
        self.done.append(("close", self._talk.conversation._call.over))


async def heard(begin, text, *answers):
    """When sound was kept in a talk."""
    talk = await begin(text, started=False)
    sound = talk.conversation._call.recording.sound = Noted(talk)
    await talk.conversation.start()
    for answer in answers:
        await talk.say(answer)
    await talk.conversation.end("caller_left")
    return sound.done


@pytest.mark.proves("Record.audio")
async def test_sound_is_kept_once_they_have_been_told(begin):
    """It begins after the words about the recording, and ends with the call."""
    text = FOLDER.replace("      consent:\n        ask: May we record this call?\n", "")
    text = text.replace("        on_refusal: REFUSAL\n", "")
    assert await heard(begin, text) == [("attach", []), ("begin", ASKED[:1]), ("close", True)]


async def test_sound_is_kept_once_they_have_agreed(begin):
    """Where they are asked, it begins after their yes; after a no it never does."""
    after = [*ASKED]
    agreed = await heard(begin, folder(), "yes", "Hello.")
    assert agreed == [("attach", []), ("begin", after), ("close", True)]
    assert await heard(begin, folder(), "no", "Hello.") == [("attach", []), ("close", True)]
