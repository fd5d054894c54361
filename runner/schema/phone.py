"""Phone: the numbers whose calls an agent answers."""

from typing import ClassVar

from runner.schema.types.blocks import Block, key
from runner.schema.types.phone_numbers import PhoneNumber

_NUMBERS = "write numbers: and below it each number with a dash"


class Phone(Block):
    """How an agent is reached by telephone."""

    noun: ClassVar[str] = "phone"
    bare: ClassVar[str] = "numbers"
    elsewhere: ClassVar[dict[str, str]] = {
        **dict.fromkeys(
            ("number", "phone_number", "phone_numbers", "inbound", "to", "line", "lines", "did"),
            _NUMBERS,
        ),
        **dict.fromkeys(
            ("rule", "rules", "dispatch_rule", "room", "agent"),
            "delete it: lkrun phone apply makes the rule that calls this agent",
        ),
        **dict.fromkeys(
            ("username", "password", "auth", "allowed_addresses"),
            "delete it: such a trunk is made at LiveKit by hand, with the number; lkrun phone "
            "apply then makes its rule",
        ),
    }

    numbers: tuple[PhoneNumber, ...] = key(
        "whose calls this agent answers; `lkrun phone apply` tells LiveKit"
    )
