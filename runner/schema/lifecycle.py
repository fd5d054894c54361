"""What is done before the first word of a call."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from runner.schema.actions import Action, Actions
from runner.schema.types.blocks import Before, Block, OneOrList, key
from runner.schema.types.measures import SomeTime

CONTINUE = "continue"
"""`on_failure: continue`: the call goes on as if nothing had been done."""


@dataclass(frozen=True)
class _OrContinue(Before):
    def read(self, value: Any) -> Any:
        """Give no actions for the bare word."""
        bare = isinstance(value, str) and value.strip().casefold() == CONTINUE
        return [] if bare else value

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"const": CONTINUE}, handler(schema)]}


OnFailure = Annotated[tuple[Action, ...], OneOrList(words=("end_call", CONTINUE)), _OrContinue()]
"""`continue`, or actions."""


class BeforeCall(Block):
    """What is done before the agent's first word."""

    noun: ClassVar[str] = "before_call"
    bare: ClassVar[str] = "steps"
    elsewhere: ClassVar[dict[str, str]] = {
        "tool": "write steps: and below it - tool:",
        "set": "write steps: and below it - set:",
        "then": "write steps:",
        "say": "words before the greeting stand in steps:, as - say:",
        "greeting": "a greeting belongs to a persona: write it in the persona that start: names",
        "on_error": "write on_failure:",
        "retries": "they belong to the tool: write them in its http:",
    }

    steps: Actions = key("what is done, in order, before the first word")
    timeout: SomeTime = key("for all steps together; what is not done by then is given up", 5.0)
    on_failure: OnFailure = key(
        "what is done where a tool failed or the time was over: continue, or an action that comes "
        "before the greeting",
        (),
    )
