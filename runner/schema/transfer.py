"""Transfer: a person on the telephone takes the call over from the agent.

What is done where it fails are actions, so that key stands with these (`schema.actions`).
"""

from typing import Annotated, Any, ClassVar, Final, Literal, Self

from pydantic import model_validator
from pydantic.json_schema import JsonSchemaValue

from runner.schema.types.blocks import Block, OrNo, key, together
from runner.schema.types.call_targets import LONGEST_RING, CallTarget, refuse_reserved
from runner.schema.types.files import SoundName
from runner.schema.types.measures import Duration
from runner.schema.types.mistake import mistake
from runner.schema.types.names import HeaderKey
from runner.schema.types.phone_numbers import PhoneNumber
from runner.schema.types.pressed import Keys
from runner.schema.types.texts import Stored, Told
from runner.schema.types.trunks import TrunkId
from runner.schema.types.values import one_of
from runner.schema.types.words import Words

_WARM_ONLY: Final = ("press_keys", "trunk", "from", "hold_sound", "instructions")

HOLD: Final = "hold_music"
"""What a caller hears while a person is called."""

PERSONS_ROOM: Final = "-human-agent"
"""What LiveKit puts behind the name of the caller's room for that in which a person is briefed."""

How = Annotated[
    Literal["cold", "warm"],
    one_of("cold", "warm", meant={"blind": "cold", "attended": "warm", "consultative": "warm"}),
]


class AnyTransfer(Block):
    """Puts the caller through to a person on the telephone."""

    noun: ClassVar[str] = "transfer_call"
    bare: ClassVar[str] = "to"
    elsewhere: ClassVar[dict[str, str]] = {
        **dict.fromkeys(
            ("on_error", "fallback", "else", "on_no_answer", "on_busy"),
            "write on_failure: and an action below it",
        ),
        **dict.fromkeys(("on_success", "then"), "delete it: after a transfer the agent is gone"),
        "description": "write it beside transfer_call:, not below it",
        "persona": "a persona is handed the call: write handoff: instead of transfer_call:",
    }

    to: CallTarget = key(
        "the phone number, such as +842412345678, or SIP address, such as sip:desk@pbx.example"
    )
    how: How = key(
        "cold: the caller is passed on, and the agent is gone at once; only for callers by "
        "telephone. warm: they hear `hold_sound` while the agent calls the person and tells what "
        "it is about; then the two are together",
        "cold",
    )
    say: Words | None = key("words for the caller before it, spoken exactly", None)
    ring_for: Duration = key("so long it rings; then it has failed; 80s at most", 30.0)
    press_keys: Keys | None = key(
        "warm: keys pressed once somebody has answered, such as ww204# for an extension", None
    )
    trunk: TrunkId | None = key(
        "warm: LiveKit's outbound trunk that calls the person; without it the agent's "
        "`phone.trunk`, else LIVEKIT_SIP_OUTBOUND_TRUNK",
        None,
    )
    from_: PhoneNumber | None = key(
        "warm: the number that the person sees; without it the agent's `phone.from`, else the "
        "trunk's",
        None,
        alias="from",
    )
    headers: dict[HeaderKey, Stored] = key("SIP headers that go with it: name → text", {})
    hold_sound: Annotated[SoundName | Literal[False] | None, OrNo()] = key(
        "warm: what the caller hears meanwhile, a sound as in `play`; `no`: nothing. Without it "
        "`hold_music`",
        None,
    )
    instructions: Told | None = key(
        "warm: for the model, how to brief the person; what was said with the caller it knows",
        None,
    )

    @property
    def warm(self) -> bool:
        """Whether the person is briefed first."""
        return self.how == "warm"

    @classmethod
    def all_rules(cls) -> list[JsonSchemaValue]:
        """What `_goes_with_how` asks."""
        cold: JsonSchemaValue = {"properties": {"how": {"const": "cold"}}}
        return [{"if": cold, "then": {"allOf": [together(name) for name in _WARM_ONLY]}}]

    @model_validator(mode="after")
    def _goes_with_how(self) -> Self:
        attributes: dict[str, Any] = self.keys()
        written = [n for n in _WARM_ONLY if attributes[n] in self.model_fields_set]
        if written and not self.warm:
            raise mistake(
                "E112",
                f"'{written[0]}' does not go with how: cold: the caller's own line is passed on, "
                "and the agent calls nobody",
                f"write how: warm, or delete '{written[0]}'",
                at=(written[0],),
                on="key",
            )
        if self.ring_for > LONGEST_RING:
            message = f"no telephone rings longer than {LONGEST_RING:g}s by LiveKit"
            raise mistake("E109", message, f"write {LONGEST_RING:g}s or less", at=("ring_for",))
        refuse_reserved(self.headers)
        return self
