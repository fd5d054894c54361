"""One short real request to each provider: whether it answers, and how fast."""

from __future__ import annotations

import asyncio
import contextlib
import math
import struct
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from livekit import rtc
from livekit.agents import APIConnectionError, ChatContext
from livekit.agents.utils import http_context

from runner.link.release import AgentRelease
from runner.provider_kinds import KINDS
from runner.schema.providers import choices
from runner.session.errors import CannotStartError
from runner.session.facts import CallFacts
from runner.session.models.known_secrets import Secrets
from runner.session.models.plainly import plainly
from runner.session.models.providers import Models
from runner.session.values.templates import TemplateContext, TemplateRenderer
from runner.session.values.variables import Variables
from runner.template import has_template

BUDGET = 15.0
"""Seconds that one provider may take."""

_RATE = 16_000
_LISTENS = 1.0
"""Seconds after which recognition that has not failed is connected."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of one request.

    Attributes:
        provider: its name, or an inference string.
        ms: until the first word or sound; None where there was none.
        error: one line, without any secret.
    """

    provider: str
    kind: str
    ms: int | None = None
    error: str | None = None

    def to_data(self) -> dict[str, Any]:
        """The entry of the JSON document."""
        return {
            "provider": self.provider,
            "kind": self.kind,
            "ok": self.error is None,
            "ms": self.ms,
            "error": self.error,
        }


def named(agents: Mapping[str, AgentRelease]) -> list[tuple[str, str, AgentRelease]]:
    """Kind, name and an agent of all providers and inference strings that agents name.

    What a variable may choose is among the providers.
    """
    first_use: dict[tuple[str, str], AgentRelease] = {}
    for release in agents.values():
        for user in (release.agent, *release.personas.values()):
            for kind in KINDS:
                for name in choices(user, kind.key):
                    if name not in kind.words and not has_template(name):
                        first_use.setdefault((kind.key, name), release)
        for name, provider in release.providers.items():
            first_use.setdefault((provider.kind, name), release)
    return [(kind, name, release) for (kind, name), release in sorted(first_use.items())]


async def tried(
    wanted: Sequence[tuple[str, str, AgentRelease]], secrets: Secrets, budget: float = BUDGET
) -> list[Trial]:
    """Try all of them at the same time."""
    async with http_context.open():
        return list(await asyncio.gather(*(_tried(*each, secrets, budget) for each in wanted)))


async def _tried(
    kind: str, name: str, release: AgentRelease, secrets: Secrets, budget: float
) -> Trial:
    context = TemplateContext(release, CallFacts(), Variables(release.agent.variables))
    models = Models(release, TemplateRenderer(context, release.places), secrets)
    begun = time.perf_counter()
    try:
        async with asyncio.timeout(budget):
            made = models.get(kind, name)
            begun = time.perf_counter()
            await _REQUESTS.get(kind, _nothing)(made)
    except TimeoutError:
        return Trial(name, kind, error=f"it did not answer within {budget:g}s: {_LOOK}")
    except CannotStartError as error:
        return Trial(name, kind, error=str(error))
    except Exception as error:  # noqa: BLE001 - whatever a provider raises is what is wanted here
        return Trial(name, kind, error=models.mask(plainly(error)))
    finally:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(budget):
                await models.aclose()
    return Trial(name, kind, ms=round((time.perf_counter() - begun) * 1000))


async def _model(made: Any) -> None:
    talk = ChatContext.empty()
    talk.add_message(role="user", content="Say OK.")
    async with made.chat(chat_ctx=talk) as answer:
        async for chunk in answer:
            if chunk.delta and (chunk.delta.content or chunk.delta.tool_calls):
                return
    raise CannotStartError(f"it answered with nothing: {_LOOK}")


async def _voice(made: Any) -> None:
    async with made.synthesize("Hello.") as sound:
        async for _ in sound:
            return
    raise CannotStartError(f"it gave no sound: {_LOOK}")


async def _recognition(made: Any) -> None:
    """A tone is no speech: that nothing is understood is an answer too."""
    if not made.capabilities.streaming:
        await made.recognize(_tone(), language="en")
        return
    async with made.stream() as stream:
        stream.push_frame(_tone())
        stream.end_input()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_LISTENS):
                async for _ in stream:
                    return


_LOOK = "look at what stands below with:, and whether its address is that of such a service"
"""What to do about a service that says nothing of what is wrong."""


def _tone() -> rtc.AudioFrame:
    waves = (math.sin(2 * math.pi * 440 * n / _RATE) for n in range(_RATE))
    samples = b"".join(struct.pack("<h", int(8_000 * wave)) for wave in waves)
    return rtc.AudioFrame(samples, _RATE, 1, _RATE)


async def _speech_model(made: Any) -> None:
    """A reply in a connection of its own; what ends that is told as an event."""
    session, failed = made.session(), asyncio.get_running_loop().create_future()

    def tell(event: Any) -> None:
        again = event.recoverable and isinstance(event.error, APIConnectionError)
        if not failed.done() and not again:
            failed.set_result(event.error)

    session.on("error", tell)
    answering = asyncio.ensure_future(_first_words(session))
    try:
        await asyncio.wait({answering, failed}, return_when=asyncio.FIRST_COMPLETED)
        if answering.done() and answering.exception() is not None:
            # LiveKit tells why after it has told that there is nothing
            await asyncio.wait({failed}, timeout=_LISTENS)
        if failed.done():
            raise CannotStartError(str(failed.result()))
        await answering
    finally:
        answering.cancel()
        await session.aclose()


async def _first_words(session: Any) -> None:
    made = await session.generate_reply(instructions="Say OK.")
    async for message in made.message_stream:
        async for _ in message.text_stream:
            return
    raise CannotStartError(f"it answered with nothing: {_LOOK}")


async def _nothing(_: Any) -> None:
    """To be built is all that can be tried without a call."""


_REQUESTS: dict[str, Callable[[Any], Awaitable[None]]] = {
    "llm": _model,
    "realtime": _speech_model,
    "stt": _recognition,
    "tts": _voice,
}
