"""A job and its states."""

from __future__ import annotations

import json

import pytest

from runner.external.jobs import OVER, Job


@pytest.fixture
def job():
    return Job("AJ_1", "guide", "JT_ROOM", "r", "AD_1", "agent-AJ_1")


def test_a_job_goes_on_and_never_back(job):
    """Requested, accepted, running: each once, in this order."""
    assert job.advance("running")
    assert not job.advance("accepted")
    assert not job.advance("running")
    assert job.advance("success")
    assert job.ended is not None


@pytest.mark.parametrize("end", sorted(OVER))
@pytest.mark.parametrize("later", ["running", "success", "failed", "cancelled"])
def test_after_its_end_nothing_changes(job, end, later):
    """What is told later is told in vain."""
    job.advance(end, "why")
    assert not job.advance(later, "other")
    assert (job.status, job.error) == (end, "why")


def test_its_token_is_its_own_and_is_never_shown(job):
    """Only the token of this job is right, and no form of a job holds it."""
    other = Job("AJ_2", "guide", "JT_ROOM", "r", "AD_2", "agent-AJ_2")
    token = job.status_token.reveal()
    assert job.is_own(token)
    assert not any(map(job.is_own, ("", token[:-1], other.status_token.reveal(), "\udcff")))
    assert token not in repr(job) + json.dumps(job.to_data())


def test_what_is_offered_again_begins_anew(job):
    """Its id stays, and its end is forgotten."""
    job.advance("failed", "down")
    job.again()
    assert (job.status, job.error, job.ended, job.over) == ("requested", "", None, False)
