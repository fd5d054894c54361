"""Errors of providers in a line, with what to look at."""

from __future__ import annotations

import json
import socket
import ssl

import pytest
from livekit.agents import APIConnectionError, APIError, APIStatusError

from runner.session.models.plainly import plainly

KEY = "the service refuses the key: look at the key below with:"
WHERE = "look at the model and at the address below with:"
ENOUGH = "the service takes no more requests now, or the account has no money left"
ITS_OWN = "the service itself is out of order"


@pytest.mark.parametrize(
    ("status", "message", "line"),
    [
        (
            401,
            "Error code: 401 - Incorrect API key.",
            f"401 Unauthorized: Incorrect API key; {KEY}",
        ),
        (401, "Error code: 401", f"401 Unauthorized; {KEY}"),
        (401, "the service answered 401 Unauthorized: Unauthorized", f"401 Unauthorized; {KEY}"),
        (
            401,
            'the service answered 401 Unauthorized: {"error": {"message": "no such key"}}',
            f"401 Unauthorized: no such key; {KEY}",
        ),
        (
            404,
            "Error code: 404 - The model `x` is none",
            f"404 Not Found: The model `x` is none; {WHERE}",
        ),
        (
            404,
            'the service answered 404 Not Found: {"detail": "no route"}',
            f"404 Not Found: no route; {WHERE}",
        ),
        (404, "<html>", f"404 Not Found; {WHERE}"),
        (429, "quota", f"429 Too Many Requests: quota; {ENOUGH}"),
        (
            429,
            'the service answered 429 Too Many Requests: {"message": "cut \\"of…',
            f'429 Too Many Requests: cut "of…; {ENOUGH}',
        ),
        (
            500,
            "the service answered 500 Internal Server Error",
            f"500 Internal Server Error; {ITS_OWN}",
        ),
        (503, "Error code: 503 - busy", f"503 Service Unavailable: busy; {ITS_OWN}"),
        (400, "Error code: 400 - Unknown option 'x'", "400 Bad Request: Unknown option 'x'"),
        (599, "odd", f"599: odd; {ITS_OWN}"),
    ],
)
def test_a_status_is_told_in_words(status, message, line):
    """The status, what the service said, and what to look at; nothing of how it is wrapped."""
    error = APIStatusError(message, status_code=status, body={"message": message})
    assert plainly(error) == line


def caused(by):
    """LiveKit's error of a connection, begun by another."""
    error = APIConnectionError()
    error.__cause__ = by
    return error


@pytest.mark.parametrize(
    "cause",
    [
        json.JSONDecodeError("Expecting value", "<html>", 0),
        TypeError("'NoneType' object is not iterable"),
        AttributeError("'NoneType' object has no attribute 'choices'"),
        KeyError("choices"),
    ],
)
def test_an_answer_of_another_kind_is_no_lost_connection(cause):
    """What a plugin cannot read was answered by something else."""
    begins = "the answer is not one of such a service: look at the address below with: ("
    assert plainly(caused(cause)).startswith(begins)


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (APIError("the model is on strike"), "the model is on strike"),
        (APIError("  first line \n second"), "first line"),
        (APIError(""), "APIError"),
        (caused(OSError("refused")), "Connection error. (caused by OSError: refused)"),
        (APIStatusError("no status", status_code=-1), None),
    ],
)
def test_other_errors_are_their_first_line(error, line):
    """What has no status is told as it is."""
    assert plainly(error) == (line or str(error))


def wrapped(cause, *, attempts=4):
    """What LiveKit raises when it has tried several times."""
    error = APIConnectionError(f"failed to generate LLM completion after {attempts} attempts")
    error.__cause__ = cause
    return error


class ReadError(Exception):
    """What httpx calls a connection that ends within an answer."""


def untrusted():
    """A certificate that nobody has signed."""
    error = ssl.SSLCertVerificationError("certificate verify failed")
    error.verify_message = "self-signed certificate"
    return error


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (untrusted(), "its certificate is not trusted (self-signed certificate)"),
        (ssl.SSLError("WRONG_VERSION_NUMBER"), "it does not speak TLS (https://) at its address"),
        (socket.gaierror(-2, "unknown"), "there is no computer of the name in its address"),
        (ConnectionRefusedError(111, "refused"), "nothing listens at its address"),
        (ReadError(), "the service ended the connection without an answer"),
    ],
)
def test_a_connection_that_does_not_come_about_is_told_in_words(cause, words):
    """Whatever a client wraps it in, and also after LiveKit's last attempt."""
    line = f"{words}: look at the address below with:"
    assert plainly(caused(cause)) == line
    assert plainly(wrapped(caused(cause))) == f"{line} (tried 4 times)"


def test_the_last_of_several_attempts_says_what_is_wrong():
    """That there were several is said, and not in place of the reason."""
    busy = APIStatusError("Error code: 500 - oops", status_code=500, body=None)
    told = "500 Internal Server Error: oops; the service itself is out of order (tried 4 times)"
    assert plainly(wrapped(busy)) == told
    ours = APIConnectionError("voice.example ended the connection without an answer")
    ours.__context__, ours.__suppress_context__ = ReadError(), True
    assert plainly(ours) == "voice.example ended the connection without an answer"
