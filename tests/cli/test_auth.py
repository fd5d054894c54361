"""`lkrun auth`: a person's grant by the browser."""

from __future__ import annotations

import json
import re
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, parse_qsl, urlencode, urlsplit

import click
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from click.testing import CliRunner

from runner.cli import auth


class _Server(BaseHTTPRequestHandler):
    """A server that says yes at once, and gives a token for the right code and verifier."""

    def do_GET(self):
        query = dict(parse_qsl(urlsplit(self.path).query))
        self.server.challenge = query["code_challenge"]
        self.server.asked = query
        back = {"code": "c0de", "state": query["state"]} | self.server.back
        self.send_response(302)
        self.send_header("Location", f"{query['redirect_uri']}?{urlencode(back)}")
        self.end_headers()

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
        fits = create_s256_code_challenge(form["code_verifier"][0]) == self.server.challenge
        good = fits and form["code"] == ["c0de"] and form["client_secret"] == ["s3cret!"]
        body = {"refresh_token": "r3fresh", "access_token": "x"} if good else {"error": "no"}
        written = json.dumps(self.server.answer or body).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(written)))
        self.end_headers()
        self.wfile.write(written)

    def log_message(self, *_):
        pass


def page(url):
    """What a browser shows in the end."""
    with urllib.request.urlopen(url) as answer:  # noqa: S310 - the test's own address
        return answer.read()


@pytest.fixture
def run(monkeypatch):
    """Run the command, with a browser that goes where it is sent; gives result and server."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Server)
    server.back, server.answer = {}, None
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    browsers, pages = [], []
    server.browsers, server.pages = browsers, pages

    def browse(url):
        browser = threading.Thread(target=lambda: pages.append(page(url)))
        browser.start()
        browsers.append(browser)

    monkeypatch.setattr(auth.webbrowser, "open", browse)
    url = f"http://127.0.0.1:{server.server_address[1]}"

    def start(*options, back=None, answer=None, google=False):
        server.back, server.answer = back or {}, answer
        addresses = f"{url}/auth", f"{url}/token"
        monkeypatch.setattr(auth, "_GOOGLE", addresses)
        of_any = ["oauth2", "--authorize-url", addresses[0], "--token-url", addresses[1]]
        arguments = ["google"] if google else [*of_any, "--scope", "a", "--scope", "b"]
        arguments += ["--client-id", "desk", *options]
        secret = {"LKRUN_CLIENT_SECRET": "s3cret!"}
        return CliRunner().invoke(auth.auth, arguments, env=secret, standalone_mode=False), server

    yield start
    for browser in browsers:
        browser.join()
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_grant_becomes_a_refresh_token(run):
    """State and proof of possession are checked; the page says what to put where."""
    result, server = run()
    assert result.return_value == 0, result.output
    assert server.asked["scope"] == "a b"
    assert "SERVICE_REFRESH_TOKEN=r3fresh" in result.output
    assert 'refresh_token: "{{ secrets.SERVICE_REFRESH_TOKEN }}"' in result.output
    assert "s3cret!" not in result.output


def test_google_is_asked_for_a_token_that_lasts(run):
    """Each time, and for what is named: Google gives no refresh token otherwise."""
    calendar = "https://www.googleapis.com/auth/calendar.events"
    result, server = run("--scope", calendar, google=True)
    assert result.return_value == 0, result.output
    query = server.asked
    assert (query["access_type"], query["prompt"]) == ("offline", "consent")
    assert (query["scope"], query["client_id"], query["response_type"]) == (
        calendar,
        "desk",
        "code",
    )
    assert "SERVICE_REFRESH_TOKEN=r3fresh" in result.output
    assert "s3cret!" not in result.output


def test_google_wants_to_know_what_for(run):
    """Without a scope it is told what to add, before anybody is sent anywhere."""
    result, server = run(google=True)
    assert isinstance(result.exception, click.UsageError)
    assert "--scope https://www.googleapis.com/auth/" in result.exception.message
    assert not server.browsers


def test_for_programs(run):
    """One JSON document on stdout."""
    result, _ = run("--format", "json")
    document = json.loads(re.search(r"^\{.*\}$", result.output, re.MULTILINE)[0])
    assert next(iter(document.values())) == "r3fresh"


@pytest.mark.parametrize(
    ("back", "answer", "words"),
    [
        ({"error": "access_denied"}, None, "it was not granted: access_denied"),
        ({"state": "another"}, None, "does not belong to this request"),
        ({"code": "other"}, None, "there is no refresh token in the answer: no"),
        ({}, {"access_token": "x"}, "there is no refresh token in the answer"),
    ],
)
def test_what_is_not_granted(run, back, answer, words):
    """It is told in a sentence, exit code 1."""
    result, server = run(back=back, answer=answer)
    assert result.return_value == 1
    assert words in result.output
    for browser in server.browsers:
        browser.join()
    assert (b"It was not granted." in server.pages[0]) == ("error" in back)
