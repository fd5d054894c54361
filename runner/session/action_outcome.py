"""What came of a tool or of a list of actions."""

from __future__ import annotations

from dataclasses import dataclass, field

from runner.session.pending import PendingHandoff


@dataclass(slots=True)
class ActionOutcome:
    """What came of a tool or of a list of actions.

    Attributes:
        output: what the model sees of the tool.
        answered: the caller was spoken to, or the persona leaves: the model is not asked to answer.
        notes: instructions for the model's next reply, which is then asked for all the same.
        undisturbed: the caller may not interrupt that reply.
        due: the model's next reply begins with a call.
        awaited: the caller has done something, and waits for what the model says to it.
        leave: the call is to be handed over.
        ends: the call is to end.
        failed: a tool in it failed.
        closed: it led to a persona whose gate is closed.
        remarks: what the model is told of it, without being asked to answer.
        outputs: tools that actions ran → what they answered, where the caller heard nothing of it.
    """

    output: str = ""
    answered: bool = False
    notes: list[str] = field(default_factory=list)
    undisturbed: bool = False
    due: bool = False
    awaited: bool = False
    leave: PendingHandoff | None = None
    ends: bool = False
    failed: bool = False
    closed: bool = False
    remarks: list[str] = field(default_factory=list)
    outputs: list[tuple[str, str]] = field(default_factory=list)

    @property
    def stops(self) -> bool:
        """Whether nothing after it is done."""
        return self.failed or self.ends or self.closed or self.leave is not None

    def add(self, other: ActionOutcome) -> None:
        """Take what a tool in the list brought."""
        self.answered |= other.answered
        self.notes += other.notes
        self.remarks += other.remarks
        self.outputs += other.outputs
        self.closed |= other.closed
        self.undisturbed |= other.undisturbed
        self.due |= other.due
        self.leave, self.ends, self.failed = other.leave, other.ends, other.failed
