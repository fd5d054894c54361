"""A certificate by which the connection itself proves who sends (RFC 8446)."""

from __future__ import annotations

from runner.egress.auth.seam import AuthContext, Authentication
from runner.egress.network.tls import NOTHING, OwnTls
from runner.schema.auth import Mtls, Pem
from runner.schema.types.files import AttachedFile
from runner.secret import Secret


class OwnCertificate(Authentication):
    """Shows a certificate when the connection is made."""

    def __init__(self, tls: OwnTls) -> None:
        """Take the certificate, its key, and whom to trust."""
        self.tls = tls


def begin(spec: Mtls, context: AuthContext) -> Authentication:
    """Make it from the author's block.

    Raises:
        RequestError: a file cannot be read, or a secret is missing.
    """

    def content(pem: Pem, name: str) -> Secret[bytes]:
        if isinstance(pem, AttachedFile):
            return Secret(context.file(pem))
        return context.text(pem, name).map(lambda text: text.encode("utf-8", "replace"))

    written = spec.mtls
    return OwnCertificate(
        OwnTls(
            authority=content(written.authority, "authority") if written.authority else NOTHING,
            certificate=content(written.certificate, "certificate"),
            key=content(written.key_, "key"),
        )
    )
