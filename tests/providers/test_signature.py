"""Options models made from constructors."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Annotated, Any, Generic, Literal, TypedDict, TypeVar

import pytest
from livekit.agents import inference
from livekit.agents.language import LanguageCode
from livekit.agents.types import NOT_GIVEN, NotGivenOr
from pydantic import ValidationError

from runner.providers.signature import chosen, options_of
from runner.providers.validation import validate

T = TypeVar("T")


class Extra(TypedDict, total=False):
    """A block."""

    heat: float


class Timeout:
    """As httpx's: made of a number of seconds."""

    def __init__(self, seconds: float) -> None:
        """Take seconds."""
        self.seconds = seconds


class Box(Generic[T]):
    """A class that pydantic cannot check."""


class Model:
    """A provider with a parameter of each sort."""

    def __init__(  # noqa: PLR0913 - one of each sort
        self,
        model: Literal["a", "b"] | str,  # noqa: PYI051 - as LiveKit's plugins have it
        *,
        api_key: str,
        heat: NotGivenOr[float] = NOT_GIVEN,
        wait: Timeout | None = None,
        extra: NotGivenOr[Extra | dict[str, Any]] = NOT_GIVEN,
        language: LanguageCode | None = None,
        marked: Annotated[int, "mark"] = 3,
        free=None,
        generic: T | None = None,
        listed: list[int] | None = None,
        plain: dict = {},  # noqa: B006 - as plugins write it
        unknown: "NoSuchType" = None,  # noqa: F821, UP037 - imported for type checkers only
        client: Any = None,
        lock: threading.Event | None = None,
        hook: Callable[[], None] | None = None,
        boxes: list[Box[int]] | None = None,
        _private: str = "",
    ) -> None:
        """Keep all."""
        del free, generic, plain, unknown, client, lock, hook, boxes, _private
        self.given = (model, api_key, heat, wait, extra, language, marked, listed)


def test_only_what_yaml_can_give_is_offered():
    """Objects of the running program, private parameters and callbacks are no options."""
    assert set(options_of(Model).option_types) == {
        "model", "api_key", "heat", "wait", "extra", "language", "marked", "free", "generic",
        "listed", "plain", "unknown",
    }  # fmt: skip


def test_the_model_checks_and_hands_on_what_was_given():
    """Only options that were given reach the constructor, in its own types."""
    values = {"model": "c", "heat": "0.5", "wait": "3s", "extra": {"heat": "1", "more": "x"}}
    options, problems = validate(options_of(Model), values, "llm 'x'")
    assert problems == []
    given = chosen(options)
    assert given.pop("wait").seconds == 3.0
    assert given == {"model": "c", "heat": 0.5, "extra": {"heat": 1.0, "more": "x"}}


def test_a_missing_key_may_come_from_the_environment():
    """`api_key` is never missing at load; another parameter without a default is."""
    _, problems = validate(options_of(Model), {}, "llm 'x'")
    assert [item.message for item in problems] == ["llm 'x' needs 'model'"]


def test_a_constructor_with_free_keywords_takes_any_option():
    """`**kwargs` makes every name an option."""

    def make(*args: int, speed: float = 1.0, **more: Any) -> None: ...

    options, problems = validate(options_of(make), {"speed": "2", "other": "x"}, "llm 'x'")
    assert problems == []
    assert chosen(options) == {"speed": 2.0, "other": "x"}


def test_a_provider_that_needs_an_object_cannot_be_set_up_from_yaml():
    """The parameter that YAML cannot give is named."""

    def make(engine: threading.Event) -> None: ...

    with pytest.raises(TypeError, match="engine"):
        options_of(make)


@pytest.mark.parametrize("kind", ["LLM", "STT", "TTS", "VAD"])
def test_livekits_own_inference_classes_are_understood(kind):
    """The built-in `inference` offers a model and hides sessions and executors."""
    model = options_of(getattr(inference, kind))
    assert "model" in model.option_types
    assert not {"http_session", "executor", "conn_options"} & set(model.option_types)
    assert model.model_json_schema(by_alias=True)["additionalProperties"] is False


def test_a_closed_model_refuses_other_names_by_itself():
    """Without the conversion in front the model is strict too."""
    with pytest.raises(ValidationError):
        options_of(Model).model_validate({"model": "a", "modl": "b"})
