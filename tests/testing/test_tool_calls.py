"""What stands before a tool, and what is heard meanwhile, in tests with mocks."""

from __future__ import annotations

AGENTS = """
agents:
  shop:
    start: clerk
    mode: text
    llm: brain
    tools:
      - order
      - print_it
personas:
  clerk:
    instructions: You are the clerk.
tools:
  order:
    description: Order it.
    parameters:
      what:
        type: text
    confirm: Shall I order {{ args.what }}?
    max_uses: 1
    rules:
      - if: args.what == 'poison'
        answer: Not that.
    while_waiting:
      after: 2s
      every: 10s
      say: I am still asking.
    http:
      url: https://shop.example/orders
      method: POST
      timeout: 40s
      budget: 40s
  print_it:
    description: Print the bill.
    background: yes
    http:
      url: https://shop.example/bills
      timeout: 20s
      budget: 20s
    then:
      say: Your bill is printed.
providers:
  brain:
    llm: script
    with:
      rules:
        - when_caller_says: tea
          call:
            order:
              what: tea
        - when_caller_says: poison
          call:
            order:
              what: poison
        - when_caller_says: bill
          call: print_it
        - when_tool_failed: order
          say: I cannot do that.
        - when_tool_answered: order
          say: It is ordered.
      otherwise: I hear you.
"""
TESTS = """
tests:
  slow:
    agent: shop
    mocks:
      order:
        slow: 15s
        returns:
          id: "{{ 7 }}"
      print_it:
        slow: 6s
    steps:
      - user: tea, please
      - agent:
          says: Shall I order tea?
      - user: yes
      - agent:
          calls:
            order:
              what: tea
          says:
            - I am still asking.
            - It is ordered.
          silence_max: 11s
      - user: tea, please
      - agent:
          says: I cannot do that.
          fails_with: used once
      - user: poison
      - agent:
          fails_with: Not that.
      - user: the bill
      - agent:
          calls: print_it
      - silence: 20s
      - agent:
          says: Your bill is printed.
  refused:
    agent: shop
    steps:
      - user: tea, please
      - user: no
      - agent:
          never_says: It is ordered
      - user: yes
      - agent:
          calls_nothing: yes
"""


def test_tools_are_tested_as_they_are_called(run, tmp_path):
    """Questions, words meanwhile, limits and what comes later are checked, and no time passes."""
    (tmp_path / "agents.d" / "agents.yaml").write_text(AGENTS, encoding="utf-8")
    ran = run(TESTS)
    assert ran.failures == []
    assert ran.code == 0
