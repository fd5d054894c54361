"""What may be written under `with`, with every word looked up in the dictionary."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from lkrun_pocketsphinx import decoding, dictionary

_NOT_WORDS = re.compile(
    r"//[^\n]*|/\*.*?\*/|\{[^}]*\}|<[^>]*>|/[\d.]+/|^\s*#JSGF[^;]*;|\bgrammar\s+[\w.]+\s*;|\bpublic\b",
    re.DOTALL | re.MULTILINE,
)
_MARKS = re.compile(r"[|()\[\]*+=;\s]+")


def _one_or_list(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _checked(phrase: str) -> str:
    words = dictionary.words_of(phrase)
    if not words:
        raise ValueError("a phrase without words")
    for word in words:
        if not dictionary.knows(word):
            raise _unknown(word)
    return " ".join(words)


def _unknown(word: str) -> ValueError:
    error = ValueError(f"the recogniser does not know the word '{word}'")
    if any(letter.isdigit() for letter in word):
        error.add_note("write numbers as words: twenty one")
        return error
    near = dictionary.near(word)
    error.add_note(
        f"words like it: {', '.join(near)}" if near else "use another word, or two words for it"
    )
    return error


Phrase = Annotated[str, AfterValidator(_checked)]


class Options(BaseModel):
    """The options of `stt: pocketsphinx`."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [{"phrases": ["hello"]}]}
    )

    phrases: Annotated[list[Phrase], Field(min_length=1), BeforeValidator(_one_or_list)] | None = (
        Field(None, description="All that callers may say")
    )
    grammar: str | None = Field(None, min_length=1, description="The same as a JSGF grammar")
    pause: float = Field(0.3, ge=0.1, le=3, description="Silence that ends an utterance")

    @field_validator("grammar")
    @classmethod
    def _can_be_read(cls, text: str | None) -> str | None:
        if text is None:
            return None
        for word in grammar_words(text):
            if not dictionary.knows(word):
                raise _unknown(word)
        problem = decoding.grammar_problem(whole_grammar(text))
        if problem:
            error = ValueError(problem)
            error.add_note(
                "write, for example:  public <said> = yes | no | book for (monday | friday);"
            )
            raise error
        return text

    @model_validator(mode="after")
    def _is_one_way(self) -> Options:
        if self.phrases is not None and self.grammar is not None:
            error = ValueError("'phrases' and 'grammar' do not go together")
            error.add_note("keep one of them")
            raise error
        return self


def whole_grammar(text: str) -> str:
    """A grammar with the two lines that each begins with, where they were left out."""
    if text.lstrip().startswith("#JSGF"):
        return text
    header = "#JSGF V1.0;\n"
    return header + (text if re.search(r"^\s*grammar\s", text) else f"grammar said;\n{text}")


def grammar_words(text: str) -> set[str]:
    """The words that a grammar lets a caller say."""
    without = _NOT_WORDS.sub(" ", text)
    return {word.casefold() for word in _MARKS.split(without) if word}
