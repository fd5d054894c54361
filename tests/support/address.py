"""An address of this machine that takes what is posted."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any


class Address:
    """Takes what is posted."""

    def __init__(self) -> None:
        self.got: list[tuple[str, dict[str, Any]]] = []
        self._news = Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                """Take it."""
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with outer._news:
                    outer.got.append((self.path, body))
                    outer._news.notify_all()
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self._thread = Thread(target=self.server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()

    def until(self, path: str, kind: str) -> None:
        """Wait until something of a type has come to a path."""
        with self._news:
            wanted = lambda: any(p == path and b["type"] == kind for p, b in self.got)  # noqa: E731 - looked at until it is so
            assert self._news.wait_for(wanted, 30), self.got

    def until_count(self, path: str, kind: str, count: int) -> None:
        """Wait until so much of a type has come to a path."""
        with self._news:
            wanted = lambda: sum(p == path and b["type"] == kind for p, b in self.got) >= count  # noqa: E731 - as above
            assert self._news.wait_for(wanted, 30), self.got

    def close(self) -> None:
        """Take no more."""
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()
