"""One connection to the stand-in for OpenAI's Realtime API: the protocol, without the socket.

Source: https://platform.openai.com/docs/api-reference/realtime-client-events and -server-events
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import math
import re
import struct
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

RATE = 24_000
"""Samples of a second, both ways."""

_LOUD = 500
_QUIET = 0.5
"""Seconds of silence after which the caller has finished, as `silence_duration_ms` has it."""

_WORD = 0.06
"""Seconds of sound for each word that is spoken."""


@dataclass(frozen=True)
class Say:
    """The model speaks, or writes where it is asked for text.

    Attributes:
        text: its words.
        endless: it speaks on until it is stopped.
        stalls: after these words it sends nothing more until it is cancelled.
    """

    text: str
    endless: bool = False
    stalls: bool = False


@dataclass(frozen=True)
class Call:
    """The model calls a function."""

    name: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Fail:
    """The response fails."""

    message: str = "The server had an error"
    type: str = "server_error"
    code: str | None = None


@dataclass(frozen=True)
class Drop:
    """The connection is lost in the middle of the response."""


@dataclass(frozen=True)
class Hang:
    """The response says nothing until it is cancelled."""


Output = Say | Call | Fail | Drop | Hang
Outputs = Output | tuple[Output, ...]


@dataclass(frozen=True)
class Asked:
    """What a response is made from."""

    session: dict[str, Any]
    items: list[dict[str, Any]]
    response: dict[str, Any]

    @property
    def instructions(self) -> str:
        """What holds for this response."""
        return str(self.response.get("instructions") or self.session.get("instructions") or "")

    @property
    def text(self) -> str:
        """What the caller said last."""
        said = (i for i in reversed(self.items) if i.get("role") == "user")
        parts = next(said, {}).get("content", ())
        return " ".join(part.get("text") or part.get("transcript") or "" for part in parts)

    @property
    def outputs(self) -> list[str]:
        """What functions have answered since."""
        return [i["output"] for i in self.items if i["type"] == "function_call_output"]

    @property
    def tools(self) -> list[str]:
        """Names of the functions that may be called."""
        if self.response.get("tool_choice", self.session.get("tool_choice")) == "none":
            return []
        tools = self.response.get("tools", self.session.get("tools")) or []
        return [tool["name"] for tool in tools]


class RefusedError(Exception):
    """A client event that the server answers with an error."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class RealtimeProtocol:
    """The server's side of one connection.

    Args:
        send: sends a server event.
        answer: what a response is made of.
        hears: what is understood of the caller's sound, in words.

    Attributes:
        session: what the client has set.
        items: the conversation.
        response: the id of the response that is being made.
    """

    def __init__(
        self,
        send: Callable[[dict[str, Any]], Any],
        answer: Callable[[Asked], Outputs],
        hears: Callable[[bytes], str],
    ) -> None:
        self._send, self._answer, self._hears = send, answer, hears
        self._ids = itertools.count(1)
        self._sound = bytearray()
        self._heard = self._quiet = 0.0
        self._speaking: str | None = None
        self._cancelled: set[str] = set()
        self._cancellations: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)
        self._voice_used = False
        self._turn = asyncio.Lock()
        self._wanted = 0
        self.response: str | None = None
        self.items: list[dict[str, Any]] = []
        self.session: dict[str, Any] = {
            "type": "realtime",
            "object": "realtime.session",
            "id": self._id("sess"),
            "model": "gpt-realtime",
            "output_modalities": ["audio"],
            "instructions": "",
            "tools": [],
            "tool_choice": "auto",
            "audio": {
                "input": {
                    "format": {"type": "audio/pcm", "rate": RATE},
                    "turn_detection": {"type": "server_vad", "create_response": True},
                },
                "output": {"format": {"type": "audio/pcm", "rate": RATE}, "voice": "alloy"},
            },
        }

    def _id(self, kind: str) -> str:
        return f"{kind}_{next(self._ids):04}"

    async def tell(self, type_: str, **values: Any) -> None:
        """Send an event."""
        await self._send({"type": type_, "event_id": self._id("event"), **values})

    async def greet(self) -> None:
        """The first event of a connection."""
        await self.tell("session.created", session=self.session)

    async def take(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """Take a client event.

        Returns:
            The parameters of a response that is to be made.
        """
        handle = getattr(self, "_on_" + str(event.get("type", "")).replace(".", "_"), _unknown)
        try:
            request: dict[str, Any] | None = await handle(event)
        except RefusedError as error:
            await self.refuse(str(error), error.code, event.get("event_id"))
            return None
        return request

    async def refuse(self, message: str, code: str | None, event_id: str | None = None) -> None:
        """Send an error."""
        error = {"type": "invalid_request_error", "code": code, "message": message, "param": None}
        await self.tell("error", error={**error, "event_id": event_id})

    # the session

    async def _on_session_update(self, event: dict[str, Any]) -> None:
        update = event["session"]
        if update.get("type") != "realtime":
            raise RefusedError("Missing required parameter: 'session.type'.", "missing_required")
        if unknown := update.keys() - _SESSION:
            raise RefusedError(f"Unknown parameter: 'session.{min(unknown)}'.", "unknown_parameter")
        if update.get("output_modalities") not in (None, ["audio"], ["text"]):
            raise RefusedError("Invalid modalities.", "invalid_value")
        now = self.session["audio"]["output"]["voice"]
        voice = update.get("audio", {}).get("output", {}).get("voice", now)
        if self._voice_used and voice != now:
            raise RefusedError(
                "Cannot update a conversation's voice if assistant audio is present.",
                "cannot_update_voice",
            )
        _merge(self.session, update)
        await self.tell("session.updated", session=self.session)

    # the caller's sound

    @property
    def _detection(self) -> dict[str, Any] | None:
        detection: dict[str, Any] | None = self.session["audio"]["input"].get("turn_detection")
        return detection

    async def _on_input_audio_buffer_append(self, event: dict[str, Any]) -> dict[str, Any] | None:
        sound = base64.b64decode(event["audio"])
        self._sound += sound
        seconds = len(sound) / 2 / RATE
        self._heard += seconds
        return await self._listen(sound, seconds) if self._detection else None

    async def _listen(self, sound: bytes, seconds: float) -> dict[str, Any] | None:
        """Server VAD: tell the begin and end of speech, and answer it."""
        loud = max(map(abs, struct.unpack(f"<{len(sound) // 2}h", sound)), default=0) > _LOUD
        self._quiet = 0.0 if loud else self._quiet + seconds
        now = round(self._heard * 1000)
        if loud and self._speaking is None:
            self._speaking = self._id("item")
            await self.tell(
                "input_audio_buffer.speech_started", audio_start_ms=now, item_id=self._speaking
            )
            if (self._detection or {}).get("interrupt_response", True) and self.response:
                self._cancel(self.response)
        elif self._speaking is not None and self._quiet >= _QUIET:
            await self.tell(
                "input_audio_buffer.speech_stopped", audio_end_ms=now, item_id=self._speaking
            )
            await self._commit()
            if (self._detection or {}).get("create_response", True):
                self._wanted += 1
                return {}
        return None

    async def _on_input_audio_buffer_commit(self, _: dict[str, Any]) -> None:
        if len(self._sound) < 2 * RATE // 10:
            raise RefusedError(
                "Error committing input audio buffer: buffer too small. Expected at least 100ms",
                "input_audio_buffer_commit_empty",
            )
        await self._commit()

    async def _commit(self) -> None:
        name, self._speaking = self._speaking or self._id("item"), None
        sound, self._sound = bytes(self._sound), bytearray()
        before = self.items[-1]["id"] if self.items else None
        await self.tell("input_audio_buffer.committed", item_id=name, previous_item_id=before)
        part = {"type": "input_audio", "transcript": None}
        item = {"id": name, "type": "message", "role": "user", "content": [part]}
        await self._add(item, before)
        if self.session["audio"]["input"].get("transcription") is not None:
            await self._transcribe(item, part, sound)

    async def _transcribe(self, item: dict[str, Any], part: dict[str, Any], sound: bytes) -> None:
        words = part["transcript"] = self._hears(sound)
        of = {"item_id": item["id"], "content_index": 0}
        beginning = "conversation.item.input_audio_transcription."
        for word in re.findall(r"\s*\S+", words):
            await self.tell(f"{beginning}delta", delta=word, **of)
        usage = {"type": "duration", "seconds": len(sound) / 2 / RATE}
        await self.tell(f"{beginning}completed", transcript=words, usage=usage, **of)

    async def _on_input_audio_buffer_clear(self, _: dict[str, Any]) -> None:
        self._sound, self._speaking = bytearray(), None
        await self.tell("input_audio_buffer.cleared")

    # the conversation

    def _find(self, name: str | None) -> int | None:
        return next((n for n, item in enumerate(self.items) if item["id"] == name), None)

    async def _on_conversation_item_create(self, event: dict[str, Any]) -> None:
        item = dict(event["item"])
        item.setdefault("id", self._id("item"))
        if self._find(item["id"]) is not None:
            message = f"Error adding item: item with id '{item['id']}' already exists."
            raise RefusedError(message, "item_create_duplicate_item_id")
        wanted = event.get("previous_item_id")
        before = self.items[-1]["id"] if wanted is None and self.items else wanted
        if before not in (None, "root") and self._find(before) is None:
            message = f"Error adding item: the previous item '{before}' does not exist."
            raise RefusedError(message, "item_create_invalid_previous_item_id")
        await self._add(item, None if before == "root" else before)

    async def _add(self, item: dict[str, Any], before: str | None) -> None:
        place = self._find(before)
        self.items.insert(0 if place is None else place + 1, item)
        shown = {"object": "realtime.item", "status": "completed", **item}
        await self.tell("conversation.item.added", item=shown, previous_item_id=before)
        if item.get("role") != "assistant" and item["type"] != "function_call":
            await self.tell("conversation.item.done", item=shown, previous_item_id=before)

    async def _on_conversation_item_delete(self, event: dict[str, Any]) -> None:
        place = self._find(event["item_id"])
        if place is None:
            message = f"Error deleting item: the item '{event['item_id']}' does not exist."
            raise RefusedError(message, "item_delete_invalid_item_id")
        del self.items[place]
        await self.tell("conversation.item.deleted", item_id=event["item_id"])

    async def _on_conversation_item_truncate(self, event: dict[str, Any]) -> None:
        if self._find(event["item_id"]) is None:
            raise RefusedError("Error truncating item.", "item_truncate_invalid_item_id")
        keys = ("item_id", "content_index", "audio_end_ms")
        await self.tell("conversation.item.truncated", **{key: event[key] for key in keys})

    # responses

    async def _on_response_create(self, event: dict[str, Any]) -> dict[str, Any]:
        if self._wanted:
            raise RefusedError(
                "Conversation already has an active response in progress.",
                "conversation_already_has_active_response",
            )
        self._wanted += 1
        return dict(event.get("response") or {})

    async def _on_response_cancel(self, event: dict[str, Any]) -> None:
        name = event.get("response_id") or self.response
        if name is None or name != self.response:
            message = "Cancellation failed: no active response found"
            raise RefusedError(message, "response_cancel_not_active")
        self._cancel(name)

    def _cancel(self, name: str) -> None:
        self._cancelled.add(name)
        self._cancellations[name].set()

    async def respond(self, request: dict[str, Any]) -> AsyncIterator[None]:
        """Make a response after those before it; each step is a moment at which others may run.

        Raises:
            ConnectionResetError: the connection is to be lost.
        """
        async with self._turn:
            try:
                async for _ in self._respond(request):
                    yield
            finally:
                self._wanted -= 1

    async def _respond(self, request: dict[str, Any]) -> AsyncIterator[None]:
        name = self.response = self._id("resp")
        text = (request.get("output_modalities") or self.session["output_modalities"]) == ["text"]
        response = {
            "id": name,
            "object": "realtime.response",
            "output_modalities": ["text" if text else "audio"],
            "metadata": request.get("metadata"),
            "output": [],
        }
        await self.tell("response.created", response={**response, "status": "in_progress"})
        yield
        made = self._answer(Asked(self.session, list(self.items), request))
        end: dict[str, Any] = {"status": "completed"}
        for index, output in enumerate(made if isinstance(made, tuple) else (made,)):
            if isinstance(output, Drop):
                raise ConnectionResetError
            if isinstance(output, Fail):
                error = {"type": output.type, "code": output.code, "message": output.message}
                end = {"status": "failed", "status_details": {"type": "failed", "error": error}}
                break
            at = {"response_id": name, "output_index": index}
            if isinstance(output, Hang):
                await self._cancellations[name].wait()
                end = {"status": "cancelled", "status_details": _CANCELLED}
                break
            steps = self._speak(output, at, text=text) if isinstance(output, Say) else None
            async for _ in steps or self._call_function(output, at):  # type: ignore[arg-type]  # what is left is a call
                yield
            response["output"].append(self.items[-1])
            if name in self._cancelled:
                end = {"status": "cancelled", "status_details": _CANCELLED}
                break
        self.response = None
        await self.tell("response.done", response={**response, **end, "usage": _USAGE})

    async def _begin(self, item: dict[str, Any], at: dict[str, Any]) -> None:
        shown = {"object": "realtime.item", "status": "in_progress", **item}
        await self.tell("response.output_item.added", item=shown, **at)
        await self._add(item, self.items[-1]["id"] if self.items else None)

    async def _finish(self, item: dict[str, Any], at: dict[str, Any], status: str) -> None:
        shown = {"object": "realtime.item", "status": status, **item}
        await self.tell("response.output_item.done", item=shown, **at)

    async def _speak(self, output: Say, at: dict[str, Any], *, text: bool) -> AsyncIterator[None]:
        item: dict[str, Any] = {"id": self._id("item"), "type": "message", "role": "assistant"}
        item["content"] = []
        await self._begin(item, at)
        where = {"item_id": item["id"], "content_index": 0, **at}
        kind = "text" if text else "audio"
        part = {"type": kind, "text" if text else "transcript": ""}
        await self.tell("response.content_part.added", part=part, **where)
        said = ""
        words = re.findall(r"\s*\S+", output.text)
        for word in itertools.cycle(words) if output.endless else words:
            yield
            if at["response_id"] in self._cancelled:
                break
            said += word
            await self._piece(word, where, text=text)
        if output.stalls:
            await self._cancellations[at["response_id"]].wait()
        self._voice_used |= not text
        for each, values in (
            ((("response.output_text.done", {"text": said}),))
            if text
            else (
                ("response.output_audio.done", {}),
                ("response.output_audio_transcript.done", {"transcript": said}),
            )
        ):
            await self.tell(each, **values, **where)
        part = {"type": kind, "text" if text else "transcript": said}
        await self.tell("response.content_part.done", part=part, **where)
        item["content"] = [{**part, "type": f"output_{kind}"}]
        stopped = at["response_id"] in self._cancelled
        await self._finish(item, at, "incomplete" if stopped else "completed")

    async def _piece(self, word: str, where: dict[str, Any], *, text: bool) -> None:
        if text:
            await self.tell("response.output_text.delta", delta=word, **where)
            return
        await self.tell("response.output_audio_transcript.delta", delta=word, **where)
        sound = base64.b64encode(tone(_WORD)).decode()
        await self.tell("response.output_audio.delta", delta=sound, **where)

    async def _call_function(self, output: Call, at: dict[str, Any]) -> AsyncIterator[None]:
        item = {"id": self._id("item"), "type": "function_call", "call_id": self._id("call")}
        item |= {"name": output.name, "arguments": ""}
        await self._begin(item, at)
        where = {"item_id": item["id"], "call_id": item["call_id"], **at}
        arguments = json.dumps(output.arguments)
        half = len(arguments) // 2
        for piece in (arguments[:half], arguments[half:]):
            yield
            await self.tell("response.function_call_arguments.delta", delta=piece, **where)
        item["arguments"] = arguments
        await self.tell(
            "response.function_call_arguments.done",
            name=output.name,
            arguments=arguments,
            **where,
        )
        await self._finish(item, at, "completed")


async def _unknown(event: dict[str, Any]) -> None:
    raise RefusedError(f"Invalid value: '{event.get('type')}'.", "invalid_value")


def tone(seconds: float, loud: int = 8_000) -> bytes:
    """A tone, as 16 bit samples of one channel."""
    waves = (math.sin(2 * math.pi * 440 * n / RATE) for n in range(int(seconds * RATE)))
    return b"".join(struct.pack("<h", int(loud * wave)) for wave in waves)


def _merge(into: dict[str, Any], update: dict[str, Any]) -> None:
    for key, value in update.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict) and key != "turn_detection":
            _merge(into[key], value)
        else:
            into[key] = value


_CANCELLED = {"type": "cancelled", "reason": "client_cancelled"}
_SESSION = frozenset(
    {
        *("type", "model", "output_modalities", "instructions", "tools", "tool_choice", "audio"),
        *("include", "max_output_tokens", "parallel_tool_calls", "prompt", "reasoning", "tracing"),
        "truncation",
    }
)
_USAGE = {"total_tokens": 12, "input_tokens": 5, "output_tokens": 7}
