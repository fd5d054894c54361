"""What changes about campaigns is told: who is called, when and how often."""

from __future__ import annotations

import pytest

from runner.diff import diff

AGENT = """
agents:
  reminder:
    start: voice
    llm: openai/gpt-4.1-mini
    stt: deepgram/nova-3
    tts: cartesia/sonic-3
    timezone: Europe/Berlin
    phone:
      trunk: ST_abc
    dial:
      to: "{{ job.metadata.phone }}"
personas:
  voice:
    instructions: Remind people.
"""
CAMPAIGN = """
campaigns:
  recall:
    agent: reminder
    contacts: recall.csv
    at_once: 2
    attempts: 3
    wait: 2h
    stop_when: failed > 0.3
"""
TABLE = "phone\n+842412345678\n"


@pytest.fixture
def told(compile_files):
    """Give the changes between two texts: kind, place, sentence."""

    def run(old, new):
        sides = [
            compile_files({"a.yaml": text, "recall.csv": TABLE, "other.csv": TABLE})
            for text in (old, new)
        ]
        return [(each.kind, each.path, each.sentence) for each in diff(*sides)]

    return run


PLACE = "campaigns.recall"


def test_a_campaign_that_came_or_went_is_told(told):
    """With who calls whom; one that is gone calls nobody."""
    full = AGENT + CAMPAIGN
    came = "campaign recall is new: reminder calls those in recall.csv"
    went = "campaign recall is gone: nobody is called for it any more"
    assert told(AGENT, full) == [("added", PLACE, came)]
    assert told(full, AGENT) == [("removed", PLACE, went)]
    assert told(full, full) == []


CHANGES = [
    ("at_once: 2", "at_once: 4", "at_once of recall is now 4, not 2"),
    ("attempts: 3", "attempts: 1", "attempts of recall is now 1, not 3"),
    ("wait: 2h", "wait: 90m", "wait of recall is now 1 hour 30 minutes, not 2 hours"),
    ("failed > 0.3", "failed > 0.5", "stop_when of recall is now failed > 0.5, not failed > 0.3"),
    ("recall.csv", "other.csv", "contacts of recall is now other.csv, not recall.csv"),
    (
        "wait: 2h\n",
        "wait: 2h\n    hours:\n      monday: 09:00-12:00\n",
        "hours of recall is now: monday 09:00-12:00",
    ),
]


@pytest.mark.parametrize(("before", "after", "words"), CHANGES, ids=[c[2][:8] for c in CHANGES])
def test_a_setting_that_changes_is_told_once(told, before, after, words):
    """With what it was and what it is now."""
    full = AGENT + CAMPAIGN
    ((_, place, sentence),) = told(full, full.replace(before, after))
    assert place.startswith(f"{PLACE}.")
    assert sentence.partition(" (")[0] == words
