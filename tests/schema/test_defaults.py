"""What holds where a key is left out: each default that the language names, in one table."""

from __future__ import annotations

import pytest

from runner.schema.auth import Signature
from runner.schema.fields import Field
from runner.schema.http import Request, Result
from runner.schema.knowledge import FilesKnowledge, HttpKnowledge
from runner.schema.mcp import CommandServer, ServerToolOptions, UrlServer
from runner.schema.needs import Need
from runner.schema.services import BreakerSettings, Service
from runner.schema.tools import HttpTool

REQUEST = {"url": "https://api.example"}
TOOL = {"description": "d", "http": REQUEST}
KB = 1024

ROWS = [
    (Request, REQUEST, "method", "GET"),
    (Request, REQUEST, "timeout", 5.0),
    (Request, REQUEST, "budget", 10.0),
    (Request, REQUEST, "retries", 0),
    (Request, REQUEST, "idempotency_key", False),
    (Request, REQUEST, "ok", ()),
    (Request, REQUEST, "max_response", 256 * KB),
    (Request, REQUEST, "redirects", 0),
    (Request, REQUEST, "private_network", False),
    (Result, {"save": {"a": "a"}}, "max_size", 4 * KB),
    (Result, {"save": {"a": "a"}}, "hide", False),
    (Service, REQUEST, "timeout", 5.0),
    (Service, REQUEST, "budget", 10.0),
    (Service, REQUEST, "max_concurrent", 10),
    (Service, REQUEST, "rate_limit", None),
    (Service, REQUEST, "authority", None),
    (Service, REQUEST, "on_error", ()),
    (BreakerSettings, {}, "failures", 5),
    (BreakerSettings, {}, "open_for", 30.0),
    (HttpTool, TOOL, "confirm", False),
    (HttpTool, TOOL, "if_already_running", "refuse"),
    (HttpTool, TOOL, "background", False),
    (HttpTool, TOOL, "interruptible", True),
    (HttpTool, TOOL, "max_uses", None),
    (HttpTool, TOOL, "while_waiting", None),
    (UrlServer, REQUEST, "transport", "auto"),
    (UrlServer, REQUEST, "timeout", 10.0),
    (UrlServer, REQUEST, "required", True),
    (UrlServer, REQUEST, "allow", ()),
    (CommandServer, {"command": "shop"}, "timeout", 10.0),
    (CommandServer, {"command": "shop"}, "required", True),
    (ServerToolOptions, {}, "if_already_running", "refuse"),
    (ServerToolOptions, {}, "background", False),
    (ServerToolOptions, {}, "confirm", False),
    (FilesKnowledge, {"files": "house"}, "results", 3),
    (HttpKnowledge, {"http": REQUEST}, "max_size", 4 * KB),
    (Signature, {"secret": "s", "header": "X-Sig"}, "algorithm", "sha256"),
    (Signature, {"secret": "s", "header": "X-Sig"}, "encoding", "hex"),
    (Signature, {"secret": "s", "header": "X-Sig"}, "signs", "body"),
    (Field, {}, "type", "text"),
    (Field, {}, "optional", False),
    (Field, {}, "private", False),
    (Need, {"type": "digits"}, "end_key", "#"),
    (Need, {"type": "digits"}, "wait", 4.0),
    (Need, {}, "tries", 3),
]


@pytest.mark.parametrize(
    ("block", "written", "key", "value"), ROWS, ids=[f"{r[0].__name__}.{r[2]}" for r in ROWS]
)
def test_what_holds_without_the_key(block, written, key, value):
    """The value of a block that was read is the one that the language names."""
    assert getattr(block.model_validate(written), key) == value


def test_a_service_has_a_breaker_by_itself():
    """It is on without a word, and `no` switches it off."""
    assert Service.model_validate(REQUEST).breaker == BreakerSettings.model_construct()
    assert Service.model_validate({**REQUEST, "breaker": "no"}).breaker is False
