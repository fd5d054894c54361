"""How soon the first words are heard, with providers that need their time, and fixed words again.

By turns with lkrun and with a hand-written worker, both with LiveKit's `openai` plugin: a voice
that needs 300 ms to its first sound, and a model and a voice behind TLS whose handshake takes
100 ms. Needs LiveKit's server: LKRUN_LIVEKIT_SERVER, or `livekit-server` on the path; and openssl.
Run: ``python benchmarks/first_words.py [--quick]``, about 4 minutes.

Targets, as ratios of medians: the voice of 300 ms ≤ 0.75, behind TLS ≤ 0.9; and a second caller
hears each fixed sentence within 20 ms of the moment at which it is to be said.
"""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from callers import NoAnswerError, calling
from figures import LOUD, Row, heading, p95
from livekit import rtc
from livekit.agents.voice.io import AudioOutput, AudioOutputCapabilities
from machine import Beside
from programs import ROOT, Handwritten, LiveKit, Lkrun, run
from slow_providers import certificate, far_away, slow_voice

from runner.compiler import Compiler
from runner.secret import Secret
from runner.session import CallFacts
from runner.session.conversation import Conversation
from runner.session.speech.sounds import Sounds
from runner.session.values.templates import FixedWords

QUICK = "--quick" in sys.argv
ROUNDS = 3 if QUICK else 12
_REST = 1.0
_SENTENCES = 10
_SOON = 0.02

ROWS = {
    "kept": Row("300 ms voice, fixed words", 0.75),
    "varying": Row("the same with cache: no", None),
    "instructed": Row("model and voice behind TLS", 0.9),
}
BY_HAND = {"kept": "", "varying": "", "instructed": "tls"}
"""Row → the metadata by which the hand-written worker does the same."""


@dataclass
class Programs:
    """LiveKit's server, the two workers, and the folder of ours."""

    livekit: LiveKit
    handwritten: Handwritten
    lkrun: Lkrun


@contextlib.asynccontextmanager
async def started(slow: int, far: int, trusted: Path, scratch: Path) -> AsyncIterator[Programs]:
    """Start everything, and end it."""
    with contextlib.ExitStack() as stack:
        livekit = await asyncio.to_thread(LiveKit)
        stack.callback(livekit.stop)
        env = {
            **livekit.env,
            "BENCH_SLOW": f"http://127.0.0.1:{slow}/v1",
            "BENCH_TLS": f"https://127.0.0.1:{far}/v1",
            "BENCH_KEY": "benchmark",
            "SSL_CERT_FILE": str(trusted),
        }
        by_hand = await asyncio.to_thread(Handwritten, env, "first_words.py")
        stack.callback(by_hand.stop)
        ours = await asyncio.to_thread(Lkrun, folder(scratch / "desks", slow, far), env)
        stack.callback(ours.stop)
        yield Programs(livekit, by_hand, ours)


def folder(to: Path, slow: int, far: int) -> Path:
    """Copy `first_words.d`, with the ports of the providers in it."""
    shutil.copytree(ROOT / "benchmarks" / "first_words.d", to)
    for file in to.glob("*.yaml"):
        text = file.read_text().replace("127.0.0.1:1/", f"127.0.0.1:{slow}/")
        file.write_text(text.replace("127.0.0.1:2/", f"127.0.0.1:{far}/"))
    return to


async def first_sound(url: str, agent: str, metadata: str) -> tuple[float, float]:
    """Seconds from a dispatch to the first sound, and cores that others used meanwhile."""
    await asyncio.sleep(_REST)
    beside = Beside()
    async with calling(url, microphone=True) as caller:
        await asyncio.sleep(0.5)
        begun = await caller.call(agent, metadata)
        return await caller.heard(begun) - begun, beside.cores()


class Loudspeaker(AudioOutput):
    """Plays nothing, and tells when a frame has come.

    Attributes:
        first: when the first frame came since it was reset.
    """

    def __init__(self) -> None:
        """Nothing has come yet."""
        able = AudioOutputCapabilities(pause=False)
        super().__init__(label="loudspeaker", capabilities=able, sample_rate=24_000)
        self.first: float | None = None
        self._played = 0.0

    async def capture_frame(self, frame: rtc.AudioFrame) -> None:
        """Take a frame."""
        await super().capture_frame(frame)
        if self.first is None:
            self.first = time.perf_counter()
        if not self._played:
            self.on_playback_started(created_at=time.time())
        self._played += frame.duration

    def flush(self) -> None:
        """A speech has been handed on."""
        super().flush()
        if self._played:
            self.on_playback_finished(playback_position=self._played, interrupted=False)
        self._played = 0.0

    def clear_buffer(self) -> None:
        """There is none."""


async def fixed_sentences(folder_: Path, scratch: Path) -> list[list[float]]:
    """Seconds from wanting a fixed sentence to its first frame, in a first and a second call."""
    compiled = Compiler(folder_, env={}).compile()
    assert compiled.release is not None, [str(d) for d in compiled.diagnostics]  # noqa: S101 - the folder is ours
    release, sounds = compiled.release.agents["kept"], Sounds(scratch / "sounds")
    waits: list[list[float]] = []
    for _ in range(2):
        nobody: Any = None
        talk = Conversation(
            release, nobody, CallFacts(), channel="voice", sounds=sounds,
            secrets={"BENCH_KEY": Secret("benchmark")}.get,
        )  # fmt: skip
        speaker = Loudspeaker()
        await talk.start(audio_out=speaker)
        await talk.quiet()
        waits.append([])
        for number in range(_SENTENCES):
            speaker.first, wanted = None, time.perf_counter()
            await talk._call.speak(FixedWords(f"This is the fixed sentence number {number}."))  # noqa: SLF001 - what an action of the file does
            waits[-1].append((speaker.first or time.perf_counter()) - wanted)
        await talk.end("measured")
    return waits


async def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        made, key = certificate(scratch)
        async with slow_voice() as slow, far_away(made, key) as far:
            beside, failed = [], []
            async with started(slow, far, made, scratch) as up:
                for number in range(ROUNDS + 1):  # the first of each reads pages from the disk
                    for name, row in ROWS.items():
                        for agent, metadata, values in (
                            ("handwritten", BY_HAND[name], row.handwritten),
                            (name, "", row.lkrun),
                        ):
                            try:
                                took, cores = await first_sound(up.livekit.url, agent, metadata)
                            except NoAnswerError as error:
                                failed.append(f"{name} {agent}: {error}")
                                continue
                            print(f"  {name} {agent}: {took:.3f} s", file=sys.stderr)
                            if number:
                                values.append(took)
                                beside.append(cores)
            first, second = await fixed_sentences(scratch / "desks", scratch)
    print(heading())
    for row in ROWS.values():
        print(row.line())
    for name, waits in (("first", first), ("second", second)):
        shown = f"{statistics.median(waits) * 1000:.1f} ms (p95 {p95(waits) * 1000:.1f})"
        verdict = "" if name == "first" else "ok" if p95(waits) <= _SOON else "MISSED"
        print(f"fixed sentence → its sound, {name} call: {shown}  {verdict}")
    loud = sum(cores > LOUD for cores in beside)
    print(f"calls beside other programs: {loud} of {len(beside)}; failed: {'; '.join(failed) or 0}")


if __name__ == "__main__":
    run(main(), 1200)
