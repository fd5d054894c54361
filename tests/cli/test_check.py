"""`lkrun check` and its sisters, as scripts use them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

GOOD = """\
agents:
  desk:
    start: host
    mode: text
    llm: openai/gpt-4.1-mini
personas:
  host:
    instructions: x
"""
SCRIPTED = """\
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: hello
          say: "{{ secrets.WORDS }}"
"""
BAD = GOOD.replace("start: host", "start: hots")
BROKEN = """\
import runner.checked as c
def broken(*a, **k): raise RuntimeError('boom')
c.check = broken
from runner.cli import run
run(['check', 'agents.d'])
"""


def test_exit_codes(lkrun, folder):
    """0 without errors, 1 with errors, 2 for wrong use."""
    (folder / "a.yaml").write_text(GOOD)
    assert lkrun("check", folder).returncode == 0
    (folder / "a.yaml").write_text(BAD)
    assert lkrun("check", folder).returncode == 1
    assert lkrun("check", folder / "nowhere").returncode == 2
    assert lkrun("check", folder / "a.yaml").returncode == 2
    assert lkrun("chekc").returncode == 2
    assert lkrun("check", folder, "--format", "xml").returncode == 2


def test_the_json_document(lkrun, folder):
    """One document with exactly the fields of the contract."""
    (folder / "a.yaml").write_text(BAD)
    document = json.loads(lkrun("check", folder, "--format", "json").stdout)
    assert document == {
        "ok": False,
        "files": 1,
        "diagnostics": [
            {
                "severity": "error", "code": "E202", "file": "a.yaml",
                "line": 3, "column": 12, "end_line": 3, "end_column": 16,
                "message": "unknown persona 'hots'", "help": "did you mean 'host'?",
                "related": [
                    {"file": "a.yaml", "line": 7, "column": 3, "message": "'host' is defined here"}
                ],
            }
        ],
    }  # fmt: skip


@pytest.mark.parametrize("verb", ["check", "chat", "graph", "test"])
def test_a_listing_ends_with_where_more_stands(lkrun, folder, verb):
    """Whichever command lists mistakes, the last line names the long form of the first code."""
    (folder / "a.yaml").write_text(BAD + "    instrutions: y\n")
    ends = "more about E101: lkrun explain E101 (and so for E202)"
    done = lkrun(verb, folder)
    written = done.stderr if verb == "graph" else done.stdout
    assert written.splitlines()[-1] == ends
    assert written.count("more about") == 1


def test_a_warning_ends_with_where_more_stands(lkrun, folder):
    """A folder with nothing but a warning is told so too; programs get no such line."""
    (folder / "a.yaml").write_text(GOOD + "  spare:\n    instructions: y\n")
    done = lkrun("check", folder)
    assert (done.returncode, done.stdout.splitlines()[-2]) == (0, "1 file checked: 1 warning")
    code = json.loads(lkrun("check", folder, "--format", "json").stdout)["diagnostics"][0]["code"]
    assert done.stdout.splitlines()[-1] == f"more about {code}: lkrun explain {code}"
    assert "more about" not in lkrun("check", folder, "--format", "github").stdout


def test_github_annotations(lkrun, folder):
    """An annotation a line, with the folder in its path."""
    (folder / "a.yaml").write_text(BAD)
    done = lkrun("check", "agents.d", "--format", "github", cwd=folder.parent)
    assert done.stdout.startswith(
        "::error file=agents.d/a.yaml,line=3,endLine=3,col=12,endColumn=16,title=E202::"
        "unknown persona 'hots'"
    )
    assert "%0Ahelp:" in done.stdout


def test_global_options_stand_before_or_after(lkrun, folder):
    """`--color` works on both sides of the command; a pipe has no colours by itself."""
    (folder / "a.yaml").write_text(BAD)
    assert "\x1b[" not in lkrun("check", folder).stdout
    assert "\x1b[" in lkrun("--color", "always", "check", folder).stdout
    assert "\x1b[" in lkrun("check", folder, "--color", "always").stdout
    assert "\x1b[" not in lkrun("--color", "always", "check", folder, "--color", "never").stdout


def test_missing_secrets_are_told_with_keys(lkrun, folder):
    """`--keys` lists every missing secret with all its places."""
    (folder / "a.yaml").write_text(GOOD.replace("openai/gpt-4.1-mini", "brain") + SCRIPTED)
    assert lkrun("check", folder).returncode == 0
    done = lkrun("check", folder, "--keys")
    assert (done.returncode, "E405" in done.stdout) == (1, True)
    assert lkrun("check", folder, "--keys", env={"WORDS": "x"}).returncode == 0


def test_a_flood_is_cut_and_counted(lkrun, folder):
    """A hundred mistakes are shown, the rest is counted; JSON has them all."""
    (folder / "a.yaml").write_text(
        GOOD + "tools:\n" + "".join(f"  t{i}:\n    sya: x\n" for i in range(130))
    )
    done = lkrun("check", folder)
    assert "… and" in done.stdout
    assert done.stdout.count("error[") == 100
    assert len(json.loads(lkrun("check", folder, "--format", "json").stdout)["diagnostics"]) >= 130


def test_explain_tells_a_code(lkrun):
    """A code in any spelling is explained; an unknown one is wrong use."""
    assert lkrun("explain", "e101").stdout.startswith("# E101: ")
    assert lkrun("explain", "E1010").returncode == 2
    assert lkrun("explain", "nonsense").returncode == 2


def test_graph_draws_or_tells(lkrun, folder):
    """A good folder is a flowchart, a bad one its mistakes with exit 1."""
    done = lkrun("graph", "agents.d")
    assert done.stdout.startswith("flowchart LR\n")
    assert (
        'clinic__receptionist -->|"The caller wants an appointment."| clinic__booking'
        in done.stdout
    )
    (folder / "a.yaml").write_text(BAD)
    assert lkrun("graph", folder).returncode == 1


def test_schema_of_a_section(lkrun):
    """The schema of one section is that of one definition."""
    whole = json.loads(lkrun("schema").stdout)
    assert {"agents", "personas", "tools", "providers", "runner"} <= whole["properties"].keys()
    assert "start" in json.loads(lkrun("schema", "--section", "agents").stdout)["properties"]


def test_a_bug_is_one_line_and_a_report(tmp_path):
    """What is lkrun's own fault: exit 3, one line, and a file with the traceback."""
    env = {"TMPDIR": str(tmp_path), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", BROKEN], capture_output=True, text=True, check=False, env=env
    )
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stderr
    (report,) = tmp_path.glob("lkrun-report-*.txt")
    assert "RuntimeError: boom" in report.read_text()


@pytest.mark.parametrize("verb", ["check", "graph", "explain", "schema", "chat"])
def test_every_verb_has_help(lkrun, verb):
    """`-h` and `--help` tell what a verb does."""
    done = lkrun(verb, "-h")
    assert done.returncode == 0
    assert "Usage: lkrun" in done.stdout


@pytest.mark.parametrize(
    "provider",
    [
        "openai/gpt-4.1-mini",
        "brain\nproviders:\n  brain:\n    llm: inference\n    with:\n      model: x",
    ],
)
def test_models_that_livekit_runs_need_its_keys(lkrun, folder, provider):
    """`--keys` tells LiveKit's key and secret where a model comes through LiveKit, else not."""
    agent = f"agents:\n  a:\n    start: h\n    mode: text\n    llm: {provider}\n"
    (folder / "a.yaml").write_text("personas:\n  h:\n    instructions: x\n" + agent)
    assert lkrun("check", folder).returncode == 0
    none = dict.fromkeys(("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"), "")
    done = lkrun("check", folder, "--keys", env=none)
    assert (done.returncode, done.stdout.count("error[E405]")) == (1, 2)
    assert "LIVEKIT_API_SECRET has no value, and LiveKit runs a model of this one" in done.stdout
    there = dict.fromkeys(("LIVEKIT_API_KEY", "LIVEKIT_API_SECRET"), "x")
    assert lkrun("check", folder, "--keys", env=there).returncode == 0


def test_keys_that_a_plugin_reads_by_itself_are_told(lkrun, folder):
    """`--keys` knows what the package needs, with the agents; an option in its place is enough."""
    text = (
        "agents:\n  desk:\n    start: h\n    mode: text\n    llm: brain\n"
        "personas:\n  h:\n    instructions: x\n"
        "providers:\n  brain:\n    llm: openai\n    with:\n      model: gpt-4.1-mini\n"
    )
    (folder / "a.yaml").write_text(text)
    done = lkrun("check", folder, "--keys")
    assert done.returncode == 1
    assert "a.yaml:11:10: error[E405]: OPENAI_API_KEY has no value" in done.stdout
    assert "which llm 'openai' (of desk) needs" in done.stdout
    assert lkrun("check", folder, "--keys", env={"OPENAI_API_KEY": "x"}).returncode == 0
    (folder / "a.yaml").write_text(text + "      api_key: x\n")
    assert "E405" not in lkrun("check", folder, "--keys").stdout


def test_the_schema_is_the_same_each_time(lkrun):
    """Nothing in it depends on the order in which Python keeps sets."""
    seeds = ({"PYTHONHASHSEED": "1"}, {"PYTHONHASHSEED": "2"})
    one, other = (lkrun("schema", env=seed).stdout for seed in seeds)
    assert one == other
