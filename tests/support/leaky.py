"""A folder whose service sends back all that it gets, and a search for the secrets of both."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import quote

from support.echoes import ECHOES

SECRETS = {
    "CLINIC_TOKEN": "t0k3n/of the clinic!",
    "CLINIC_KEY": "k3y-9f8e7d6c5b4a",
    "CLINIC_PASSWORD": "pa55 w\u00f6rd+%21",
    "CLINIC_SIGNING": base64.b64encode(b"signing-with-24-bytes-ok").decode(),
    "CLINIC_SECRET": "0auth-cl1ent-s3cret",
    "SCALES_KEY": "sc4les-key-of-the-plugin",
    "VOICE_KEY": "v0ice-key-of-a-provider",
    "FRONT_TOKEN": "fr0nt-token-of-24-characters",
}
ISSUED = {"access_token": "1ssued-access-token-77", "refresh_token": "1ssued-refresh-token-78"}
PIN = "47110815"
HIDDEN = [*SECRETS.values(), *ISSUED.values(), PIN]
"""What must stand nowhere."""
FOLDER = """
agents:
  desk:
    start: host
    mode: text
    llm:
      - brain
      - own_voice
    variables:
      echo:
        type: text
      pin:
        type: text
        private: yes
        default: "{{ job.metadata.pin }}"
    tools:
      - one
      - two
      - three
      - lost
      - four
      - scales
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
        - when_caller_says: four
          call: four
        - when_caller_says: weigh
          call: scales
  own_voice:
    llm: http
    with:
      style: openai
      url: http://127.0.0.1:PORT/fail
      private_network: yes
      model: small
      auth:
        bearer: "{{ secrets.VOICE_KEY }}"
tools:
  four:
    description: Ask with a token that is given for a secret.
    http:
      service: clinic
      url: /echo
      method: POST
      auth:
        oauth2:
          token_url: http://127.0.0.1:PORT/{{ env.TOKENS or 'token' }}
          client_id: lkrun
          client_secret: "{{ secrets.CLINIC_SECRET }}"
          refresh_token: "{{ secrets.CLINIC_TOKEN }}"
      body:
        json:
          pin: "{{ pin }}"
  scales:
    description: Weigh.
    plugin: scales
    with:
      key: "{{ secrets.SCALES_KEY }}"
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
runner:
  http:
    tokens:
      - "{{ secrets.FRONT_TOKEN }}"
  network:
    allow:
      - 127.0.0.1
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
        if self.path == "/token":
            self.rfile.read(length)
            self.server.known += ISSUED.values()
            self.answer(200, json.dumps({**ISSUED, "token_type": "bearer", "expires_in": 60}))
            return
        data = {
            "authorization": self.headers.get("Authorization"),
            "path": self.path,
            "headers": dict(self.headers),
            "body": self.rfile.read(length).decode(),
            "all": dict(SECRETS),
            "forms": [[way(value) for value in self.server.known] for way in ECHOES.values()],
        }
        status = {"/fail": 500, "/away": 302}.get(self.path.partition("?")[0], 200)
        self.answer(status, json.dumps(data))

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/echo?" + quote(SECRETS["CLINIC_KEY"]))
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET  # noqa: N815 - as BaseHTTPRequestHandler names it

    def log_message(self, *_):
        pass


@contextmanager
def echoing() -> Iterator[ThreadingHTTPServer]:
    """The service; `port` is where it listens, `known` what it sends back in every form."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    server.known = [value for value in HIDDEN if value not in ISSUED.values()]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


PLUGIN = """
import pydantic
from runner.plugin import Plugin
class Options(pydantic.BaseModel):
    key: str = ''
def build(options):
    async def work(args):
        raise ValueError(f'the key {options.key} is refused')
    return work
plugin = Plugin(options=Options, build=build)
"""


def leaks(written):
    """Where one of the values stands, and in what form; `written` is name → bytes."""
    pairs = [base64.b64encode(f"ann:{v}".encode()).decode().rstrip("=")[:-2] for v in HIDDEN]
    forms = {form: [way(value) for value in HIDDEN] for form, way in ECHOES.items()}
    for form in [name for name in forms if "base64" in name]:
        forms[form] = [text.rstrip("=")[:-2] for text in forms[form]]
    forms["with a user's name"] = pairs
    return [
        (name, form, text)
        for name, data in written.items()
        for form, texts in forms.items()
        for text in texts
        if text.encode() in data
    ]


def files(folder, *known):
    """All that stands in a folder, but for what a person wrote there."""
    paths = [path for path in folder.rglob("*") if path.is_file() and path not in known]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}
