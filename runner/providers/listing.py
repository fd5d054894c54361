"""What is installed, and how each of it is written: for `lkrun plugins`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner import __version__
from runner.provider_kinds import BY_HTTP, BY_KEY, IN_ORDER
from runner.providers import known
from runner.providers.catalogue import InstalledProvider
from runner.providers.checks import OptionChecker
from runner.providers.problems import OptionProblem
from runner.providers.record import words_of


@dataclass(frozen=True, slots=True)
class Row:
    """A plugin under one of its kinds.

    Attributes:
        source: `built-in`, `livekit` or `plugin` (of lkrun's own API).
        problem: why it cannot be used.
    """

    name: str
    kind: str
    distribution: str
    version: str
    source: str
    problem: str | None = None

    def to_data(self) -> dict[str, Any]:
        """The entry of the JSON document."""
        return {
            "name": self.name,
            "kind": self.kind,
            "distribution": self.distribution,
            "version": self.version,
            "source": self.source,
            "problem": self.problem,
        }


def rows(checker: OptionChecker, names: Sequence[str] = ()) -> list[Row]:
    """All that is installed, or what has one of these names; each is imported once a version."""
    installed = checker.catalogue.providers
    wanted = [r for key, r in sorted(installed.items()) if not names or r[0].name in names]
    records = checker.records(rivals[0] for rivals in wanted if len(rivals) == 1)
    listed = [_row(rival, rivals, records) for rivals in wanted for rival in rivals]
    built_in = [
        Row(name, kind, "lkrun", __version__, "built-in")
        for name, kinds in known.BUILT_IN.items()
        for kind in kinds
        if not names or name in names
    ]
    order = list(BY_KEY)
    return sorted([*built_in, *listed], key=lambda row: (row.name, order.index(row.kind)))


def _row(
    provider: InstalledProvider,
    rivals: Sequence[InstalledProvider],
    records: Mapping[InstalledProvider, dict[str, Any] | OptionProblem],
) -> Row:
    recorded = records.get(provider)
    problem = recorded.message if isinstance(recorded, OptionProblem) else None
    if len(rivals) > 1:
        problem = f"{len(rivals)} packages bring a plugin of this name"
    return Row(
        provider.name, provider.kind, provider.package, provider.version, provider.source, problem
    )


_ORDER = ("order", "a list: providers or inference strings, the first one first")
_BUILT_IN: dict[str, tuple[tuple[tuple[str, str], ...], str]] = {
    IN_ORDER: (
        (
            _ORDER,
            ("attempt_timeout", "a duration"),
            ("retries", "a whole number"),
        ),
        "    order:\n      - {example}\n",
    ),
    BY_HTTP: (
        (("url", "the address of the service"), ("body", "what is sent to it")),
        "    url: https://service.example/\n    body:\n      json:\n        {body}\n",
    ),
}
_BODIES = {"llm": 'messages: "{{ messages }}"', "tts": 'text: "{{ text }}"'}


def shown(row: Row, checker: OptionChecker) -> dict[str, Any]:
    """A plugin with its options, and how a provider of it is written.

    Returns:
        What `Row.to_data` gives, with `options` (each `name`, `type`, `default`, `description`)
        and `example`.
    """
    if row.source == "built-in":
        return row.to_data() | _built_in(row)
    provider = checker.catalogue.find(row.kind, row.name)
    recorded: Any = (
        checker.records([provider])[provider] if isinstance(provider, InstalledProvider) else None
    )
    if not isinstance(recorded, dict):
        return row.to_data() | {"options": [], "example": ""}
    options = [
        {
            "name": option["name"],
            "type": words_of(option["type"]) + (", needed" if option["required"] else ""),
            "default": option["default"],
            "description": option["description"],
        }
        for option in recorded["options"]
    ]
    return row.to_data() | {"options": options, "example": _example(row, _written(row, recorded))}


def _built_in(row: Row) -> dict[str, Any]:
    listed, form = _BUILT_IN[row.name]
    options = [
        {"name": name, "type": kind, "default": None, "description": ""} for name, kind in listed
    ]
    body = _BODIES.get(row.kind)
    lines = form.format(example=BY_KEY[row.kind].example, body=body or "")
    if row.name == BY_HTTP:
        lines = lines if body else "    url: https://service.example/\n"
        lines += "    audio: mp3\n" * (row.kind == "tts")
    return {"options": options, "example": _example(row, lines)}


def _example(row: Row, options: str) -> str:
    below = "".join(f"  {line}\n" for line in options.splitlines())
    return f"providers:\n  my_{row.kind}:\n    {row.kind}: {row.name}\n" + (
        f"    with:\n{below}" if below else ""
    )


def _written(row: Row, recorded: Mapping[str, Any]) -> str:
    """The lines of what must be written, with a key, and with the model where it has one."""
    lines = [
        f"    {option['name']}: {_value(option['type'], 6)}\n"
        for option in recorded["options"]
        if option["required"]
    ]
    for option in recorded["options"]:
        default = option["default"]
        if option["name"] in {"model", "voice"} and isinstance(default, str) and default:
            lines.append(f"    {option['name']}: {json.dumps(default)}\n")
    return "".join([*lines, *_keys(row, recorded)])


def _keys(row: Row, recorded: Mapping[str, Any]) -> Iterator[str]:
    listed = {option["name"] for option in recorded["options"]}
    needs = recorded["needs"]
    name = known.NEEDS.get(row.name)
    if not needs and name is not None:
        needs = [{"names": [name], "options": ["api_key"]}]
    for need in needs:
        option = next((each for each in need["options"] if each in listed), None)
        if option is not None:
            yield f'    {option}: "{{{{ secrets.{need["names"][0]} }}}}"\n'


def _value(recorded: Any, indent: int) -> str:
    """A value that a type takes."""
    if isinstance(recorded, str):
        return _PLAIN[recorded]
    word, *inner = recorded
    match word:
        case "choice":
            return json.dumps(str(inner[0]))
        case "list":
            return f"\n{' ' * indent}- {_value(inner[0], indent + 2)}"
        case "block":
            needed = [(name, kind) for name, (kind, must) in inner[0].items() if must]
            some = needed or [(name, kind) for name, (kind, _) in inner[0].items()][:1]
            lines = (f"{' ' * indent}{n}: {_value(kind, indent + 2)}" for n, kind in some)
            return "\n" + "\n".join(lines)
        case "union":
            return _value(next((each for each in inner if each != "none"), "text"), indent)
        case _:
            return f"\n{' ' * indent}name: {_value(inner[0], indent + 2)}"


_PLAIN = {
    "any": "text",
    "duration": "1s",
    "none": "text",
    "number": "1",
    "text": "text",
    "whole": "1",
    "yes_no": "yes",
}
