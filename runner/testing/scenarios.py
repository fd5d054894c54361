"""LiveKit's simulation file (`scenarios.yaml`) and our tests, in both directions.

The file is that of `lk agent simulate`, a `ScenarioGroup` of LiveKit's protocol: a name, and
scenarios with `label`, `instructions`, `agent_expectations`, `tags` (word → text) and `userdata`
(any data). A scenario is a test with `simulate`; its expectations are what a judge looks at, a line
each; its userdata is the metadata of the call's job.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

from runner.link.cases import TestCase
from runner.recording import scalar
from runner.testing.mocks import plain

_KEYS: Final = ("id", "label", "instructions", "agent_expectations", "tags", "userdata")


class ScenarioError(Exception):
    """A file that is no simulation file; the message is a plain sentence."""


def imported(data: Any, agent: str) -> str:
    """The tests of a simulation file, as YAML.

    Args:
        data: the file, read.
        agent: which agent is called in all of them.

    Raises:
        ScenarioError: it is something else.
    """
    if not isinstance(data, Mapping) or not isinstance(data.get("scenarios"), list):
        raise ScenarioError("it has no list 'scenarios'")
    lines, taken = ["tests:"], set[str]()
    for place, scenario in enumerate(data["scenarios"], 1):
        if not isinstance(scenario, Mapping) or not str(scenario.get("instructions") or "").strip():
            raise ScenarioError(f"scenario {place} has no 'instructions'")
        odd = next((key for key in scenario if key not in _KEYS), None)
        if odd is not None:
            raise ScenarioError(f"scenario {place} has a key that nobody knows here: '{odd}'")
        name = _name(str(scenario.get("label") or f"scenario {place}"), taken)
        lines += [f"  {name}:", *(f"    {line}" for line in _test(scenario, agent))]
    return "\n".join(lines) + "\n"


def _name(label: str, taken: set[str]) -> str:
    """A test's name of a label: `Angry caller, twice` is `angry_caller_twice`."""
    word = re.sub(r"[^a-z0-9]+", "_", label.casefold()).strip("_") or "scenario"
    word = word if word[0].isalpha() else f"scenario_{word}"
    name, number = word, 2
    while name in taken:
        name, number = f"{word}_{number}", number + 1
    taken.add(name)
    return name


def _test(scenario: Mapping[str, Any], agent: str) -> Iterator[str]:
    yield f"agent: {agent}"
    tags = _tags(scenario.get("tags"))
    if tags:
        yield "tags:"
        yield from (f"  - {scalar(tag)}" for tag in tags)
    if scenario.get("userdata"):
        yield "job:"
        yield "  metadata:"
        yield from (f"    {line}" for line in _data(scenario["userdata"]))
    yield "simulate:"
    yield f"  caller: {scalar(_one_line(str(scenario['instructions'])))}"
    wanted = [
        _one_line(each)
        for each in str(scenario.get("agent_expectations") or "").splitlines()
        if each.strip()
    ]
    if wanted:
        yield "finally:"
        yield "  judge:"
        yield from (f"    - {scalar(each)}" for each in wanted)


def _tags(given: Any) -> list[str]:
    if isinstance(given, Mapping):
        return [f"{word}={value}" if value else str(word) for word, value in given.items()]
    return [str(word) for word in given or ()]


def _data(value: Any) -> Iterator[str]:
    """Any data as the language writes it: a text, or one expression that keeps its type."""
    if isinstance(value, Mapping) and value:
        for name, inner in value.items():
            yield from _below(f"{_key(str(name))}:", inner)
    elif isinstance(value, list) and value:
        for inner in value:
            yield from _below("-", inner)
    else:
        yield _leaf(value)


def _below(head: str, value: Any) -> Iterator[str]:
    if isinstance(value, Mapping | list) and value:
        yield head
        yield from (f"  {line}" for line in _data(value))
    else:
        yield f"{head} {_leaf(value)}"


def _key(name: str) -> str:
    return name if re.fullmatch(r"\w+", name) else scalar(name)


def _leaf(value: Any) -> str:
    if isinstance(value, str) and "{" not in value and plain(value) == value:
        return scalar(value)
    if isinstance(value, bool) or value is None:
        return f'"{{{{ {str(value).lower()} }}}}"'
    return scalar(f"{{{{ {value!r} }}}}")


def exported(tests: Iterable[TestCase], name: str) -> dict[str, Any]:
    """A simulation file of the tests in which a model plays the caller."""
    return {"name": name, "scenarios": [_scenario(t) for t in tests if t.spec.simulate]}


def _scenario(test: TestCase) -> dict[str, Any]:
    spec = test.spec
    assert spec.simulate is not None  # noqa: S101 - who calls has looked
    scenario: dict[str, Any] = {"label": test.name, "instructions": str(spec.simulate.caller)}
    judged: Sequence[str] = tuple(map(str, spec.finally_.judge)) if spec.finally_ else ()
    if judged:
        scenario["agent_expectations"] = "\n".join(judged)
    if spec.tags:
        pairs = (str(tag).partition("=") for tag in spec.tags)
        scenario["tags"] = {word: value for word, _, value in pairs}
    if spec.job is not None and spec.job.metadata is not None:
        scenario["userdata"] = plain(spec.job.metadata)
    return scenario


def _one_line(text: str) -> str:
    return " ".join(text.split())
