"""Calls that an agent makes: whom it calls, and what is done by who answers."""

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Self

from pydantic import GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from runner.schema.actions import Action, Actions
from runner.schema.types.blocks import Before, Block, OneOrList, key
from runner.schema.types.call_targets import LONGEST_RING
from runner.schema.types.measures import SomeTime
from runner.schema.types.mistake import mistake
from runner.schema.types.phone_numbers import parse_phone_number
from runner.schema.types.pressed import Keys
from runner.schema.types.texts import Stored
from runner.template import has_template

_HEARD = frozenset({"say", "instructions", "play", "press_keys", "handoff", "ask_again"})
"""Kinds of actions that somebody must hear."""

NAVIGATE, ANSWER = "navigate", "answer"


class NumberToCall(Stored):
    """A phone number, or a template that gives one."""

    __slots__ = ()
    empty: ClassVar[bool] = False

    @classmethod
    def read(cls, value: str) -> Self:
        """Accept a number.

        Raises:
            PydanticCustomError: E119.
        """
        made = super().read(value)
        return made if has_template(value) else cls(parse_phone_number(value.strip()))

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        shape = super().__get_pydantic_json_schema__(schema, handler)
        return {**shape, "pattern": r"^\s*\+[1-9]\d{6,14}\s*$|\{[{%]"}


class Dial(Block):
    """Whom an agent calls, and how long it rings."""

    noun: ClassVar[str] = "dial"
    bare: ClassVar[str] = "to"
    elsewhere: ClassVar[dict[str, str]] = {
        **dict.fromkeys(
            ("from", "caller_id", "trunk", "trunk_id", "sip_trunk_id"),
            "it belongs to phone: write phone: in the agent, and trunk: or from: below it",
        ),
        **dict.fromkeys(("voicemail", "amd", "mailbox", "menu"), "write voicemail: in the agent"),
        **dict.fromkeys(
            ("attempts", "retry", "retries", "wait"),
            "one call is one attempt; several are a campaign's",
        ),
        **dict.fromkeys(
            ("say", "greeting", "message"),
            "a greeting belongs to a persona: it waits until a person is there",
        ),
    }

    to: NumberToCall | None = key(
        "the number that is called, mostly {{ job.metadata.phone }}; without it, that of "
        "`lkrun dial --to` or `POST /v1/calls`, which win",
        None,
    )
    ring_for: SomeTime = key("so long it rings; 80s at most", 30.0)
    press_keys: Keys | None = key(
        "keys that are pressed once it is answered, such as an extension: w waits half a second",
        None,
    )
    on_no_answer: Actions = key(
        "what is done where nobody answered: nobody hears anything; then the call ends", ()
    )

    @model_validator(mode="after")
    def _rings_no_longer(self) -> Self:
        if self.ring_for > LONGEST_RING:
            message = f"no telephone rings longer than {LONGEST_RING:g}s by LiveKit"
            raise mistake("E109", message, f"write {LONGEST_RING:g}s or less", at=("ring_for",))
        return self

    @model_validator(mode="after")
    def _says_nothing_to_nobody(self) -> Self:
        for at, action in enumerate(self.on_no_answer):
            spoken = action.kind in _HEARD or (action.kind == "end_call" and action.end_call)
            if spoken:
                hint = "delete it, or write what is done instead, such as tool: or set:"
                if action.kind == "end_call":
                    hint = "write end_call alone, or delete it: the call ends in any case"
                place = ("on_no_answer", at, action.kind) if len(self.on_no_answer) > 1 else ()
                message = f"nobody hears what stands in {action.kind}: nobody has answered"
                raise mistake("E112", message, hint, at=place or ("on_no_answer",))
        return self


@dataclass(frozen=True)
class _OrWord(Before):
    """A bare word of its own stands for no actions."""

    word: str

    def read(self, value: Any) -> Any:
        """Give no actions for the bare word."""
        bare = isinstance(value, str) and value.strip().casefold() == self.word
        return [] if bare else value

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"const": self.word}, handler(schema)]}


_NavigateOr = Annotated[
    tuple[Action, ...], OneOrList(words=(NAVIGATE, "end_call", "opt_out")), _OrWord(NAVIGATE)
]
_AnswerOr = Annotated[
    tuple[Action, ...], OneOrList(words=(ANSWER, "end_call", "opt_out")), _OrWord(ANSWER)
]


class Voicemail(Block):
    """What is done by who answers: a person, or one of several kinds of machines."""

    noun: ClassVar[str] = "voicemail"
    bare: ClassVar[str] = "mailbox.say"
    elsewhere: ClassVar[dict[str, str]] = {
        **dict.fromkeys(("say", "message"), "write mailbox: and below it say:"),
        "person": "a person is greeted by the persona that start: names",
        **dict.fromkeys(("human",), "a person is greeted by the persona that start: names"),
        **dict.fromkeys(("machine", "beep"), "write mailbox:"),
        **dict.fromkeys(("ivr", "machine-ivr"), "write menu:"),
        **dict.fromkeys(("unavailable", "machine-unavailable"), "write full:"),
        **dict.fromkeys(("uncertain", "unknown"), "write unsure:"),
        **dict.fromkeys(
            ("nobody", "busy", "no_answer", "on_no_answer", "unanswered"),
            "write dial: in the agent, and on_no_answer: below it",
        ),
    }

    timeout: SomeTime = key("by then it is decided who has answered; else it is unsure", 20.0)
    mailbox: Actions = key(
        "a machine that takes messages: done after its beep; then the call ends", ()
    )
    menu: _NavigateOr = key(
        "a phone menu: navigate (the model presses keys), or an action, after which it is listened "
        "for who is there then",
        (),
    )
    full: Actions = key("a mailbox that takes no message; then the call ends", ())
    unsure: _AnswerOr = key(
        "where nobody can tell: answer (go on as with a person), or an action, after which the "
        "call ends",
        (),
    )
    off: ClassVar[str] = "delete the line: without it the agent makes no calls"
