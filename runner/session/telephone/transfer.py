"""A person on the telephone takes the call over: at once (cold), or briefed by the agent (warm)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from runner.schema.actions import Transfer
from runner.schema.types.call_targets import target_of
from runner.session.call import Call
from runner.session.events import TransferEvent
from runner.session.telephone.port import PassOn, Reached
from runner.session.values.conversion import missing
from runner.session.values.templates import Names

log = logging.getLogger("lkrun")

TRANSFERRED: Final = "transferred"
"""Why a call ends in which the caller was put through."""

_ON_HOLD: Final = 24 * 3600.0
"""Seconds that nobody is asked whether they are still there; it ends with the transfer."""

_NO_TELEPHONE: Final = frozenset({"standard", "connector"})
"""Kinds of callers whose line cannot be passed on."""

_WHY: Final[dict[str, str]] = {
    "busy": "transfer_busy",
    "declined": "transfer_declined",
    "refused": "transfer_declined",
    "bad_number": "transfer_no_number",
    "no_number": "transfer_no_number",
    "not_found": "transfer_no_number",
    "no_answer": "transfer_nobody",
    "hung_up": "transfer_nobody",
    "mailbox": "transfer_nobody",
    "unreachable": "transfer_nobody",
    "no_telephone": "transfer_no_telephone",
}
"""Reason → the sentence of lkrun's own that says it; `transfer_impossible` says all others."""

_WORDS: Final = {
    "bad_number": "'{to}' is neither a phone number nor a SIP address",
    "no_number": "there is nobody to call: 'to' came out empty",
    "no_telephone": "the caller is not on the telephone",
    "under_way": "the caller is being put through already",
}
"""What the log says of reasons that no telephone gives."""


@dataclass(frozen=True, slots=True)
class TransferResult:
    """What came of a transfer.

    Attributes:
        reached: whether somebody took the call over, or why not.
        message: the same in the language of the call, for the model and for templates.
    """

    reached: Reached
    message: str

    @property
    def error(self) -> dict[str, Any]:
        """What templates of `on_failure` know of it."""
        reached = self.reached
        return {"reason": reached.reason, "message": self.message, "status": reached.sip}


async def put_through(call: Call, spec: Transfer, names: Names, tool: str = "") -> TransferResult:
    """Put the caller through.

    Args:
        call: the call.
        spec: whom to, and how.
        names: what its templates may use besides.
        tool: the name of the tool; nothing for an action.

    Returns:
        What came of it. Where somebody took the call over, the agent has to leave it.
    """
    to = _target(call, spec, names)
    if to is None or call.transferring is not None:
        return _failed(call, spec, names, "under_way" if to is not None else None)
    if spec.say is not None:
        await call.say(spec.say, names, interruptible=False)
    with _under_way(call) as transferring:
        reached = await _reached(call, spec, to, names, tool)
        if call.over and not reached.answered:
            reached = replace(reached, words=reached.words or "the call has ended")
        transferring.set_result(reached.answered)
    if not reached.answered:
        return _told(call, spec, to, reached)
    call.ends_as = TRANSFERRED
    return TransferResult(reached, call.bound.renderer.own("transfer_done"))


def _target(call: Call, spec: Transfer, names: Names) -> str | None:
    return target_of(call.bound.renderer.text(spec.to, names))


@contextlib.contextmanager
def _under_way(call: Call) -> Iterator[asyncio.Future[bool]]:
    """Nobody is listened to, or asked whether they are there, while the caller waits."""
    transferring = call.transferring = asyncio.get_running_loop().create_future()
    ear = call.session.input
    heard = ear.audio is not None and ear.audio_enabled
    call.hold(_ON_HOLD)
    if heard:
        ear.set_audio_enabled(False)
    try:
        with call.budget.tool_works():
            yield transferring
    finally:
        call.transferring = None
        if not transferring.done():
            transferring.set_result(False)
        if not transferring.result():
            call.hold(0.0)
            if heard and not call.over:
                ear.set_audio_enabled(True)


async def _reached(call: Call, spec: Transfer, to: str, names: Names, tool: str) -> Reached:
    kind = call.bound.context.facts.caller.kind
    rehearsed = call.rehearsed
    if rehearsed is None and call.channel == "text" and call.room is None:
        _tell(call, spec, to, "shown")
        return Reached()
    if not spec.warm and (kind in _NO_TELEPHONE or (call.room is not None and kind != "sip")):
        return Reached("no_telephone")
    if rehearsed is not None:
        reached = await rehearsed(tool, {**_arguments(names), "to": to, "how": spec.how})
        if reached.answered:
            _tell(call, spec, to, "shown")
        return reached
    if call.transfers is None or call.room is None:
        return Reached("no_telephone")
    _tell(call, spec, to, "calling")
    reached = await (_briefed if spec.warm else _passed_on)(call, spec, to, names)
    if reached.answered:
        _tell(call, spec, to, "done")
    return reached


def _arguments(names: Names) -> dict[str, Any]:
    given = (names or {}).get("args")
    return dict(given) if isinstance(given, Mapping) else {}


async def _passed_on(call: Call, spec: Transfer, to: str, names: Names) -> Reached:
    identity = call.bound.context.facts.caller.identity or ""
    wish = PassOn(to, identity, spec.ring_for, headers_of(call, spec, names))
    assert call.transfers is not None  # noqa: S101 - it was looked at
    return await call.transfers.pass_on(wish)


async def _briefed(call: Call, spec: Transfer, to: str, names: Names) -> Reached:
    from runner.session.telephone.warm import briefed  # noqa: PLC0415 - LiveKit's own task is read by who needs it

    return await briefed(call, spec, to, headers_of(call, spec, names), names)


def headers_of(call: Call, spec: Transfer, names: Names) -> dict[str, str]:
    """SIP headers that go with it; one whose value is missing is left out."""
    renderer = call.bound.renderer
    values = {str(n): renderer.value(text, names) for n, text in spec.headers.items()}
    return {name: " ".join(str(v).split()) for name, v in values.items() if not missing(v)}


def _tell(
    call: Call,
    spec: Transfer,
    to: str,
    state: Literal["calling", "done", "failed", "shown"],
    reason: str | None = None,
) -> None:
    call.events.tell(
        TransferEvent(persona=call.speaking, to=to, how=spec.how, state=state, reason=reason)
    )


def _failed(call: Call, spec: Transfer, names: Names, reason: str | None) -> TransferResult:
    """Nothing was even begun."""
    written = call.bound.renderer.text(spec.to, names).strip()
    reason = reason or ("bad_number" if written else "no_number")
    return _told(call, spec, written, Reached(reason))


def _told(call: Call, spec: Transfer, to: str, reached: Reached) -> TransferResult:
    """Tell that it failed, and why."""
    why = reached.words or _WORDS.get(reached.reason, reached.reason).format(to=to[:80])
    log.warning("the caller is not put through: %s", why)
    _tell(call, spec, to, "failed", reached.reason)
    message = call.bound.renderer.own(_WHY.get(reached.reason, "transfer_impossible"))
    return TransferResult(reached, message)
