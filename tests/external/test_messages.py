"""The messages: their ids, and that the API reads what they promise."""

from __future__ import annotations

from runner.external.messages import ENDED, REQUESTED, JobEnded, StatusReport, data, message_id
from runner.front.models.jobs import StatusBody


def test_an_id_is_the_same_for_each_attempt_and_has_no_dot():
    """A dot would end the id in what is signed."""
    assert message_id("AJ_1", REQUESTED) == "msg_AJ_1_requested"
    assert message_id("AJ.1", ENDED) == "msg_AJ_1_ended"


def test_a_message_is_sent_with_its_version():
    """The key is `schema`, as programs read it."""
    message = JobEnded(job_id="AJ_1", agent_name="a", room_name="r", timestamp=1, status="failed")
    assert data(message)["schema"] == 1
    assert data(message)["type"] == ENDED


def test_the_api_reads_what_programs_are_told_to_send():
    """The two models of a status have the same fields."""
    assert StatusBody.model_fields.keys() == StatusReport.model_fields.keys()
