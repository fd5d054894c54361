"""A server on this machine that speaks OpenAI's Responses API, for LiveKit's `openai.responses`.

It answers with words alone. Where it may search the web it does that first, as OpenAI does: the
caller of the API is told of the search, and has nothing to do.

Source: https://platform.openai.com/docs/api-reference/responses-streaming
"""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def _response(status, output=()):
    usage = {
        "input_tokens": 5, "output_tokens": 7, "total_tokens": 12,
        "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
        "output_tokens_details": {"reasoning_tokens": 0},
    }  # fmt: skip
    return {
        "id": "resp_1", "object": "response", "created_at": 1, "status": status, "model": "m",
        "output": list(output), "parallel_tool_calls": True, "tool_choice": "auto", "tools": [],
        "usage": usage if status == "completed" else None,
    }  # fmt: skip


def events(body, text):
    """The events of one answer."""
    kinds = {tool["type"] for tool in body.get("tools", ())}
    output = []
    yield {"type": "response.created", "response": _response("in_progress")}
    if "web_search" in kinds:
        action = {"type": "search", "query": "news"}
        search = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": action}
        yield {"type": "response.output_item.done", "output_index": 0, "item": search}
        output.append(search)
    at = {"item_id": "msg_1", "output_index": len(output), "content_index": 0}
    for piece in re.findall(r"\s*\S+", text):
        delta = {"delta": piece, "logprobs": []}
        yield {"type": "response.output_text.delta", **at, **delta}
    content = [{"type": "output_text", "text": text, "annotations": []}]
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed"}
    output.append({**message, "content": content})
    yield {"type": "response.output_item.done", "output_index": len(output) - 1, "item": output[-1]}
    yield {"type": "response.completed", "response": _response("completed", output)}


class ResponsesStub:
    """The server; it runs in threads of its own from `with` to its end.

    Attributes:
        requests: the bodies that came, in order.
    """

    def __init__(self, text="The sun shines."):
        self.requests, self.text = [], text
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self):
        """What stands as `base_url`."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    @property
    def tools(self):
        """The tools that the last request offered."""
        return self.requests[-1]["tools"]

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _handler(self):
        stub = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                stub.requests.append(body)
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.end_headers()
                for number, event in enumerate(events(body, stub.text)):
                    data = json.dumps({**event, "sequence_number": number})
                    self.wfile.write(f"event: {event['type']}\ndata: {data}\n\n".encode())

            def log_message(self, *_):
                pass

        return Handler
