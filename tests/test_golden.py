"""Golden pairs: each mistake in `tests/bad`, and what `lkrun check` says about it.

A case `<code>-<what>` is a file `<case>.yaml` (checked alone in a folder, under its own name), a
folder `<case>/`, or what a function of `bad/build.py` makes; `<case>.out` is all that the command
prints, but for the last line, which names `lkrun explain`. A new rule is a new pair. After a change
of words, write the `.out` files anew, and read what changed before it is committed::

    python tests/test_golden.py --update
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

if __name__ == "__main__":  # as a script, it finds the other modules of `tests` and the product
    sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1])]

import pytest
from support import golden

from runner.cache import Cache
from runner.diagnostics.codes import CODES
from runner.providers.catalogue import Catalogue

CASES = golden.cases()
RUNNER = Path(__file__).parents[1] / "runner"
LEAST = 2
"""How many cases each code has at least."""


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    kept = Cache(tmp_path_factory.mktemp("cache"))
    yield kept
    kept.flush()


@pytest.mark.parametrize("case", CASES)
def test_each_mistake_is_told_in_these_words(case, tmp_path, cache):
    """What `lkrun check` prints for a case is its `.out` file, and the case's code is in it."""
    mistakes, result = golden.found_in(case, tmp_path, cache)
    assert golden.output(mistakes, result) == (golden.BAD / f"{case}.out").read_text(
        encoding="utf-8"
    )
    assert case.partition("-")[0] in {d.code for d in mistakes}
    assert (result.release is None) == any(
        d.severity == "error" and d.code not in ("E405", "E406") for d in mistakes
    )


def test_no_file_without_its_case():
    """Each `.out` file belongs to a case."""
    assert {path.stem for path in golden.BAD.glob("*.out")} == set(CASES)


OF_RUNS = frozenset({"E501", "E502"})
"""Codes of what running a folder's tests shows, not reading it: `serve/test_gate.py` has them."""


@pytest.mark.parametrize("code", sorted(set(CODES) - OF_RUNS))
def test_each_code_is_shown_twice(code):
    """Every code has at least two cases."""
    assert sum(case.startswith(f"{code}-") for case in CASES) >= LEAST


def test_codes_are_those_that_are_told():
    """Each code that the product tells is in the table, and each of the table is told somewhere."""
    mistakes = {
        code
        for path in RUNNER.rglob("*.py")
        if path.name != "codes.py"
        for code in re.findall(r'"([EW]\d{3})"', path.read_text(encoding="utf-8"))
    }
    assert mistakes == set(CODES)


def test_all_messages_have_the_form_of_messages(tmp_path_factory, cache):
    """A message begins with a small letter or the author's own words, and has no full stop."""
    for case in CASES:
        for mistakes in golden.found_in(case, tmp_path_factory.mktemp("case"), cache)[0]:
            assert (
                mistakes.message[0].islower()
                or not mistakes.message[0].isalpha()
                or re.match(r"[EW]\d{3} ", mistakes.message)
            )
            assert not mistakes.message.endswith(".")
            assert "\n" not in mistakes.message + (mistakes.help or "")
            assert mistakes.code in CODES


def lkrun(*arguments, **env):
    clean = {
        k: v for k, v in os.environ.items() if not k.startswith(("LIVEKIT", "LKRUN", "GITHUB"))
    }
    return subprocess.run(
        [sys.executable, "-m", "runner", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=clean | golden.ENV | env,
        cwd=RUNNER.parent,
        timeout=30,
        check=False,
    )


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    return str(tmp_path_factory.mktemp("home"))


def printed(case):
    """The `.out` file of a case with one code, and the line that ends every listing."""
    code = case.partition("-")[0]
    return (
        f"{(golden.BAD / f'{case}.out').read_text(encoding='utf-8')}"
        f"more about {code}: lkrun explain {code}\n"
    )


@pytest.mark.parametrize(
    "case",
    [
        "E101-several-at-once",
        "E203-persona-in-two-files",
        "E302-in-a-prompt",
        "W203-greeting-too-early",
    ],
)
def test_the_command_prints_it(case, tmp_path, home):
    """`check` prints the `.out` file and where more stands; 1 for errors, 0 for warnings alone."""
    folder = golden.folder_of(case, tmp_path)
    for _ in range(2):  # the second time from the cache
        run = lkrun("check", str(folder), "--color", "never", LKRUN_CACHE_DIR=home)
        assert run.stdout == printed(case)
        assert run.returncode == (1 if case[0] == "E" else 0)
        assert run.stderr == ""


def test_missing_keys_are_told_when_asked(tmp_path, home):
    """Only `--keys` tells secrets without a value."""
    case = "E405-secret-of-two-places"
    folder = str(golden.folder_of(case, tmp_path))
    assert lkrun("check", folder, LKRUN_CACHE_DIR=home).returncode == 0
    livekit = {"LIVEKIT_API_KEY": "key", "LIVEKIT_API_SECRET": "secret"}
    run = lkrun("check", folder, "--keys", "--color", "never", LKRUN_CACHE_DIR=home, **livekit)
    assert run.stdout == printed(case)
    assert run.returncode == 1


def test_programs_get_one_document(tmp_path, home):
    """`--format json` prints the same diagnostics with whole spans, as one JSON document."""
    folder = golden.folder_of("E101-several-at-once", tmp_path)
    run = lkrun("check", str(folder), "--format", "json", LKRUN_CACHE_DIR=home)
    document = json.loads(run.stdout)
    assert run.returncode == 1
    assert (document["ok"], document["files"], len(document["diagnostics"])) == (False, 1, 4)
    assert document["diagnostics"][0] == {
        "severity": "error",
        "code": "E101",
        "file": "E101-several-at-once.yaml",
        "line": 3,
        "column": 5,
        "end_line": 3,
        "end_column": 11,
        "message": "unknown key 'startt'",
        "help": "did you mean 'start'?",
        "related": [],
    }


def test_github_gets_annotations(tmp_path, home):
    """`--format github` prints one workflow command a diagnostic."""
    folder = golden.folder_of("E101-several-at-once", tmp_path)
    run = lkrun("check", str(folder), "--format", "github", LKRUN_CACHE_DIR=home)
    first, *others = run.stdout.splitlines()
    assert len(others) == 3
    assert first == (
        f"::error file={folder}/E101-several-at-once.yaml,line=3,endLine=3,col=5,endColumn=11"
        ",title=E101::unknown key 'startt'%0Ahelp: did you mean 'start'?"
    )


def test_a_folder_without_mistakes_is_fine(home):
    """A good folder leaves with 0, and says so in one line."""
    run = lkrun("check", str(golden.GOOD / "smallest"), LKRUN_CACHE_DIR=home)
    assert (run.returncode, run.stdout) == (0, "1 file checked: no mistakes\n")


@pytest.mark.parametrize("arguments", [["no-such-folder"], ["--format", "xml"], ["README.md"]])
def test_wrong_use_is_told_apart(arguments, home):
    """What is no folder and an unknown option leave with 2, and print nothing to stdout."""
    run = lkrun("check", *arguments, LKRUN_CACHE_DIR=home)
    assert (run.returncode, run.stdout) == (2, "")
    assert "Traceback" not in run.stderr


def test_the_catalogue_of_these_tests_is_an_installation():
    """What the cases see as installed is what README installs."""
    missing = golden.INSTALLED - golden.BROUGHT - Catalogue().distributions.keys()
    assert not missing


def update() -> None:
    """Write the `.out` file of every case, and take away those of none."""
    with tempfile.TemporaryDirectory() as kept:
        cache = Cache(Path(kept))
        for case in CASES:
            with tempfile.TemporaryDirectory() as empty:
                mistakes, result = golden.found_in(case, Path(empty), cache)
            (golden.BAD / f"{case}.out").write_text(
                golden.output(mistakes, result), encoding="utf-8"
            )
    for path in golden.BAD.glob("*.out"):
        if path.stem not in CASES:
            path.unlink()


if __name__ == "__main__":
    if sys.argv[1:] != ["--update"]:
        sys.exit("usage: python tests/test_golden.py --update")
    update()
