"""Why a provider failed, in a line that says what to change."""

from __future__ import annotations

import json
import re
import socket
import ssl
from http import HTTPStatus
from typing import Any, Final

from livekit.agents import APIConnectionError, APIStatusError

MOST: Final = 300
"""Characters of what a service says."""

_SAID = re.compile(r'"(?:message|detail|error_description|error)": ?"((?:[^"\\]|\\.)*)')
_PHRASES: Final = {int(status): status.phrase for status in HTTPStatus}

_ADVICE: Final = {
    401: "the service refuses the key: look at the key below with:",
    402: "the account has no money left",
    403: "the service does not allow this key to do that: look at the key and its account",
    404: "look at the model and at the address below with:",
    407: "the proxy wants a password: look at network: below runner:",
    429: "the service takes no more requests now, or the account has no money left",
}
"""Status → what to do."""

_UNREADABLE: Final = (ValueError, TypeError, AttributeError, LookupError)
"""What a plugin comes upon that reads another answer than it expects."""

_ATTEMPTS: Final = re.compile(r"failed to [\w ]+ after (\d+) attempts")
"""How LiveKit wraps the last of several failures."""

_ADDRESS: Final = "look at the address below with:"

_UNCONNECTED: Final = {
    ssl.SSLError: "it does not speak TLS (https://) at its address",
    socket.gaierror: "there is no computer of the name in its address",
    ConnectionRefusedError: "nothing listens at its address",
}
"""Why no connection comes about → in words."""

_BROKEN: Final = frozenset(
    {"ReadError", "RemoteProtocolError", "ServerDisconnectedError", "ConnectionResetError"}
)
"""What clients call a connection that ends without an answer."""

_SERVER_ERRORS: Final = 500
_ITS_OWN = "the service itself is out of order"


def plainly(error: Any) -> str:
    """One line about an error of a provider: what it answered, in words, and what to look at.

    Secrets are not taken out.
    """
    if isinstance(error, APIStatusError) and error.status_code > 0:
        return _of_status(error.status_code, error.message)
    line = _line(str(error)) or type(error).__name__
    attempts, cause = _ATTEMPTS.match(line), getattr(error, "__cause__", None)
    if attempts is not None and isinstance(cause, Exception):
        return f"{plainly(cause)} (tried {attempts[1]} times)"
    if isinstance(error, APIConnectionError) and (words := _of_connection(error)):
        return words
    if isinstance(error, APIConnectionError) and isinstance(_root(error), _UNREADABLE):
        return f"the answer is not one of such a service: look at the address below with: ({line})"
    return line


def _of_connection(error: BaseException) -> str:
    """Why there is no connection, or no answer over it; empty where that is not known."""
    root = _root(error)
    if isinstance(root, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted ({root.verify_message}): {_ADDRESS}"
    for kind, words in _UNCONNECTED.items():
        if isinstance(root, kind):
            return f"{words}: {_ADDRESS}"
    broken = any(type(each).__name__ in _BROKEN for each in _chain(error))
    return f"the service ended the connection without an answer: {_ADDRESS}" if broken else ""


def _root(error: BaseException) -> BaseException:
    """What began a chain of errors."""
    return _chain(error)[-1]


def _chain(error: BaseException) -> list[BaseException]:
    """An error, what it came of, and so on."""
    chain = [error]
    while True:
        last = chain[-1]
        cause = last.__cause__ or (None if last.__suppress_context__ else last.__context__)
        if cause is None or any(cause is each for each in chain):
            return chain
        chain.append(cause)


def _of_status(status: int, message: str) -> str:
    label = f"{status} {_PHRASES.get(status, '')}".rstrip()
    phrase = re.escape(_PHRASES.get(status, ""))
    wrapped = rf"(?:Error code: |the service answered ){status}(?: {phrase})?(?: - |: )?"
    words = own_words(re.sub(rf"\A{wrapped}", "", message))
    said = f"{label}: {words}" if words and words != _PHRASES.get(status) else label
    advice = _ADVICE.get(status) or (_ITS_OWN if status >= _SERVER_ERRORS else "")
    return f"{said.rstrip('.')}; {advice}" if advice else said


def own_words(message: str) -> str:
    """What the service itself said, out of what it is wrapped in; nothing of a page."""
    text = _line(message)
    if text.startswith("<"):  # a page
        return ""
    found = _SAID.search(text) if text.startswith(("{", "[")) else None
    if found is None:
        return text
    try:
        return str(json.loads(f'"{found[1]}"'))
    except ValueError:  # cut within an escape
        return found[1]


def _line(text: str) -> str:
    line = next((part.strip() for part in text.splitlines() if part.strip()), "")
    return re.sub(r"\s+", " ", line)[:MOST]
