"""The one TLS context of a process, which plugins' clients share."""

from __future__ import annotations

import ssl

import httpx
import httpx2
import pytest
from livekit.plugins import openai

from runner.egress.network import tls


@pytest.fixture(params=[httpx, httpx2], ids=lambda library: library.__name__)
def shared(request, monkeypatch):
    """A library whose clients share it in this test, and not after it."""
    for library in (httpx, httpx2):
        transport = library._transports.default
        monkeypatch.setattr(transport, "create_ssl_context", library.create_ssl_context)
    tls.share_tls_context()
    tls.share_tls_context()  # a second time changes nothing
    return request.param


def context_of(client):
    """What a client trusts by."""
    return client._transport._pool._ssl_context


def test_clients_that_trust_as_usual_share_it(shared):
    """Each client of a plugin has the same context, which is read once."""
    clients = [shared.AsyncClient(), shared.AsyncClient(http2=False), shared.Client()]
    assert {id(context_of(client)) for client in clients} == {id(tls._usual(shared))}
    assert context_of(clients[0]).verify_mode is ssl.CERT_REQUIRED


@pytest.mark.parametrize("more", [{"verify": False}, {"trust_env": False}])
def test_one_that_trusts_otherwise_has_its_own(shared, more):
    """Nobody trusts less or more because of another."""
    context = context_of(shared.AsyncClient(**more))
    assert context is not tls._usual(shared)
    assert (context.verify_mode is ssl.CERT_NONE) == (more.get("verify") is False)


def test_a_context_that_is_given_is_used(shared):
    """A client that was given one has that one."""
    own = ssl.create_default_context()
    assert context_of(shared.AsyncClient(verify=own)) is own


@pytest.mark.usefixtures("shared")
def test_an_own_authority_changes_nobody_elses():
    """What a service trusts besides is not trusted by the others."""
    before = len(tls.tls_context().get_ca_certs())
    assert tls.own_context(tls.OwnTls(usual=True)) is not tls.tls_context()
    assert len(tls.tls_context().get_ca_certs()) == before


@pytest.mark.usefixtures("shared")
def test_openai_shares_it():
    """The client of LiveKit's plugin, which most models are asked by, reads no authorities."""
    model = openai.LLM(api_key="hush-hush")
    assert context_of(model._client._client) is tls._usual(httpx2)
