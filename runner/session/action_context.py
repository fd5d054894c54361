"""Where actions are done: the call, and what their templates may use besides."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from livekit.agents import ChatContext, RunContext

from runner.session.call import Call
from runner.session.values.templates import Names


@dataclass(frozen=True, slots=True)
class ActionContext:
    """Where actions are done.

    Attributes:
        names: what their templates may use besides.
        by_model: a tool that the model called is running, and the model waits for its answer.
        chat: the talk with the answer of the tool in it that the model called.
        run: LiveKit's side of that call, or of the one whose actions these are.
        begun: told that a tool goes on in the background: the model is answered at once.
        depth: how many tools run each other.
        output: that answer.
        over_the_caller: the caller is speaking: what is said can only be interrupted where it is
            written so, else it would be at once.
        opening: it is before the first words of the call: tools say nothing of themselves, and who
            speaks may not be there yet.
    """

    call: Call
    names: Names = None
    by_model: bool = False
    chat: Callable[[str], ChatContext] | None = None
    run: RunContext[Any] | None = None
    begun: Callable[[], Awaitable[None]] | None = None
    depth: int = 0
    output: str = ""
    over_the_caller: bool = False
    opening: bool = False

    def is_true(self, condition: str | None) -> bool:
        """Whether an `if` is true here."""
        return self.call.bound.renderer.is_true(condition, self.names)

    def text(self, text: str) -> str:
        """A text, rendered."""
        return self.call.bound.renderer.text(text, self.names)

    def value(self, text: str) -> Any:
        """A value, rendered."""
        return self.call.bound.renderer.value(text, self.names)
