"""Providers made for a call."""

from __future__ import annotations

import sys

import pytest
from livekit.agents import inference

from runner.providers import build as building
from runner.providers.build import ProviderBuildError, build
from runner.providers.loading import load
from runner.providers.validation import validate
from runner.secret import Secret

OPTIONS = """
phrase: str = 'hello'
times: int = 1
token: str = ''
"""


@pytest.fixture
def installed(site, monkeypatch):
    """Packages of the test's own, importable in this process."""
    monkeypatch.syspath_prepend(str(site.folder))
    building.catalogue.cache_clear()
    load.cache_clear()
    yield site
    building.catalogue.cache_clear()
    load.cache_clear()
    for name in [
        name for name in sys.modules if name.startswith(("made_up_", "livekit.plugins.acme"))
    ]:
        del sys.modules[name]


def test_options_are_converted_as_when_they_were_checked(installed, source):
    """The object gets the values of its types, not YAML's texts."""
    installed.plugin("parrot", source(OPTIONS))
    built = build("llm", "parrot", {"times": "3"})
    assert (built.phrase, built.times) == ("hello", 3)


def test_a_livekit_class_is_made_with_the_given_options_only():
    """`vad: inference` needs nothing, and takes durations."""
    built = build("vad", "inference", {"min_silence_duration": "300ms"})
    assert isinstance(built, inference.VAD)
    assert isinstance(build("vad", "inference", None), inference.VAD)


def test_a_load_method_makes_a_vad_where_there_is_one(installed):
    """LiveKit's silero is made by `VAD.load`, whose parameters are the options."""
    text = (
        "class VAD:\n"
        "    def __init__(self, session): self.session = session\n"
        "    @classmethod\n"
        "    def load(cls, *, rate: int = 1): return cls(rate)\n"
    )
    installed.livekit("acme", text)
    assert build("vad", "acme", {"rate": "5"}).session == 5


@pytest.mark.parametrize(
    ("name", "values", "message"),
    [
        ("nobody", {}, "there is no plugin 'nobody' for 'llm'; installed for 'llm'"),
        ("http", {}, "'http' is built in, and no plugin"),
        ("parrot", {"times": "x"}, "llm 'parrot', option 'times': 'x' is not a whole number"),
        ("parrot", "x", "'x' is not a block of keys"),
        ("odd", {}, "llm 'odd' cannot be used: made_up_odd:plugin is not a"),
        ("broken", {}, "llm 'broken' could not be set up: division by zero"),
        ("mute", {}, "llm 'mute' could not be set up: RuntimeError"),
    ],
)
def test_what_goes_wrong_is_one_plain_sentence(installed, source, name, values, message):
    """Every failure is a ProviderBuildError whose message can be shown."""
    installed.plugin("parrot", source(OPTIONS))
    installed.plugin("odd", "plugin = 5")
    installed.plugin("broken", "1 / 0")
    installed.plugin("mute", "raise RuntimeError")
    with pytest.raises(ProviderBuildError) as caught:
        build("llm", name, values)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_no_message_shows_a_secret(installed, monkeypatch):
    """Keys among the options, in the environment, or named as secrets are taken out of messages."""
    monkeypatch.setenv("ACME_API_KEY", "env-secret-1")
    text = (
        "import pydantic\nfrom runner.plugin import Plugin\n"
        "class Options(pydantic.BaseModel):\n    parts: list[dict[str, str]] = []\n"
        "def build(options):\n"
        "    raise ValueError(f'bad: {options.parts} env-secret-1 told-secret-2\\nsecond line')\n"
        "plugin = Plugin(options=Options, build=build)\n"
    )
    installed.plugin("leaky", text)
    values = {"parts": [{"token": "own-secret-3", "name": "shown"}]}
    with pytest.raises(ProviderBuildError) as caught:
        build("llm", "leaky", values, secrets=[Secret("told-secret-2")])
    assert "secret-" not in str(caught.value)
    assert "shown" in str(caught.value)


def test_the_same_options_are_checked_once(monkeypatch):
    """What was right is remembered, what was wrong is told each time; each gets its own copy."""
    looked = []
    monkeypatch.setattr(
        "runner.providers.build.validate",
        lambda *given: looked.append(given[1]) or validate(*given),
    )
    rules = [{"when_caller_says": "hello", "say": "I hear you, for the first time."}]
    values = {"rules": rules}
    one, other = build("llm", "script", values), build("llm", "script", dict(values))
    assert one is not other
    assert len(looked) == 1
    for _ in range(2):
        with pytest.raises(ProviderBuildError, match="has no option 'othrwise'"):
            build("llm", "script", {"rules": rules, "othrwise": "x"})
    assert len(looked) == 3
