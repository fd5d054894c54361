"""The options of a LiveKit plugin: a pydantic model made from its constructor's signature."""

from __future__ import annotations

import ast
import dataclasses
import enum
import inspect
import sys
import types
import typing
from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from typing import Any, ClassVar, cast

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, create_model
from typing_extensions import is_typeddict

from runner.providers.parsed import parsed

_FILLED_BY_RUNNER = frozenset(
    {"client", "conn_options", "executor", "http_client", "http_session", "loop", "session", "vad"}
)
"""Parameters that take an object of the running program."""

_CREDENTIALS = ("key", "secret", "token", "credentials")
"""Ends of names whose value may also come from an environment variable."""

_PLAIN = (str, int, float, bool, timedelta, bytes)
_HIDDEN = object()


class SignatureOptions(BaseModel):
    """The base of the models made here; `option_types` tells YAML's texts what they may become."""

    option_types: ClassVar[dict[str, Any]] = {}


class _Closed(SignatureOptions):
    model_config = ConfigDict(
        extra="forbid", arbitrary_types_allowed=True, coerce_numbers_to_str=True,
        allow_inf_nan=False, protected_namespaces=(),
    )  # fmt: skip


class _OpenEnded(_Closed):
    model_config = ConfigDict(extra="allow")


def base_of(*, open_ended: bool) -> type[SignatureOptions]:
    """The base of a model of options, which takes only what it declares, or more."""
    return _OpenEnded if open_ended else _Closed


def options_of(maker: Any) -> type[SignatureOptions]:
    """Make the options model of a class or function.

    Raises:
        TypeError: it needs an object that YAML cannot give; the message names the parameter.
    """
    signature = inspect.signature(maker)
    scope = _scope(maker)
    declared: dict[str, Any] = {}
    option_types: dict[str, Any] = {}
    open_ended = False
    for parameter in signature.parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            open_ended = True
        elif parameter.kind in {parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY}:
            usable = _offered(parameter, scope)
            if usable is not _HIDDEN:
                option_types[parameter.name] = usable
                declared[f"option_{len(declared)}"] = _checkable(usable), _field(parameter)
    base = base_of(open_ended=open_ended)
    model = cast("type[SignatureOptions]", create_model("Options", __base__=base, **declared))
    model.option_types = option_types
    return model


def chosen(options: BaseModel) -> dict[str, Any]:
    """The options that were given, by the names of the parameters."""
    declared = type(options).model_fields
    given = {
        declared[name].alias or name: getattr(options, name)
        for name in options.model_fields_set & declared.keys()
    }
    return given | (options.model_extra or {})


def _offered(parameter: inspect.Parameter, scope: dict[str, Any]) -> Any:
    if parameter.name.startswith("_") or parameter.name in {"self", *_FILLED_BY_RUNNER}:
        return _HIDDEN
    usable = _usable(_resolved(parameter.annotation, scope))
    if usable is _HIDDEN and parameter.default is parameter.empty:
        raise TypeError(parameter.name)
    return usable


def _field(parameter: inspect.Parameter) -> Any:
    name, default = parameter.name, parameter.default
    if default is parameter.empty and not name.lower().endswith(_CREDENTIALS):
        return Field(alias=name)
    if isinstance(default, (str, int, float, bool)):
        return Field(default=default, alias=name)
    return Field(default_factory=lambda: None, alias=name)


def _scope(maker: Any) -> dict[str, Any]:
    function = vars(maker).get("__init__", maker) if isinstance(maker, type) else maker
    function = inspect.unwrap(getattr(function, "__func__", function))
    module = sys.modules.get(getattr(function, "__module__", ""), None)
    return _names_of(module) if module is not None else {**vars(typing)}


@lru_cache(maxsize=128)
def _names_of(module: types.ModuleType) -> dict[str, Any]:
    """The names of a module, those included that it imports for type checkers alone."""
    # LiveKit's own plugins use its types here and there without importing them
    usual = sys.modules.get("livekit.agents.types")
    scope = {**vars(typing), **(vars(usual) if usual else {}), **vars(module)}
    try:
        tree = parsed(inspect.getsource(module))
    except (OSError, SyntaxError, TypeError):
        return scope
    for statement in tree.body:
        if isinstance(statement, ast.If) and "TYPE_CHECKING" in ast.dump(statement.test):
            for line in statement.body:
                if isinstance(line, ast.Import | ast.ImportFrom):
                    part = compile(ast.Module([line], []), module.__name__, "exec")
                    with suppress(Exception):  # what only a type checker has is left out
                        exec(part, scope)  # noqa: S102 - an import of the plugin's own
    return scope


def _resolved(annotation: Any, scope: dict[str, Any]) -> Any:
    if annotation is inspect.Parameter.empty:
        return Any
    if not isinstance(annotation, str):
        return annotation
    try:
        return eval(annotation, scope)  # noqa: S307 - the plugin's own annotation, as typing.get_type_hints does
    except Exception:  # noqa: BLE001 - names imported for type checkers only
        return Any


def _usable(annotation: Any) -> Any:
    """The part of a type that YAML can give; `_HIDDEN` where there is none."""
    origin = typing.get_origin(annotation)
    if annotation is Any or annotation in _PLAIN or annotation is object:
        return annotation
    if origin is typing.Annotated:
        return _usable(typing.get_args(annotation)[0])
    if origin in {typing.Union, types.UnionType}:
        return _usable_union(typing.get_args(annotation))
    if origin is typing.Literal or isinstance(annotation, typing.TypeVar):
        return annotation if origin else Any
    if origin is not None or annotation in {list, dict, tuple, set}:
        return _usable_generic(annotation, origin)
    return _usable_class(annotation)


def _usable_union(members: tuple[Any, ...]) -> Any:
    kept = [_usable(member) for member in members if member is not type(None)]
    kept = [member for member in kept if member is not _HIDDEN]
    if not kept:
        return _HIDDEN
    if type(None) in members:
        kept.append(type(None))
    return typing.Union[tuple(kept)]  # noqa: UP007 - the members are values here


def _usable_generic(annotation: Any, origin: Any) -> Any:
    if origin is None or not isinstance(origin, type) or not hasattr(origin, "__iter__"):
        return _HIDDEN if origin is not None else annotation
    inner = [_usable(item) for item in typing.get_args(annotation) if item is not Ellipsis]
    return _HIDDEN if _HIDDEN in inner else annotation


def _usable_class(annotation: Any) -> Any:
    if not isinstance(annotation, type):
        return Any
    if annotation.__name__ == "Timeout":  # httpx's and openai's are made of one number of seconds
        return typing.Annotated[float, AfterValidator(annotation)]
    if is_typeddict(annotation) or dataclasses.is_dataclass(annotation):
        return annotation
    return annotation if issubclass(annotation, (BaseModel, enum.Enum, str)) else _HIDDEN


def _checkable(annotation: Any) -> Any:
    try:
        TypeAdapter(annotation)
    except Exception:  # noqa: BLE001 - a type that pydantic cannot check is accepted as it comes
        return Any
    return annotation
