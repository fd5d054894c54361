"""A folder of agents whose conversations are tested."""

from __future__ import annotations

AGENTS = """
agents:
  desk:
    start: host
    mode: text
    llm: brain
    timezone: Europe/Berlin
    variables:
      guest:
        description: Who calls
      limit:
        type: integer
        default: "5"
    tools:
      - find_invoice
      - greet
      - remember
      - end_call
personas:
  host:
    instructions: You look after {{ guest or 'a guest' }}.
    greeting:
      say: Welcome, it is {{ now.strftime('%H:%M') }}, {{ caller.name or 'guest' }}.
    handoffs:
      billing:
        when: The guest asks about money.
        say: One moment.
  billing:
    instructions: You answer questions about money.
    greeting:
      say: Billing here.
tools:
  find_invoice:
    description: Find an invoice.
    parameters:
      number:
        type: integer
    http:
      url: https://api.hotel.example/invoices/{{ args.number }}
      headers:
        Authorization: Bearer {{ secrets.HOTEL_TOKEN }}
    result:
      text: The total is {{ result.total }}{{ ' and high' if result.total > limit else '' }}.
    on_error: Say that the books are closed.
  greet:
    description: Greet.
    say: Hello there.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_matches: invoice (?P<n>\\d+)
          call:
            find_invoice:
              number: "{n}"
        - when_tool_failed: yes
          say: The books are closed.
        - when_caller_matches: my name is (?P<n>\\w+)
          call:
            remember:
              guest: "{n}"
        - when_caller_says: money
          call: transfer_to_billing
        - when_caller_says: hello
          call: greet
        - when_caller_says: goodbye
          say: Goodbye.
          call: end_call
      otherwise: I did not get that.
"""
