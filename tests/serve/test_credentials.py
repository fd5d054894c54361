"""Where LiveKit is, and which secrets go where."""

import pytest

from runner.child_environment import matches, of_plugin
from runner.egress.secrets import Secrets
from runner.secret import Secret
from runner.serve.credentials import (
    CredentialsError,
    LiveKit,
    child_environment,
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
    needed = livekit(release, Secrets(ENV), ENV)
    assert needed == LiveKit("ws://lk:7880", "key", Secret("secret"))
    assert needed.to_env() == ENV
    assert "secret" not in repr(needed).replace("api_secret", "")


def test_the_folder_wins_over_the_environment(changed):
    """What `runner.livekit` says is taken, and the environment fills the rest."""
    release = changed("runner:\n", WRITTEN)
    env = {**ENV, "MY_SECRET": "mine"}
    assert livekit(release, Secrets(env), env) == LiveKit(
        "wss://calls.example", "key", Secret("mine")
    )


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


MACHINE = {"PATH": "/bin", "LC_TIME": "de", "https_proxy": "p", "OTEL_LOGS": "x"}
"""What every package sees, of ever so many more."""

ELSE = {"TOOL_KEY": "tool-secret", "DATABASE_URL": "x", "LIVEKIT_AGENT_NAME": "x", "ACME_KEY": "x"}
"""What none is to see."""


def test_processes_of_calls_see_what_they_need_and_nothing_else(release):
    """The machine's own variables and LiveKit's; no secret of a tool, none that nobody named."""
    assert child_environment(release, {**ENV, **MACHINE, **ELSE}) == {**ENV, **MACHINE}


def test_a_plugin_sees_the_variables_of_its_service(release):
    """Those that begin with its name, and those that it is known to read; only where it is used."""
    env = {"SCRIPT_LEVEL": "1", "SCRIPTS": "2", "ELEVEN_API_KEY": "3"}
    assert child_environment(release, env) == {"SCRIPT_LEVEL": "1"}
    assert matches("ELEVEN_API_KEY", of_plugin("elevenlabs"))
    assert matches("MY_OWN_KEY", of_plugin("my-own"))


def test_an_author_names_further_variables(changed):
    """What `runner.environment` names is seen, even where a tool has it as a secret."""
    after = changed(
        "runner:\n", "runner:\n  environment:\n    - ACME_KEY\n    - TOOL_KEY\n    - NONE\n"
    )
    assert child_environment(after, ELSE) == {"TOOL_KEY": "tool-secret", "ACME_KEY": "x"}


def test_what_a_provider_is_told_by_its_options_it_does_not_find_beside(changed):
    """A secret that stands under `with` goes over the call socket; `env` may be seen."""
    after = changed("say: Goodbye.", 'say: "{{ secrets.SCRIPT_KEY }}{{ env.PLACE or 1 }}"')
    env = {"SCRIPT_KEY": "1", "PLACE": "2", "SCRIPT_OTHER": "3"}
    assert child_environment(after, env) == {"PLACE": "2", "SCRIPT_OTHER": "3"}


def test_secrets_of_providers_are_found_at_any_depth(changed):
    """Options may hold a secret in lists and records."""
    after = changed("say: Goodbye.", 'say: "{{ secrets.A }}{{ secrets.B }}{{ secrets.MISSING }}"')
    needed = provider_secrets(after.agents["desk"], Secrets({"A": "1", "B": "2", "TOOL_KEY": "3"}))
    assert needed == {"A": Secret("1"), "B": Secret("2")}
