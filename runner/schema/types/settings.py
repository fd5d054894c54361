"""Settings: values that are fixed at load.

A template in them may use `env` and the agent's fixed variables only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import (
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from runner import template
from runner.diagnostics.nearest import did_you_mean
from runner.schema.types.mistake import mistake

DEFERRED = "deferred"
"""The error type of a setting that waits for the agent that uses it; never shown."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What a template in a setting may use.

    Attributes:
        env: the environment.
        fixed: the fixed variables of the agent, or None where no agent is known yet (a shared
            persona or tool).
        variables: names of the agent's variables that are not fixed, for the message.
        files: filled: the names of files that were read, whether or not all else could be.
    """

    env: Mapping[str, str]
    fixed: Mapping[str, Any] | None = None
    variables: frozenset[str] = frozenset()
    files: list[Any] = field(default_factory=list, compare=False)

    def resolve(self, text: str) -> str:
        """Render a setting's text.

        Raises:
            PydanticCustomError: E301 to E308 for what cannot be fixed at load, or `DEFERRED`.
        """
        analysis = template.analyse(text)
        for problem in analysis.problems:
            raise mistake(problem.code, problem.message, problem.help)
        env: dict[str, str | None] = {}
        for use in analysis.uses:
            if use.path[0] == "env":
                name = self._env_name(use)
                env[name] = self.env.get(name)
            elif self.fixed is None:
                raise mistake(DEFERRED, DEFERRED)
            elif use.path[0] not in self.fixed:
                raise self._not_fixed(use.path[0])
        return template.Renderer().render(text, {**(self.fixed or {}), "env": env}).strip()

    def _env_name(self, use: template.Use) -> str:
        name = use.path[1] if len(use.path) > 1 else ""
        problem = env_problem(name, known=name in self.env, guarded=use.guarded)
        if problem:
            raise problem
        return name

    def _not_fixed(self, name: str) -> Exception:
        if name == "secrets":
            return mistake(
                "E305",
                "a secret cannot stand in a setting",
                "use {{ env.NAME }} for what is not secret",
            )
        fixed = self.fixed or {}
        hint = did_you_mean(name, fixed, noun="fixed here")
        if name in self.variables:
            hint = "a setting is fixed when the folder is loaded; use a variable with a plain value"
        return mistake("E308", f"'{name}' is not known when the folder is loaded", hint)


SECRET_ENDINGS = ("KEY", "TOKEN", "SECRET", "PASSWORD")


def env_problem(name: str, *, known: bool, guarded: bool) -> PydanticCustomError | None:
    """What is wrong with reading this environment variable in the open, if anything."""
    if not name:
        return mistake("E301", "'env' needs a name behind it", "write {{ env.NAME }}")
    if name.upper().endswith(SECRET_ENDINGS):
        return mistake(
            "E307",
            f"'env.{name}' looks like a secret, and env is for what may be seen",
            f"write {{{{ secrets.{name} }}}}; it may stand only in what is sent to a service",
        )
    if not known and not guarded:
        return mistake(
            "E306",
            f"the environment variable {name} is not set",
            f"set it before lkrun starts, or write {{{{ env.{name} or 'another value' }}}}",
        )
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Setting:
    """Reads a setting from text; a mark: `Annotated[float, Setting(parse_duration, {...})]`.

    Attributes:
        parse: text to value; raises `mistake(...)`.
        shape: the JSON Schema of the value as an editor sees it.
        noun: what the reference calls it, where the shape does not say.
    """

    parse: Callable[[str], Any]
    shape: JsonSchemaValue
    noun: str = "text"

    def _read(self, value: Any, handler: ValidatorFunctionWrapHandler, info: ValidationInfo) -> Any:
        if isinstance(value, str):
            if template.has_template(value) and isinstance(info.context, Settings):
                value = info.context.resolve(value)
            value = self.parse(value.strip())
        elif isinstance(value, list):
            raise mistake("E104", "a list stands here, where one value belongs", "write one value")
        elif isinstance(value, dict):
            raise mistake(
                "E104", "a block of keys stands here, where one value belongs", "write one value"
            )
        elif value is None:
            raise mistake("E105", "there is no value here", "write the value, or delete the line")
        return handler(value)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.with_info_wrap_validator_function(self._read, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        templated = {"type": "string", "pattern": r"\{\{|\{%"}
        return {"anyOf": [self.shape, templated]}
