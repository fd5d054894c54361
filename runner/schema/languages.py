"""Languages: which an agent speaks, and when it goes from one to another."""

from typing import Annotated, ClassVar, Self

from pydantic import model_validator

from runner.schema.types.blocks import Block, OneOrList, key
from runner.schema.types.mistake import mistake
from runner.schema.types.values import LanguageTag, one_of

SWITCH_LANGUAGE = "switch_language"
"""The tool by which the model goes to another language when the caller asks for it."""


class Languages(Block):
    """The languages of an agent: its words, voices, ears and models may be given for each."""

    noun: ClassVar[str] = "languages"
    bare: ClassVar[str] = "speak"
    stray: ClassVar[str] = (
        "the languages stand below speak:, each with a dash; a voice for each of them stands below "
        "the agent's tts:"
    )

    elsewhere: ClassVar[dict[str, str]] = dict.fromkeys(
        ("default", "start", "first", "main", "primary"),
        "the first language below speak: is spoken at the start",
    )

    speak: Annotated[
        tuple[LanguageTag, ...],
        OneOrList(scalars=True, instead="write the languages, each with a dash"),
    ] = key("those that are spoken; the first one is spoken at the start")
    switch: Annotated[
        str,
        one_of(
            "automatic",
            "on_request",
            "never",
            meant={"auto": "automatic", "yes": "automatic", "manual": "on_request", "no": "never"},
        ),
    ] = key(
        "automatic: with what the caller speaks, as soon as three words or more of another "
        "language were said in a turn, or fewer in two turns in a row (where a need is asked for, "
        "always two); on_request: when they ask for it; never. With either of the first two the "
        "model has a tool for it, switch_language",
        "automatic",
    )

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        for place, language in enumerate(self.speak):
            if language in self.speak[:place]:
                raise mistake(
                    "E107",
                    f"'{language}' is spoken already",
                    "delete the line",
                    at=("speak", place),
                )
        return self

    @property
    def switchable(self) -> bool:
        """Whether anything but the first one may ever be spoken."""
        return self.switch != "never" and len(self.speak) > 1
