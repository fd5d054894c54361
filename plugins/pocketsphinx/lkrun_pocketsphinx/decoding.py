"""pocketsphinx itself: from samples to words, without asyncio and without LiveKit."""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import pocketsphinx  # type: ignore[import-untyped] # it has no types

from lkrun_pocketsphinx import dictionary

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SAMPLE_RATE = 16_000
"""Samples a second, 16 bits, one channel: what the acoustic model was trained on."""

_SEARCH = "said"
_INTERIM_FRAMES = 8
"""Frames of 30 ms between two looks at what has been understood so far."""

_REMARK = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_PUBLIC = re.compile(r"\bpublic\s*<")
_NAMED = re.compile(r"<([^>]*)>")
_DEFINED = re.compile(r"<([^>]*)>\s*=")

_LONGEST = 20 * SAMPLE_RATE * 2
"""Bytes of an utterance that is understood a second time, as a whole.

With a grammar that takes some 15 ms, and it knows the voice and its loudness, which the first pass
has to guess.
"""

_NOISES = {"noise_of_a_mouth": "+SPN+", "noise_of_a_room": "+NSN+"}
"""Words that a grammar is given besides: coughs, breath, noise, as the acoustic model knows them.

Without them a grammar must take each noise for the phrase that is nearest to it.
"""

_NOISY = 1e-3
"""Weight of noise against words.

Of 20 noises all are taken for nothing then (2 without it), of 30 made coughs 16 (9), and of 33
phrases in three voices 32 are understood (32). More weight takes a "goodbye" for a cough.
"""

_LINKED = 1.5
"""Seconds of silence after which two utterances are no longer tried as one sentence."""

_SAMPLE = bytes(2)
"""One sample of silence."""

_QUIET = {"samprate": SAMPLE_RATE, "loglevel": "FATAL"}


@dataclass(frozen=True, slots=True)
class Heard:
    """Something that the recogniser has noticed.

    Attributes:
        what: speech has begun, is understood so far, or is over.
        text: the words; may be empty at the end.
        start: seconds from the beginning of the stream.
        end: the same, of the end.
    """

    what: Literal["begun", "so_far", "over"]
    text: str = ""
    start: float = 0.0
    end: float = 0.0


@dataclass(frozen=True, slots=True)
class Language:
    """What may be said: a JSGF grammar and its words, or anything where there is no grammar."""

    grammar: str | None = None
    words: frozenset[str] = frozenset()


def of_phrases(phrases: Iterable[str]) -> Language:
    """The language of some phrases (in the dictionary's spelling)."""
    choices = sorted({" ".join(dictionary.words_of(phrase)) for phrase in phrases})
    grammar = f"#JSGF V1.0;\ngrammar said;\npublic <said> = {' | '.join(choices)};\n"
    return Language(grammar, frozenset(" ".join(choices).split()))


def load(language: Language) -> pocketsphinx.Decoder:
    """Load a decoder: some 40 ms with a grammar (its words alone), 500 ms without.

    Raises:
        ValueError: the grammar cannot be used.
    """
    if language.grammar is None:
        return pocketsphinx.Decoder(**_QUIET)
    with tempfile.TemporaryDirectory() as folder:
        words = Path(folder) / "words.dict"
        noises = [f"{name} {sound}" for name, sound in _NOISES.items()]
        lines = [*dictionary.entries(language.words), *noises]
        words.write_text("\n".join(lines) + "\n", "utf-8")
        # without bestpath: its second pass over the lattice loses last words of a grammar's phrases
        decoder = pocketsphinx.Decoder(lm=None, dict=str(words), bestpath=False, **_QUIET)
    decoder.add_jsgf_string(_SEARCH, with_noise(language.grammar))
    decoder.activate_search(_SEARCH)
    return decoder


def with_noise(grammar: str) -> str:
    """A grammar that lets a caller cough, too."""
    plain = _REMARK.sub(" ", grammar)
    public = _PUBLIC.search(plain)
    if public is None:
        return grammar
    rule = _NAMED.match(plain, public.end() - 1)
    noise = " | ".join(_NOISES)
    name = rule[1] if rule is not None else ""
    return (
        f"{_PUBLIC.sub('<', plain)}\n"
        f"public <said_or_noise> = /1/ <{name}> | /{_NOISY}/ ({noise})+;\n"
    )


def grammar_problem(grammar: str) -> str | None:
    """What is wrong with a grammar, if anything; no model is loaded for it."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "said.jsgf"
        file.write_text(grammar, "utf-8")
        try:
            pocketsphinx.Jsgf(str(file))
        except (ValueError, RuntimeError):
            return "this grammar cannot be read as JSGF"
    plain = _REMARK.sub(" ", grammar)
    if not _PUBLIC.search(plain):
        return "this grammar has no public rule"
    defined = {*_DEFINED.findall(plain), "NULL", "VOID"}
    missing = sorted({name for name in _NAMED.findall(plain) if name not in defined})
    return f"this grammar uses <{missing[0]}> and does not define it" if missing else None


@dataclass(frozen=True, slots=True)
class _Before:
    """The last utterance: what follows may be the rest of its sentence."""

    samples: bytes = b""
    words: str = ""
    end: float = -_LINKED


class Recogniser:
    """Finds utterances in a stream of samples and understands each. Not for two threads at once.

    Args:
        language: what may be said.
        pause: seconds of silence that end an utterance.
    """

    def __init__(self, language: Language, pause: float = 0.3) -> None:
        """Load the models."""
        self._decoder = load(language)
        self._twice = language.grammar is not None
        self._knows_voice = False
        self._ears = pocketsphinx.Endpointer(window=pause, sample_rate=SAMPLE_RATE)
        self._buffered = b""
        self._frames = 0
        self._so_far = ""
        self._utterance = bytearray()
        self._before = _Before()

    def feed(self, samples: bytes) -> Iterator[Heard]:
        """Take samples of any length and tell what they bring."""
        size = self._ears.frame_bytes
        self._buffered += samples
        while len(self._buffered) >= size:
            frame, self._buffered = self._buffered[:size], self._buffered[size:]
            spoke = self._ears.in_speech
            speech = self._ears.process(frame)
            if speech is not None:
                yield from self._understand(speech, begins=not spoke)
                if not self._ears.in_speech:
                    yield self._finish(self._ears.speech_end)

    def end(self) -> Iterator[Heard]:
        """End the utterance that is going on, if there is one."""
        frame, self._buffered = self._buffered, b""
        if self._ears.in_speech:
            # of no samples at all pocketsphinx would take the first
            speech = self._ears.end_stream(frame or _SAMPLE)
            if speech:
                self._utterance += speech
                self._decoder.process_raw(speech, no_search=False, full_utt=False)
            yield self._finish(self._ears.speech_end)

    def all(self, samples: bytes) -> str:
        """Understand a whole recording; of a long one each utterance, not the silence between."""
        if len(samples) <= _LONGEST:
            return self.decode(samples)
        heard = [*self.feed(samples), *self.end()]
        return " ".join(each.text for each in heard if each.what == "over" and each.text)

    def decode(self, samples: bytes) -> str:
        """Understand a whole utterance.

        pocketsphinx subtracts the mean of what it hears. A stream begins with a mean that fits no
        voice and counts for 5 s, and from then on that of a whole utterance is never taken
        (`feat_cmn` in its feat.c); short words then match nothing. So the first utterance sets the
        mean by itself, and so does one that the mean of the call does not let match.
        """
        if self._knows_voice and (words := self._decode(samples)):
            return words
        self._decoder.reinit_feat()
        self._knows_voice = True
        return self._decode(samples)

    def _decode(self, samples: bytes) -> str:
        self._decoder.start_utt()
        self._decoder.process_raw(samples, no_search=False, full_utt=True)
        self._decoder.end_utt()
        return self._words()

    def _understand(self, speech: bytes, *, begins: bool) -> Iterator[Heard]:
        if begins:
            self._frames, self._so_far = 0, ""
            self._utterance.clear()
            self._decoder.start_utt()
            yield Heard("begun", start=self._ears.speech_start)
        self._utterance += speech
        self._decoder.process_raw(speech, no_search=False, full_utt=False)
        self._frames += 1
        if self._frames % _INTERIM_FRAMES == 0 and (words := self._words()) != self._so_far:
            self._so_far = words
            yield Heard("so_far", words, self._ears.speech_start)

    def _finish(self, end: float) -> Heard:
        self._decoder.end_utt()
        words = self._words()
        if self._twice and len(self._utterance) <= _LONGEST:
            words = self._as_a_whole(bytes(self._utterance), end)
        return Heard("over", words, self._ears.speech_start, end)

    def _as_a_whole(self, samples: bytes, end: float) -> str:
        """What is new in an utterance: by itself, or as the rest of a sentence with a pause."""
        words, before = self.decode(samples), self._before
        gap = self._ears.speech_start - before.end
        if gap < _LINKED:
            pause = bytes(2 * int(max(0.0, gap) * SAMPLE_RATE))
            samples = before.samples + pause + samples
            if len(samples) <= _LONGEST:
                words = _rest(before.words, words, self.decode(samples))
        whole = f"{before.words} {words}".strip() if gap < _LINKED else words
        self._before = _Before(samples, whole, end)
        return words

    def _words(self) -> str:
        hypothesis = self._decoder.hyp()
        words = hypothesis.hypstr.split() if hypothesis else []
        return " ".join(word for word in words if word not in _NOISES)


def _rest(before: str, alone: str, together: str) -> str:
    """What an utterance adds to the one before it.

    Args:
        before: what that was understood as.
        alone: what this one is understood as by itself.
        together: what both are understood as in one sentence.
    """
    rest = together.removeprefix(f"{before} ") if before else together
    if rest != together or len(together.split()) > len(f"{before} {alone}".split()):
        return rest
    return alone
