"""A front over a fake runner, and a client of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from support.fake_runner import FakeRunner
from support.one_loop import fixture, share
from support.visiting import ARGUMENTS, CHROMIUM, Visit

from runner.front.app import Front


def pytest_collection_modifyitems(items):
    """They share a browser, and with it the loop that it lives in."""
    share(items, Path(__file__).parent)


@pytest.fixture
def runner():
    return FakeRunner()


@fixture
async def front(runner):
    made = Front(runner, port=0)
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


@fixture
async def ask(front):
    host, port = front.address
    async with aiohttp.ClientSession() as session:
        yield Client(session, f"http://{host}:{port}")


@fixture(scope="session")
async def chromium():
    """One for all tests of a process: starting it takes longer than most of them."""
    from playwright.async_api import async_playwright  # noqa: PLC0415 - only where it is installed

    async with async_playwright() as playwright:
        made = await playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield made
        await made.close()


@fixture
async def browser(chromium):
    """It knows nothing of other tests, and nothing of this one stays open."""
    yield chromium
    for context in chromium.contexts:
        await context.close()


@fixture
async def visit(browser, front):
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    yield Visit(await context.new_page(), front)
    await context.close()  # before the front is: whoever reads a stream is waited for
