"""The seam between a request and the kinds of proof.

A kind is a class of `runner.schema.auth` and a module of this package with its name, which has a
function `begin(spec, context)`. What that gives is an `httpx.Auth`: its flow changes the request,
may look at the answer, and may have the request sent once more.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Protocol

import httpx

from runner.egress.auth.tokens import Send, Tokens
from runner.egress.network.tls import OwnTls
from runner.egress.request.headers import header_value
from runner.egress.trouble import RequestError
from runner.schema.auth import AnyAuth
from runner.secret import Secret


class Authentication(httpx.Auth):
    """The proof of one call; its flow runs once for each attempt.

    Attributes:
        hidden: values that nobody may see, besides the secrets.
        tls: what the connection itself shows.
    """

    hidden: tuple[Secret[str], ...] = ()
    tls: OwnTls = OwnTls()

    def shown(self, url: str) -> str:
        """The address as it is shown, where the proof changes it."""
        return url


@dataclass(frozen=True, slots=True)
class AuthContext:
    """What a kind works with.

    Attributes:
        render: a text of the author → what it gives.
        send: sends a request of the kind's own.
        tokens: access tokens, kept as long as the process.
        hide: takes a value that nobody may see from now on.
        file: a path below the folder → the bytes of that file.
        message: names the request over all its attempts, also those of another day; or nothing.
    """

    render: Callable[[str], Secret[str]]
    send: Send
    tokens: Tokens
    hide: Callable[[Secret[str]], None]
    file: Callable[[str], bytes]
    message: str = ""

    def text(self, text: str, name: str) -> Secret[str]:
        """Render what a proof cannot do without.

        Raises:
            RequestError: it is empty.
        """
        value = self.render(text)
        if not value.map(str.strip):
            raise RequestError(f"'{name}' of auth has no value, so nothing was sent")
        return value

    def header(self, text: str, name: str) -> Secret[str]:
        """Render what stands in a header.

        Raises:
            RequestError: it is empty, or cannot stand there.
        """
        what = f"'{name}' of auth"
        return self.text(text, name).map(lambda value: header_value(value, what))


class Kind(Protocol):
    """What the module of a kind has."""

    def begin(self, spec: AnyAuth, context: AuthContext) -> Authentication:
        """Make the proof of one call."""
        ...


def authentication(spec: AnyAuth, context: AuthContext) -> Authentication:
    """Make the proof of one call.

    Raises:
        RequestError: a value of it is missing, or cannot be used.
    """
    return _kind(spec.kind).begin(spec, context)


@cache
def _kind(name: str) -> Kind:
    module: Kind = import_module(f"runner.egress.auth.{name}")
    return module
