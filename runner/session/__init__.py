"""One agent's release becomes a live conversation, by voice or by text.

```python
from runner.session import Facts
from runner.session.conversation import CannotStartError, Conversation

talk = Conversation(release, egress, Facts(), on_event=print, channel="text")
await talk.start()                 # greets: its events are turn 0
for event in await talk.turn("Hello"):
    ...
await talk.end("caller_left")      # or wait for the agent to end:  reason = await talk.ended
```

Events are the objects of `lkrun chat --format json`: `message`, `tool_call`, `tool_result`,
`handoff` and `end`, each with its `turn` and the `persona` that speaks. `on_event` gets each as it
happens, in calls by voice too. A handoff that the model asks for is told as `handoff`, not as a
call of its `transfer_to_…` tool; one that is refused is told as the call and its error.

Reasons of an end: `end_call` (the agent), `transferred` (by it), `caller_left`, `max_duration`,
`error`, `shutdown`, or whatever `end(…)` was given.

`await talk.renew(other)` goes on with another release of the agent between two turns, and tells
which changed keys count already and which wait; `CannotRenewError` says why it goes on as it was.

Providers need no secrets resolver where none of them names a secret; else `secrets` is called with
the name, as in `secrets=Secrets(os.environ).get`. `start` takes the LiveKit room of a job.

This module imports no livekit; `runner.session.conversation` does, which takes a second.
"""

from __future__ import annotations

from runner.session.facts import Caller, CallFacts, JobFacts, Room, parsed

__all__ = ["CallFacts", "Caller", "JobFacts", "Room", "parsed"]
