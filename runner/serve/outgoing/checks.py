"""Whether an order can be carried out at all: looked at before anybody is dialled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from pydantic_core import PydanticCustomError

from runner.front.port import DialogueError
from runner.schema.types.phone_numbers import read_phone_number

if TYPE_CHECKING:
    from runner.front.calls_port import Order
    from runner.link.release import AgentRelease
    from runner.serve.releases.served import Releases
    from runner.serve.sessions.admission import Admission

_LIVEKIT = "set LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET, and start again"


class OrderChecks:
    """Looks at orders.

    Args:
        releases: what is served.
        admission: who may call now.
        refusal: why LiveKit can send an agent no call just now, or None.
        trunk: by which agents call that name none.
        livekit: whether there is LiveKit.
    """

    def __init__(
        self,
        releases: Releases,
        admission: Admission,
        refusal: Callable[[str], DialogueError | None],
        trunk: str | None,
        *,
        livekit: bool,
    ) -> None:
        self._releases, self._admission = releases, admission
        self._refusal, self._trunk, self._livekit = refusal, trunk, livekit

    def check(self, order: Order) -> None:
        """Look at one.

        Raises:
            DialogueError: it cannot be carried out now.
        """
        if self._admission.draining:
            raise DialogueError("draining", "the runner is shutting down")
        release = self._releases.current.agents.get(order.agent)
        if release is None:
            names = ", ".join(self._releases.current.names)
            words = f"there is no agent '{order.agent}'"
            raise DialogueError("unknown_agent", words, f"agents here: {names}")
        for problem in self._problems(order, release):
            raise problem

    def _problems(self, order: Order, release: AgentRelease) -> Iterator[DialogueError]:
        agent, name = release.agent, order.agent
        if agent.dial is None:
            hint = "write dial: in it, and to: below that"
            yield DialogueError("bad_request", f"agent '{name}' makes no calls", hint)
        elif agent.dial.to is None and order.to is None:
            hint = "say 'to', or write to: below dial: in the agent"
            yield DialogueError("bad_request", f"there is no number that '{name}' calls", hint)
        if self._admission.dispatch(name).mode != "explicit":
            words = f"agent '{name}' joins every new room, and cannot be sent to one"
            yield DialogueError("bad_request", words, "delete dispatch: in it")
        for variable in order.variables:
            if variable not in release.variables:
                words = f"agent '{name}' has no variable '{variable}'"
                yield DialogueError("bad_request", words)
        if not self._livekit:
            yield DialogueError("no_livekit", "this runner is not connected to LiveKit", _LIVEKIT)
        trunk = agent.phone.trunk if agent.phone is not None else None
        if not (trunk or self._trunk):
            hint = "write trunk: below phone: in the agent, or set LIVEKIT_SIP_OUTBOUND_TRUNK"
            yield DialogueError("no_trunk", f"agent '{name}' has no trunk to call by", hint)
        if (refusal := self._refusal(name)) is not None:
            yield refusal


def number_of(text: str) -> str:
    """A number of an order, which may have spaces, 00 for +, … as in a table.

    Raises:
        DialogueError: it is none, in words.
    """
    try:
        return read_phone_number(text)
    except PydanticCustomError as error:
        about: dict[str, Any] = error.context or {}
        raise DialogueError("bad_number", about["message"], about["help"]) from None
