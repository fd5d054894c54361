"""The text host: the child process in which the text dialogues of the HTTP front run.

Started by `texthost` as `python -m runner.serve.child.dialogues SOCKET`; ends when the main process
is gone.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Coroutine
from functools import lru_cache
from pathlib import Path
from typing import Any

from livekit.agents.testing import fake_job_context

from runner.link.release import AgentRelease
from runner.serve.socket.line import CallEgress, Line
from runner.serve.socket.peer import Message, Peer
from runner.session import CallFacts, JobFacts
from runner.session.conversation import CannotRenewError, CannotStartError, Conversation

_KEPT = 64
"""Agents whose releases are kept in memory."""


class Dialogue:
    """One dialogue: its turns queue, in a task and LiveKit job context of its own."""

    def __init__(self, line: Line, opened: Message) -> None:
        """Take what the main process says of it."""
        self._line = line
        self._opened = opened
        self._talk: Conversation | None = None
        self._work: asyncio.Queue[Message] = asyncio.Queue()
        self._task = asyncio.get_running_loop().create_task(self._run())

    def put(self, message: Message) -> None:
        """Do this when all that came before is done."""
        self._work.put_nowait(message)

    async def end(self, reason: str) -> None:
        """End it now, whatever it is doing."""
        if self._talk is not None:
            await self._talk.end(reason)
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        with fake_job_context():
            while True:
                message = await self._work.get()
                do = self._renewed if message["type"] == "renew" else self._answered
                self._line.send(await do(message))

    async def _answered(self, message: Message) -> Message:
        try:
            answer = await self._turn(message)
        except CannotStartError as error:
            answer = {"failed": str(error)}
        except Exception as error:  # a bug in one dialogue must not end the others
            logging.getLogger("lkrun").error("a dialogue failed: %s", error)  # noqa: TRY400 - no traceback for the author
            logging.getLogger("lkrun").debug("the failure", exc_info=error)
            answer = {"failed": "the dialogue could not go on"}
        return {"type": "reply", "id": message.get("id"), **answer}

    async def _renewed(self, message: Message) -> Message:
        """Take another release; the answer is sent before anything else is done."""
        told = {"call": message["call"], "release": message.get("release")}
        try:
            release = await asyncio.to_thread(_release, message["file"])
            if self._talk is None:
                return _refused(message, "the call has not begun")
            done = await self._talk.renew(release, secrets=message["secrets"].get)
        except CannotRenewError as error:
            return _refused(message, str(error))
        except (OSError, ValueError):
            return _refused(message, "the release cannot be read")
        return {"type": "renewed", **told, "live": done.live, "waiting": done.waiting}

    async def _turn(self, message: Message) -> Message:
        greeting: list[Message] = []
        if self._talk is None:
            self._talk = self._conversation()
            greeting = await self._talk.start()
        before = self._talk.usage
        said = await self._talk.turn(message["text"]) if message["text"].strip() else []
        shown = said if message["text"].strip() else greeting
        after = self._talk.usage
        return {
            "events": [*greeting, *said],
            "text": "\n".join(_words(shown)),
            "variables": self._talk.variables,
            "persona": self._talk.persona,
            "ended": self._talk.ended.done(),
            "usage": {name: after[name] - before.get(name, 0) for name in after},
        }

    def _conversation(self) -> Conversation:
        opened, call = self._opened, self._opened["call"]
        facts = CallFacts(
            job=JobFacts(metadata=opened.get("metadata")),
            variables=opened.get("variables") or {},
            id=call,
        )
        return Conversation(
            _release(opened["file"]),
            CallEgress(self._line, call),
            facts,
            on_event=lambda event: self._line.event(call, event),
            secrets=opened["secrets"].get,
            channel="text",
        )


@lru_cache(maxsize=_KEPT)
def _release(file: str) -> AgentRelease:
    """A release by its file, whose name is its content's."""
    return AgentRelease.from_json(Path(file).read_bytes())


def _refused(message: Message, why: str) -> Message:
    told = {"call": message["call"], "release": message.get("release")}
    return {"type": "not_renewed", **told, "why": why}


def _words(events: list[Message]) -> list[str]:
    return [e["text"] for e in events if e["type"] == "message" and e["role"] == "agent"]


class DialogueHost:
    """All dialogues of this process."""

    def __init__(self, line: Line) -> None:
        """Take the line to the main process."""
        self._line = line
        self._open: dict[str, Dialogue] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._kinds = {
            "end": self._end,
            "open": self._begin,
            "renew": self._renew,
            "turn": self._turn,
        }
        line.on_message = self._take

    def _take(self, message: Message) -> None:
        do = self._kinds.get(str(message.get("type")))
        if do is not None:
            do(message)

    def _begin(self, message: Message) -> None:
        self._open[message["call"]] = Dialogue(self._line, message)

    def _turn(self, message: Message) -> None:
        dialogue = self._open.get(message["call"])
        if dialogue is not None:
            dialogue.put(message)

    def _renew(self, message: Message) -> None:
        dialogue = self._open.get(message["call"])
        if dialogue is not None:
            dialogue.put(message)
        else:
            self._line.send(_refused(message, "the call has ended"))

    def _end(self, message: Message) -> None:
        dialogue = self._open.pop(message["call"], None)
        if dialogue is not None:
            self._spawn(dialogue.end(str(message.get("reason") or "shutdown")))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _ToMain(logging.Handler):
    """Sends log records to the main process, which writes the log."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line

    def emit(self, record: logging.LogRecord) -> None:
        self._line.send(
            {
                "type": "log",
                "level": record.levelname,
                "logger": record.name,
                "message": self.format(record),
            }
        )


async def _main(socket: str) -> None:
    line = Line(await Peer.connect(socket))
    logging.getLogger().handlers = [_ToMain(line)]
    DialogueHost(line)
    line.send({"role": "dialogues"})
    await line.listen()


def main() -> None:
    """Serve dialogues until the main process is gone."""
    signal.signal(
        signal.SIGINT, signal.SIG_IGN
    )  # Ctrl-C reaches the whole group; the main process decides
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    asyncio.run(_main(sys.argv[1]))


if __name__ == "__main__":
    main()
