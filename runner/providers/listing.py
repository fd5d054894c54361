"""What is installed, and how each of it is written: for `lkrun plugins`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from runner import __version__
from runner.provider_kinds import BY_HTTP, BY_KEY, IN_ORDER, NO_PROVIDERS
from runner.providers import known
from runner.providers.catalogue import InstalledProvider
from runner.providers.checks import OptionChecker
from runner.providers.problems import OptionProblem
from runner.providers.record import words_of
from runner.providers.samples import lines


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
    order = [*BY_KEY, *NO_PROVIDERS]
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
            "type": _words(option),
            "default": option["default"],
            "description": option["description"],
        }
        for option in recorded["options"]
    ]
    return row.to_data() | {"options": options, "example": _example(row, _written(row, recorded))}


def _words(option: Mapping[str, Any], *, keys: bool = True) -> str:
    parts = [
        words_of(option["type"], keys=keys), option.get("bounds"), "needed" * option["required"],
    ]  # fmt: skip
    return ", ".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Entry:
    """An option, or a key of a block below one.

    Attributes:
        depth: how far in it stands: 0 for an option.
        words: what it takes.
        default: what it is where nobody writes it.
    """

    depth: int
    name: str
    words: str
    description: str = ""
    default: Any = None


def entries(row: Row, checker: OptionChecker) -> list[Entry]:
    """All options of a plugin, each with the keys that stand below it."""
    if row.source == "built-in":
        return [Entry(0, name, words) for name, words in _BUILT_IN[row.name][0]]
    provider = checker.catalogue.find(row.kind, row.name)
    recorded: Any = (
        checker.records([provider])[provider] if isinstance(provider, InstalledProvider) else None
    )
    listed = recorded["options"] if isinstance(recorded, dict) else []
    return [
        entry
        for option in listed
        for entry in (
            Entry(
                0, option["name"], _words(option, keys=False), option["description"],
                option["default"],
            ),
            *_below(option["type"], 1),
        )
    ]  # fmt: skip


_DEEPEST = 3


def _below(recorded: Any, depth: int) -> Iterator[Entry]:
    if isinstance(recorded, str) or depth > _DEEPEST:
        return
    word, *inner = recorded
    if word == "block":
        for name, (kind, needed, *about) in inner[0].items():
            words = words_of(kind, keys=False) + ", needed" * needed
            yield Entry(depth, name, words, about[0] if about else "")
            yield from _below(kind, depth + 1)
    elif word in {"list", "mapping", "union"}:
        for each in inner:
            yield from _below(each, depth)


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
    form = _FORMS.get(row.kind, _PROVIDER)
    indent = {"node": 8}.get(row.kind, 2)
    below = "".join(f"{' ' * indent}{line}\n" for line in options.splitlines())
    head = form[bool(below)].format(name=row.name, kind=row.kind)
    return head + below


_PROVIDER = (
    "providers:\n  my_{kind}:\n    {kind}: {name}\n",
    "providers:\n  my_{kind}:\n    {kind}: {name}\n    with:\n",
)
_TOOL = (
    "tools:\n  my_tool:\n    description: what it does, and when to use it\n    plugin: {name}\n"
)
_NODE = "personas:\n  my_persona:\n    instructions: who it is\n    nodes:\n      tts:\n        - "
_FORMS = {
    "node": (_NODE + "{name}\n", _NODE + "{name}:\n"),
    "tool": (_TOOL, _TOOL + "    with:\n"),
}
"""Kind → how such a plugin is written without options and with some, where it is no provider."""


def _written(row: Row, recorded: Mapping[str, Any]) -> str:
    """The lines of what must be written, with a key, and with the model where it has one."""
    sample = dict(recorded["sample"])
    for option in recorded["options"]:
        default = option["default"]
        if option["name"] in {"model", "voice"} and isinstance(default, str) and default:
            sample.setdefault(option["name"], default)
    written = [f"{line}\n" for line in lines(sample, 4)]
    return "".join([*written, *_keys(row, recorded)])


def _keys(row: Row, recorded: Mapping[str, Any]) -> Iterator[str]:
    listed = {option["name"] for option in recorded["options"]}
    needs = recorded["needs"]
    name = known.NEEDS.get(row.name)
    if not needs and name is not None:
        needs = [{"names": [name], "options": ["api_key"]}]
    for need in needs:
        option = next((each for each in need["options"] if each in listed), None)
        if option is not None and option not in recorded["sample"]:
            yield f'    {option}: "{{{{ secrets.{need["names"][0]} }}}}"\n'
