"""A whole conversation with a service that sends everything back: no secret is written anywhere."""

from __future__ import annotations

import base64
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

import pytest

SECRETS = {
    "CLINIC_TOKEN": "t0k3n/of the clinic!",
    "CLINIC_KEY": "k3y-9f8e7d6c5b4a",
    "CLINIC_PASSWORD": "pa55 w\u00f6rd+%21",
    "CLINIC_SIGNING": base64.b64encode(b"signing-with-24-bytes-ok").decode(),
}
FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    variables:
      echo:
        type: text
    tools:
      - one
      - two
      - three
      - lost
personas:
  host:
    instructions: Help. {{ echo or '' }}
    greeting:
      say: Hello.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: one
          call: one
        - when_caller_says: two
          call: two
        - when_caller_says: three
          call: three
        - when_caller_says: lost
          call: lost
tools:
  one:
    description: Ask with a token.
    http:
      service: clinic
      url: /echo
      headers:
        X-Key: "{{ secrets.CLINIC_KEY }}"
      query:
        key: "{{ secrets.CLINIC_KEY }}"
    result:
      save:
        echo: authorization
  two:
    description: Ask with a password, and fail.
    http:
      service: clinic
      url: /fail
      auth:
        basic:
          username: ann
          password: "{{ secrets.CLINIC_PASSWORD }}"
    on_error: It was {{ error.data }} and {{ error.message }}.
  three:
    description: Ask with a signature, and be sent on.
    http:
      service: clinic
      url: /away
      method: POST
      auth:
        hmac:
          secret: "{{ secrets.CLINIC_SIGNING }}"
      body:
        json:
          key: "{{ secrets.CLINIC_KEY }}"
  lost:
    description: Ask where nobody is.
    http:
      url: http://127.0.0.1:1/{{ secrets.CLINIC_KEY }}
      private_network: yes
      auth:
        bearer: "{{ secrets.CLINIC_TOKEN }}"
services:
  clinic:
    url: http://127.0.0.1:PORT
    private_network: yes
    auth:
      bearer: "{{ secrets.CLINIC_TOKEN }}"
"""


class _Echo(BaseHTTPRequestHandler):
    def do_GET(self):
        length = int(self.headers.get("content-length", 0))
        data = {
            "authorization": self.headers.get("Authorization"),
            "path": self.path,
            "headers": dict(self.headers),
            "body": self.rfile.read(length).decode(),
            "all": dict(SECRETS),
            "encoded": [quote(value) for value in SECRETS.values()],
            "base64": [base64.b64encode(v.encode()).decode() for v in SECRETS.values()],
        }
        status = {"/fail": 500, "/away": 302}.get(self.path.partition("?")[0], 200)
        body = json.dumps(data).encode()
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/echo?" + quote(SECRETS["CLINIC_KEY"]))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - as BaseHTTPRequestHandler names it

    def log_message(self, *_):
        pass


@pytest.fixture
def service(folder):
    """The service, and the folder whose tools ask it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    (folder / "desk.yaml").write_text(FOLDER.replace("PORT", str(server.server_address[1])))
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def spellings(value):
    """What would give a secret away."""
    pair = base64.b64encode(f"ann:{value}".encode()).decode().rstrip("=")[:-2]
    return {value, quote(value), quote(value, safe=""), json.dumps(value)[1:-1], pair,
            base64.b64encode(value.encode()).decode().rstrip("=")[:-2]}  # fmt: skip


@pytest.mark.usefixtures("service")
def test_a_conversation_writes_no_secret(lkrun, folder, tmp_path):
    """Events, log at `debug`, cassettes, reports and the cache: none of them has a value."""
    said = "one\ntwo\nthree\nlost\n"
    runs = [
        lkrun("chat", folder, "--format", form, "--log-level", "debug", stdin=said, env=SECRETS)
        for form in ("json", "text")
    ]
    runs += [
        lkrun("tool", "call", name, folder, "--record", f"{tmp_path}/{name}.json", env=SECRETS)
        for name in ("one", "two", "lost")
    ]
    assert [done.returncode for done in runs] == [0, 0, 0, 1, 1], runs[0].stderr
    assert runs[0].stdout.count('"tool_result"') == 4
    assert "***" in runs[0].stdout
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    written = {str(path): path.read_bytes() for path in files}
    written |= {f"run {n}": (done.stdout + done.stderr).encode() for n, done in enumerate(runs)}
    for secret in SECRETS.values():
        for spelling in spellings(secret):
            found = [name for name, data in written.items() if spelling.encode() in data]
            assert found == [], spelling
