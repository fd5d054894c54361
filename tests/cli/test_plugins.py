"""What is installed, what of it works, and how it is written."""

from __future__ import annotations

import json

import pytest
from support.openai_stub import OpenAiStub, failed, say

from runner import __version__
from runner.cache import Cache
from runner.providers.catalogue import Catalogue
from runner.providers.checks import OptionChecker
from runner.providers.listing import rows, shown

AGENT = """
agents:
  desk:
    start: host
    llm: LLM
    stt: STT
    tts: TTS
personas:
  host:
    instructions: x
"""

FORM = {"name", "kind", "distribution", "version", "source", "problem"}


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """One cache for all these tests: the plugins are imported once."""
    return {"LKRUN_CACHE_DIR": str(tmp_path_factory.mktemp("cache"))}


def test_all_that_is_installed_is_listed(lkrun, kept):
    """A row for each name and kind, with who brings it; JSON has the agreed keys."""
    done = lkrun("plugins", "--format", "json", env=kept)
    assert (done.returncode, done.stderr) == (0, "")
    listed = json.loads(done.stdout)
    assert all(set(row) == FORM for row in listed)
    rows = {(row["name"], row["kind"]): row for row in listed}
    assert rows["openai", "llm"] == {
        "name": "openai", "kind": "llm", "distribution": "livekit-plugins-openai",
        "version": "1.8.9", "source": "livekit", "problem": None,
    }  # fmt: skip
    assert rows["espeak", "tts"]["source"] == "plugin"
    assert rows["http", "tts"] == {
        "name": "http", "kind": "tts", "distribution": "lkrun",
        "version": __version__, "source": "built-in", "problem": None,
    }  # fmt: skip
    text = lkrun("plugins", "--kind", "tts", env=kept).stdout
    assert "openai" in text
    assert "script" not in text


def test_a_plugin_that_cannot_be_loaded_is_listed_with_why(lkrun, tmp_path):
    """A broken package is a row with its problem, and the exit code says so."""
    info = tmp_path / "site" / "lkrun_broken-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "entry_points.txt").write_text("[lkrun.llm]\nbroken = broken_module:plugin\n")
    (tmp_path / "site" / "broken_module.py").write_text("raise RuntimeError('no licence')")
    done = lkrun("plugins", "show", "broken", env={"PYTHONPATH": f"{tmp_path / 'site'}:."})
    assert done.returncode == 1
    assert "no licence" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("openai", "llm"), ("openai", "stt"), ("openai", "tts"), ("espeak", "tts"),
        ("inference", "llm"), ("http", "tts"), ("http", "llm"), ("http", "stt"),
        ("fallback", "llm"), ("fallback", "tts"),
    ],
)  # fmt: skip
def test_the_example_of_a_plugin_passes_check(lkrun, kept, folder, name, kind):
    """What `show` prints can be pasted, and named by an agent."""
    done = lkrun("plugins", "show", name, "--kind", kind, "--format", "json", env=kept)
    document = json.loads(done.stdout)
    assert set(document) == FORM | {"options", "example"}
    assert all(
        set(option) == {"name", "type", "default", "description"} for option in document["options"]
    )
    named = {"LLM": "openai/gpt-4.1", "STT": "deepgram/nova-3", "TTS": "cartesia/sonic-3"}
    named[kind.upper()] = f"my_{kind}"
    text = AGENT + document["example"]
    for word, value in named.items():
        text = text.replace(word, value, 1)
    (folder / "a.yaml").write_text(text)
    checked = lkrun("check", folder, env=kept)
    assert checked.returncode == 0, checked.stdout
    assert "no mistakes" in checked.stdout


def test_the_example_of_each_plugin_passes_check(lkrun, kept, folder, tmp_path):
    """Whatever is installed: what `show` prints can be pasted, our own plugins' included."""
    checker = OptionChecker(Catalogue(), Cache(tmp_path / "asked"))
    listed = rows(checker)
    assert {"script", "pocketsphinx", "espeak", "openai"} <= {row.name for row in listed}
    for number, row in enumerate(listed):
        example = shown(row, checker)["example"]
        text = example.replace(f"  my_{row.kind}:", f"  my_{number}:", 1)
        assert text != example
        (folder / f"{number}.yaml").write_text(text)
    (folder / "a.yaml").write_text(
        "agents:\n  desk:\n    start: host\n    mode: text\n    llm: openai/gpt-4.1\n"
        "personas:\n  host:\n    instructions: x\n"
    )
    checked = lkrun("check", folder, "--format", "json", env=kept)
    diagnostics = json.loads(checked.stdout)["diagnostics"]
    assert {d["code"] for d in diagnostics} <= {"W201"}, diagnostics


PACKAGE = """
from pydantic import BaseModel, ConfigDict, Field
from runner.plugin import Plugin


class Dial(BaseModel):
    low: int = Field(0, description="The lowest")
    high: int


class Options(BaseModel):
    model_config = ConfigDict(json_schema_extra={"examples": [{"dial": {"high": 9}, "unit": "kg"}]})

    dial: Dial = Field(description="What it shows")
    unit: str = Field("g", description="What it weighs in")
    weight: float = Field(1.5, gt=0, le=9)


plugin = Plugin(options=Options, build=lambda options: None)
"""

SCALES = """scales ({kind}), from scales 1.0
  dial: a block of keys, needed
      What it shows
      low: a whole number
          The lowest
      high: a whole number, needed
  unit: text; without it g
      What it weighs in
  weight: a number, more than 0, at most 9; without it 1.5

"""


@pytest.mark.parametrize(
    ("kind", "example"),
    [
        (
            "tool",
            (
                "tools:\n  my_tool:\n    description: what it does, and when to use it\n"
                "    plugin: scales\n    with:\n      dial:\n        high: 9\n      unit: kg\n"
            ),
        ),
        (
            "node",
            (
                "personas:\n  my_persona:\n    instructions: who it is\n    nodes:\n      tts:\n"
                "        - scales:\n            dial:\n              high: 9\n"
                "            unit: kg\n"
            ),
        ),
        (
            "vad",
            (
                "providers:\n  my_vad:\n    vad: scales\n    with:\n      dial:\n        high: 9\n"
                "      unit: kg\n"
            ),
        ),
    ],
)
def test_a_package_of_ones_own_is_shown_as_ours_are(lkrun, kept, tmp_path, kind, example):
    """Blocks with their keys, bounds, what must be there, and the author's example that passes."""
    info = tmp_path / "site" / "scales-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "entry_points.txt").write_text(f"[lkrun.{kind}]\nscales = scales:plugin\n")
    (tmp_path / "site" / "scales.py").write_text(PACKAGE)
    env = kept | {"PYTHONPATH": f"{tmp_path / 'site'}:."}
    done = lkrun("plugins", "show", "scales", env=env)
    assert (done.stdout, done.stderr) == (SCALES.format(kind=kind) + example, "")
    assert "scales" in lkrun("plugins", "--kind", kind, env=env).stdout
    made = json.loads(lkrun("schema", env=env).stdout)
    assert made["$defs"][f"{kind}.scales"]["required"] == ["dial"]


def test_options_are_shown_in_words(lkrun, kept):
    """People read what an option takes, and a name that nobody has is told."""
    done = lkrun("plugins", "show", "openai", "--kind", "llm", env=kept)
    assert "  temperature: a number\n" in done.stdout
    assert "  parallel_tool_calls: yes or no\n" in done.stdout
    assert 'api_key: "{{ secrets.OPENAI_API_KEY }}"' in done.stdout
    unknown = lkrun("plugins", "show", "opnai", env=kept)
    assert unknown.returncode == 2
    assert "there is no plugin 'opnai'; did you mean 'openai'?" in unknown.stderr
    other = lkrun("plugins", "show", "deepgram", env=kept)
    assert other.returncode == 2
    assert "is not installed; run: pip install livekit-plugins-deepgram==" in other.stderr


DOCTOR = """
agents:
  desk:
    start: host
    llm:
      - good
      - bad
    stt: ears
    tts: voice
personas:
  host:
    instructions: x
providers:
  good:
    llm: openai
    with:
      model: gpt-4.1-mini
      base_url: GOOD
      api_key: "{{ secrets.KEY }}"
  bad:
    llm: openai
    retries: 0
    with:
      model: gpt-4.1-mini
      base_url: BAD
      api_key: "{{ secrets.KEY }}"
  ears:
    stt: pocketsphinx
    with:
      phrases:
        - hello
  voice:
    tts: espeak
"""


def test_each_provider_is_tried_for_real(lkrun, kept, folder):
    """A word, a sound, or what is heard; a failure in one line, without the key."""
    with (
        OpenAiStub(lambda _: say("OK")) as good,
        OpenAiStub(lambda _: failed(401, "wrong key sk-not-a-real-one")) as bad,
    ):
        (folder / "a.yaml").write_text(DOCTOR.replace("GOOD", good.url).replace("BAD", bad.url))
        env = kept | {"KEY": "sk-not-a-real-one"}
        done = lkrun("doctor", folder, "--format", "json", env=env)
        assert len(good.requests) == 1
    assert done.returncode == 1
    listed = {trial["provider"]: trial for trial in json.loads(done.stdout)}
    assert all(set(t) == {"provider", "kind", "ok", "ms", "error"} for t in listed.values())
    assert {name: trial["ok"] for name, trial in listed.items()} == {
        "good": True, "bad": False, "ears": True, "voice": True,
    }  # fmt: skip
    assert listed["good"]["ms"] >= 0
    assert (listed["bad"]["ms"], "401" in listed["bad"]["error"]) == (None, True)
    assert "sk-not-a-real-one" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_files_of_plugins_are_fetched(lkrun, folder, tmp_path):
    """Each plugin of the folder that works with files fetches what it lacks."""
    package = tmp_path / "site" / "livekit" / "plugins" / "filed"
    package.mkdir(parents=True)
    package.joinpath("__init__.py").write_text(
        "import os, pathlib\n"
        "from livekit.agents import Plugin\n"
        "class LLM:\n"
        "    def __init__(self, *, note: str = ''): ...\n"
        "class Filed(Plugin):\n"
        "    def __init__(self): super().__init__(__name__, '1', __name__)\n"
        "    def download_files(self):\n"
        "        pathlib.Path(os.environ['HOME'], 'model.bin').write_text('x')\n"
        "Plugin.register_plugin(Filed())\n"
    )
    (tmp_path / "site" / "livekit_plugins_filed-1.0.dist-info").mkdir()
    (folder / "a.yaml").write_text(
        "agents:\n  desk:\n    start: host\n    mode: text\n    llm: brain\n"
        "personas:\n  host:\n    instructions: x\nproviders:\n  brain:\n    llm: filed\n"
    )
    env = {"PYTHONPATH": f"{tmp_path / 'site'}:."}
    done = lkrun("download-files", folder, env=env)
    assert (done.returncode, done.stdout) == (0, "llm 'filed': its files are there\n"), done.stderr
    assert (tmp_path / "model.bin").exists()
