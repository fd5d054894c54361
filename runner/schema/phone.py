"""Phone: the numbers whose calls an agent answers, and by which it calls."""

from typing import ClassVar, Self

from pydantic import model_validator
from pydantic.json_schema import JsonSchemaValue

from runner.schema.types.blocks import Block, any_of, key
from runner.schema.types.mistake import none_of
from runner.schema.types.phone_numbers import PhoneNumber
from runner.schema.types.trunks import TrunkId

_NUMBERS = "write numbers: and below it each number with a dash"


class Phone(Block):
    """How an agent is reached by telephone, and calls by it."""

    noun: ClassVar[str] = "phone"
    bare: ClassVar[str] = "numbers"
    rules: ClassVar[JsonSchemaValue] = any_of("numbers", "trunk", "from")
    elsewhere: ClassVar[dict[str, str]] = {
        **dict.fromkeys(
            ("number", "phone_number", "phone_numbers", "inbound", "to", "line", "lines", "did"),
            _NUMBERS,
        ),
        **dict.fromkeys(
            ("caller_id", "from_number"),
            "write from: and the number that is seen",
        ),
        **dict.fromkeys(
            ("trunk_id", "sip_trunk_id", "outbound_trunk", "outbound_trunk_id"),
            "write trunk: and the id of LiveKit's outbound trunk, such as ST_abc123",
        ),
        **dict.fromkeys(
            ("rule", "rules", "dispatch_rule", "room", "agent"),
            "delete it: lkrun phone apply makes the rule that calls this agent",
        ),
        **dict.fromkeys(
            ("provider", "carrier", "vendor", "sip"),
            "the telephone company is set up at LiveKit: write trunk: and the id of its outbound "
            "trunk, such as ST_abc123",
        ),
        **dict.fromkeys(
            ("username", "password", "auth", "allowed_addresses"),
            "delete it: such a trunk is made at LiveKit by hand, with the number; lkrun phone "
            "apply then makes its rule",
        ),
    }

    numbers: tuple[PhoneNumber, ...] = key(
        "whose calls this agent answers; `lkrun phone apply` tells LiveKit", ()
    )
    trunk: TrunkId | None = key(
        "the id of LiveKit's outbound trunk by which it calls, such as ST_abc123; the variable "
        "LIVEKIT_SIP_OUTBOUND_TRUNK without it",
        None,
    )
    from_: PhoneNumber | None = key(
        "the number that people see whom it calls; one of the trunk's without it",
        None,
        alias="from",
    )

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.numbers and self.trunk is None and self.from_ is None:
            raise none_of(self.noun, ("numbers", "trunk", "from"))
        return self

    off: ClassVar[str] = "delete the line: without it the agent has no number"
