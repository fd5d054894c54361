"""`dial` and `voicemail`: whom an agent calls, and what is done by who answers."""

from __future__ import annotations

import asyncio

import pytest
from livekit.agents.voice.amd import AMDCategory
from support.waiting import until

from runner.session.dialling import DialResult, NoTelephone
from runner.session.lifecycle import answering
from runner.session.lifecycle.answering import Answering, Detection
from runner.session.lines import line_of

A = "+842412345678"

FOLDER = """
agents:
  reminder:
    start: voice
    mode: text
    llm: brain
    variables:
      extension:
        type: text
        default: "12"
      told:
        type: text
        optional: yes
    phone:
      trunk: ST_abc123
      from: "+442079460018"
    dial:
      to: "{{ job.metadata.phone }}"
      ring_for: 25s
      press_keys: w{{ extension }}#
      on_no_answer:
        set:
          told: "{{ call.answered_by }}"
    voicemail:
      timeout: 7s
      mailbox:
        say: Please call us back.
      menu:
        - say: Reception please.
        - end_call
      full:
        set:
          told: full
      unsure:
        say: Sorry, we call again.
personas:
  voice:
    instructions: Remind them.
    greeting:
      say: "Good day, {{ call.answered_by }}."
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: bye
          say: Bye.
      otherwise: I see.
"""


class Rings(NoTelephone):
    """A telephone that says what was dialled, and what came of it."""

    def __init__(self, by="person", result=None, to=A):
        super().__init__(by, to)
        self.result, self.dialled, self.heard = result or DialResult(), [], []

    async def dial(self, number):
        self.dialled.append(number)
        return self.result

    def found(self, by):
        self.heard.append(by)


@pytest.fixture
def call(begin):
    """Have the agent call somebody."""

    async def made(telephone, folder=FOLDER):
        talk = await begin(folder, started=False)
        await talk.conversation.start(telephone=telephone)
        return talk

    return made


@pytest.mark.proves("Agent.dial")
@pytest.mark.proves("Dial.to")
@pytest.mark.proves("Dial.ring_for")
@pytest.mark.proves("Dial.press_keys")
@pytest.mark.proves("Phone.trunk")
@pytest.mark.proves("Phone.from")
async def test_what_is_dialled(call):
    """The number that was ordered, by the agent's trunk, with its own number and extension."""
    telephone = Rings()
    await call(telephone)
    (dialled,) = telephone.dialled
    assert (dialled.to, dialled.ring_for, dialled.keys) == (A, 25.0, "w12#")
    assert (dialled.trunk, dialled.caller_id) == ("ST_abc123", "+442079460018")
    assert telephone.heard == ["person"]


async def test_a_person_is_greeted(call):
    """The greeting comes once it is known who is there, and knows it."""
    talk = await call(Rings())
    assert talk.events.kinds == ["dial", "agent"]
    assert talk.events.texts == ["Good day, person."]
    assert (await talk.say("Hello?")).texts == ["I see."]


@pytest.mark.proves("Agent.voicemail")
@pytest.mark.proves("Voicemail.mailbox")
@pytest.mark.proves("Voicemail.menu")
@pytest.mark.proves("Voicemail.unsure")
@pytest.mark.parametrize(
    ("by", "said"),
    [
        ("mailbox", ["Please call us back."]),
        ("menu", ["Reception please."]),
        ("unsure", ["Sorry, we call again."]),
    ],
)
async def test_machines_are_told_what_is_written(call, by, said):
    """No machine is greeted: it gets its own words, and the call ends."""
    talk = await call(Rings(by))
    assert talk.events.texts == said
    assert talk.events[0]["answered_by"] == by
    assert talk.events[-1]["type"] == "end"


@pytest.mark.proves("Voicemail.full")
async def test_a_full_mailbox_gets_nothing(call):
    """What is done for it is done, and nothing is said."""
    talk = await call(Rings("full"))
    assert talk.events.texts == []
    assert talk.conversation.variables["told"] == "full"


async def test_whoever_answers_is_greeted_where_voicemail_is_off(call):
    """Without voicemail, and unsure where it says answer: they are greeted as a person."""
    head, _, tail = FOLDER.partition("    voicemail:\n")
    without = head + "    voicemail: no\n" + tail[tail.index("personas:") :]
    assert (await call(Rings("mailbox"), without)).events.texts == ["Good day, mailbox."]
    answers = FOLDER.replace(
        "      unsure:\n        say: Sorry, we call again.\n", "      unsure: answer\n"
    )
    assert (await call(Rings("unsure"), answers)).events.texts == ["Good day, unsure."]


@pytest.mark.proves("Dial.on_no_answer")
async def test_nobody_answers(call):
    """What is written for it is done; then the call ends, with the reason."""
    talk = await call(Rings("nobody", DialResult("busy", "the line is busy")))
    assert talk.conversation.variables["told"] == "nobody"
    dial, end = talk.events
    assert (dial["outcome"], dial["answered_by"]) == ("busy", "nobody")
    assert (end["type"], end["reason"]) == ("end", "busy")


async def test_who_may_not_be_called_did_not_fail_to_answer(call):
    """Nothing was dialled: on_no_answer is not for that."""
    telephone = Rings("nobody", DialResult("opted_out", "on the list", reached=False))
    talk = await call(telephone)
    assert "told" not in talk.conversation.variables
    assert talk.events[-1]["reason"] == "opted_out"


async def test_there_is_no_telephone_in_chat(begin):
    """A person answers, and the talk says that nothing was dialled."""
    talk = await begin(FOLDER)
    assert talk.events[0] == {
        "turn": 0, "type": "dial", "persona": "voice", "to": None, "outcome": "answered",
        "answered_by": "person", "telephone": False,
    }  # fmt: skip
    assert "there is no telephone here" in line_of(talk.events[0])
    assert talk.events.texts == ["Good day, person."]


@pytest.mark.proves("Voicemail.timeout")
async def test_how_long_it_is_listened(begin, monkeypatch):
    """LiveKit's detection decides by then."""
    asked = {}

    class Detection:
        def __init__(self, _session, **options):
            asked.update(options)

        async def __aenter__(self):
            return self

        async def aclose(self):
            asked["closed"] = True

    monkeypatch.setattr(answering, "Detection", Detection)
    talk = await begin(FOLDER)
    timeout = talk.conversation.release.agent.voicemail.timeout
    listening = Answering(talk.conversation._call, "phone-1", timeout, None)
    async with listening.detection():
        assert asked["detection_options"]["timeout"] == 7.0
        assert (asked["participant_identity"], asked["stt"]) == ("phone-1", None)
        assert not asked["interrupt_on_machine"]
    assert asked["closed"]


VERDICTS = FOLDER.replace(
    "      rules:\n",
    """      rules:
        - if_tool_offered: save_prediction
          when_caller_mentions: full
          call:
            save_prediction:
              label: machine-unavailable
        - if_tool_offered: save_prediction
          when_caller_mentions: message
          call:
            save_prediction:
              label: machine-vm
        - if_tool_offered: save_prediction
          when_caller_mentions: hello
          call:
            save_prediction:
              label: human
""",
)
"""Its model says who has answered."""


@pytest.fixture
def detected(begin, monkeypatch):
    """Who has answered, by what LiveKit tells of their speech and when it is understood."""
    monkeypatch.setattr(Detection, "_understands", lambda _: True)
    monkeypatch.setattr(answering, "_WORDS", 30.0)

    async def by(*told):
        talk = await begin(VERDICTS)
        call = talk.conversation._call
        listening = Answering(call, "phone-1", 20.0, call.session.llm)
        async with listening.detection() as detector:
            await detector._setup_task
            for each in told:
                if each == "begins":
                    detector._on_user_speech_started()
                elif each == "ends":
                    detector._on_user_speech_ended(0.55)
                elif each == "turn":
                    detector._on_end_of_turn(None)
                elif each == "judged":
                    await until(lambda: detector._classifier._verdict_result)
                elif each == "timeout":
                    detector._classifier.settle(AMDCategory.UNCERTAIN, "detection_timeout")
                elif each == "long ago":
                    detector._understood = 0.0
                elif each == "later":
                    await asyncio.sleep(0.3)  # LiveKit's own 0.25 s are over
                else:
                    detector._on_transcript(each)
                await asyncio.sleep(0)
            async with asyncio.timeout(30):
                return await listening.verdict(detector)

    return by


FULL = "the mailbox is full"


@pytest.mark.parametrize(
    ("told", "by"),
    [
        (("begins", "ends", "later", FULL, "turn"), "full"),
        (("begins", FULL, "ends", "turn"), "full"),
        (("begins", "ends", "later", "hello"), "person"),
        (("begins", "hello", "judged", "long ago", "ends", "turn", "later", FULL, "turn"), "full"),
    ],
)
async def test_who_it_is_does_not_depend_on_how_fast_they_are_understood(detected, told, by):
    """Short words that are understood late are no person's for that."""
    assert await detected(*told) == by


@pytest.mark.parametrize(
    ("told", "by"),
    [(("begins", "timeout"), "unsure"), (("begins", FULL, "judged", "timeout"), "full")],
)
async def test_it_is_decided_in_time_where_who_answers_never_pauses(detected, told, by):
    """A menu that goes round holds no call for longer than `timeout` says."""
    assert await detected(*told) == by


async def test_what_was_judged_holds_where_further_words_say_nothing(detected, monkeypatch):
    """The model is not waited for any longer than said."""
    monkeypatch.setattr(answering, "_JUDGED", 0.0)
    assert await detected("begins", "hello", "judged", "well", "ends") == "person"


async def test_who_is_not_understood_at_all_is_a_person(detected, monkeypatch):
    """As LiveKit has it, where a voice is short; it is not waited for longer than said."""
    monkeypatch.setattr(answering, "_WORDS", 0.6)
    assert await detected("begins", "ends") == "person"
