"""`lkrun promptfoo init`: the files."""

from __future__ import annotations

import json
import re

import jsonschema
import pytest
from click.testing import CliRunner

from runner.cli.main import lkrun
from runner.promptfoo import configuration
from runner.promptfoo.files import lkrun as provider


def test_all_files_are_written(place):
    """The configuration has a provider for each agent, by its name in promptfoo's own form."""
    text = (place / "promptfooconfig.yaml").read_text()
    assert re.findall(r"label: (\S+)", text) == [
        f"livekit:agent:{name}" for name in ("desk", "phone", "shop")
    ]
    assert re.findall(r"agent: (\w+)$", text, re.MULTILINE) == ["desk", "phone", "shop"]
    assert {p.name for p in place.iterdir()} == {
        "agents.d", "lkrun.mjs", "lkrun.py", "lkrun.schema.json", "promptfooconfig.yaml",
    }  # fmt: skip


def test_nothing_is_written_over(place):
    """What is there stays, unless it is asked for."""
    words = ["promptfoo", "init", str(place / "agents.d"), "--output", str(place)]
    done = CliRunner().invoke(lkrun, words)
    assert done.exit_code == 2
    assert "there is already promptfooconfig.yaml, lkrun.mjs, lkrun.py" in done.output
    assert "--force" in done.output
    assert CliRunner().invoke(lkrun, [*words, "--force"]).exit_code == 0


def test_a_folder_with_mistakes_is_told(tmp_path):
    """Nothing is written for agents that do not check."""
    (tmp_path / "a.yaml").write_text("agents:\n  desk:\n    start: nobody\n")
    words = ["promptfoo", "init", str(tmp_path), "--output", str(tmp_path)]
    done = CliRunner().invoke(lkrun, words, standalone_mode=False)
    assert done.return_value == 1
    assert not (tmp_path / "lkrun.mjs").exists()


def test_the_schema_knows_every_option_of_both_providers(place):
    """An editor completes what the two files take, and marks what they refuse."""
    schema = json.loads((place / "lkrun.schema.json").read_text())
    options = schema["definitions"]["options"]
    jsonschema.Draft7Validator.check_schema(schema)
    known = {*provider.APPLY, *provider.IDLE} - {"basePath"}
    assert known == set(options["properties"]) - set(provider.PROMPTFOO)
    script = (place / "lkrun.mjs").read_text()
    idle = re.search(r"const IDLE = \{(.*?)\n\};", script, re.DOTALL)[1]
    assert re.findall(r"^  (\w+):", idle, re.MULTILINE) == list(provider.IDLE)
    written = dict(re.findall(r"^  (\w+): ['\"](.*)['\"],", idle, re.MULTILINE))
    assert written == provider.IDLE
    assert all(f"'{name}'" in script for name in provider.APPLY)
    jsonschema.validate({"agent": "desk", "sessionTimeout": 1000}, options)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({"agent": "desk", "agnt": "x"}, options)


def test_python_is_chosen():
    """With `--python` the configuration names the other file."""
    text = configuration.config(["desk"], language="python")
    assert "- id: file://lkrun.py\n" in text
    assert "- file://lkrun.py:end_conversations\n" in text
