"""Speech for callers, ears for what the agent says, and what tells two voices apart."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from lkrun_espeak import engine
from lkrun_espeak.engine import Manner
from lkrun_pocketsphinx.decoding import SAMPLE_RATE
from lkrun_pocketsphinx.dictionary import entries
from numpy.typing import NDArray
from pocketsphinx import Decoder

Samples = NDArray[np.int16]

RATE = 48_000
"""Samples a second that a caller sends."""

HEARD = SAMPLE_RATE
"""Samples a second that a caller hears in."""

_FRAME = HEARD // 25
_LOUD = 600
_LOWEST, _HIGHEST = 60, 250


CALLER = Manner("en-us", 150, 50, 100)
"""How a caller speaks."""


@lru_cache(maxsize=64)
def speech(text: str, rate: int = RATE, manner: Manner = CALLER) -> Samples:
    """A sentence."""
    pieces: list[bytes] = []

    def take(piece: bytes) -> bool:
        pieces.append(piece)
        return True

    engine.speak(text, manner, take)
    made = np.frombuffer(b"".join(pieces), np.int16)
    at = np.arange(0, len(made) - 1, engine.SAMPLE_RATE / rate)
    return np.interp(at, np.arange(len(made)), made).astype(np.int16)


def loud(samples: Samples) -> bool:
    """Whether there is anything to hear."""
    return bool(np.abs(samples.astype(np.int32)).max(initial=0) > _LOUD)


def understood(samples: Samples, sentences: Iterable[str]) -> str:
    """Which of the sentences is said, as a recogniser of its own hears it.

    It may miss words, as a person does: on a busy machine audio has gaps.
    """
    choices = tuple(sentences)
    pause = np.zeros(HEARD // 2, np.int16)
    ears = _ears(choices)
    ears.start_utt()
    ears.process_raw(
        np.concatenate([pause, samples, pause]).tobytes(), no_search=False, full_utt=True
    )
    ears.end_utt()
    hypothesis = ears.hyp()
    words = hypothesis.hypstr.split() if hypothesis else []
    return max(choices, key=lambda each: SequenceMatcher(None, words, each.split()).ratio())


def _ears(sentences: tuple[str, ...]) -> Decoder:
    either = " | ".join(" ".join(f"[{word}]" for word in each.split()) for each in sentences)
    words = entries({word for each in sentences for word in each.split()})
    with TemporaryDirectory() as folder:
        known = Path(folder) / "words"
        known.write_text("\n".join(words) + "\n", "utf-8")
        # wide beams: it is in no hurry
        ears = Decoder(
            lm=None, dict=str(known), bestpath=False, samprate=HEARD, loglevel="FATAL",
            beam=1e-100, wbeam=1e-80, pbeam=1e-100,
        )  # fmt: skip
    ears.add_jsgf_string("said", f"#JSGF V1.0;\ngrammar said;\npublic <said> = {either};\n")
    ears.activate_search("said")
    return ears


def likeliest(samples: Samples, text: str, voices: Mapping[str, Manner]) -> str:
    """Which of the voices says a text: the one that says it as high."""
    heard = pitch(samples)
    apart = {name: abs(pitch(speech(text, HEARD, m)) - heard) for name, m in voices.items()}
    return min(apart, key=lambda name: apart[name])


def pitch(samples: Samples) -> float:
    """The median pitch of a voice in Hz, by autocorrelation of the frames that have one."""
    words = []
    for start in range(0, len(samples) - _FRAME, _FRAME):
        frame = samples[start : start + _FRAME].astype(np.float64)
        if np.abs(frame).max() < _LOUD * 2:
            continue
        frame -= frame.mean()
        spectrum = np.fft.rfft(frame, 2 * _FRAME)
        alike = np.fft.irfft(np.abs(spectrum) ** 2)[:_FRAME]
        alike /= alike[0] * (1 - np.arange(_FRAME) / _FRAME)
        first, last = HEARD // _HIGHEST, HEARD // _LOWEST
        peak = first + int(np.argmax(alike[first:last]))
        if alike[peak] > 0.6:
            words.append(HEARD / peak)
    return float(np.median(words)) if words else 0.0
