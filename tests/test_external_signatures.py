"""What lkrun signs, verified elsewhere: by the program in Go of the examples."""

from __future__ import annotations

import base64
import os
import shutil
import subprocess
import time

import httpx
import pytest
from support.live.needs import lacking
from support.live.served import ROOT

from runner.egress.signed import ManySignatures, body_of
from runner.secret import Secret

SECRET = "whsec_" + base64.b64encode(b"0123456789abcdef01234567").decode()
BODY = body_of({"type": "agent.job.requested", "name": "Zoë"})


@pytest.fixture(scope="module")
def verify(tmp_path_factory):
    """The program, built."""
    go = shutil.which("go") or lacking("there is no Go")
    built = tmp_path_factory.mktemp("go") / "verify"
    source = ROOT / "examples" / "external-agents" / "go" / "verify" / "verify.go"
    env = {**os.environ, "GO111MODULE": "off"}
    subprocess.run([go, "build", "-o", str(built), str(source)], check=True, env=env)

    def run(body, headers):
        names = ("webhook-id", "webhook-timestamp", "webhook-signature")
        command = [str(built), *(headers[name] for name in names)]
        done = subprocess.run(command, input=body, env={"AGENT_SECRET": SECRET}, check=False)
        return done.returncode == 0

    return run


def signed(monkeypatch, ago=0.0, *, style="standard"):
    """The headers of the body, signed so many seconds ago."""
    now = time.time()
    monkeypatch.setattr("runner.egress.signed.time.time", lambda: now - ago)
    request = httpx.Request("POST", "http://x.example/", content=BODY)
    next(ManySignatures((Secret(SECRET),), "msg_AJ_1_requested", style).auth_flow(request))
    monkeypatch.undo()
    return request.headers


@pytest.mark.timeout(120)
def test_twenty_lines_of_go_verify_what_is_sent(verify, monkeypatch):
    """A right one is taken; a changed byte and one that is older than 5 minutes are refused."""
    headers = signed(monkeypatch)
    assert verify(BODY, headers)
    assert not verify(BODY.replace(b"Zo", b"Za"), headers)
    assert not verify(BODY, signed(monkeypatch, 301))
    assert not verify(BODY, {**headers, "webhook-id": "msg_other"})
