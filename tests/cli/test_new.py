"""`lkrun new`: a folder that checks, with a program beside it; a plugin whose tests pass."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from runner.cli.main import lkrun
from runner.cli.new.folder import PROGRAM, TEMPLATES
from runner.cli.new.plugin import KINDS
from runner.plugin import Plugin
from runner.providers.build import check_kind

ROOT = Path(__file__).parents[2]


def make(folder, *words):
    return CliRunner().invoke(lkrun, ["new", "plugin", *words, "--into", str(folder)])


def test_a_new_plugin_of_each_kind_passes_its_tests(tmp_path):
    """Each kind of package is made, and its own tests pass as they are."""
    for kind in KINDS:
        result = make(tmp_path, f"own_{kind}", "--kind", kind)
        assert result.exit_code == 0, result.output
        assert "pip install -e" in result.output
    folders = sorted(tmp_path.iterdir())
    assert len(folders) == len(KINDS)
    env = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), *map(str, folders)])}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *map(str, folders)]
    done = subprocess.run(
        command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:]


@pytest.mark.parametrize("kind", KINDS)
def test_its_entry_point_leads_to_a_plugin(tmp_path, monkeypatch, kind):
    """What the package registers is a plugin of this API, which makes what its kind asks."""
    assert make(tmp_path, f"made_{kind}", "--kind", kind).exit_code == 0
    folder = tmp_path / f"lkrun-made-{kind}"
    project = (folder / "pyproject.toml").read_text()
    assert (
        f'[project.entry-points."lkrun.{kind}"]\nmade_{kind} = "lkrun_made_{kind}:plugin"'
        in project
    )
    monkeypatch.syspath_prepend(folder)
    plugin = __import__(f"lkrun_made_{kind}").plugin
    assert isinstance(plugin, Plugin)
    assert check_kind(kind, f"made_{kind}", plugin.build(plugin.options())) is not None


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["My Voice"], "write my_voice"),
        (["parrot", "--kind", "voice"], "'voice' is not one of"),
        ([], "Missing argument 'NAME'"),
    ],
)
def test_wrong_use(tmp_path, words, said):
    """What cannot be made is told in words, and nothing is written."""
    result = make(tmp_path, *words)
    assert result.exit_code == 2
    assert said in result.output
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_overwritten(tmp_path):
    """A folder that is there stays as it is."""
    assert make(tmp_path, "parrot").exit_code == 0
    again = make(tmp_path, "parrot")
    assert again.exit_code == 2
    assert "is there already" in again.output


def test_something_else_to_begin_with():
    """What there is to begin with is named."""
    result = CliRunner().invoke(lkrun, ["new", "pluggin", "x"])
    assert "did you mean 'plugin'?" in result.output


def begin(*words):
    return CliRunner().invoke(lkrun, ["new", *words])


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_new_folder_has_no_mistakes(tmp_path, monkeypatch, name):
    """Each template checks as it is made, and says what comes next."""
    monkeypatch.chdir(tmp_path)
    made = begin("my-agents", "--template", name)
    assert made.exit_code == 0, made.output
    assert "lkrun check my-agents" in made.output
    checked = CliRunner().invoke(lkrun, ["check", "my-agents"])
    assert (checked.exit_code, "no mistakes" in checked.output) == (0, True), checked.output


@pytest.mark.parametrize("name", [name for name, each in TEMPLATES.items() if each.program])
def test_the_program_of_a_new_folder_is_the_example(tmp_path, name):
    """All files of the example that runs in CI, and no others, stand beside the agents."""
    assert begin(str(tmp_path / "agents.d"), "--template", name).exit_code == 0
    example = ROOT / "examples" / "external-agents" / TEMPLATES[name].program
    listed = subprocess.run(
        ["git", "ls-files"], cwd=example, capture_output=True, text=True, check=True
    )
    made = {
        str(each.relative_to(tmp_path / PROGRAM)): each.read_bytes()
        for each in (tmp_path / PROGRAM).rglob("*")
        if each.is_file()
    }
    assert made == {each: (example / each).read_bytes() for each in listed.stdout.split()}
    assert f"../{PROGRAM}" in (tmp_path / "agents.d" / "agents.yaml").read_text()


def test_no_folder_is_overwritten(tmp_path):
    """Neither that of the agents nor that of the program; what is there stays."""
    mine = tmp_path / PROGRAM / "mine.txt"
    mine.parent.mkdir()
    mine.write_text("mine")
    refused = begin(str(tmp_path / "agents.d"), "--template", "external-python")
    assert refused.exit_code == 2
    assert "is there already" in refused.output
    assert [each.name for each in tmp_path.rglob("*")] == [PROGRAM, "mine.txt"]


def test_a_template_nobody_knows_is_told_with_those_there_are(tmp_path):
    """The names that may stand there are listed."""
    refused = begin(str(tmp_path / "a"), "--template", "external")
    assert refused.exit_code == 2
    assert "external-python" in refused.output
