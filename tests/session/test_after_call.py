"""What is known of a call that is over, and what models find in it."""

from __future__ import annotations

import pytest

from runner.schema.lifecycle import JUDGES
from runner.session import Caller, CallFacts
from runner.session.lifecycle.verdicts import JUDGES as VERDICT_JUDGES

FOLDER = """
agents:
  desk:
    start: reception
    mode: text
    llm: brain
    variables:
      name:
        type: text
        default: Ann
      pin:
        type: text
        private: yes
        default: "4711"
    after_call:
      extract:
        reason:
          description: Why they called
        guests:
          type: integer
        kind:
          type: choice
          choices:
            - room
            - table
          default: room
      judge: The agent was polite.
      send:
        csv: calls.csv
        columns:
          why: "{{ extract.reason }}"
personas:
  reception:
    instructions: You answer.
    greeting:
      say: Good day.
    tools:
      - end_call
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: "Criterion:"
          call:
            submit_verdict:
              verdict: pass
              reason: It was.
        - when_caller_says: "Caller:"
          call:
            extract:
              reason: a table for four
              guests: GUESTS
        - when_caller_says: bye
          call: end_call
        - when_caller_says: table
          say: Of course. The pin is 4711.
"""
FACTS = CallFacts(caller=Caller(phone="+84901234567"), id="call_1")


async def over(begin, guests="4", facts=FACTS, text=FOLDER):
    talk = await begin(text.replace("GUESTS", f'"{guests}"'), facts=facts)
    await talk.say("I want a table for four.")
    await talk.conversation.end("caller_left")
    return talk.conversation


@pytest.mark.proves("AfterCall.extract", "AfterCall.judge", "Agent.after_call")
async def test_models_read_the_call(begin):
    """Fields are typed, those that were not said have their default, and sentences are judged."""
    report = await (await over(begin)).whole_report()
    assert report.final
    assert report.extract == {"reason": "a table for four", "guests": 4, "kind": "room"}
    assert report.verdicts == {"The agent was polite.": "pass"}
    assert report.reasons == {"The agent was polite.": "It was."}
    assert report.ended_by == "caller_left"
    assert report.transcript[:2] == (("agent", "Good day."), ("user", "I want a table for four."))


async def test_a_field_that_does_not_fit_is_left_out(begin, caplog):
    """What a model invents for a field of another type is not sent."""
    report = await (await over(begin, guests="many")).whole_report()
    assert "guests" not in report.extract
    assert "'guests' of extract is left out" in caplog.text


async def test_private_values_stay_in_the_call(begin):
    """A private value stands in no report: not as a variable, not in what was said."""
    talk = await over(begin)
    assert "4711" not in str(talk.report().to_data())
    assert talk.report().values["name"] == "Ann"


@pytest.mark.proves("AfterCall.if")
async def test_nothing_is_read_of_a_call_that_does_not_count(begin):
    """Where the `if` of after_call is not true, no model is asked."""
    text = FOLDER.replace("    after_call:\n", "    after_call:\n      if: call.duration > 3600\n")
    report = await (await over(begin, text=text)).whole_report()
    assert report.final
    assert not report.extract


async def test_a_model_that_is_down_loses_nothing(begin, caplog):
    """Without its model the report is whole but for what the model would have found."""
    talk = await over(begin)

    class Down:
        def get(self, *_):
            return self

        def chat(self, **_):
            raise ConnectionError

        async def aclose(self):
            pass

    talk._aftermath._models = Down
    report = await talk.whole_report()
    assert report.final
    assert not report.extract
    assert len(report.transcript) == 3
    assert "nothing was extracted: ConnectionError" in caplog.text


def test_the_judges_are_livekits():
    """What may be written as a judge's name is what LiveKit has."""
    assert tuple(VERDICT_JUDGES) == JUDGES


async def test_the_call_is_summed_up_where_that_is_sent(begin):
    """A model writes the summary where it is used, and only there."""
    text = FOLDER.replace("{{ extract.reason }}", "{{ call.summary }}")
    text = text.replace(
        'when_caller_says: "Caller:"\n          call:', "when_caller_says: x1\n          call:"
    )
    text = text.replace(
        "        - when_caller_says: bye",
        '        - when_caller_says: "Caller:"\n          say: A table was asked for.\n'
        "        - when_caller_says: bye",
    )
    assert (await (await over(begin, text=text)).whole_report()).summary == "A table was asked for."
    assert not (await (await over(begin)).whole_report()).summary
