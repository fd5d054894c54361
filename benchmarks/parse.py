"""How fast files become documents: cold, against strictyaml as it comes, and from the cache.

Run it as ``python benchmarks/parse.py [FILES]``.
"""

from __future__ import annotations

import hashlib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

FILES = int(sys.argv[1]) if len(sys.argv) > 1 else 1000

AGENT = """\
# Branch {n}: a dental practice
agents:
  clinic_{n}:
    description: Answers the phone of branch {n}   # shown in the log
    start: receptionist_{n}
    llm: fast
    stt: deepgram/nova-3
    tts: house_voice
    timezone: Asia/Ho_Chi_Minh
    variables:
      clinic_name:
        default: "Sunrise Dental {n}"
      patient:
        type: text
        optional: yes
    tools:
      - find_slot_{n}
      - book_slot_{n}
personas:
  receptionist_{n}:
    instructions: |
      You are the receptionist of {{{{ clinic_name }}}}, a friendly dental clinic.
      Speak short sentences. Never promise a price.
      # this line is text
      - Ask for the day first, then for the time.
    greeting:
      say: "Hello, this is {{{{ clinic_name }}}}. How can I help you today?"
    tools:
      - find_slot_{n}
    handoffs:
      billing_{n}:
        when: The caller asks about an invoice, a price or a payment.
        say: One moment, I will put you through.
  billing_{n}:
    instructions: >
      You answer questions about invoices. Be exact with numbers,
      and read them slowly.
tools:
  find_slot_{n}:
    description: Find free appointment times on a day.
    parameters:
      day:
        type: date
        description: The day that the caller wants
    http:
      url: "https://api.clinic.example/v2/slots"
      query:
        day: "{{{{ args.day }}}}"
      timeout: 3s
    result:
      pick: slots[].start
    on_error: Tell the caller that the calendar is not reachable.
"""


def timed(work: Callable[[], object]) -> float:
    """Return the seconds that `work` takes."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def import_time(module: str) -> float:
    """Return the seconds that a fresh interpreter takes to import `module`, best of five."""
    code = f"import time; t = time.perf_counter(); import {module}; print(time.perf_counter() - t)"
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(5)
    ]
    return min(float(run.stdout) for run in runs)


def main() -> None:
    """Print the figures."""
    from runner.cache import Cache, cached_document, keep_document  # noqa: PLC0415 - timed below
    from runner.syntax import parse  # noqa: PLC0415 - as above

    data = [AGENT.format(n=number).encode() for number in range(FILES)]
    digests = [hashlib.sha256(content).hexdigest() for content in data]
    size = sum(map(len, data)) / len(data)
    parse("warm.yaml", data[0])
    print(f"{FILES} files of {size:.0f} bytes")

    cold = timed(lambda: [parse("a.yaml", content) for content in data])
    print(f"cold parse          {cold * 1000:8.1f} ms   {cold / FILES * 1000:.3f} ms a file")

    from strictyaml.parser import StrictYAMLLoader  # noqa: PLC0415 - not before the cold run

    stock_class = type("Stock", (StrictYAMLLoader,), {"label": "a", "allow_flow_style": False})
    sample = [content.decode() for content in data[: max(1, FILES // 10)]]
    stock = timed(lambda: [stock_class(text).get_single_node() for text in sample]) / len(sample)
    ratio = stock / (cold / FILES)
    print(f"strictyaml compose  {stock * FILES * 1000:8.1f} ms   {ratio:.1f} times as long")

    with tempfile.TemporaryDirectory() as folder:
        cache = Cache(Path(folder))
        for digest, content in zip(digests, data, strict=True):
            keep_document(cache, digest, parse("a.yaml", content))
        written = timed(cache.flush)
        print(f"cache written       {written * 1000:8.1f} ms")
        full = Cache(Path(folder))
        load = timed(lambda: [cached_document(full, "a.yaml", digest) for digest in digests])
        print(f"cache loaded        {load * 1000:8.1f} ms")

    for module in ("runner.syntax", "runner.cache", "runner.syntax.strict", "strictyaml"):
        print(f"import {module:<21}{import_time(module) * 1000:5.1f} ms")


if __name__ == "__main__":
    main()
