"""The text host: the child process in which the text dialogues of the HTTP front run.

Started by `sessions/texthost` as `python -m runner.serve.child.dialogues SOCKET`; ends when the
main process is gone.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys

from livekit.agents.utils import http_context

from runner.serve import core_files
from runner.serve.child.dialogue import Dialogue, not_renewed
from runner.serve.child.log_hiding import hide_in_logs
from runner.serve.child.to_main import log_to_main
from runner.serve.child.watchdog import Suspect, Watchdog, die_with
from runner.serve.socket.line import Line
from runner.serve.socket.messages import (
    TO_HOST,
    Act,
    Acted,
    Cancel,
    End,
    FromOutside,
    HostHello,
    Mean,
    Open,
    Ping,
    Pong,
    Renew,
    ToHost,
    TurnText,
    UseTool,
)
from runner.serve.socket.peer import Peer
from runner.serve.tasks import Tasks
from runner.session import tracing
from runner.session.conversation import Conversation


class DialogueHost:
    """All dialogues of this process."""

    def __init__(self, line: Line[ToHost]) -> None:
        """Take the line to the main process."""
        self._line = line
        self._open: dict[str, Dialogue] = {}
        self._tasks = Tasks()
        line.on_message = self._take

    def suspects(self, call: str) -> list[Suspect]:
        """Whose code may block a dialogue."""
        dialogue = self._open.get(call)
        return dialogue.suspects() if dialogue is not None else []

    def talks(self) -> list[Conversation | None]:
        """Those that have begun and go on."""
        return [dialogue.talk for dialogue in list(self._open.values())]

    def _take(self, message: ToHost) -> None:
        match message:
            case Open():
                call = message.welcome.call
                self._open[call] = Dialogue(self._line, message)
            case TurnText() | Renew() | Act() | Mean() | UseTool():
                self._put(message)
            case Cancel():
                if (dialogue := self._open.get(message.call)) is not None:
                    dialogue.give_up(message.id)
            case Ping():
                self._line.send(Pong())
            case End():
                if (dialogue := self._open.pop(message.call, None)) is not None:
                    self._tasks.spawn(dialogue.end(message.reason))

    def _put(self, message: TurnText | Renew | FromOutside) -> None:
        dialogue = self._open.get(message.call)
        if dialogue is not None:
            dialogue.put(message)
        elif isinstance(message, Renew):
            self._line.send(not_renewed(message, "the call has ended"))
        elif isinstance(message, FromOutside):
            self._line.send(Acted(message.call, message.id, over=True))


async def _main(socket: str) -> None:
    line = Line(await Peer.connect(socket), TO_HOST)
    log_to_main(line)
    tracing.begin()
    host = DialogueHost(line)
    hide_in_logs(host.talks)
    line.send(HostHello(os.getpid()))
    Watchdog(socket, host.suspects)
    # plugins ask services by LiveKit's session, which a process of calls has from LiveKit
    async with http_context.open():
        await line.listen()
        await tracing.flush()


def main() -> None:
    """Serve dialogues until the main process is gone."""
    # Ctrl-C reaches the whole group; the main process decides
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    path, parent = sys.argv[1:]
    die_with(int(parent))
    core_files.forbid()
    asyncio.run(_main(path))


if __name__ == "__main__":
    main()
