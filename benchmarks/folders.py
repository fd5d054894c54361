"""Folders to measure with: realistic, of any size, without mistakes."""

from __future__ import annotations

from pathlib import Path

FILE = """\
# desk {n}: what a small office writes
agents:
  desk-{n}:
    description: Phone desk of office {n}
    start: reception-{n}
    instructions: |
      You work for {{{{ office_name }}}}. Today is {{{{ today }}}}.
      Keep every reply under two sentences, and never promise a refund.
    llm: openai/gpt-4.1-mini
    stt: deepgram/nova-3
    tts: cartesia/sonic-3
    timezone: Europe/Berlin
    variables:
      office_name: Office {n}
      customer_name:
        description: The name of the caller, once it was said
    tools:
      - end_call
      - remember
personas:
  reception-{n}:
    instructions: |
      You answer the phone of {{{{ office_name }}}}, and find out what the caller wants.
      The caller is {{{{ customer_name or 'not known yet' }}}}.
    greeting:
      say: Good day, {{{{ office_name }}}}, how can I help?
    tools:
      - find_{n}
    handoffs:
      billing-{n}:
        when: The caller asks about an invoice or a payment.
        say: One moment, I am putting you through.
  billing-{n}:
    instructions: You answer questions about invoices of {{{{ office_name }}}}.
    handoffs:
      reception-{n}:
        when: The question about money is settled.
tools:
  find_{n}:
    description: Find free appointments on one day.
    parameters:
      day:
        type: date
        description: The day that the caller wants
    http:
      url: https://api.office.example/v2/slots/{{{{ args.day }}}}
      timeout: 4s
"""


def write(folder: Path, files: int) -> None:
    """Fill a folder with files of 1.5 KB, each an agent with two personas and a tool."""
    folder.mkdir(parents=True, exist_ok=True)
    for n in range(files):
        (folder / f"desk{n}.yaml").write_text(FILE.format(n=n), encoding="utf-8")
