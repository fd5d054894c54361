"""Every command and YAML block of README and docs does what the page says."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import textwrap
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

from runner.cache import Cache
from runner.cli.main import VERBS, lkrun
from runner.compiler import Compiler
from runner.schema.output.reference import PAGE, page
from runner.schema.reading.load import load
from runner.syntax import parse

ROOT = Path(__file__).parents[1]
PAGES = [
    ROOT / "README.md",
    *sorted((ROOT / "docs").glob("*.md")),
    *sorted((ROOT / "plugins").glob("*/README.md")),
    *(ROOT / name for name in ("CONTRIBUTING.md", "SECURITY.md", "examples/README.md")),
]
BLOCK = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(lkrun [^`]+)`")
ADDRESS = "http://127.0.0.1:8090"
SECRETS = {
    "LIVEKIT_URL": "ws://127.0.0.1:9",
    "LIVEKIT_API_KEY": "key",
    "LIVEKIT_API_SECRET": "a secret of thirty-two characters",
}


def fenced(path):
    """Language and text of each block of a page; one in a list stands further right."""
    for _, language, text in BLOCK.findall(path.read_text(encoding="utf-8")):
        yield language, textwrap.dedent(text)


def blocks(language):
    for path in PAGES:
        for n, (of, text) in enumerate(fenced(path)):
            if of == language:
                yield pytest.param(text, id=f"{path.relative_to(ROOT)}:{n}")


def commands():
    for block in blocks("console"):
        for n, line in enumerate(re.findall(r"^\$ (.*)$", block.values[0], re.MULTILINE)):
            if not line.startswith("export "):
                yield pytest.param(line.partition("   #")[0].strip(), id=f"{block.id}:{n}")


@pytest.mark.parametrize("text", list(blocks("yaml")))
def test_yaml_blocks_check(text, tmp_path):
    """A block has no mistakes; one with agents in it is a whole folder."""
    if "agents:" in text:
        (tmp_path / "page.yaml").write_text(text, encoding="utf-8")
        result = Compiler(tmp_path, env={}, cache=Cache(tmp_path / "cache")).compile()
        assert [d for d in result.diagnostics if d.severity == "error"] == []
    else:
        assert load(parse("page.yaml", text.encode()), {}).diagnostics == ()


def beside(folder):
    """A folder that has all of this one, and into which a command may write."""
    folder.mkdir()
    for each in ROOT.iterdir():
        (folder / each.name).symlink_to(each)
    return folder


@pytest.mark.parametrize("line", list(commands()))
def test_commands_run(line, tmp_path):
    """A command of a page ends without findings; a server becomes ready and stops when told to."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    (bin_folder / "lkrun").write_text(
        f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m runner "$@"\n'
    )
    (bin_folder / "lkrun").chmod(0o755)
    env = {
        "PATH": f"{bin_folder}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "HOME": str(tmp_path),
    }
    if "token" in line:
        env |= SECRETS
    if "lkrun serve" in line:
        with serving(line, env):
            pass
    elif ADDRESS in line:
        with serving("lkrun serve agents.d", env) as address:
            assert run(line.replace(ADDRESS, address), env)
    elif "lkrun rollback" in line:
        with serving("lkrun serve agents.d", env):
            shown = re.search(r"rollback (\w+)", line)[1]
            run(line.replace(shown, kept(env)), env)
    elif "lkrun preview" in line:
        with serving("lkrun serve agents.d", env):
            kept(env)  # whoever has kept it is found
            assert run(line, env).startswith("http://127.0.0.1:")
    else:
        run(line, env, cwd=beside(tmp_path / "here") if "--output" in line else ROOT)


def mentioned():
    """Commands that stand within sentences."""
    for path in PAGES:
        text = BLOCK.sub("", path.read_text(encoding="utf-8"))
        for line in sorted(set(INLINE.findall(text))):
            yield pytest.param(line, id=f"{path.relative_to(ROOT)}:{line}")


@pytest.mark.parametrize("line", list(mentioned()))
def test_commands_in_sentences_are_commands(line):
    """A command that a page speaks of exists, and so do its options."""
    _, verb, *rest = shlex.split(line)
    if verb == "COMMAND":
        return
    assert verb in VERBS, f"there is no command '{verb}'"
    command, rest = resolved(lkrun.get_command(click.Context(lkrun), verb), rest)
    options = {option for parameter in command.params for option in parameter.opts}
    assert {word for word in rest if word.startswith("--") and word != "--help"} <= options


def resolved(command, words):
    """The command that words lead to, as the command line finds it, and the words left for it.

    A group decides itself what its words mean: `lkrun test [DIR]` runs tests, `lkrun test record`
    is another command.
    """
    while isinstance(command, click.Group) and words and words[0] != "COMMAND":
        context = click.Context(command, resilient_parsing=True)
        command.parse_args(context, list(words))
        resolved = command.resolve_command(context, [*context._protected_args, *context.args])
        assert resolved[1] is not None, f"there is no command '{' '.join(words)}'"
        _, command, words = resolved
    return command, words


@contextmanager
def serving(line, env):
    """The address of a server that has become ready; afterwards it stops when told to."""
    process = subprocess.Popen(
        ["sh", "-c", f"exec {line} --port 0"], cwd=ROOT, env=env, stderr=subprocess.PIPE, text=True
    )
    try:
        ready = next(ready_line for ready_line in process.stderr if " ready: " in ready_line)
        yield re.search(r"http://\S+", ready)[0]
        process.send_signal(signal.SIGTERM)
        process.stderr.read()
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def kept(env):
    """The id of a release, once the server has kept it."""
    for _ in range(100):
        rows = json.loads(run("lkrun releases agents.d --format json", env))
        if rows:
            return rows[0]["id"]
    raise AssertionError


def run(line, env, cwd=ROOT):
    """What a command says that ends without findings."""
    done = subprocess.run(
        ["sh", "-c", line],
        cwd=cwd,
        env=env,
        capture_output=True,
        text=True,
        timeout=50,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_shown_mistake_is_what_check_says(tmp_path):
    """README's example of a mistake is the output of `check` on README's example of an agent."""
    first = dict(list(fenced(ROOT / "README.md"))[::-1])
    example = first["yaml"]
    (tmp_path / "pizza.yaml").write_text(
        example.replace("- add_dish", "- ad_dish"), encoding="utf-8"
    )
    done = subprocess.run(
        [sys.executable, "-m", "runner", "check", str(tmp_path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.startswith(first["text"])


def test_the_reference_is_up_to_date():
    """`docs/reference.md` is what the models generate."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_the_first_block_is_the_two_commands():
    """README's first block holds two lines: the main job, and the tests."""
    (_, text), *_ = fenced(ROOT / "README.md")
    first = text.strip().splitlines()
    assert len(first) == 2
    assert all(line.startswith("python3 -m venv .venv && . .venv/bin/activate") for line in first)
    assert first[0].endswith("lkrun serve agents.d/")
    assert first[1].endswith("pytest -n auto")


def test_links_lead_somewhere():
    """A page of this repository that a page links to is there."""
    for path in PAGES:
        for target in re.findall(r"\]\(([^)#\s]+)", path.read_text(encoding="utf-8")):
            if "://" not in target:
                assert (path.parent / target).exists(), f"{path.name} links to {target}"
