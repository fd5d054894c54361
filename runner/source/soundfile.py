"""A sound file: its bytes, so that a release holds it."""

from __future__ import annotations

import base64
import hashlib

from runner.source.reading import TextProblem, read
from runner.source.textfile import TextFile

MAX_SOUND = 5 * 1024 * 1024
"""How many bytes a sound may have: each call reads those of its agent."""

_FORMS = (
    lambda head: head[:4] == b"RIFF" and head[8:12] == b"WAVE",
    lambda head: head[:4] in (b"OggS", b"fLaC"),
    lambda head: head[:3] == b"ID3" or (head[:1] == b"\xff" and head[1:2] >= b"\xe0"),
)
"""How the files begin that LiveKit plays: WAV, Ogg and FLAC, MP3."""

_HEAD = 12
_EMPTY = 44
"""Bytes of a WAV file without any sound."""


def sound_of(location: str, path: str, name: str) -> TextFile | TextProblem | None:
    """Return a sound as Base64, or what is wrong with it; None where there is no such file.

    Args:
        location: where the system finds it.
        path: relative to the root.
        name: as it is written.
    """
    data = read(location, f"'{name}'", MAX_SOUND)
    if data is None or isinstance(data, TextProblem):
        return data
    if not any(form(data[:_HEAD]) for form in _FORMS):
        return TextProblem(
            "E007",
            f"'{name}' is not a sound",
            "save it as WAV, MP3, Ogg or FLAC: any sound editor does",
        )
    if len(data) <= _EMPTY:
        return TextProblem("E007", f"'{name}' holds no sound", "record it anew")
    text = base64.b64encode(data).decode()
    return TextFile(path, text, hashlib.sha256(data).hexdigest())
