"""Where LiveKit is, and which secrets go where."""

import pytest

from runner.egress.secrets import Secrets
from runner.serve.credentials import (
    CredentialsError,
    LiveKit,
    hidden_from_calls,
    livekit,
    provider_secrets,
)

ENV = {"LIVEKIT_URL": "ws://lk:7880", "LIVEKIT_API_KEY": "key", "LIVEKIT_API_SECRET": "secret"}

WRITTEN = """runner:
  livekit:
    url: wss://calls.example
    api_secret: "{{ secrets.MY_SECRET }}"
"""


def test_the_environment_says_where_livekit_is(release):
    """The three standard variables are enough."""
    found = livekit(release, Secrets(ENV), ENV)
    assert found == LiveKit("ws://lk:7880", "key", "secret")
    assert found.to_env() == ENV
    assert "secret" not in repr(found).replace("api_secret", "")


def test_the_folder_wins_over_the_environment(changed):
    """What `runner.livekit` says is taken, and the environment fills the rest."""
    release = changed("runner:\n", WRITTEN)
    env = {**ENV, "MY_SECRET": "mine"}
    assert livekit(release, Secrets(env), env) == LiveKit("wss://calls.example", "key", "mine")


def test_without_any_there_is_no_livekit(release):
    """No credentials mean that text is served only."""
    assert livekit(release, Secrets({}), {}) is None


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"LIVEKIT_API_SECRET": ""}, "only in part: LIVEKIT_API_SECRET has no value"),
        ({"LIVEKIT_URL": "lk:7880"}, "must begin with wss:// or ws://"),
        ({"LIVEKIT_URL": "ws://"}, "must begin with wss:// or ws://"),
    ],
)
def test_what_cannot_be_used_is_said(release, change, words):
    """Half of the credentials, or an address that is none, are told in plain words."""
    env = ENV | change
    with pytest.raises(CredentialsError, match=words):
        livekit(release, Secrets(env), env)


def test_secrets_of_tools_are_hidden_from_calls(release):
    """All secrets that the folder names leave the environment, but LiveKit's own stay."""
    assert hidden_from_calls(release) == ["TOOL_KEY"]


def test_secrets_of_providers_are_found_at_any_depth(changed):
    """Options may hold a secret in lists and records."""
    after = changed("say: Goodbye.", 'say: "{{ secrets.A }}{{ secrets.B }}{{ secrets.MISSING }}"')
    found = provider_secrets(after.agents["desk"], Secrets({"A": "1", "B": "2", "TOOL_KEY": "3"}))
    assert found == {"A": "1", "B": "2"}
