"""What a voice service sends: is it the sound that its author says?"""

from __future__ import annotations

from email.message import Message

from livekit import rtc

_MAGIC = (
    (b"RIFF", "wav"),
    (b"OggS", "opus"),
    (b"ID3", "mp3"),
    (b"fLaC", "flac"),
)
_PAGES = (b"<", b"{", b"[")
_LONGEST = 80
HEAD = 8
"""Bytes that tell one kind of sound from another, and both from text."""

MIME = {"pcm_s16le": "audio/pcm", "wav": "audio/wav", "mp3": "audio/mpeg", "opus": "audio/ogg"}
"""Kind of sound → how LiveKit's decoder calls it."""


def wrong_label(label: str) -> str | None:
    """Why an answer with this `Content-Type` is no sound."""
    kind = _header(label).get_content_type() if label else ""
    if kind.startswith("text/") or kind.endswith(("json", "xml", "html")):
        return f"the answer is {kind[:_LONGEST]}, no sound"
    return None


def wrong_kind(head: bytes, audio: str) -> str | None:
    """Why sound that begins so is not of the kind that was announced."""
    actual = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    if actual is None and audio != "pcm_s16le" and head[:1] == b"\xff" and len(head) > 1:
        actual = "mp3"
    if actual == audio:
        return None
    if actual is not None:
        return f"the answer is {actual}, and audio: says {audio}"
    if audio == "pcm_s16le":
        return "the answer is text, no sound" if is_text(head) else None
    if is_text(head):
        return f"the answer is text, no {audio}"
    return f"the answer is no {audio}"


def is_text(head: bytes) -> bool:
    """Whether an answer begins as a page or as JSON does."""
    return head[:1] in _PAGES and all(0x20 <= each < 0x7F or each in b"\r\n\t" for each in head)  # noqa: PLR2004 - what is printed of ASCII


def labelled_rate(label: str) -> int | None:
    """Samples a second that a `Content-Type` names, as `audio/pcm;rate=16000` does."""
    rate = str(_header(label).get_param("rate", "") or "") if label else ""
    return int(rate) if rate.isdecimal() and 8_000 <= int(rate) <= 192_000 else None  # noqa: PLR2004 - what voices have


def _header(label: str) -> Message:
    header = Message()
    header["content-type"] = label.encode("ascii", "replace").decode()
    return header


class Samples:
    """Raw samples of 16 bits, cut between two samples, and brought to another rate if needed."""

    def __init__(self, rate: int, wanted: int, channels: int) -> None:
        self._resampler = (
            rtc.AudioResampler(rate, wanted, num_channels=channels) if rate != wanted else None
        )
        self._size = 2 * channels
        self._rest = b""

    def feed(self, piece: bytes) -> bytes:
        """The samples that are whole now."""
        data = self._rest + piece
        whole = len(data) - len(data) % self._size
        self._rest = data[whole:]
        if self._resampler is None:
            return data[:whole]
        return _joined(self._resampler.push(bytearray(data[:whole])) if whole else [])

    def rest(self) -> bytes:
        """What the resampler still holds."""
        return b"" if self._resampler is None else _joined(self._resampler.flush())


def _joined(frames: list[rtc.AudioFrame]) -> bytes:
    return b"".join(bytes(frame.data) for frame in frames)
