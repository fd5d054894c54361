"""Environments of a folder: what is read in which, and how one is chosen."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from click.testing import CliRunner
from support.command import serving

from runner.cache import Cache
from runner.cli.main import lkrun
from runner.compiler import Compiler
from runner.link.environments import belongs_to
from runner.serve.releases.archive import Archive
from runner.testing import Folder

FILES = {
    "agents.yaml": """\
agents:
  desk:
    start: host
    mode: text
    llm: brain
  trial:
    start: host
    mode: text
    llm: brain
    enabled: no
personas:
  host:
    instructions: You answer the phone of Sunrise Dental.
""",
    "providers.yaml": """\
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: secret
          say: "{{ secrets.REAL_WORDS }}"
      otherwise: Good day.
""",
    "providers.dev.yaml": """\
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: hello
          say: Hello, tester.
      otherwise: This is a test.
""",
    "runner.yaml": """\
runner:
  environments:
    - production
    - dev
  http:
    listen: 127.0.0.1:8095
    rate_limit: 60 per minute
""",
    "runner.dev.yaml": """\
runner:
  http:
    listen: 127.0.0.1:8096
""",
    "agents.dev.yaml": """\
agents:
  trial:
    start: host
    mode: text
    llm: brain
""",
    "tests.yaml": """\
tests:
  of_dev:
    agent: trial
    environment: dev
    steps:
      - user: Hello
      - agent:
          says: tester
  of_any:
    agent: desk
    steps:
      - user: Anything else
      - agent:
          says: Good day
""",
}


@pytest.fixture(autouse=True)
def own_places(monkeypatch, tmp_path):
    """No environment is chosen from outside, and nothing is kept beyond the test."""
    monkeypatch.delenv("LKRUN_ENVIRONMENT", raising=False)
    monkeypatch.setenv("LKRUN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("LKRUN_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("REAL_WORDS", "hush")


@pytest.fixture
def folder(tmp_path):
    """A folder with two environments."""
    folder = tmp_path / "agents.d"
    folder.mkdir()
    for name, text in FILES.items():
        (folder / name).write_text(text)
    return folder


def run(*words):
    """Exit code and output of a command."""
    done = CliRunner().invoke(lkrun, list(map(str, words)), standalone_mode=False)
    assert done.exception is None, done.exception
    return done.return_value, done.stdout


def said(text):
    """What the agent said in a chat whose events are JSON."""
    events = map(json.loads, text.splitlines())
    return [e["text"] for e in events if e["type"] == "message" and e["role"] == "agent"]


def compiled(folder, environment=None):
    """The folder in an environment."""
    return Compiler(folder, cache=Cache(), environment=environment).compile()


def test_without_a_choice_it_is_the_first(folder):
    """Files of other environments are not read: what they define is as elsewhere."""
    result = compiled(folder)
    assert (result.environment, result.environments) == ("production", ("production", "dev"))
    assert list(result.release.agents) == ["desk"]
    assert result.release.process.http.listen == "127.0.0.1:8095"
    assert list(result.secrets) == ["REAL_WORDS"]


def test_definitions_of_the_environment_replace_others(folder):
    """In `dev` its files count too: models, secrets, whether an agent is on, settings by key."""
    result = compiled(folder, "dev")
    assert sorted(result.release.agents) == ["desk", "trial"]
    assert result.secrets == {}
    http = result.release.process.http
    assert http.listen == "127.0.0.1:8096"
    assert http.rate_limit is not None


@pytest.mark.parametrize(
    ("options", "env", "outcome"),
    [
        ([], None, "passed"),
        (["-e", "dev"], None, "failed"),
        (["--environment", "dev"], "production", "failed"),
        ([], "dev", "failed"),
        (["--environment", "production"], "dev", "passed"),
    ],
)
def test_the_option_comes_before_the_variable(folder, monkeypatch, options, env, outcome):
    """`--environment` chooses, else `LKRUN_ENVIRONMENT`, else the first that is listed."""
    if env is not None:
        monkeypatch.setenv("LKRUN_ENVIRONMENT", env)
    _, out = run("test", folder, "-k", "of_any", "--format", "json", *options)
    assert [t["outcome"] for t in json.loads(out)["tests"]] == [outcome]


def test_the_option_may_stand_before_the_command(folder):
    """As all global options."""
    words = ["-e", "dev", "chat", str(folder), "trial", "--format", "json"]
    done = subprocess.run(
        [sys.executable, "-m", "runner", *words],
        input="hello\n", capture_output=True, text=True, check=True, timeout=60,
    )  # fmt: skip
    assert said(done.stdout)[-1] == "Hello, tester."


def test_an_environment_that_is_not_listed_is_told(folder):
    """Every command says which there are, or which was meant."""
    code, out = run("check", folder, "-e", "prodution", "--format", "json")
    assert code == 1
    [mistake] = json.loads(out)["diagnostics"]
    assert mistake["message"] == "there is no environment 'prodution', which was asked for"
    assert mistake["help"].startswith("did you mean 'production'?")
    assert (mistake["file"], mistake["line"]) == ("runner.yaml", 2)
    code, out = run("test", folder, "-e", "moon")
    assert code == 1
    assert "choose one of production, dev with --environment" in out


def test_a_folder_without_environments_has_none_to_choose(folder):
    """It says so, and how one is made."""
    (folder / "runner.yaml").unlink()
    for name in ("runner.dev.yaml", "providers.dev.yaml", "agents.dev.yaml", "tests.yaml"):
        (folder / name).unlink()
    code, out = run("check", folder, "-e", "dev")
    assert code == 1
    assert "there is no environment 'dev', which was asked for" in out
    assert "list it below environments: in the section runner" in out


def test_check_checks_them_all(folder):
    """A mistake that is only made in one environment is told with its name."""
    assert run("check", folder)[0] == 0
    (folder / "agents.dev.yaml").write_text(FILES["agents.dev.yaml"].replace("host", "hots"))
    code, out = run("check", folder)
    assert code == 1
    assert "unknown persona 'hots' (in the environment dev)" in out
    assert run("check", folder, "--environment", "production")[0] == 0
    assert run("check", folder)[1] == out, "what is recalled is what was found"


def test_what_only_one_environment_uses_is_not_unused(folder):
    """A provider that no agent uses in dev is used in production."""
    both = FILES["providers.dev.yaml"] + "  spare:\n    llm: script\n    with:\n      rules:\n"
    both += "        - when_caller_says: x\n          say: y\n"
    (folder / "providers.dev.yaml").write_text(both)
    (folder / "agents.dev.yaml").write_text(
        FILES["agents.dev.yaml"].replace("llm: brain", "llm: spare")
    )
    assert run("check", folder)[1].endswith("no mistakes\n")


def test_a_test_runs_in_its_environment(folder):
    """A test that names one runs there; others in the one that is chosen."""
    code, out = run("test", folder, "--format", "json")
    assert code == 0
    outcomes = {t["name"]: t["outcome"] for t in json.loads(out)["tests"]}
    assert outcomes == {"of_dev": "passed", "of_any": "passed"}
    code, out = run("test", folder, "-e", "dev", "--format", "json")
    assert code == 1
    outcomes = {t["name"]: t["outcome"] for t in json.loads(out)["tests"]}
    assert outcomes == {"of_dev": "passed", "of_any": "failed"}


def test_a_mistake_in_the_environment_of_a_test_is_told(folder):
    """It is not run against another one."""
    (folder / "agents.dev.yaml").write_text(FILES["agents.dev.yaml"].replace("host", "hots"))
    code, out = run("test", folder)
    assert code == 1
    assert "unknown persona 'hots'" in out


def test_pytest_runs_them_too(folder):
    """The library takes an environment, and runs each test in its own."""
    assert Folder(folder).run("of_dev").outcome == "passed"
    assert Folder(folder).run("of_any").outcome == "passed"
    assert Folder(folder, "dev").run("of_any").outcome == "failed"


def test_environments_are_compared_by_diff(folder, tmp_path):
    """`diff` compares both sides in the environment that is chosen."""
    other = tmp_path / "other"
    other.mkdir()
    for name, text in FILES.items():
        (other / name).write_text(text)
    (other / "providers.dev.yaml").write_text(
        FILES["providers.dev.yaml"].replace("This is a test", "This is another test")
    )
    assert json.loads(run("diff", folder, other, "--format", "json")[1]) == []
    assert json.loads(run("diff", folder, other, "-e", "dev", "--format", "json")[1]) != []


def test_releases_of_environments_lie_apart(folder):
    """What was served in dev is never gone back to in production."""
    env = dict(os.environ)
    of_first = Archive.of(folder, env, compiled(folder).apart)
    assert of_first.root == Archive.of(folder, env).root
    of_dev = Archive.of(folder, env, compiled(folder, "dev").apart)
    assert of_dev.root != of_first.root
    of_dev.keep(compiled(folder, "dev").release, [])
    assert json.loads(run("releases", folder, "--format", "json")[1]) == []
    assert len(json.loads(run("releases", folder, "-e", "dev", "--format", "json")[1])) == 1


async def test_one_environment_is_served(folder, tmp_path):
    """`serve -e dev` serves its agents; files of another one change nothing there."""
    async with serving(folder, "-e", "dev", LKRUN_STATE_DIR=str(tmp_path / "state")) as served:
        assert {each["name"] for each in await served.ask("/v1/agents")} == {"desk", "trial"}
        assert (await served.turn("trial", "hello"))["text"] == "Hello, tester."
        (folder / "providers.dev.yaml").write_text(
            FILES["providers.dev.yaml"].replace("Hello, tester.", "Hello again.")
        )
        assert (await served.event("reload"))["result"] == "ok"
        assert (await served.turn("trial", "hello"))["text"] == "Hello again."


@pytest.mark.parametrize(
    ("file", "environment"),
    [
        ("providers.dev.yaml", "dev"),
        ("customers/sunrise/tests.dev.yml", "dev"),
        ("desk.v2.yaml", None),
        ("dev.yaml", None),
        ("v1.dev/desk.yaml", None),
        ("desk.dev.old.yaml", None),
    ],
)
def test_the_name_of_a_file_says_where_it_is_read(file, environment):
    """What stands before `.yaml`, after another dot, if it is listed."""
    assert belongs_to(file, ("production", "dev")) == environment
