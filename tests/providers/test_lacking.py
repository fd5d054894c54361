"""What a machine lacks for the providers of a folder."""

from __future__ import annotations

from runner.diagnostics import Span
from runner.providers.checks import OptionChecker
from runner.providers.lacking import lacking
from runner.providers.uses import ProviderUse

READS = """
import os
class STT:
    def __init__(self, *, api_key=None, token=None, region='eu'):
        key = api_key or os.environ.get('ACME_API_KEY')
        if not key and not token:
            raise ValueError('no key')
        self._region = os.environ.get('ACME_REGION', region)
class TTS:
    def __init__(self, *, secret=None):
        self._secret = secret or _secret()
class LLM:
    def __init__(self, *, vertex=None, api_key=None):
        use_vertex = vertex or False
        key = api_key or os.environ.get('ACME_LLM_KEY')
        if use_vertex:
            pass
        elif not key:
            raise ValueError('set ACME_LLM_KEY')
def _secret(given=None):
    first = given or os.environ.get('ACME_SECRET') or os.getenv('OLD_ACME_SECRET')
    if first is None:
        raise ValueError('ACME_SECRET must be set')
    return first
"""

FILES = """
from livekit.agents import Plugin
class VAD:
    def __init__(self): ...
class Acme(Plugin):
    def __init__(self): super().__init__('livekit.plugins.acme', '1', 'livekit.plugins.acme')
    def download_files(self):
        DOWNLOAD
Plugin.register_plugin(Acme())
"""

FETCH = "__import__('urllib.request').request.urlopen('http://127.0.0.1:9')"
SET = (
    "set the environment variable ACME_API_KEY, or write below 'with':  "
    'api_key: "{{ secrets.ACME_API_KEY }}"'
)


def use(kind, line, *options, agents=("desk",)):
    """A provider of the made-up plugin."""
    return ProviderUse(kind, "acme", options, agents, Span("a.yaml", line, 5, line, 9))


def rows_of(site, uses, *values):
    """What is said to be missing where these variables have a value."""
    diagnostics = lacking(uses, OptionChecker(site.catalogue), lambda name: name in values)
    return [(d.code, d.message, d.help, [r.span.line for r in d.related]) for d in diagnostics]


def test_a_key_that_several_need_is_told_once_with_the_agents(site):
    """The variable, who needs it, and what may be written in its place."""
    site.livekit("acme", READS)
    uses = [use("stt", 1), use("stt", 5, "region", agents=("desk", "shop"))]
    assert rows_of(site, uses) == [
        (
            "E405",
            "ACME_API_KEY has no value, which stt 'acme' (of desk, shop) needs",
            SET,
            [5],
        )
    ]
    assert rows_of(site, uses, "ACME_API_KEY") == []


def test_an_option_in_its_place_is_enough(site):
    """A key that is written, or another way to prove who asks, needs no variable."""
    site.livekit("acme", READS)
    assert rows_of(site, [use("stt", 1, "api_key"), use("stt", 2, "token")]) == []
    assert rows_of(site, [use("llm", 1, "vertex")]) == []
    assert [each[1] for each in rows_of(site, [use("llm", 1)])] == [
        "ACME_LLM_KEY has no value, which llm 'acme' (of desk) needs"
    ]


def test_either_of_two_variables_is_enough(site):
    """A helper that reads an old name as well lets both count."""
    site.livekit("acme", READS)
    ((_, message, _, _),) = rows_of(site, [use("tts", 1)])
    assert message.startswith("ACME_SECRET or OLD_ACME_SECRET has no value")
    assert rows_of(site, [use("tts", 1)], "OLD_ACME_SECRET") == []


def test_files_that_a_plugin_would_fetch_are_told(site):
    """A plugin that can do without a network has its files."""
    site.livekit(
        "acme",
        FILES.replace("DOWNLOAD", FETCH),
    )
    assert rows_of(site, [use("vad", 1)]) == [
        (
            "E404",
            "files are missing that vad 'acme' (of desk) needs",
            "run: lkrun download-files",
            [],
        )
    ]


def test_files_that_are_there_are_not_told(site):
    """What has nothing to fetch lacks nothing."""
    site.livekit("acme", FILES.replace("DOWNLOAD", "pass"))
    assert rows_of(site, [use("vad", 1)]) == []


def test_a_plugin_that_cannot_be_loaded_is_told_elsewhere(site):
    """A broken package is not said to lack keys."""
    site.livekit("acme", "class STT: ...\n1 / 0")
    assert rows_of(site, [use("stt", 1)]) == []


def test_an_option_that_a_helper_calls_otherwise_is_enough(site):
    """The option of the class counts, whatever the helper that reads the variable calls it."""
    site.livekit("acme", READS)
    assert rows_of(site, [use("tts", 1, "secret")]) == []
