"""A front over a fake runner, and a client of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from support.fake_runner import FakeRunner
from support.visiting import CHROMIUM, Visit

from runner.front.app import Front


@pytest.fixture
def runner():
    return FakeRunner()


@pytest.fixture
async def front(runner):
    made = Front(runner, port=0, body_seconds=0.3)
    await made.start()
    yield made
    await made.stop()


@dataclass
class Answer:
    """What came back, read to its end."""

    status: int
    headers: Any
    body: bytes

    @property
    def json(self):
        return json.loads(self.body)

    @property
    def error(self):
        """The error of an answer that has exactly the shape of one."""
        assert list(self.json) == ["error"]
        assert list(self.json["error"]) == ["code", "message", "help"]
        return self.json["error"]


class Client:
    """Asks the front."""

    def __init__(self, session: aiohttp.ClientSession, base: str) -> None:
        """Take a session of aiohttp."""
        self.session, self.base = session, base

    async def __call__(self, method, path, **about):
        if "data" in about:  # what is sent as bytes is labelled as JSON, unless a test labels it
            about["headers"] = {"Content-Type": "application/json"} | about.get("headers", {})
        async with self.session.request(method, self.base + path, **about) as reply:
            return Answer(reply.status, reply.headers, await reply.read())

    async def turn(self, agent="clinic", **fields):
        return await self("POST", f"/v1/agents/{agent}/turns", json=fields)


@pytest.fixture
async def ask(front):
    host, port = front.address
    async with aiohttp.ClientSession() as session:
        yield Client(session, f"http://{host}:{port}")


@pytest.fixture
async def browser():
    from playwright.async_api import async_playwright  # noqa: PLC0415 - only where it is installed

    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(executable_path=CHROMIUM)
        yield made
        await made.close()


@pytest.fixture
async def visit(browser, front):
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    made = Visit(await context.new_page(), front)
    yield made
    await context.close()
