"""How definitions are built: blocks, kinds told by a key, one or a list, a block or `no`."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import chain
from typing import Annotated, Any, ClassVar, Literal, TypeVar, Union, get_args, get_origin

from pydantic import (
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Tag,
)
from pydantic.config import JsonDict
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from runner.diagnostics.nearest import SHOWN, nearest
from runner.schema.types.by_language import is_language
from runner.schema.types.foreign import FOREIGN, TRANSLATED, fold
from runner.schema.types.later import LATER, not_yet
from runner.schema.types.mistake import clash, mistake, none_of
from runner.schema.types.names import Name
from runner.schema.types.settings import Setting
from runner.schema.types.values import NO, NO_SHAPE, YES, YES_NO_SHAPE, refuse_like_yes_no
from runner.schema.types.when_used import BuiltWhenUsed

AnyBlock = TypeVar("AnyBlock", bound="Block")
Live = Literal["now", "visit", "call", "start"]
"""From when a changed key counts in a call that runs already (`reload: next_turn`): from its next
turn, from the next handoff, from the next call; or it only says how a call starts."""


class Block(BuiltWhenUsed):
    """A block of keys. Unknown ones are refused; a key that is a Python word is an alias."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, loc_by_alias=True, validate_default=False
    )

    noun: ClassVar[str] = "a block"
    """What a message calls it: 'an agent', 'a handoff'."""

    elsewhere: ClassVar[dict[str, str]] = {}
    """Keys that people write here although they belong somewhere else → where."""

    bare: ClassVar[str] = ""
    """The key that was probably meant where a bare text stands instead of the block."""

    stray: ClassVar[str] = ""
    """Where a key that is none of the block's own probably belongs."""

    off: ClassVar[str] = ""
    """What to write instead of a bare `no`, where there is none of it without the block."""

    kinds: ClassVar[tuple[type[Any], ...]] = ()
    """Of a block that is one of several kinds: all of them."""

    kind: ClassVar[str] = ""
    """Of such a block: the key that tells its kind."""

    kind_value: ClassVar[str] = ""
    """Of such a block: the value of that key that alone tells it, where others have the key too."""

    typical: ClassVar[tuple[str, ...]] = ()
    """Of such a block, where there are many kinds: those that a message names."""

    rules: ClassVar[JsonSchemaValue] = {}
    """What its validators ask beyond single keys, as JSON Schema, so that editors ask it too."""

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        made = super().__get_pydantic_json_schema__(schema, handler)
        rules = cls.all_rules()
        if rules:
            handler.resolve_ref_schema(made)["allOf"] = rules
        return made

    @classmethod
    def all_rules(cls) -> list[JsonSchemaValue]:
        """`rules`, as a list of schemas that all hold."""
        return [cls.rules] if cls.rules else []

    @classmethod
    def keys(cls) -> dict[str, str]:
        """The keys of the language → the attributes that hold them."""
        return {(info.alias or name): name for name, info in cls.model_fields.items()}


Block.__annotations__ = {}  # each of the hundred and fifty blocks would have them read once more


def together(*names: str) -> JsonSchemaValue:
    """The JSON Schema rule that not all of these keys stand together."""
    return {"not": {"required": list(names)}}


def any_of(*names: str) -> JsonSchemaValue:
    """The JSON Schema rule that at least one of these keys stands there."""
    return {"anyOf": [{"required": [name]} for name in names]}


def key(
    description: str,
    default: Any = ...,
    *,
    alias: str | None = None,
    names: tuple[str, ...] = (),
    live: Live = "now",
) -> Any:
    """Declare a key.

    Args:
        description: its line in the reference.
        default: its value where it is left out; without one it must be there.
        alias: its name in the language, where that is a word of Python.
        names: what templates below it may use besides.
        live: from when a change of it counts in a running call; of what stands below it too.
    """
    extra: JsonDict = {"x-lkrun-names": [*names]} if names else {}
    if live != "now":
        extra["x-lkrun-live"] = live
    return Field(default, description=description, alias=alias, json_schema_extra=extra or None)


def kinds(noun: str, *classes: type[Block], in_a_row: bool = False) -> Any:
    """A block that is one of several kinds, told by which of their keys stands in it.

    An error's location then holds the tag `<ClassName>`, which is in no file.

    Args:
        noun: what the block is.
        classes: the kinds.
        in_a_row: whether it always stands in a list: what has two of the keys was meant as two.
    """
    by_key = {cls.kind: f"<{cls.__name__}>" for cls in classes if not cls.kind_value}
    by_value = {(c.kind, c.kind_value): f"<{c.__name__}>" for c in classes if c.kind_value}
    for cls in classes:
        if len(classes) > len(cls.kinds):
            cls.kinds = classes
    tagged = tuple(Annotated[cls, Tag(f"<{cls.__name__}>")] for cls in classes)
    first = next(iter(classes)).__name__

    def pick(data: Any) -> str | None:
        if isinstance(data, dict):
            kind = next((k for k in data if k in by_key), "")
            return by_value.get((kind, str(data.get(kind)).strip()), by_key.get(kind))
        return f"<{type(data).__name__}>" if isinstance(data, Block) else f"<{first}>"

    union: Any = Annotated[Union[tagged], Discriminator(pick)]  # noqa: UP007 - a union of a computed tuple
    return Annotated[union, _ExactlyOne(noun, tuple(by_key), classes, in_a_row)]


def kinds_of(base: type[AnyBlock]) -> tuple[type[AnyBlock], ...]:
    """All classes below one that are a kind, by their names: a new class is one more."""
    below = tuple(chain.from_iterable((cls, *kinds_of(cls)) for cls in base.__subclasses__()))
    return tuple(sorted((c for c in below if "kind" in vars(c)), key=lambda c: c.kind))


class Before(ABC):
    """A mark whose `read` sees what is written before the type that it marks does."""

    @abstractmethod
    def read(self, value: Any) -> Any:
        """Give what the type shall see.

        Raises:
            PydanticCustomError: it cannot stand here.
        """

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        return core_schema.no_info_before_validator_function(self.read, handler(source))


@dataclass(frozen=True)
class _ExactlyOne(Before):
    noun: str
    kind_keys: tuple[str, ...]
    classes: tuple[type[Block], ...]
    in_a_row: bool

    def read(self, data: Any) -> Any:
        """Refuse a block with none or several of the keys that tell its kind."""
        if not isinstance(data, dict):
            return data
        present = [k for k in data if k in self.kind_keys]
        if len(present) == 1:
            return data
        if present:
            hint = f"begin another one: - {present[1]}:" if self.in_a_row else "keep one of the two"
            raise clash(present[0], present[1], self.noun, hint)
        raise self._none(data)

    def _none(self, data: dict[str, Any]) -> Exception:
        known = set().union(*(cls.keys() for cls in self.classes))
        later = LATER.get(self.noun, frozenset())
        for name in data:
            if name in known:
                continue
            if name in later:
                return mistake("E102", *not_yet(name), at=(name,), on="key")
            if hint := self._hint(name):
                message = f"'{name}' is not a key of {self.noun}"
                return mistake("E101", message, hint, at=(name,), on="key")
            near = nearest(name, self.kind_keys)
            if near:
                return mistake(
                    "E101", f"unknown key '{name}'", f"did you mean '{near}'?", at=(name,), on="key"
                )
        if data and all(map(is_language, data)):
            words = next((key for key in ("say", "ask") if key in self.kind_keys), "")
            if words:
                message = f"{self.noun} stands here for each language"
                hint = f"write {words}: first, and the languages below it"
                raise mistake("E106", message, hint)
        few = len(self.kind_keys) <= SHOWN
        named = self.kind_keys if few else self.classes[0].typical or self.kind_keys
        strange = next((name for name in data if name not in known), None)
        if strange is not None:
            more = ", …" * (len(self.kind_keys) > len(named))
            hint = f"{self.noun} needs one of: {', '.join(named)}{more}"
            message = f"'{strange}' is not a key of {self.noun}"
            return mistake("E101", message, hint, at=(strange,), on="key")
        owners = [cls for cls in self.classes if any(name in cls.keys() for name in data)]  # noqa: SIM118 - a method of blocks
        such = owners[0].kind if len(owners) == 1 else None
        return none_of(self.noun, named, self.kind_keys, such)

    def _hint(self, name: str) -> str | None:
        """What a word of another platform or tongue means as the kind of such a block."""
        rows = FOREIGN.get(self.noun, {})
        meant = rows.get(fold(name)) or TRANSLATED.get(fold(name)) or ""
        path = meant.split(".")
        if path[0] in self.kind_keys:
            return "write " + " and below it ".join(f"{key}:" for key in path)
        sentence = meant if " " in meant else None
        return self.classes[0].elsewhere.get(name) or sentence


@dataclass(frozen=True)
class OneOrList(Before):
    """Lets one value stand where a list may; `words` are bare words that mean a whole entry.

    Attributes:
        words: bare word → the entry that it stands for.
        text_as: the key under which any other bare text is an entry.
        scalars: whether the entries are single values, not blocks.
        instead: what to write instead of a block of keys.
        apart: filled: whether no entry can have a comma in it.
    """

    words: tuple[str, ...] = ()
    text_as: str | None = None
    scalars: bool = False
    instead: str = ""
    apart: bool = False

    def read(self, value: Any) -> Any:
        """Give a list."""
        if isinstance(value, str) and self.apart and (several := _several(value)):
            listed = " and ".join(f"- {each}" for each in several)
            raise mistake(
                "E104",
                "several entries stand on one line here",
                f"write each on a line of its own, with a dash: {listed}",
            )
        if isinstance(value, list):
            return [self._entry(v) for v in value]
        if isinstance(value, dict) and self.scalars:
            raise mistake(
                "E104",
                "a block of keys stands here, where one value or a list belongs",
                self.instead or "write it behind the colon, or each on its own line, with a dash",
            )
        if isinstance(value, str | dict):
            return [self._entry(value)]
        return value

    def _entry(self, value: Any) -> Any:
        if not isinstance(value, str) or self.scalars:
            return value
        if value in self.words:
            return {value: "yes"}
        if self.text_as:
            return {self.text_as: value}
        if self.words and value.strip():
            raise self._no_word(value)
        return value

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        reader = replace(self, apart=self.scalars and _without_commas(source))
        return core_schema.no_info_before_validator_function(reader.read, handler(source))

    def _no_word(self, value: str) -> Exception:
        foreign = FOREIGN["an action"].get(fold(value)) if len(value.split()) == 1 else None
        near = foreign if foreign in self.words else nearest(value, self.words)
        goes_on = next((word for word in ("answer", "continue") if word in self.words), None)
        if value.casefold() in _GOES_ON:
            near = goes_on or near
        if value.casefold() in NO | _GOES_ON and near not in self.words:
            hint = "delete the line, where nothing is to be done"
            return mistake("E104", f"'{value}' stands here, where an action belongs", hint)
        if is_sentence(value):
            message = "words stand here, where an action belongs"
            hint = f"write them on the next line, further indented: say: {value}"
            return mistake("E104", message, hint)
        listed = f"write an action with its colon, such as say: and words, or {self.words[0]}"
        return mistake(
            "E104",
            f"'{value}' stands here, where an action belongs",
            f"did you mean '{near}'?" if near else listed,
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        shape = handler(schema)
        entry: list[JsonSchemaValue] = [shape["items"]]
        if self.text_as:
            entry.append({"type": ["string", "number", "boolean"], "pattern": r"\S"})
        elif self.words:
            entry.append({"enum": list(self.words)})
        item = entry[0] if len(entry) == 1 else {"anyOf": entry}
        return {"anyOf": [item, {**shape, "items": item}]}


_GOES_ON = frozenset(
    {"continue", "go on", "ignore", "nothing", "proceed", "skip", "person", "human"}
)
"""How people say that nothing is done."""


def is_sentence(text: str) -> bool:
    """Whether a text is words that somebody says or reads, and no name that they would give."""
    words = text.split()
    ends = len(words) > 1 and words[-1][-1] in ".!?\u2026"
    return ends or len(words) > _LONGEST_NAME


_LONGEST_NAME = 4
"""Words of a name."""


def _several(text: str) -> list[str]:
    """The entries of a text that a comma or a semicolon parts; none where there is but one."""
    parts = [part.strip() for part in re.split("[,;]", text) if part.strip()]
    return parts if len(parts) > 1 else []


def _without_commas(source: Any) -> bool:
    """Whether the entries of a list are names, or values of a fixed shape, and no texts."""
    lists = (arm for arm in (source, *get_args(source)) if get_origin(arm) is tuple)
    entry = next((get_args(arm)[0] for arm in lists), None)
    kind, *marks = get_args(entry) if get_origin(entry) is Annotated else (entry,)
    named = isinstance(kind, type) and issubclass(kind, Name) and kind.section not in _WITH_COMMAS
    return named or any(isinstance(mark, Setting) for mark in marks)


_WITH_COMMAS = frozenset({"files", "providers"})
"""What a rule tells that knows what there is."""


def _wanted(arm: Any) -> str:
    """What to write instead of a bare yes."""
    if isinstance(arm, type) and issubclass(arm, Block):
        names = ", ".join(f"{name}:" for name in list(arm.keys())[:4])
        return f"indent its keys below it, such as {names}; or write no"
    name = isinstance(arm, type) and issubclass(arm, str)
    return "write a name, or no" if name else "write a duration such as 2s, or no"


def _as_it_is(value: Any, handler: Callable[[Any], Any]) -> Any:
    return value if isinstance(value, bool) else handler(value)


@dataclass(frozen=True)
class OrNo:
    """Lets `no` switch a block off (then False) and, where `yes` is set, `yes` on (then True).

    In `Annotated[Idle | Literal[False] | None, OrNo()]` the first arm is what else may stand there.
    """

    yes: bool = False
    wanted: str = ""

    def _read(self, value: Any, handler: Callable[[Any], Any]) -> Any:
        if isinstance(value, bool):
            return value
        word = value.strip().casefold() if isinstance(value, str) else None
        if word in NO:
            return False
        if word in YES and self.yes:
            return True
        if word in YES:
            raise mistake("E104", f"'{value}' alone does not say enough here", self.wanted)
        if word is not None and self.yes:
            refuse_like_yes_no(value)
        return handler(value)

    def __get_pydantic_core_schema__(
        self, source: Any, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        first = get_args(source)[0]
        reader = self if self.yes or self.wanted else replace(self, wanted=_wanted(first))
        return core_schema.no_info_wrap_validator_function(
            reader._read,  # noqa: SLF001 - itself
            handler(first),
            serialization=core_schema.wrap_serializer_function_ser_schema(_as_it_is),
        )

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        words = YES_NO_SHAPE if self.yes else NO_SHAPE
        return {"anyOf": [words, handler(schema)]}
