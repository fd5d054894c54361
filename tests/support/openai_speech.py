"""OpenAI's voices and ears on this machine, for LiveKit's real `openai` plugin.

Sources: https://platform.openai.com/docs/api-reference/audio/createSpeech (events of `sse`) and
https://platform.openai.com/docs/api-reference/audio/createTranscription
"""

from __future__ import annotations

import base64
import json
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from support.realtime_session import tone

SECONDS = 0.02
"""Of sound for each letter that is spoken."""

UNDERSTOOD = "Hello there."
BROKEN = "broken"
"""The model of services that fail."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SpeechServer

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/v1/audio/speech":
            self._speak(json.loads(body))
        elif self.path == "/v1/audio/transcriptions":
            self._understand(self._form(body))
        else:
            self._fail(404, f"Invalid URL (POST {self.path})")

    def _form(self, body: bytes) -> dict[str, Any]:
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        parts = BytesParser().parsebytes(head + body).get_payload()
        return {
            str(part.get_param("name", header="content-disposition")): part.get_payload(decode=True)  # type: ignore[union-attr]  # a form has parts
            for part in parts
        }

    def _speak(self, request: dict[str, Any]) -> None:
        self.server.asked.append(request)
        if request["model"] == BROKEN:
            self._fail(500, "The server had an error")
            return
        if not request["input"].strip():
            self._fail(400, "input: the text is empty")
            return
        sound = tone(SECONDS * len(request["input"]))
        if request.get("stream_format") == "sse":
            self._begin("text/event-stream")
            for start in range(0, len(sound), 4_800):
                piece = base64.b64encode(sound[start : start + 4_800]).decode()
                self._event({"type": "speech.audio.delta", "audio": piece})
            usage = {"input_tokens": 3, "output_tokens": 5, "total_tokens": 8}
            self._event({"type": "speech.audio.done", "usage": usage})
        else:
            self._begin("audio/pcm")
            self._chunk(sound)
        self._chunk(b"")

    def _understand(self, form: dict[str, Any]) -> None:
        self.server.asked.append(form)
        model = form["model"].decode()
        if model == BROKEN:
            self._fail(500, "The server had an error")
            return
        if not form["file"].startswith(b"RIFF"):
            self._fail(400, "Invalid file format.")
            return
        answer: dict[str, Any] = {"text": UNDERSTOOD}
        if form["response_format"] == b"verbose_json":
            answer |= {"language": "english", "duration": 0.5, "task": "transcribe"}
        self._whole(200, answer)

    def _begin(self, content_type: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", content_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

    def _event(self, event: dict[str, Any]) -> None:
        self._chunk(f"data: {json.dumps(event)}\n\n".encode())

    def _chunk(self, data: bytes) -> None:
        try:
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
        except ConnectionError:  # nobody listens any more
            self.close_connection = True

    def _fail(self, status: int, message: str) -> None:
        error = {"message": message, "type": "invalid_request_error", "code": None, "param": None}
        self._whole(status, {"error": error})

    def _whole(self, status: int, answer: dict[str, Any]) -> None:
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: Any) -> None:
        pass


class SpeechServer(ThreadingHTTPServer):
    """The server.

    Attributes:
        asked: the bodies and forms that came, in order.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: list[dict[str, Any]] = []
