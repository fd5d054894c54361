"""The gate: files are served only when their own tests pass."""

from __future__ import annotations

import asyncio
import os
import textwrap

import pytest
from support.waiting import until

from runner.diagnostics import Diagnostic, Span
from runner.serve.reload import report
from runner.serve.reload.gate import Gate, GateReport
from runner.serve.reload.reloader import Reloader

TESTS = """
tests:
  desk_greets:
    agent: desk
    steps:
      - agent:
          says: Welcome to the desk
      - user: hello
      - agent:
          says: I hear you
  shop_hears:
    agent: shop
    steps:
      - user: hello
      - agent:
          says: I hear you
  desk_is_judged:
    agent: desk
    steps:
      - user: hello
      - agent:
          means: It heard the caller
  desk_really_looks:
    agent: desk
    mocks:
      look:
        real: yes
    steps:
      - user: look
"""


def save(folder, text, name="tests.yaml"):
    """Save a file of the folder."""
    (folder / name).write_text(textwrap.dedent(text), encoding="utf-8")


def edit(folder, old, new, name="desk.yaml"):
    """Save a file with other words."""
    path = folder / name
    path.write_text(path.read_text().replace(old, new))


def outcomes(verdict):
    """Test → what came of it."""
    return {test["name"]: test["outcome"] for test in verdict.tests}


class Target:
    """Keeps what was swapped in, and what was told."""

    def __init__(self):
        self.swapped, self.told = [], []

    async def swap(self, release):
        self.swapped.append(release)

    def tell(self, outcome):
        self.told.append(outcome)


class Held(Gate):
    """A gate whose tests end when they are told to."""

    def __init__(self):
        super().__init__("tests")
        self.begun, self.ended = 0, asyncio.Event()
        self.report = GateReport()
        self.cancelled = 0

    async def test(self, _compiled, _served):
        self.begun += 1
        try:
            await self.ended.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        return self.report


@pytest.fixture
def target():
    """Who serves."""
    return Target()


@pytest.fixture
def gate():
    """A gate of the folder's own tests."""
    return Gate("tests")


@pytest.fixture
async def held():
    """A gate that waits."""
    return Held()


@pytest.fixture
def reloader(compiler, target, held):
    """A reloader with the gate that waits."""
    compiled = compiler.compile()
    return Reloader(compiler, compiled, target, lambda _: [], gate=held)


SENDS = """
agents:
  sender:
    start: host
    mode: text
    llm: sends
    tools:
      - send_form
personas:
  host:
    instructions: Help.
providers:
  sends:
    llm: script
    with:
      rules:
        - when_caller_says: send
          call: send_form
        - when_tool_answered: send_form
          say: It is sent.
tools:
  send_form:
    description: Send the form.
    http:
      url: https://forms.example/
      method: POST
      body:
        multipart:
          form:
            file: docs/form.txt
tests:
  form_is_sent:
    agent: sender
    mocks:
      send_form:
        returns_file: docs/answer.json
    steps:
      - user: send
      - agent:
          says: It is sent
"""


async def test_files_of_the_folder_are_there(folder, compiler):
    """A tool that sends a file, and a mock that is one, are tested as `lkrun test` does it."""
    (folder / "docs").mkdir()
    save(folder, "The form.", "docs/form.txt")
    save(folder, '{"ok": true}', "docs/answer.json")
    save(folder, SENDS, "sender.yaml")
    compiled = compiler.compile()
    assert [d for d in compiled.diagnostics if d.severity == "error"] == []
    verdict = await Gate("tests", folder=folder).test(compiled, None)
    assert outcomes(verdict) == {"form_is_sent": "passed"}, verdict.lines
    alone = await Gate("tests").test(compiled, None)
    assert outcomes(alone) == {"form_is_sent": "failed"}


async def test_offline_tests_alone_are_run(folder, compiler, gate):
    """What needs a model or a real service is skipped, and does not keep files back."""
    save(folder, TESTS)
    verdict = await gate.test(compiler.compile(), None)
    assert outcomes(verdict) == {
        "desk_greets": "passed",
        "shop_hears": "passed",
        "desk_is_judged": "skipped",
        "desk_really_looks": "skipped",
    }
    assert verdict.diagnostics == ()
    assert report.tests_line(verdict) == "tests: 2 passed, 2 skipped"


async def test_a_failure_is_told_at_its_check(folder, compiler, gate, release):
    """The diagnostic stands at the check's line; the report has the events of the turn."""
    save(folder, TESTS)
    edit(folder, "Welcome to", "Good day at")
    verdict = await gate.test(compiler.compile(), release)
    (failed,) = verdict.diagnostics
    assert (failed.code, failed.span.file, failed.span.line, failed.span.column) == (
        "E501", "tests.yaml", 7, 11,
    )  # fmt: skip
    assert failed.message.startswith(
        "test 'desk_greets' fails at step 1: 'Welcome to the desk' was"
    )
    assert failed.help == "run: lkrun test -k desk_greets"
    assert any("greeter: Good day at the desk." in line for line in verdict.lines)
    assert outcomes(verdict)["desk_greets"] == "failed"


async def test_only_agents_that_change_are_tested(folder, compiler, gate, release):
    """Tests of an agent that stays as it is are not run; nor one that has passed before."""
    save(folder, TESTS)
    edit(folder, "max_calls: 2", "max_calls: 3")
    changed = compiler.compile()
    verdict = await gate.test(changed, release)
    assert "shop_hears" not in outcomes(verdict)
    assert outcomes(verdict)["desk_greets"] == "passed"
    again = await gate.test(changed, release)
    assert "desk_greets" not in outcomes(again)


async def test_tests_have_a_time(folder, compiler, gate):
    """After `gate_timeout` they count as failed, and the test that did not end is named."""
    save(folder, TESTS)
    edit(folder, "runner:\n", "runner:\n  reload:\n    gate_timeout: 1ms\n")
    verdict = await gate.test(compiler.compile(), None)
    (failed,) = verdict.diagnostics
    assert (failed.code, failed.help is not None) == ("E502", True)
    assert failed.message.startswith("the tests were not done after 0.001 s: 'desk_greets', ")


async def test_a_process_that_dies_lets_nothing_through(folder, compiler, gate, monkeypatch):
    """Its end is told; the files are not served."""
    save(folder, TESTS)
    monkeypatch.setattr(os, "getpid", lambda: 1)  # the child thinks that its parent is gone
    (failed,) = (await gate.test(compiler.compile(), None)).diagnostics
    assert failed.code == "E502"
    assert "ended with exit code 1" in failed.message


async def test_the_files_or_the_command_line_close_it(release, compiler, folder):
    """`runner.reload.gate` closes it, and `--gate` says otherwise."""
    assert not Gate().closed(release)
    edit(folder, "runner:\n", "runner:\n  reload:\n    gate: tests\n")
    closed = compiler.compile().release
    assert Gate().closed(closed)
    assert not Gate("check").closed(closed)
    assert Gate("tests").closed(release)


async def test_what_fails_is_not_served_and_a_mended_test_is_enough(
    reloader, folder, target, held, release
):
    """The old release stays with its report; when the test alone is mended the files are served."""
    held.ended.set()
    save(folder, TESTS)
    edit(folder, "Welcome", "Good day")
    held.report = GateReport((report_of("no"),), ({"name": "a", "outcome": "failed"},), ("FAILED",))
    outcome = await reloader.attempt()
    assert (outcome.result, outcome.release, target.swapped) == ("rejected", release.id, [])
    assert "FAILED" in report.words(outcome).splitlines()
    assert report.fields(outcome)["tests"]["failed"] == 1
    assert report.fields(outcome)["diagnostics"][0]["code"] == "E501"
    held.report = GateReport((), ({"name": "a", "outcome": "passed"},))
    save(folder, TESTS.replace("Welcome to", "Good day to"))
    outcome = await reloader._attempt(reloader._watcher.look())
    assert (outcome.result, len(target.swapped)) == ("ok", 1)
    assert report.words(outcome).endswith("; tests: 1 passed")


def report_of(message):
    """A diagnostic of a test."""
    return Diagnostic(Span("tests.yaml"), "E501", message)


async def test_a_newer_save_ends_the_tests(reloader, folder, target, held):
    """Files that are saved while those before them are tested are compiled and tested instead."""
    edit(folder, "Welcome", "Good day")
    trying = asyncio.ensure_future(reloader.attempt())
    await until(lambda: held.begun == 1)
    edit(folder, "Good day", "Good evening")
    reloader.wake()
    await until(lambda: held.begun == 2)
    assert held.cancelled == 1
    held.ended.set()
    outcome = await trying
    assert outcome.result == "ok"
    assert "Good evening" in target.swapped[-1].agents["desk"].to_json()
    assert len(target.told) == 1


async def test_who_follows_the_folder_sees_a_newer_save(reloader, folder, target, held):
    """It is the same when nobody asked."""
    following = asyncio.ensure_future(reloader.run())
    await until(lambda: reloader._known is not None)
    edit(folder, "Welcome", "Good day")
    reloader.wake()
    await until(lambda: held.begun == 1)
    edit(folder, "Good day", "Good evening")
    reloader.wake()
    await until(lambda: held.begun == 2)
    held.ended.set()
    await until(lambda: target.told)
    assert "Good evening" in target.swapped[-1].agents["desk"].to_json()
    following.cancel()
    await asyncio.gather(following, return_exceptions=True)


async def test_a_rollback_does_not_wait_for_tests(reloader, folder, target, held):
    """Who goes back to a release is not kept waiting, and the tested files stay unserved."""
    first = reloader.served
    held.ended.set()
    edit(folder, "Welcome", "Good day")
    await reloader.attempt()
    held.ended.clear()
    edit(folder, "Good day", "Good evening")
    trying = asyncio.ensure_future(reloader.attempt())
    await until(lambda: held.begun == 2)
    outcome = await reloader.roll(first)
    assert (outcome.result, reloader.served.id) == ("ok", first.id)
    given_up = await trying
    assert given_up.result == "rejected"
    assert [d.code for d in given_up.diagnostics] == ["E502"]
    assert (await reloader._attempt(reloader._watcher.look())).result == "unchanged"
    assert target.swapped[-1].id == first.id


async def test_who_is_cancelled_ends_the_tests(reloader, folder, held):
    """At SIGTERM nothing of them is left."""
    edit(folder, "Welcome", "Good day")
    trying = asyncio.ensure_future(reloader.attempt())
    await until(lambda: held.begun == 1)
    trying.cancel()
    await asyncio.gather(trying, return_exceptions=True)
    assert held.cancelled == 1


async def test_what_was_kept_back_at_the_start_is_tried_again(compiler, folder, held, target):
    """A runner that began with the last good release serves the folder when its test is mended."""
    before = compiler.compile().release
    edit(folder, "Welcome", "Good day")
    compiled = compiler.compile()
    held.ended.set()
    held.report = GateReport((report_of("no"),))
    reloader = Reloader(
        compiler, compiled, target, lambda _: [],
        served=before, gate=held, rejected=held.report.diagnostics,
    )  # fmt: skip
    first = await reloader._attempt(reloader._watcher.look())
    assert (first.result, target.told) == ("rejected", [])
    held.report = GateReport()
    save(folder, TESTS.replace("Welcome to", "Good day to"))
    assert (await reloader._attempt(reloader._watcher.look())).result == "ok"
