"""A person who talks by voice on the page, whichever way their voice goes."""

from __future__ import annotations

import base64
from pathlib import Path

from playwright.async_api import Page, expect
from support.live.browser import recording

GREETING = "Good day, this is Sunrise Dental. How can I help you?"
SPOKEN = "I have a question about my invoice"
_SPEAK = """
    navigator.mediaDevices.getUserMedia = async () => {
      const ears = new AudioContext(), out = ears.createMediaStreamDestination();
      const bytes = Uint8Array.from(atob("%s"), (sign) => sign.charCodeAt(0));
      const sound = await ears.decodeAudioData(bytes.buffer);
      window.speak = () => new Promise((done) => {
        const played = ears.createBufferSource();
        played.buffer = sound;
        played.connect(out);
        played.onended = done;
        played.start();
      });
      window.unplug = () => {
        const [track] = out.stream.getTracks();
        track.stop();
        track.dispatchEvent(new Event("ended"));
      };
      return out.stream;
    };
"""
"""A microphone that hears a recording whenever a test says so."""


class PageTalk:
    """Someone before the page.

    Attributes:
        log: what was said and done.
        words: how it stands with the voices.
    """

    def __init__(self, page: Page) -> None:
        """Take a page that is open."""
        self.page = page
        self.log = page.get_by_role("log")
        self.words = page.locator("#speaking-words")
        self.over = page.locator("#over-words")

    async def hears_itself_say(self, folder: Path, said: str = SPOKEN) -> None:
        """Have a microphone that hears a sentence whenever `speak` is called."""
        sound = base64.b64encode(recording(said, folder / "spoken.wav").read_bytes()).decode()
        await self.page.add_init_script(_SPEAK % sound)

    async def call(self, address: str, agent: str = "clinic", *, then: str = "Listening") -> None:
        """Open the page and call an agent; returns when it has said its greeting."""
        await self.page.goto(address)
        await self.page.get_by_role("button", name=f"Talk with {agent}, by voice").click()
        await expect(self.words).to_contain_text("is speaking", timeout=60_000)
        await expect(self.words).to_contain_text(then)

    async def write(self, text: str) -> None:
        """Write something beside speaking."""
        box = self.page.get_by_label("Your message")
        await box.fill(text)
        await box.press("Enter")

    async def press(self, *names: str) -> None:
        """Press keys of the page's keypad, by their names."""
        if not await self.page.locator("#pad").is_visible():
            await self.page.get_by_role("button", name="Keypad").click()
        for name in names:
            await self.page.get_by_role("button", name=name, exact=True).click()
        await self.page.get_by_role("button", name="Press these keys").click()

    async def speak(self) -> None:
        """Say the sentence; returns when it is said."""
        await self.page.evaluate("speak()")

    async def ask_about_an_invoice(self) -> None:
        """Hear, interrupt by voice, write beside, be muted, and end: the demonstration's whole."""
        await expect(self.log).to_contain_text(GREETING)
        await self.write("What does a cleaning cost?")
        await expect(self.words).to_contain_text("You may interrupt")
        await self.speak()
        await expect(self.log).to_contain_text("question about my invoice")
        await expect(self.log).to_contain_text("Handed over to billing")
        await expect(self.log).to_contain_text("Which invoice is it about?")
        await expect(self.words).to_contain_text("Listening")
        await self.page.get_by_role("button", name="Mute your microphone").click()
        await expect(self.words).to_contain_text("Your microphone is off.")
        await self.speak()  # nobody hears it
        await self.write("number 118")
        await expect(self.log).to_contain_text("Invoice 118 over 90 dollars is paid.")
        await expect(self.page.locator("#vars")).to_contain_text("Sunrise Dental")
        heard = await self.page.locator("#log .mine").all_inner_texts()
        assert len(heard) == 3, heard  # what was asked, said aloud, and written
        await self.page.get_by_role("button", name="End", exact=True).click()
        await expect(self.over).to_contain_text("You have ended")
