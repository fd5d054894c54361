"""The espeak-ng library: one engine a process, one text at a time.

Source: espeak-ng's `speak_lib.h`. The library keeps one global voice and one global callback, so
    every use holds the lock.
"""

from __future__ import annotations

import ctypes
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import espeakng_loader  # type: ignore[import-untyped] # it has no types

if TYPE_CHECKING:
    from collections.abc import Callable

SAMPLE_RATE = 22_050
"""Samples a second, 16 bits, one channel: what espeak-ng makes for all its own voices."""

_SYNCHRONOUS = 2
_CHARACTERS = 1
_UTF8 = 1
_RATE, _VOLUME, _PITCH = 1, 2, 3
_STOP, _GO_ON = 1, 0

_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)
_lock = threading.Lock()


class EspeakError(RuntimeError):
    """The library could not be loaded, or refused to speak."""


@dataclass(frozen=True, slots=True)
class Manner:
    """How something is said: a voice, words a minute, pitch from 0 to 100, volume from 0 to 200."""

    voice: str
    speed: int
    pitch: int
    volume: int


class _Voice(ctypes.Structure):
    _fields_ = (
        ("name", ctypes.c_char_p),
        ("languages", ctypes.c_void_p),
        ("identifier", ctypes.c_char_p),
        ("gender", ctypes.c_ubyte),
        ("age", ctypes.c_ubyte),
        ("variant", ctypes.c_ubyte),
        ("xx1", ctypes.c_ubyte),
        ("score", ctypes.c_int),
        ("spare", ctypes.c_void_p),
    )


@lru_cache(maxsize=1)
def _library() -> Any:
    library = ctypes.CDLL(espeakng_loader.get_library_path())
    library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Voice))
    library.espeak_Synth.argtypes = (
        ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int,
        ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p,
    )  # fmt: skip
    rate = library.espeak_Initialize(_SYNCHRONOUS, 0, espeakng_loader.get_data_path().encode(), 0)
    if rate != SAMPLE_RATE:
        raise EspeakError(f"espeak-ng could not start (it answered {rate})")
    return library


@lru_cache(maxsize=1)
def _identifiers() -> dict[str, str]:
    """Language → the voice that speaks it: espeak takes only a voice's first language by name."""
    with _lock:
        listed = _library().espeak_ListVoices(None)
        found: dict[str, str] = {}
        index = 0
        while listed[index]:
            voice = listed[index].contents
            for language in _languages(voice.languages):
                found.setdefault(language, voice.identifier.decode())
            index += 1
    return found


@lru_cache(maxsize=1)
def voices() -> frozenset[str]:
    """The languages that can be spoken, in lower case: `en-us`, `vi`."""
    return frozenset(_identifiers())


def _languages(address: int) -> list[str]:
    """The languages of a voice: a byte of priority and a text each, a zero byte at the end."""
    found = []
    while ctypes.string_at(address, 1) != b"\0":
        language = ctypes.string_at(address + 1)
        found.append(language.decode().lower())
        address += len(language) + 2
    return found


@lru_cache(maxsize=1)
def variants() -> frozenset[str]:
    """What may stand behind a `+` of a voice: `f3`, `whisper`."""
    folder = Path(espeakng_loader.get_data_path()) / "voices" / "!v"
    return frozenset(file.name for file in folder.iterdir()) if folder.is_dir() else frozenset()


def warm() -> None:
    """Load the library and its list of voices (some 50 ms, once a process)."""
    voices()


def speak(text: str, manner: Manner, take: Callable[[bytes], bool]) -> None:
    """Say a text, piece by piece.

    Args:
        text: what is said; plain text, no markup.
        manner: how.
        take: gets each piece (16-bit samples at `SAMPLE_RATE`) and tells whether to go on.

    Raises:
        EspeakError: the library refused.
    """

    def heard(samples: Any, count: int, _events: Any) -> int:
        if not samples or count <= 0:
            return _GO_ON
        return _GO_ON if take(ctypes.string_at(samples, count * 2)) else _STOP

    language, plus, variant = manner.voice.partition("+")
    voice = _identifiers().get(language.casefold(), language) + plus + variant
    spoken = text.replace("\0", " ").encode("utf-8", "replace")
    callback = _Callback(heard)
    with _lock:
        library = _library()
        library.espeak_SetSynthCallback(callback)
        if library.espeak_SetVoiceByName(voice.encode()) != 0:
            raise EspeakError(f"espeak has no voice '{manner.voice}'")
        for setting, value in (
            (_RATE, manner.speed),
            (_PITCH, manner.pitch),
            (_VOLUME, manner.volume),
        ):
            library.espeak_SetParameter(setting, value, 0)
        failed = library.espeak_Synth(spoken, len(spoken) + 1, 0, _CHARACTERS, 0, _UTF8, None, None)
        library.espeak_Synchronize()
    if failed:
        raise EspeakError(f"espeak-ng refused to speak (error {failed})")
