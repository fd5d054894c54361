"""A stand-in for the voice service of this example: `python service.py`, then speak.

It answers POST /synthesize {"text": …} with PCM (16 bits, mono, 24 kHz): a tone for each word, so
that one hears where words begin and end. Put your own service in its place.
"""

from __future__ import annotations

import array
import json
import math
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

RATE = 24_000
WORD = 0.18
"""Seconds of a word."""


def sound(text: str) -> Iterator[bytes]:
    """The sound of a text, a word at a time."""
    for word in text.split():
        pitch = 180 + 12 * (sum(map(ord, word)) % 12)
        count = int(RATE * WORD)
        swell = (math.sin(math.pi * i / count) for i in range(count))
        tone = (math.sin(2 * math.pi * pitch * i / RATE) for i in range(count))
        yield array.array(
            "h", (int(9_000 * a * b) for a, b in zip(swell, tone, strict=True))
        ).tobytes()


class Handler(BaseHTTPRequestHandler):
    """Speaks what is posted."""

    def do_POST(self) -> None:
        """Stream the sound of `text`; the end of the connection is the end of the sound."""
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(200)
        self.send_header("Content-Type", f"audio/pcm;rate={RATE}")
        self.end_headers()
        try:
            for piece in sound(asked["text"]):
                self.wfile.write(piece)
        except ConnectionError:
            return  # the caller has interrupted

    def log_message(self, *_: object) -> None:
        """Say nothing of each request."""


def server(port: int = 8765) -> ThreadingHTTPServer:
    """The service, ready to serve."""
    return ThreadingHTTPServer(("127.0.0.1", port), Handler)


if __name__ == "__main__":
    server().serve_forever()
