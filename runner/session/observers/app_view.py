"""What the caller's app sees of a call: attributes of the agent's participant."""

from __future__ import annotations

import asyncio
import logging

from livekit import rtc

from runner.session.call import Call
from runner.session.observers.app_wire import LARGEST, shown

log = logging.getLogger("lkrun")


class AppView:
    """Keeps the attributes up to date.

    Args:
        call: the call.
    """

    def __init__(self, call: Call) -> None:
        """Nobody sees anything yet."""
        self._call = call
        self._me: rtc.LocalParticipant | None = None
        self._shown: dict[str, str] = {}
        self._too_long: set[str] = set()
        self._in_order = asyncio.Lock()
        self._due = False

    def begin(self, participant: rtc.LocalParticipant) -> None:
        """Show it as attributes of a participant: the agent's."""
        self._me = participant

    def changed(self) -> None:
        """Something may have changed: it is shown soon, all changes at once."""
        shows = self._call.bound.release.agent.app is not None or self._shown
        if self._me is not None and shows and not self._due and not self._call.over:
            self._due = True
            self._call.later(self._show(self._me))

    async def _show(self, participant: rtc.LocalParticipant) -> None:
        async with self._in_order:
            self._due = False
            if self._call.over:
                return
            now = self._attributes()
            gone = {name: "" for name in self._shown if name not in now}
            news = {n: v for n, v in now.items() if self._shown.get(n) != v}
            self._shown = now
            if not (news or gone):
                return
            try:
                await participant.set_attributes({**news, **gone})
            except Exception as error:  # noqa: BLE001 - whatever LiveKit raises, the call goes on
                log.warning("the caller's app is not shown what has changed: %s", error)

    def _attributes(self) -> dict[str, str]:
        bound = self._call.bound
        app = bound.release.agent.app
        if app is None:
            return {}
        attributes = {"lk.agent.name": bound.release.name, "persona": self._call.speaking}
        for name, text in app.shows.items():
            value = shown(bound.renderer.value(text))
            if len(value.encode("utf-8", "replace")) > LARGEST:
                self._tell_of(name)
            elif value:
                attributes[name] = value
        return attributes

    def _tell_of(self, name: str) -> None:
        if name not in self._too_long:
            self._too_long.add(name)
            log.warning("'%s' is not shown to the caller's app: it is longer than 15 KB", name)
