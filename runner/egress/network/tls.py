"""Whom a connection trusts, and what it shows of itself."""

from __future__ import annotations

import contextlib
import functools
import os
import ssl
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import httpx

from runner.egress.trouble import RequestError
from runner.secret import Secret

NOTHING: Final = Secret(b"")
"""No certificate, no key."""


@functools.cache
def tls_context() -> ssl.SSLContext:
    """Give the one TLS context of the process, whose making takes tens of milliseconds.

    `SSL_CERT_FILE` and `SSL_CERT_DIR` are heeded; without them, certifi's authorities are trusted.
    """
    return httpx.create_ssl_context()


def share_tls_context() -> None:
    """Have all httpx clients of the process that trust as usual share `tls_context`.

    Plugins of models make a client each, and httpx reads all authorities anew for each: some 80 ms
    of CPU, while a caller waits. httpx lets a client be given a context, the plugins do not.
    """
    transport: Any = httpx._transports.default  # noqa: SLF001 - there is no public way to it
    made = getattr(transport, "create_ssl_context", None)
    if made is httpx.create_ssl_context:  # httpx's own still, and not shared yet
        transport.create_ssl_context = _shared


def _shared(verify: Any = True, cert: Any = None, trust_env: bool = True) -> ssl.SSLContext:
    if verify is True and cert is None and trust_env:
        return tls_context()
    return httpx.create_ssl_context(verify, cert, trust_env)


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
