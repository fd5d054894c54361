"""A person in front of the page, in a real Chromium."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil

import pytest

CHROMIUM = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))),
    None,
)
MISSING = CHROMIUM is None or importlib.util.find_spec("playwright") is None

NAME = "evil.example"
"""A name that means this machine, as a page of somebody else's may have it."""

ARGUMENTS = (
    "--use-fake-device-for-media-stream",  # a microphone that hums, for whom it is allowed
    "--autoplay-policy=no-user-gesture-required",
    f"--host-resolver-rules=MAP {NAME} 127.0.0.1",
)

WANTED = pytest.mark.skipif(
    MISSING and os.environ.get("CI") != "true",
    reason="needs Chromium and the package playwright (in CI they must be there)",
)


class Visit:
    """A person in front of the page; what the browser complains about is kept."""

    def __init__(self, page, front) -> None:
        """Take a browser's page and the front."""
        self.page, self.front = page, front
        self.complaints: list[str] = []
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on(
            "console",
            lambda said: said.type == "error" and self.complaints.append(said.text),
        )

    @property
    def address(self):
        host, port = self.front.address
        return f"http://{host}:{port}/"

    async def begin(self, agent="clinic"):
        await self.page.goto(self.address)
        write = re.compile(f"(Write to|Start talking with) {agent}")
        await self.page.get_by_role("button", name=write).click()
        await self.sees(".agent .said", "Good day, this is Sunrise Dental.")

    async def says(self, text):
        await self.page.get_by_label("Your message").fill(text)
        await self.page.get_by_label("Your message").press("Enter")

    async def sees(self, where, text=""):
        element = self.page.locator(where).filter(has_text=text).last
        await element.wait_for(state="visible", timeout=10_000)
        return element
