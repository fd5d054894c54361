"""Whom a connection trusts, and what it shows of itself."""

from __future__ import annotations

import contextlib
import functools
import os
import ssl
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

import httpx

from runner.egress.trouble import RequestError
from runner.secret import Secret

NOTHING: Final = Secret(b"")
"""No certificate, no key."""


_LIBRARIES: Final = ("httpx", "httpx2")
"""Who makes the clients of plugins; OpenAI's package, and what is built on it, has the second."""


def tls_context() -> ssl.SSLContext:
    """Give the one TLS context of the process, whose making takes tens of milliseconds.

    `SSL_CERT_FILE` and `SSL_CERT_DIR` are heeded; without them, certifi's authorities are trusted.
    """
    return _usual(httpx)


@functools.cache
def _usual(library: ModuleType) -> ssl.SSLContext:
    """Whom a library trusts where nothing is said."""
    context: ssl.SSLContext = library.create_ssl_context()
    return context


def share_tls_context() -> None:
    """Have all clients of a library that trust as usual share one TLS context.

    Plugins of models make a client each, and the libraries read all authorities anew for each: some
    30 to 80 ms of CPU, while a caller waits. A client can be given a context, the plugins do not.
    """
    for name in _LIBRARIES:
        if name in sys.modules:
            _share(sys.modules[name])


def _share(library: Any) -> None:
    # there is no public way to it
    transport: Any = getattr(getattr(library, "_transports", None), "default", None)
    make = library.create_ssl_context
    if not hasattr(transport, "create_ssl_context") or transport.create_ssl_context is not make:
        return  # not as it was, or shared already

    def shared(verify: Any = True, cert: Any = None, trust_env: bool = True) -> ssl.SSLContext:
        if verify is True and cert is None and trust_env:
            return _usual(library)
        context: ssl.SSLContext = make(verify, cert, trust_env)
        return context

    transport.create_ssl_context = shared


def read_authorities() -> None:
    """Make the contexts of all libraries that there are, once and for all."""
    share_tls_context()
    for name in _LIBRARIES:
        if name in sys.modules:
            _usual(sys.modules[name])


@dataclass(frozen=True, slots=True)
class OwnTls:
    """What a service has of its own; all of it PEM.

    Attributes:
        authority: the certificate authority that is trusted instead of the usual ones.
        certificate: what this side shows.
        key: its private key.
        usual: whether the usual authorities are trusted besides.
    """

    authority: Secret[bytes] = NOTHING
    certificate: Secret[bytes] = NOTHING
    key: Secret[bytes] = NOTHING
    usual: bool = False

    def __bool__(self) -> bool:
        """Whether there is anything of its own."""
        return bool(self.authority or self.certificate)


@functools.lru_cache(maxsize=64)
def own_context(own: OwnTls) -> ssl.SSLContext:
    """Give the TLS context of a service, the same as long as its files are.

    Raises:
        RequestError: an authority, a certificate or a key is none.
    """
    alone = own.authority and not own.usual
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT) if alone else httpx.create_ssl_context()
    if own.authority:
        try:
            context.load_verify_locations(cadata=own.authority.reveal().decode("ascii", "replace"))
        except (ssl.SSLError, ValueError):
            raise RequestError(
                "the authority holds no certificate: a file with BEGIN CERTIFICATE is needed"
            ) from None
    if own.certificate:
        try:
            with _path(own.certificate.reveal()) as certificate, _path(own.key.reveal()) as key:
                context.load_cert_chain(certificate, key, password=_no_password)
        except (ssl.SSLError, OSError, ValueError):
            raise RequestError(
                "the certificate of mtls and its key cannot be used: both must be PEM and belong "
                "together, and the key must have no password"
            ) from None
    return context


def _no_password() -> str:
    """Ask nobody at a terminal."""
    return ""


@contextlib.contextmanager
def _path(content: bytes) -> Iterator[str]:
    """Give a path for a library that reads nothing but files; in memory where the system can."""
    if hasattr(os, "memfd_create"):
        handle = os.memfd_create("lkrun")
        try:
            os.write(handle, content)
            yield f"/proc/self/fd/{handle}"
        finally:
            os.close(handle)
        return
    with tempfile.NamedTemporaryFile() as file:  # only its owner may read it
        file.write(content)
        file.flush()
        yield file.name
