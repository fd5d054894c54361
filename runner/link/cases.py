"""A test that can be run: its spec, where each of its lines stands, and the files that it names."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from runner.schema.test_mocks import Mock
from runner.schema.tests import Test
from runner.schema.types.blocks import Block

if TYPE_CHECKING:
    from runner.link.release import Release
    from runner.link.tests import LinkedTest

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class TestCase:
    """A test of a folder.

    Attributes:
        file: where it stands, relative to the folder.
        line: the line of its name.
        lines: path below the test, such as `("steps", 1, "agent", "says")` → its line.
        files: name as written → the text of a file that it names.
        allow: `runner.network.allow`, for mocks with `real: yes`.
        sounds: name as written → the path of a sound below the folder.
        voice: section → name → definition, of what speaks for the caller.
    """

    __test__ = False

    name: str
    spec: Test
    file: str
    line: int
    lines: Mapping[Path, int] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    allow: tuple[str, ...] = ()
    sounds: Mapping[str, str] = field(default_factory=dict)
    voice: Mapping[str, Mapping[str, Block]] = field(default_factory=dict)

    def line_of(self, path: Path) -> int:
        """The line of a part; of what it stands in, where the part was not written."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, self.line)

    def mocks_of(self, tool: str) -> tuple[Mock, ...]:
        """The mocks of a tool."""
        mocks_of_it = (mocks for name, mocks in self.spec.mocks.items() if str(name) == tool)
        return next(mocks_of_it, ())

    def to_data(self) -> dict[str, Any]:
        """The form in which it goes to another process, as JSON can hold it; without sound."""
        return {
            "name": self.name,
            "spec": self.spec.model_dump(mode="json", by_alias=True, exclude_unset=True),
            "file": self.file,
            "line": self.line,
            "lines": [[list(path), line] for path, line in self.lines.items()],
            "files": dict(self.files),
            "allow": list(self.allow),
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> Self:
        """Read what `to_data` gave.

        Raises:
            pydantic.ValidationError: it is something else.
        """
        lines = {tuple(path): line for path, line in data["lines"]}
        spec = Test.model_validate(data["spec"])
        return cls(**{**data, "spec": spec, "lines": lines, "allow": tuple(data["allow"])})

    @cached_property
    def digest(self) -> str:
        """A name for all that it says, wherever it stands: 16 hex digits of the SHA-256."""
        data = self.to_data()
        said = json.dumps([data[key] for key in ("name", "spec", "files", "allow")])
        return hashlib.sha256(said.encode()).hexdigest()[:16]

    @property
    def aloud(self) -> bool:
        """Whether both speak: it runs in real time."""
        return self.spec.mode == "audio"

    @property
    def bends_time(self) -> bool:
        """Whether it lets time pass that nobody waits for."""
        silent = any(step.kind == "silence" for step in self.spec.steps)
        slow = any(mock.slow for mocks in self.spec.mocks.values() for mock in mocks)
        return not self.aloud and (silent or slow)


def cases(tests: Iterable[LinkedTest], release: Release) -> tuple[TestCase, ...]:
    """The tests of a folder without mistakes, in the order of the files."""
    network = release.process.network
    return tuple(_case(test, tuple(map(str, network.allow))) for test in tests)


def _case(test: LinkedTest, allow: tuple[str, ...]) -> TestCase:
    definition = test.definition
    document, base = definition.document, definition.location
    lines = {
        path: document.key_span((*base, *path)).line for path in _paths(definition.data) if path
    }
    return TestCase(
        definition.name,
        definition.spec,
        document.file,
        document.key_span(base).line,
        lines,
        test.files,
        allow,
        test.sounds,
        test.voice,
    )


def _paths(data: Any, base: Path = ()) -> Iterator[Path]:
    yield base
    if isinstance(data, dict):
        for name, inner in data.items():
            yield from _paths(inner, (*base, name))
    elif isinstance(data, list):
        for place, inner in enumerate(data):
            yield from _paths(inner, (*base, place))
