"""A real Chromium, its microphone, and the pages that it opens."""

from __future__ import annotations

import wave
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import numpy as np
from aiohttp import web
from playwright.async_api import Page, async_playwright, expect
from support.live import needs
from support.live.sound import RATE, speech

expect.set_options(timeout=15_000)
MICROPHONE = (
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
)


@asynccontextmanager
async def browser(*arguments: str) -> AsyncIterator[Page]:
    """A page of a fresh browser, in which no script may fail."""
    path = needs.program("LKRUN_CHROMIUM", "chromium", "chromium-browser", "google-chrome")
    failed: list[str] = []
    async with async_playwright() as play:
        chromium = await play.chromium.launch(
            executable_path=path, args=["--no-sandbox", *arguments]
        )
        try:
            page = await chromium.new_page()
            page.set_default_timeout(15_000)
            page.on("pageerror", lambda error: failed.append(str(error)))
            yield page
        finally:
            await chromium.close()
    assert failed == []


def recording(text: str, file: Path) -> Path:
    """A sentence as a file for a browser's fake microphone, after half a second of silence."""
    with wave.open(str(file), "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(RATE)
        silence = np.zeros(RATE // 2, np.int16)
        made.writeframes(np.concatenate([silence, speech(text), silence]).tobytes())
    return file


@asynccontextmanager
async def served(files: Mapping[str, Path]) -> AsyncIterator[str]:
    """Files by their paths, at an address of this machine."""

    def answering(file: Path) -> Callable[[web.Request], Awaitable[web.FileResponse]]:
        async def answer(_: web.Request) -> web.FileResponse:
            return web.FileResponse(file)

        return answer

    app = web.Application()
    app.add_routes([web.get(path, answering(file)) for path, file in files.items()])
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()
