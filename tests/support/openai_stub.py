"""A server on this machine that speaks OpenAI's wire format, for LiveKit's real `openai` plugin.

    with OpenAiStub(lambda asked: say("Good day.")) as openai:
        ...                         # `base_url: {openai.url}` in a provider's `with`
    assert openai.requests[0]["model"] == "gpt-4.1-mini"

Source: https://platform.openai.com/docs/api-reference/chat-streaming
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self


@dataclass(frozen=True)
class Reply:
    """What goes over the wire: a status and its bytes, piece by piece."""

    pieces: Iterable[bytes]
    status: int = 200
    content_type: str = "text/event-stream"


@dataclass(frozen=True)
class Asked:
    """A request of the plugin."""

    body: dict[str, Any]

    @property
    def last(self) -> dict[str, Any]:
        """The last message."""
        message: dict[str, Any] = self.body["messages"][-1]
        return message

    @property
    def text(self) -> str:
        """The words of the last message."""
        content = self.last.get("content") or ""
        if isinstance(content, str):
            return content
        return "".join(part.get("text", "") for part in content)

    @property
    def tools(self) -> list[str]:
        """Names of the tools that the model may call."""
        return [each["function"]["name"] for each in self.body.get("tools", ())]


Answer = Callable[[Asked], Reply]


def chunk(delta: dict[str, Any], finish: str | None = None) -> bytes:
    """One event of a stream."""
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _event({"choices": [choice]})


def stream(*chunks: bytes, finish: str = "stop") -> Reply:
    """A whole stream: these events, the end, the usage."""
    usage = {"prompt_tokens": 5, "completion_tokens": 7, "total_tokens": 12}
    end = (chunk({}, finish), _event({"choices": [], "usage": usage}), b"data: [DONE]\n\n")
    return Reply((chunk({"role": "assistant", "content": ""}), *chunks, *end))


def say(text: str) -> Reply:
    """Words, one event each."""
    return stream(*(chunk({"content": word}) for word in re.findall(r"\s*\S+|\s+$", text)))


def call(*calls: tuple[str, dict[str, Any] | str]) -> Reply:
    """Calls of tools: names and arguments, which come in two pieces as they do from OpenAI."""
    chunks = []
    for index, (name, given) in enumerate(calls):
        arguments = given if isinstance(given, str) else json.dumps(given)
        function = {"name": name, "arguments": ""}
        whole = {"index": index, "id": f"call_{index}", "type": "function", "function": function}
        chunks.append(chunk({"tool_calls": [whole]}))
        half = len(arguments) // 2
        chunks += [
            chunk({"tool_calls": [{"index": index, "function": {"arguments": piece}}]})
            for piece in (arguments[:half], arguments[half:])
        ]
    return stream(*chunks, finish="tool_calls")


def failed(status: int, message: str) -> Reply:
    """An error in OpenAI's shape."""
    error = {"error": {"message": message, "type": "invalid_request_error", "code": None}}
    return Reply((json.dumps(error).encode(),), status, "application/json")


def endless(stop: threading.Event, every: float = 0.01) -> Iterator[bytes]:
    """Words without an end, until `stop` is set (`OpenAiStub.closing`)."""
    while not stop.wait(every):
        yield chunk({"content": "and so on "})


def _event(fields: dict[str, Any]) -> bytes:
    whole = {
        "id": "chat-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "m",
        **fields,
    }
    return b"data: " + json.dumps(whole).encode() + b"\n\n"


class OpenAiStub:
    """The server; it runs in threads of its own from `with` to its end.

    Attributes:
        requests: the bodies that came, in order.
        closing: set when the server ends: an answer that waits looks at it.
    """

    def __init__(self, answer: Answer = lambda request: say(f"heard: {request.text}")) -> None:
        self.requests: list[dict[str, Any]] = []
        self.closing = threading.Event()
        self.answer = answer
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self) -> str:
        """What stands as `base_url`."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        stub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.0"  # the end of a body is the end of its connection

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                stub.requests.append(body)
                reply = (
                    stub.answer(Asked(body))
                    if self.path == "/v1/chat/completions"
                    else failed(404, f"Invalid URL (POST {self.path})")
                )
                self.send_response(reply.status)
                self.send_header("Content-Type", reply.content_type)
                self.end_headers()
                for piece in reply.pieces:
                    try:
                        self.wfile.write(piece)
                    except ConnectionError:  # nobody reads any more
                        return

            def log_message(self, *_: Any) -> None:
                pass

        return Handler
