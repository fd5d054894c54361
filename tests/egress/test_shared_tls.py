"""The one TLS context of a process, which plugins' clients share."""

from __future__ import annotations

import ssl

import httpx
import pytest

from runner.egress.network import tls


@pytest.fixture
def shared(monkeypatch):
    """Clients share it in this test, and not after it."""
    transport = httpx._transports.default
    monkeypatch.setattr(transport, "create_ssl_context", httpx.create_ssl_context)
    tls.share_tls_context()
    tls.share_tls_context()  # a second time changes nothing


def context_of(client):
    """What a client trusts by."""
    return client._transport._pool._ssl_context


def test_clients_that_trust_as_usual_share_it(shared):  # noqa: ARG001 - it is on
    """Each client of a plugin has the same context, which is read once."""
    clients = [httpx.AsyncClient(), httpx.AsyncClient(http2=False), httpx.Client()]
    assert {id(context_of(client)) for client in clients} == {id(tls.tls_context())}
    assert context_of(clients[0]).verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize("more", [{"verify": False}, {"trust_env": False}])
def test_one_that_trusts_otherwise_has_its_own(shared, more):  # noqa: ARG001 - it is on
    """Nobody trusts less or more because of another."""
    context = context_of(httpx.AsyncClient(**more))
    assert context is not tls.tls_context()
    assert (context.verify_mode is ssl.CERT_NONE) == (more.get("verify") is False)


def test_a_context_that_is_given_is_used(shared):  # noqa: ARG001 - it is on
    """A client that was given one has that one."""
    own = ssl.create_default_context()
    assert context_of(httpx.AsyncClient(verify=own)) is own


def test_an_own_authority_changes_nobody_elses(shared):  # noqa: ARG001 - it is on
    """What a service trusts besides is not trusted by the others."""
    before = len(tls.tls_context().get_ca_certs())
    assert tls.own_context(tls.OwnTls(usual=True)) is not tls.tls_context()
    assert len(tls.tls_context().get_ca_certs()) == before
