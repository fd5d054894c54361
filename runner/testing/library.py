"""Conversation tests from Python: the same talks and the same checks, in any test of one's own.

from runner.testing import Folder

folder = Folder("agents.d")

def test_an_invoice_is_looked_up():
mocks = {"look_up_invoice": {"returns": {"total": 90}}}
with folder.talk("clinic", mocks=mocks) as talk:
turn = talk.user("What is on invoice 118?")
turn.check(calls={"look_up_invoice": {"number": 118}}, says="90")
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import Coroutine, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypedDict, Unpack

from pydantic import ValidationError

from runner.compiler import Compiled, Compiler
from runner.diagnostics import render
from runner.diagnostics.nearest import did_you_mean
from runner.egress.providers import ProviderNetwork
from runner.link.cases import TestCase
from runner.link.release import AgentRelease
from runner.link.walk import walk
from runner.schema.test_steps import Checks
from runner.schema.tests import Test
from runner.schema.tools import BUILT_IN, HttpTool
from runner.schema.types.names import PersonaName, ToolName, VariableName
from runner.session.lines import line_of
from runner.testing import report
from runner.testing.checks import MEANING, failures
from runner.testing.environments import cases_of, elsewhere
from runner.testing.mocks import TestSecrets
from runner.testing.outcome import TestResult
from runner.testing.processes import run_suite
from runner.testing.suite import SuiteOptions
from runner.testing.talk import Talk as _Talk
from runner.testing.time import SimulatedLoop
from runner.testing.turn import Event, TurnRecord

Texts = str | Sequence[str]


class CheckKeys(TypedDict, total=False):
    """The checks of a turn or talk, as below `agent:` of a test; `docs/tests.md` has each."""

    says: Texts
    says_any: Texts
    never_says: Texts
    matches: str
    max_words: int
    language: str
    calls: str | Sequence[str] | Mapping[str, Mapping[str, Any] | None]
    calls_nothing: bool
    never_calls: Texts
    calls_in_order: Sequence[str]
    times: Mapping[str, int]
    fails_with: Texts
    hands_off_to: str
    stays: bool
    remembers: Mapping[str, Any]
    ends_call: bool
    transfers_to: Texts
    within: float
    first_word_within: float
    hears: Texts
    interrupted: bool
    stops_within: float
    silence_max: float
    max_tokens: int
    tool_calls_max: int
    csv_row: Mapping[str, Any]
    webhook_body: Mapping[str, Any]


class TalkKeys(TypedDict, total=False):
    """What a talk begins with, as the keys of a test."""

    clock: str
    caller: Mapping[str, Any]
    job: Mapping[str, Any]
    variables: Mapping[str, Any]
    mocks: Mapping[str, Any]


class FolderError(Exception):
    """A folder that has mistakes; the message is what `lkrun check` says."""


class Folder:
    """A folder of agents, compiled.

    Args:
        path: the folder.
        environment: one of `runner.environments`; the first of them without it.

    Raises:
        FolderError: it has mistakes.
    """

    def __init__(self, path: str | Path, environment: str | None = None) -> None:
        """Compile it."""
        compiler = Compiler(Path(path), environment=environment)
        compiled = compiler.compile()
        several = [compiled, *elsewhere(compiler, compiled)]
        for each in several:
            if each.release is None:
                errors = [d for d in each.diagnostics if d.severity == "error"]
                raise FolderError("\n" + render.listing(errors, each.lines, each.files))
        assert compiled.release is not None  # noqa: S101 - it is one of them
        there, self._called = cases_of(several)
        self._compiled: Compiled = compiled
        self._network = ProviderNetwork(files=compiler.attached)
        self._cases = {case.name: case for case in there}
        self._agents: Mapping[str, AgentRelease] = compiled.release.agents

    @property
    def tests(self) -> tuple[str, ...]:
        """The names of the tests in its files, for `pytest.mark.parametrize`."""
        return tuple(self._cases)

    @property
    def agents(self) -> tuple[str, ...]:
        """The names of its agents."""
        return tuple(self._agents)

    def run(self, name: str) -> TestResult:
        """Run a test of its files.

        Raises:
            KeyError: there is none of this name.
        """
        if name not in self._cases:
            raise KeyError(_unknown("test", name, self._cases))

        results: list[TestResult] = []
        options = SuiteOptions(parallel=1, network=self._network)
        run_suite([self._cases[name]], self._called, _secrets, options, results.append)
        return results[0]

    def check(self, name: str) -> None:
        """Run a test of its files, and fail as it fails.

        Raises:
            AssertionError: it fails; the message is its report.
            KeyError: there is none of this name.
        """
        result = self.run(name)
        if result.outcome == "failed":
            raise AssertionError("\n".join(report.lines(result)))

    def talk(self, agent: str, **setting: Unpack[TalkKeys]) -> Talk:
        """Call an agent; a context manager, which hangs up at its end.

        Args:
            agent: its name.
            setting: `mocks`, `variables`, `caller`, `job` and `clock`, as in a test; what a mock
                returns is Python data.

        Raises:
            KeyError: there is no such agent.
            ValueError: a mock or key is wrong.
        """
        if agent not in self._agents:
            raise KeyError(_unknown("agent", agent, self._agents))
        release = self._agents[agent]
        data: dict[str, Any] = dict(setting)
        data["mocks"] = {name: _mocks(each) for name, each in data.get("mocks", {}).items()}
        if "clock" in data:
            data["clock"] = str(data["clock"])
        spec = _validated(Test, {"agent": agent, "steps": [{"user": "-"}], **data})
        _names(spec, release)
        for name in map(str, spec.mocks):
            if not isinstance(release.tools.get(name), HttpTool):
                message = f"tool '{name}' asks no service, so there is nothing to mock"
                raise ValueError(message)  # noqa: TRY004 - it is the name that is wrong
        return Talk(TestCase(agent, spec, "", 0), release)


class Turn:
    """What came of a turn, or of a whole talk.

    Attributes:
        events: as `lkrun chat --format json` has them.
    """

    def __init__(self, record: TurnRecord, release: AgentRelease) -> None:
        """Take what came of it."""
        self._record, self._release = record, release
        self.events: Sequence[Event] = record.events

    @property
    def said(self) -> str:
        """All that the agent said, a line a message."""
        return self._record.said

    @property
    def calls(self) -> list[Event]:
        """Calls of tools: `name` and `arguments` of each."""
        return self._record.calls

    @property
    def variables(self) -> Mapping[str, Any]:
        """The agent's variables afterwards; private ones masked."""
        return self._record.variables

    @property
    def ended(self) -> bool:
        """Whether the call ended."""
        return self._record.ended

    def check(self, **checks: Unpack[CheckKeys]) -> None:
        """Check it as `agent:` of a test does.

        Raises:
            AssertionError: something is otherwise; the message has the events of the turn.
            ValueError: a check or a name in it is unknown.
        """
        meaning = sorted(set(MEANING) & set(checks))
        if meaning:
            raise ValueError(f"'{meaning[0]}' needs a model: write it into a test of the folder")
        wanted = _validated(Checks, dict(checks))
        _names(wanted, self._release)
        wrong = [f"{key}: {message}" for key, message in failures(wanted, self._record)]
        if wrong:
            events = (f"    {line}" for e in self.events if (line := line_of(e)) is not None)
            raise AssertionError("\n".join([*wrong, *events]))


class Talk:
    """A talk with an agent; time is simulated, so that silence takes none."""

    def __init__(self, case: TestCase, release: AgentRelease) -> None:
        """Begin nothing yet; `Folder.talk` makes them."""
        self._case, self._release = case, release
        self._running: asyncio.Runner | None = None
        self._on: _Talk | None = None
        self.greeting = Turn(TurnRecord([]), release)

    def __enter__(self) -> Self:
        """Call the agent; its greeting is `greeting`."""
        self._running = asyncio.Runner(loop_factory=SimulatedLoop)
        self._on = _Talk(self._case, self._release, _secrets())
        try:
            self.greeting = self._do(self._on.start())
        except BaseException:
            self._running.close()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Hang up; a tool that was called without a mock fails the test."""
        assert self._running is not None  # noqa: S101 - it was entered
        assert self._on is not None  # noqa: S101 - as above
        try:
            self._running.run(self._on.aclose())
        finally:
            self._running.close()
        if error is None and self._on.unmocked:
            raise AssertionError(f"tool '{self._on.unmocked[0]}' was called, and has no mock here")

    def user(self, words: str) -> Turn:
        """Say something."""
        return self._do(self._live.user(words))

    def silence(self, seconds: float) -> Turn:
        """Say nothing for so long."""
        return self._do(self._live.silence(seconds))

    def hang_up(self) -> Turn:
        """Hang up."""
        return self._do(self._live.hang_up())

    @property
    def whole(self) -> Turn:
        """All turns together, as `finally:` of a test looks at them."""
        assert self._on is not None  # noqa: S101 - a talk is used below its `with`
        return Turn(self._on.whole, self._release)

    @property
    def _live(self) -> _Talk:
        if self._on is None:
            raise RuntimeError("write it as: with folder.talk(…) as talk:")
        if self._on.ended is not None:
            raise AssertionError(f"the call has ended ({self._on.ended})")
        return self._on

    def _do(self, work: Coroutine[Any, Any, None]) -> Turn:
        assert self._running is not None  # noqa: S101 - `_live` has looked
        assert self._on is not None  # noqa: S101 - as above
        self._running.run(work)
        return Turn(self._on.last, self._release)


def _secrets() -> TestSecrets:
    folder = os.environ.get("LKRUN_SECRETS_DIR")
    return TestSecrets(os.environ, Path(folder) if folder else None)


def _mocks(given: Any) -> Any:
    """Mocks whose answers are Python data: those keep their types as JSON."""
    if isinstance(given, Mapping):
        data = dict(given)
        if "returns" in data:
            data["returns_json"] = json.dumps(data.pop("returns"))
        return data
    return [_mocks(each) for each in given]


def _validated(model: type[Any], data: Mapping[str, Any]) -> Any:
    known = dict(model.keys().items())
    odd = next((name for name in data if name not in known), None)
    if odd is not None:
        raise ValueError(_unknown("key", odd, known))
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"] if not str(part).startswith("<"))
        raise ValueError(f"{where}: {first['msg']}") from None


def _names(spec: Any, release: AgentRelease) -> None:
    known = {
        ToolName: {*release.tools, *BUILT_IN, *(f"transfer_to_{p}" for p in release.personas)},
        PersonaName: set(release.personas),
        VariableName: set(map(str, release.agent.variables)),
    }
    for leaf in walk(spec, ()):
        for kind, names in known.items():
            if isinstance(leaf.value, kind) and str(leaf.value) not in names:
                noun = kind.__name__.removesuffix("Name").lower()
                raise ValueError(_unknown(noun, str(leaf.value), names))


def _unknown(noun: str, name: str, known: Any) -> str:
    hint = did_you_mean(name, list(known), noun=f"{noun}s")
    return f"there is no {noun} '{name}'" + (f"; {hint}" if hint else "")
