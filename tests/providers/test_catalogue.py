"""Which plugin a name means."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from runner.provider_kinds import BY_KEY, ROWS
from runner.providers import known
from runner.providers.catalogue import Catalogue, InstalledProvider
from runner.providers.problems import NameProblem


def test_an_entry_point_is_found_without_importing_it(site):
    """A plugin whose module would fail when imported is still found, with package and version."""
    site.plugin("parrot", "raise SystemExit(1)")
    plugin = site.catalogue.find("llm", "parrot")
    assert plugin == InstalledProvider(
        "llm", "parrot", "plugin", "made_up_parrot:plugin", "lkrun-parrot", "1.0"
    )
    assert "parrot" in site.catalogue.names("llm")


def test_a_livekit_plugin_offers_the_kinds_that_its_module_exports(site):
    """Kinds are read from the module's source, so llm is refused where it has none."""
    site.livekit("acme", "from .stt import STT\nfrom .voice import Voice as TTS\n")
    plugin = site.catalogue.find("tts", "acme")
    assert isinstance(plugin, InstalledProvider)
    assert plugin.target == "livekit.plugins.acme:TTS"
    assert site.catalogue.find("llm", "acme").code == "E206"


@pytest.mark.parametrize(
    "text", ["from .all import *", "def __getattr__(name): ...", "def (", "class LLM: ..."]
)
def test_a_livekit_plugin_that_cannot_be_read_may_offer_anything(site, text):
    """Where the exports cannot be told from the source, the name is let through."""
    site.livekit("acme", text)
    assert isinstance(site.catalogue.find("llm", "acme"), InstalledProvider)


def test_a_kind_may_stand_in_a_module_below_the_package(site):
    """`realtime` is found where LiveKit's plugins keep it, before it is imported."""
    site.livekit("acme", "from . import realtime\nfrom .llm import LLM\n")
    below = site.folder / "livekit" / "plugins" / "acme" / "realtime"
    below.mkdir()
    (below / "__init__.py").write_text("from .model import RealtimeModel\n")
    plugin = site.catalogue.find("realtime", "acme")
    assert plugin.target == "livekit.plugins.acme.realtime:RealtimeModel"
    assert site.catalogue.find("llm", "acme").target == "livekit.plugins.acme:LLM"


def test_another_class_of_a_plugin_has_its_name_behind_a_dot(site):
    """`acme.STTv2` and `acme.responses` are other classes than the usual; a wrong one is told."""
    site.livekit("acme", "from .stt import STT, STTv2\nfrom .llm import LLM\n")
    below = site.folder / "livekit" / "plugins" / "acme" / "responses"
    below.mkdir()
    (below / "__init__.py").write_text("from .llm import LLM\n")
    catalogue = site.catalogue
    assert catalogue.find("stt", "acme.STTv2").target == "livekit.plugins.acme:STTv2"
    assert catalogue.find("llm", "acme.responses").target == "livekit.plugins.acme.responses:LLM"
    wrong = catalogue.find("stt", "acme.SSTv2")
    assert (wrong.code, wrong.message) == ("E402", "the plugin 'acme' has no 'SSTv2'")
    assert wrong.help == "did you mean 'acme.STTv2'?"
    assert "pip install livekit-plugins-deepgram" in catalogue.find("stt", "deepgram.STTv2").help


def test_a_name_given_in_the_module_body_counts(site):
    """`LLM = …` at the top of a LiveKit plugin offers an llm."""
    site.livekit("acme", "import os\nLLM = object\nos.getcwd()\n")
    assert isinstance(site.catalogue.find("llm", "acme"), InstalledProvider)
    assert isinstance(site.catalogue.find("stt", "acme"), NameProblem)


def test_inference_is_built_in_for_every_kind():
    """`inference` needs no package of its own."""
    for kind in ROWS:
        plugin = Catalogue().find(kind.key, "inference")
        assert isinstance(plugin, InstalledProvider) is kind.inference
        if kind.inference:
            assert plugin.target == f"livekit.agents.inference:{kind.livekit_class}"


@pytest.mark.parametrize(
    ("kind", "name", "code", "words"),
    [
        ("tts", "cartesia", "E401", "pip install livekit-plugins-cartesia=="),
        ("tts", "minimax", "E401", "pip install livekit-plugins-minimax-ai=="),
        ("stt", "livekit-plugins-gladia", "E402", "did you mean 'gladia'?"),
        ("llm", "clova", "E206", "installed for 'llm'"),
        ("vad", "http", "E206", "installed for 'vad'"),
        ("stt", "deepgrm", "E402", "did you mean 'deepgram'?"),
        ("stt", "qqqqqq", "E402", "installed for 'stt': fallback, http, inference"),
        ("llm", "Inference", "E402", "did you mean 'inference'?"),
    ],
)
def test_a_name_that_means_no_installed_plugin_says_what_to_do(site, kind, name, code, words):
    """An uninstalled, misplaced, unbuilt or unknown name each has its code and its help."""
    framework = site.install("livekit-agents", "1.8.9")
    problem = Catalogue([str(framework.parent)]).find(kind, name)
    assert problem.code == code
    assert words in (problem.help or "")


def test_the_install_line_is_pinned_to_the_installed_framework(site):
    """The version of livekit-agents decides which version of a plugin is named."""
    site.install("livekit-agents", "1.8.9")
    problem = Catalogue([str(site.folder)]).find("llm", "groq")
    assert problem.help == "run: pip install livekit-plugins-groq==1.8.9"


def test_own_plugins_are_known_before_they_are_installed(tmp_path):
    """The three plugins of lkrun itself have an install line too."""
    nothing = Catalogue([str(tmp_path)])
    assert nothing.find("llm", "script").help == "run: pip install lkrun-script"
    assert nothing.find("tts", "script").code == "E206"
    assert nothing.livekit_version == ""


def test_two_packages_with_the_same_name_are_both_named(site, source):
    """Nobody guesses which of two packages is meant."""
    site.plugin("parrot", source(), package="one")
    site.install("two", "2.0", entry_points="[lkrun.llm]\nparrot = elsewhere:plugin\n")
    problem = site.catalogue.find("llm", "parrot")
    assert problem.code == "E404"
    assert "one 1.0, two 2.0" in problem.message


def test_the_first_of_two_installs_of_a_package_counts(tmp_path):
    """An import path in front hides a later one, as in an import."""
    for folder, version in (("a", "2.0"), ("b", "1.0")):
        (tmp_path / folder / f"lkrun_x-{version}.dist-info").mkdir(parents=True)
    plugin = Catalogue([str(tmp_path / "a"), str(tmp_path / "b"), str(tmp_path / "none")])
    assert plugin.distributions["lkrun-x"].version == "2.0"


def test_an_editable_install_has_a_fingerprint_of_its_source(site, tmp_path):
    """A changed source file changes the fingerprint of an editable install."""
    project = tmp_path / "project with space"
    (project / "pkg").mkdir(parents=True)
    file = project / "pkg" / "mod.py"
    file.write_text("a = 1")
    (project / "pkg" / "gone.py").symlink_to("nowhere.py")
    info = site.install("lkrun-x", entry_points="# none\n[lkrun.llm]\nx = pkg.mod:plugin [extra]\n")
    origin = {"url": project.as_uri(), "dir_info": {"editable": True}}
    (info / "direct_url.json").write_text(json.dumps(origin))
    before = site.catalogue.find("llm", "x")
    file.write_text("a = 22")
    after = site.catalogue.find("llm", "x")
    assert before.target == "pkg.mod:plugin"
    assert before.fingerprint
    assert after.fingerprint not in {"", before.fingerprint}


def test_metadata_that_cannot_be_read_is_no_plugin(site):
    """A broken entry_points.txt is passed over."""
    info = site.install("lkrun-broken")
    (info / "entry_points.txt").write_bytes(b"\xff\xfe[lkrun.llm]")
    assert site.catalogue.distributions["lkrun-broken"].entry_points == ()


def test_every_published_plugin_has_a_kind_and_a_package():
    """The table names known kinds, and leads back from each package to its module."""
    for module, kinds in known.LIVEKIT.items():
        assert kinds
        assert set(kinds) <= set(BY_KEY)
        assert known.module_of(known.package_of(module)) == module


def test_the_catalogue_is_quick_and_imports_nothing_heavy():
    """Scanning takes milliseconds and imports neither livekit nor importlib.metadata."""
    lines = (
        "import sys\n"
        "from runner.providers.catalogue import Catalogue\n"
        "Catalogue().names('llm')\n"
        "print(*(set(sys.modules) & {'livekit.agents', 'importlib.metadata', 'pydantic'}))\n"
    )
    run = subprocess.run([sys.executable, "-c", lines], capture_output=True, text=True, check=True)
    assert not {"livekit.agents", "importlib.metadata"} & set(run.stdout.split())
    begun = time.process_time()
    Catalogue().names("llm")
    assert time.process_time() - begun < 0.25
    assert Path(sys.executable).exists()
