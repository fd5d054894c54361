"""What an agent remembers of a caller from one call to the next."""

from typing import Annotated, ClassVar, Self

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from runner.schema.types.blocks import Block, OneOrList, key
from runner.schema.types.measures import LongTime
from runner.schema.types.mistake import mistake
from runner.schema.types.names import VariableName
from runner.schema.types.texts import Stored
from runner.schema.types.values import YesNo
from runner.template import has_template

EXAMPLE = 'of: "{{ caller.phone }}"'


class Whom(Stored):
    """Whom something is about: a template, since it differs from call to call."""

    __slots__ = ()
    empty = False

    @classmethod
    def read(cls, value: str) -> Self:
        """Accept a text with a template in it.

        Raises:
            PydanticCustomError: E105 where there is none, E104 where no template stands in it.
        """
        text = super().read(value)
        if not has_template(text):
            message = f"'{text}' is the same in every call, so all callers would be one"
            raise mistake("E104", message, f"write what differs in braces, such as {EXAMPLE}")
        return text

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"type": "string", "pattern": r"\{[{%]"}


_THERE = "delete it: memory.calls and memory.last are there by themselves"


class Memory(Block):
    """What is remembered of a caller who calls again."""

    noun: ClassVar[str] = "memory"
    bare: ClassVar[str] = "of"
    rules: ClassVar[JsonSchemaValue] = {"required": ["of"]}
    elsewhere: ClassVar[dict[str, str]] = {
        **dict.fromkeys(
            ("who", "whom", "caller", "about", "by", "key", "id", "user", "user_id", "phone"),
            f"write of: and whom it is about, such as {EXAMPLE}",
        ),
        **dict.fromkeys(
            ("variables", "values", "fields", "remember", "store", "save", "facts", "what"),
            "write keep: and below it the names of variables",
        ),
        **dict.fromkeys(
            ("summarize", "summarise", "summaries", "history", "transcript", "talk"),
            "write summary: yes",
        ),
        **dict.fromkeys(
            ("ttl", "expires", "expires_after", "retention", "duration", "days", "keep_for",
             "forget_after", "delete_after", "max_age"),
            "write for: and how long, such as for: 90d",
        ),
        **dict.fromkeys(
            ("database", "path", "file", "folder", "provider", "type"),
            "what is remembered is kept with the records of all agents: write it below runner: "
            "in records:, as database:",
        ),
        **dict.fromkeys(("calls", "last", "count", "last_call"), _THERE),
    }  # fmt: skip

    of: Whom = key(
        'whom it is about, such as "{{ caller.phone }}"; where that is empty, as where a number is '
        "withheld, nothing is kept and nothing recalled"
    )
    keep: Annotated[tuple[VariableName, ...], OneOrList(scalars=True)] = key(
        "variables that are stored at the end of a call, and have their values again when the "
        "next one begins; what is given from outside wins",
        (),
    )
    summary: YesNo = key(
        "have the model sum each call up; the newest of these are `memory.summary`", False
    )
    for_: LongTime | None = key(
        "how long it is remembered after the last call; until it is forgotten by `lkrun memory "
        "forget` without it",
        None,
        alias="for",
    )
    off: ClassVar[str] = "delete the line: without it nobody is remembered"
