"""What `lkrun preview` shows: releases that are served to nobody but who has their link."""

from __future__ import annotations

import asyncio
import os
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from runner.diff import Side, diff
from runner.front.talks_port import Preview
from runner.front.tokens import PREVIEW
from runner.secret import Secret
from runner.serve.socket.messages import CommandResult, PreviewShown

if TYPE_CHECKING:
    from runner.compiler import Compiled
    from runner.diagnostics import Diagnostic
    from runner.link.release import Release
    from runner.serve.releases.served import Releases

LASTS: Final = timedelta(hours=1)
"""How long a conversation may begin with one."""

MOST: Final = 20
"""Previews at once; of more, the oldest are over: each keeps a release."""

Compile = Callable[[], "tuple[Compiled, tuple[Diagnostic, ...]]"]


class Previews:
    """Makes previews of the folder, keeps each for an hour, and knows them by their tokens.

    Attributes:
        address: where the front is reached.

    Args:
        compile: compiles the folder as it is now, and says what is wrong with it.
        clock: the time.
    """

    def __init__(
        self,
        releases: Releases,
        compile: Compile,  # noqa: A002 - what it does
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._releases = releases
        self._compile = compile
        self._clock = clock
        self._links: dict[Secret[str], Preview] = {}
        self.address: Callable[[], str] = lambda: ""

    async def make(self) -> PreviewShown | CommandResult:
        """Keep the folder as it is now for an hour; gives the link, or why there is none."""
        compiled, found = await asyncio.to_thread(self._compile)
        release = compiled.release
        wrong = [each for each in found if each.severity == "error"]
        if wrong or release is None:
            return self._rejected("; ".join(each.message for each in wrong))
        if not release.agents:
            return self._rejected("no agent is enabled in the folder")
        try:
            await asyncio.to_thread(self._releases.prepare, release)
            token, preview = self._kept(release)
        except OSError as error:
            words = f"there is no place to keep it: {error.strerror or error}"
            return self._rejected(words)
        changes = await asyncio.to_thread(diff, Side(self._releases.current), Side(release))
        return PreviewShown(
            os.getpid(),
            release.id,
            f"{self.address()}/#preview={token}",
            f"{preview.expires:%FT%TZ}",
            [change.sentence for change in changes],
        )

    def of(self, token: Secret[str]) -> Preview | None:
        """What a token shows; nothing where it is none, or has had its time."""
        self.look()
        return self._links.get(token)

    def look(self) -> None:
        """Give back the releases of those that have had their time."""
        now = self._clock()
        for token in [token for token, each in self._links.items() if each.expires <= now]:
            self._end(token)

    def _kept(self, release: Release) -> tuple[str, Preview]:
        while len(self._links) >= MOST:
            self._end(next(iter(self._links)))
        now = self._clock().replace(microsecond=0)
        preview = Preview(f"preview_{secrets.token_hex(8)}", release.id, now, now + LASTS)
        self._releases.show(release, preview.id)
        token = PREVIEW + secrets.token_urlsafe(32)
        self._links[Secret(token)] = preview
        return token, preview

    def _end(self, token: Secret[str]) -> None:
        preview = self._links.pop(token)
        self._releases.unpin(preview.release, preview.id)

    def _rejected(self, why: str) -> CommandResult:
        return CommandResult(os.getpid(), "rejected", self._releases.current.id, why)
