"""What reaches the process of a call of providers that are services."""

from __future__ import annotations

from pathlib import Path

from runner.egress.secrets import Secrets
from runner.link.release import AgentRelease
from runner.secret import Secret
from runner.serve.child.network import provider_network
from runner.serve.credentials import provider_secrets
from runner.serve.socket.messages import TO_CALL, CallNetwork, Welcome, write

FOLDER = """
agents:
  a:
    start: p
    mode: text
    llm: own
personas:
  p:
    instructions: Answer.
services:
  house:
    url: https://models.example/v1
    auth:
      bearer: "{{ secrets.HOUSE_TOKEN }}"
providers:
  own:
    llm: http
    with:
      service: house
      url: /chat/completions
      style: openai
      headers:
        X-Key: "{{ secrets.OWN_KEY }}"
"""


def test_secrets_of_a_service_reach_the_call(load):
    """The secrets of the provider and those of the service that it asks are sent, no others."""
    release = load(FOLDER)
    known = Secrets({"HOUSE_TOKEN": "token of the house", "OWN_KEY": "own key", "OTHER": "other"})
    assert provider_secrets(release, known) == {
        "HOUSE_TOKEN": Secret("token of the house"),
        "OWN_KEY": Secret("own key"),
    }


def test_a_stored_release_asks_the_same(load):
    """What a service says besides is there after a release was stored and read."""
    again = AgentRelease.from_json(load(FOLDER).to_json())
    spec = again.http_providers["own"]
    assert spec.url == "https://models.example/v1/chat/completions"
    assert spec.auth is not None
    assert [service.url for service in again.http_services] == ["https://models.example/v1"]


def test_the_network_reaches_the_call(tmp_path: Path):
    """Private hosts, the proxy and the folder of files go over the call socket as they are."""
    (tmp_path / "client.pem").write_bytes(b"certificate")
    said = CallNetwork(("10.0.0.5",), Secret("http://proxy.example"), str(tmp_path))
    welcome = Welcome("c", "r", "f", {}, said)
    network = provider_network(TO_CALL.read(write(welcome)).network)
    assert network.ways.allow == ("10.0.0.5",)
    assert network.ways.proxy == Secret("http://proxy.example")
    assert network.files("client.pem") == b"certificate"
