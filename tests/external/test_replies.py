"""What a program answers, and what follows of it."""

from __future__ import annotations

import pytest

from runner.external.replies import BadReplyError, read

YES = b'{"accepted": true, "participant_name": "Ann", "more": 1}'


@pytest.mark.parametrize(("status", "body"), [(200, YES), (204, b""), (200, b" \n"), (202, YES)])
def test_a_yes(status, body):
    """JSON that says so, or nothing at all."""
    assert read(status, body).accepted


def test_a_no_with_its_reason():
    """It is no mistake, and says why."""
    reply = read(200, b'{"accepted": false, "error": "full"}')
    assert (reply.accepted, reply.error) == (False, "full")


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"<!doctype html><p>hello", "a page (HTML)"),
        (b"OK", "not JSON"),
        (b"[true]", "not a JSON object"),
        (b"{}", "lacks 'accepted'"),
        (b'{"accepted": "yes"}', "'accepted' in its answer"),
        (b'{"accepted": 1}', "'accepted' in its answer"),
        (b'{"accepted": true, "participant_attributes": {"a": 1}}', "participant_attributes"),
        (b"\xff\xfe", "not JSON"),
    ],
)
def test_what_says_neither_yes_nor_no(body, why):
    """It is told in words, without what was answered."""
    with pytest.raises(BadReplyError, match=r".") as error:
        read(200, body)
    assert why in str(error.value)
