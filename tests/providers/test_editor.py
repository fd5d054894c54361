"""What an editor says of a plugin's options, against what `check` says."""

from __future__ import annotations

import enum
import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import jsonschema
import pytest
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from support.editor import typed
from typing_extensions import TypedDict

from runner.cache import Cache
from runner.providers.catalogue import Catalogue
from runner.providers.checks import OptionChecker
from runner.providers.editor import schema_of
from runner.providers.problems import OptionRequest
from runner.providers.validation import validate
from runner.schema.output.json_schema import json_schema
from runner.schema.providers import PROVIDERS
from runner.syntax import parse

ROOT = Path(__file__).parents[2]
FILES = sorted(
    path
    for folder in ("tests/bad", "tests/good", "agents.d", "examples")
    for path in (ROOT / folder).rglob("*.yaml")
    if path.is_file()
)


@pytest.fixture(scope="module")
def checker(tmp_path_factory):
    """What is installed here, each plugin asked once."""
    return OptionChecker(Catalogue(), Cache(tmp_path_factory.mktemp("asked")))


@pytest.fixture(scope="module")
def validator(checker):
    """The schema of an editor, with all that is installed."""
    schema = json_schema("providers", checker.schemas_by_name())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def providers_of(path):
    """Each provider of a file: as it is written, and as an editor sees it."""
    document = parse(path.name, path.read_bytes())
    written = (document.data or {}).get("providers")
    if any(d.severity == "error" for d in document.diagnostics) or not isinstance(written, dict):
        return
    seen = typed(document)["providers"]
    for name, provider in written.items():
        kind = next((k for k in PROVIDERS if isinstance(provider, dict) and k in provider), None)
        if kind is not None:
            yield name, kind, provider, seen[name]


def leaves(values, place=()):
    """Where templates stand."""
    if isinstance(values, str):
        if "{{" in values or "{%" in values:
            yield place
    elif isinstance(values, dict | list):
        items = values.items() if isinstance(values, dict) else enumerate(values)
        for key, value in items:
            yield from leaves(value, (*place, key))


def written():
    """Options of installed plugins in all files: the request, what an editor sees, and where."""
    for path in FILES:
        for name, kind, provider, seen in providers_of(path):
            plain = not provider.keys() - {kind, "with"} and isinstance(provider[kind], str)
            if plain and provider[kind] not in {"http", "fallback"}:
                options = provider.get("with") or {}
                request = OptionRequest(kind, provider[kind], options, tuple(leaves(options)))
                yield request, seen, f"{path.relative_to(ROOT)}: {name}"


def test_an_editor_refuses_nothing_that_check_takes(checker, validator):
    """In every file of the tests and examples, options that check takes an editor takes."""
    requests, seen, places = zip(*written(), strict=True)
    assert len(places) > 100
    for problems, provider, place in zip(checker.check(requests), seen, places, strict=True):
        if not {problem.code for problem in problems} & {"E103", "E403"}:
            refused = list(validator.iter_errors(provider))
            assert not refused, f"{place}: {jsonschema.exceptions.best_match(refused)}"


@pytest.mark.parametrize(
    "provider",
    [
        {"llm": "openai", "with": {"modle": "gpt-4.1"}},
        {"llm": "openai", "with": {"temperature": "warm"}},
        {"llm": "openai", "with": {"tool_choice": {"typ": "function"}}},
        {"stt": "openai", "with": {"use_realtime": "perhaps"}},
        {"tts": "espeak", "with": {"speed": 10}},
        {"tts": "espeak", "with": {"pich": 50}},
        {"llm": "script", "with": {"rules": [{"when_caler_says": "hello", "say": "hi"}]}},
        {"llm": "script", "with": {"rules": "hello"}},
        {"llm": "script", "with": {}},
        {"llm": "script"},
        {"stt": "pocketsphinx", "with": {"pause": 9}},
    ],
    ids=str,
)
def test_an_editor_refuses_what_check_refuses(checker, validator, provider):
    """A wrong name, a wrong type, a bound, a block that lacks what it needs: both say no."""
    kind, plugin = next(iter(provider.items()))
    (problems,) = checker.check([OptionRequest(kind, plugin, provider.get("with"))])
    assert problems
    assert not validator.is_valid(provider)


def test_an_editor_offers_names_and_options(checker):
    """Names of plugins, of options and of choices stand where an editor looks for them."""
    made = json_schema(None, checker.schemas_by_name())
    definitions = made["$defs"]
    assert {"openai", "script"} <= set(definitions["LlmProvider"]["properties"]["llm"]["examples"])
    speed = definitions["tts.espeak"]["properties"]["speed"]
    assert (speed["description"], speed["default"]) == ("Words a minute", 175)
    model = definitions["tts.openai"]["properties"]["model"]
    assert {"enum": ["tts-1", "tts-1-hd", "gpt-4o-mini-tts"]} in model["anyOf"]
    language = definitions["stt.openai"]["properties"]["language"]["description"]
    assert language.startswith("The language code to use for transcription")
    assert "provider_tool.openai.WebSearch" in definitions


def test_tools_and_nodes_have_their_options_too():
    """A plugin's tool and a plugin's node are refused below their own keys."""
    options = schema_of(model(unit=(Literal["kg", "g"], "kg")), "x.")
    made = json_schema(None, {"tool": {"scales": options}, "node": {"shout": options}})
    validator = jsonschema.Draft202012Validator(made)

    def accepts(unit):
        tool = {"description": "Weigh.", "plugin": "scales", "with": {"unit": unit}}
        nodes = {"tts": ["other", {"shout": {"unit": unit}}]}
        agent = {"start": "h", "mode": "text", "llm": "x", "nodes": nodes}
        one, two = ({"tools": {"weigh": tool}}, {"agents": {"desk": agent}})
        return validator.is_valid(one), validator.is_valid(two)

    assert accepts("kg") == (True, True)
    assert accepts("stone") == (False, False)


def model(**fields: Any) -> type[BaseModel]:
    """A model of options as a plugin has one."""
    annotations = {name: kind for name, (kind, _) in fields.items()}
    values = {name: default for name, (_, default) in fields.items()}
    return type("Options", (BaseModel,), {"__annotations__": annotations, **values})


class Colour(enum.Enum):
    """Choices with names."""

    RED = "r"
    DEEP_BLUE = "b"


class Size(TypedDict, total=False):
    """A block of keys."""

    width: int


@dataclass
class Point:
    """Another."""

    x: int
    y: int = 0


class Open(BaseModel):
    """Takes more than it declares."""

    model_config = ConfigDict(extra="allow")

    name: str = ""


def one_or_list(value):
    """What a plugin reads before pydantic does."""
    return [value] if isinstance(value, str) else value


class Shapes(BaseModel):
    """One option of each shape."""

    yes: bool = False
    whole: int = Field(3, ge=1, le=9)
    number: float = 0.5
    text: str = Field("abc", pattern="^[a-z]+$")
    wait: timedelta = timedelta(seconds=1)
    choice: Literal["low", 8000, True] = "low"
    colour: Colour = Colour.RED
    size: Size | None = None
    point: Point | None = None
    points: list[Point] = Field([], max_length=2)
    names: set[str] = set()
    pair: tuple[int, str] = (1, "a")
    table: dict[str, int] = {}
    opened: Open = Open()
    words: Annotated[list[str], BeforeValidator(one_or_list)] = []
    either: int | list[int] = 1
    anything: Any = None
    known: str = ""

    @field_validator("known", mode="before")
    @classmethod
    def _first(cls, value: Any) -> Any:
        return str(value)


@pytest.mark.parametrize(
    ("option", "taken", "refused"),
    [
        ("yes", [True, "yes", "Off", "{{ env.A }}"], ["perhaps", []]),
        ("whole", [5, "5", "{{ env.A }}", "{% if a %}1{% endif %}"], [0, 10, 2.5, "many", {}]),
        ("number", [1, 0.25, "300ms", "2m", "{{ env.A }}"], ["soon", [1]]),
        ("text", ["abc", "{{ env.A }}"], ["ABC", ["abc"]]),
        ("wait", ["300ms", "1.5s"], [["1s"]]),
        ("choice", ["low", 8000, "8000", "yes", True], ["high", 8]),
        ("colour", ["r", "B", "Deep_Blue", "RED"], ["green", "rb"]),
        ("size", [{"width": 3}, {}, "{{ env.A }}"], [{"height": 3}, {"width": "wide"}, 4]),
        ("point", [{"x": 1}, {"x": "1", "y": 2}], [{"y": 1}, {"x": 1, "z": 2}]),
        ("points", [[], [{"x": 1}]], [{"x": 1}, [{"x": 1}, {"x": 2}, {"x": 3}], [{"y": 1}]]),
        ("names", [["a", "a"], [1]], ["a"]),
        ("pair", [[1, "a"], ["1", 2]], [["a", "b"], [1]]),
        ("table", [{"any": 1, "other": "2"}], [{"any": "many"}, []]),
        ("opened", [{"name": "a", "more": [1]}], ["a"]),
        ("words", ["one", ["one", "two"]], []),
        ("either", [1, [1, "2"]], ["one"]),
        ("anything", [1, "a", [], {"b": 1}], []),
        ("known", [1, "a"], []),
    ],
)
def test_each_shape_is_the_same_in_an_editor(option, taken, refused):
    """What lkrun reads of a text, an editor takes; what it refuses by shape, an editor refuses."""
    validator = jsonschema.Draft202012Validator(schema_of(Shapes, "x."))
    for value in taken:
        assert validator.is_valid({option: value}), value
    for value in refused:
        assert not validator.is_valid({option: value}), value
        _, problems = validate(Shapes, {option: as_text(value)}, "x")
        assert problems, value


def as_text(value):
    """A value as lkrun reads it: numbers are texts."""
    if isinstance(value, dict):
        return {key: as_text(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [as_text(inner) for inner in value]
    return str(value)


def test_an_option_that_pydantic_would_ignore_is_refused():
    """Lkrun refuses names that a model does not have, whatever the model would do with them."""
    assert not jsonschema.Draft202012Validator(schema_of(Shapes, "x.")).is_valid({"other": 1})
    assert jsonschema.Draft202012Validator(schema_of(Open, "x.")).is_valid({"other": 1})


def test_the_schema_is_plain_data(checker):
    """It is kept between runs, and printed."""
    for kind, named in checker.schemas_by_name().items():
        for name, schema in named.items():
            assert json.loads(json.dumps(schema)) == schema, (kind, name)
