"""What services answer in a test."""

import json
from typing import Annotated, ClassVar, Self

from pydantic import model_validator
from pydantic.json_schema import JsonSchemaValue

from runner.schema.test_values import Data, Expected
from runner.schema.types.blocks import Block, key, together
from runner.schema.types.files import DataFile
from runner.schema.types.measures import Duration
from runner.schema.types.mistake import clash, mistake
from runner.schema.types.texts import Plain
from runner.schema.types.values import NO, YES, YesNo, whole


def _yes(text: str) -> bool:
    return text.strip().casefold() in YES


class Mock(Block):
    """What a service answers in the test."""

    noun: ClassVar[str] = "a mock"
    bare: ClassVar[str] = "returns"
    stray: ClassVar[str] = "write returns:, and below it what the service answers"
    rules: ClassVar[JsonSchemaValue] = {
        "allOf": [
            together(one, other)
            for one, other in (
                ("returns", "returns_json"),
                ("returns", "returns_file"),
                ("returns_json", "returns_file"),
            )
        ]
    }

    returns: Data | None = key("the service's answer, before pick", None)
    returns_json: Plain | None = key("the same, as the JSON that came", None)
    returns_file: DataFile | None = key("the same, in a file of the folder", None)
    status: Annotated[int, whole(100, 599)] | None = key("the status of the answer", None)
    fails: Plain | None = key("no answer: words of the error, or timeout", None)
    slow: Duration | None = key("the answer takes so long; it takes no time in the test", None)
    when: dict[str, Expected] = key("argument → value: this mock only then", {})
    real: YesNo = key("yes: the real service is asked", False)

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        if self.returns_json is not None:
            try:
                json.loads(self.returns_json)
            except json.JSONDecodeError as error:
                raise mistake(
                    "E117",
                    f"this is not JSON at character {error.pos + 1}",
                    "mend it, or write returns: with the keys below it; a service that answers no "
                    "JSON is returns: and its words",
                    at=("returns_json",),
                ) from None
        if self.fails is not None and self.fails.strip().casefold() in YES | NO:
            hint = "write the words of the error, or timeout" if _yes(self.fails) else "delete it"
            raise mistake("E117", f"'{self.fails}' is no error", hint, at=("fails",))
        return self

    @model_validator(mode="after")
    def _one_answer(self) -> Self:
        given = [
            n
            for n in ("returns", "returns_json", "returns_file", "fails", "real")
            if n in self.model_fields_set and getattr(self, n) not in (None, False)
        ]
        if len(given) > 1:
            raise clash(given[0], given[1], self.noun)
        if self.status is not None and given[:1] in (["fails"], ["real"]):
            raise clash(given[0], "status", self.noun)
        if not given and self.status is None and self.slow is None:
            raise mistake(
                "E106",
                "needs one of: returns, returns_json, returns_file, status, fails, real",
                "write returns: and below it what the service answers",
            )
        return self
