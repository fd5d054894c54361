"""A whole conversation with a service that sends everything back: no secret is written anywhere."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import quote

import pytest
from support.echoes import ECHOES
from support.site import Site

ROOT = Path(__file__).parents[2]

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


@pytest.fixture
def service(folder):
    """The service, and the folder whose tools ask it."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Echo)
    server.known = [value for value in HIDDEN if value not in ISSUED.values()]
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    (folder / "desk.yaml").write_text(FOLDER.replace("PORT", str(server.server_address[1])))
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def env(tmp_path):
    """The secrets, and a package whose tool fails and says its key."""
    site = Site(tmp_path / "site")
    site.folder.mkdir()
    site.plugin("scales", PLUGIN, "tool")
    return {**SECRETS, "PYTHONPATH": f"{site.folder}{os.pathsep}{ROOT}"}


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


SAID = "one\ntwo\nthree\nlost\nfour\nweigh\n"
CALLS = (("one", "json"), ("one", "text"), ("two", "text"), ("lost", "json"), ("four", "json"))
METADATA = json.dumps({"pin": PIN})


@pytest.mark.usefixtures("service")
def test_a_conversation_writes_no_secret(lkrun, folder, tmp_path, env):
    """Events, log at `debug`, cassettes, reports and the cache: none of them has a value."""
    talk = ("chat", folder, "--log-level", "debug", "--metadata", METADATA)
    runs = [lkrun(*talk, "--format", form, stdin=SAID, env=env) for form in ("json", "text")]
    assert [done.returncode for done in runs] == [0, 0], runs[0].stderr
    assert runs[0].stdout.count('"tool_result"') == 6
    assert "***" in runs[0].stdout
    assert "is refused" in runs[0].stderr
    written = files(tmp_path, folder / "desk.yaml", tmp_path / "site" / "made_up_scales.py")
    written |= {f"run {n}": (done.stdout + done.stderr).encode() for n, done in enumerate(runs)}
    assert leaks(written) == []


@pytest.mark.usefixtures("service")
def test_a_tool_by_hand_writes_no_secret(lkrun, folder, tmp_path, env):
    """What `tool call` shows, logs and records has no value, in either form."""
    runs = [
        lkrun(
            "tool", "call", name, folder, "--record", f"{tmp_path}/{name}-{form}.json",
            "--var", f"pin={PIN}", "--log-level", "debug", "--format", form, env=env,
        )
        for name, form in CALLS
    ]  # fmt: skip
    assert [done.returncode for done in runs] == [0, 0, 1, 1, 0], runs[-1].stderr
    assert "***" in (tmp_path / "one-json.json").read_text()
    assert "***" in (tmp_path / "four-json.json").read_text()
    written = files(tmp_path, folder / "desk.yaml", tmp_path / "site" / "made_up_scales.py")
    written |= {f"run {n}": (done.stdout + done.stderr).encode() for n, done in enumerate(runs)}
    assert leaks(written) == []


def test_a_recorded_test_holds_no_secret(lkrun, folder, tmp_path, env, service):
    """The test that is made of a talk, its cassettes and the reports of its runs have no value."""
    service.known.remove(PIN)  # nobody gives it in this talk, so nobody knows it
    junit = tmp_path / "junit.xml"
    told = lkrun("test", "record", "chat", folder, "--name", "talk", stdin="one\nfour\n", env=env)
    runs = [
        told,
        lkrun("test", folder, "--coverage", "--log-level", "debug", "--junit", junit, env=env),
        lkrun("check", folder, "--keys", "--format", "json", env=env),
        lkrun("doctor", folder, "--format", "json", env=env),
    ]
    assert "Bearer ***" in (folder / "talk.yaml").read_text()
    assert junit.is_file()
    assert '"own_voice"' in runs[-1].stdout
    written = files(tmp_path, folder / "desk.yaml", tmp_path / "site" / "made_up_scales.py")
    written |= {f"run {n}": (done.stdout + done.stderr).encode() for n, done in enumerate(runs)}
    assert leaks(written) == []


@pytest.mark.usefixtures("service")
def test_a_served_conversation_writes_no_secret(folder, tmp_path, env):
    """HTTP answers, events, figures, the log at `debug` and stored releases have no value."""
    surroundings = {**os.environ, **env, "HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-m", "runner", "serve", str(folder), "--port", "0"]
    log = tmp_path / "log.jsonl"
    with log.open("wb") as file, subprocess.Popen(
        [*command, "--log-format", "json", "--log-level", "debug"],
        env=surroundings, stderr=file, stdout=file, cwd=tmp_path, process_group=0,
    ) as process:  # fmt: skip
        try:
            answers = talked(ready(log, process), SAID.split())
        finally:
            process.terminate()
            process.wait(40)
    assert b"***" in answers["turn one"]
    assert b"lkrun_" in answers["/metrics"]
    written = files(tmp_path, folder / "desk.yaml", tmp_path / "site" / "made_up_scales.py")
    assert b'"is refused' in written["log.jsonl"] or b"is refused" in written["log.jsonl"]
    assert leaks({**written, **answers}) == []


def ready(log, process):
    """The address of the front, once it is ready."""
    while process.poll() is None:
        for line in log.read_text().splitlines():
            if '"ready"' in line:
                return json.loads(line)["http"]
        threading.Event().wait(0.05)
    raise AssertionError(log.read_text())


def talked(address, turns):
    """Say each of these, and read everything that the front tells; name → answer."""
    answers, session = {}, None
    for words in turns:
        data = {"text": words, **({"session_id": session} if session else {})}
        if session is None:
            data["metadata"] = {"pin": PIN}
        answers[f"turn {words}"] = asked(f"{address}/v1/agents/desk/turns", data)
        session = json.loads(answers[f"turn {words}"])["session_id"]
    pages = (f"/v1/sessions/{session}", "/v1/sessions", "/metrics", "/openapi.json", "/v1/agents")
    answers |= {page: asked(address + page) for page in pages}
    return answers


def asked(url, data=None):
    """Ask the front, with its token."""
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"Bearer {SECRETS['FRONT_TOKEN']}",
    }
    body = json.dumps(data).encode() if data is not None else None
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - our own address
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - as above
        return answer.read()
