"""The texts of one request, rendered; and what the author should know of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, TypeVar

from runner.egress.trouble import CANNOT_ASK, RequestError
from runner.secret import Secret
from runner.template import EMPTY, Empty, Failure, Renderer, analyse

T = TypeVar("T")


@lru_cache(maxsize=1024)
def holds_secret(text: str) -> bool:
    """Whether a text of an author uses a secret."""
    return "secrets" in text and any(use.path[0] == "secrets" for use in analyse(text).uses)


def seal(text: str, value: T) -> Secret[T] | T:
    """What a text gives: a secret where it uses one."""
    return Secret(value) if holds_secret(text) else value


@dataclass(slots=True)
class Texts:
    """Renders the texts of one request, and keeps what stood in the way.

    Attributes:
        values: all that templates may use, but for `secrets`.
        secrets: reads the secrets and keeps account of them.
        places: template → `file:line`.
        language: the agent's `locale`, for what the model is told.
        notes: what the author should know: message and place, each once.
    """

    values: Mapping[str, Any]
    secrets: Mapping[str, str]
    places: Mapping[str, str] = field(default_factory=dict)
    language: str = ""
    missing: list[tuple[str, ...]] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    notes: dict[tuple[str, str], None] = field(default_factory=dict)
    renderer: Renderer = field(init=False)
    _text: str = ""

    def __post_init__(self) -> None:
        """Begin; nothing has been rendered yet."""
        self.values = {**self.values, "secrets": self.secrets}
        self.renderer = Renderer(self._missed, self._failed, self._left_out, wire=True)

    def text(self, text: str, **how: Any) -> str:
        """Render a text."""
        self._text = text
        return self.renderer.render(text, self.values, **how)

    def sealed(self, text: str) -> Secret[str] | str:
        """Render a text; a secret where one stands in it."""
        return seal(text, self.text(text))

    def value(self, text: str) -> Any:
        """Render a value, secret where a secret stands in it; `EMPTY`: one empty expression."""
        self._text = text
        value = self.renderer.value(text, self.values)
        return EMPTY if value is None or isinstance(value, Empty) else seal(text, value)

    def told(self, text: str, values: Mapping[str, Any]) -> str:
        """Render a text for the model."""
        self._text = text
        renderer = Renderer(self._missed, self._failed, language=self.language)
        return renderer.render(text, values)

    def condition(self, text: str, names: Mapping[str, Any]) -> bool:
        """Whether a condition is true."""
        self._text = text
        return self.renderer.condition(text, {**self.values, **names})

    def entries(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """Render values, and leave those out that are missing."""
        values = {name: self.value(text) for name, text in texts.items()}
        return {name: value for name, value in values.items() if not isinstance(value, Empty)}

    def json(self, data: Any) -> Any:
        """Render each text in lists and mappings, as deep as they are."""
        if isinstance(data, Mapping):
            pairs = ((key, self.json(item)) for key, item in data.items())
            return {key: item for key, item in pairs if not isinstance(item, Empty)}
        if isinstance(data, list | tuple):
            items = (self.json(item) for item in data)
            return [item for item in items if not isinstance(item, Empty)]
        self._text = data
        value = self.renderer.json_value(data, self.values)
        return value if isinstance(value, Empty) else seal(data, value)

    def proof(self, text: str) -> Secret[str]:
        """Render a text by which a request proves who sends it, and cannot do without.

        Raises:
            RequestError: it is empty, because a secret is missing or a value cannot be worked out.
        """
        value = Secret(self.text(text))
        unready = None if value.map(str.strip) else self.unready()
        if unready is not None:
            raise unready
        return value

    def unready(self) -> RequestError | None:
        """Complain of secrets that are missing, and of what could not be worked out."""
        missing = getattr(self.secrets, "missing", ())
        if missing:
            names = " and ".join(f"'{name}'" for name in missing)
            where = "in the environment or in LKRUN_SECRETS_DIR"
            return RequestError(f"the secret {names} is missing: there is no value for it {where}")
        if self.failures:
            why = self.failures[0].message
            return RequestError(f"a value of the request cannot be worked out: {why}")
        return None

    def empty_part(self) -> RequestError:
        """Complain of an empty value in the path, by its name where that is known."""
        unready = self.unready()
        if unready is not None:
            return unready
        if not self.missing:
            return RequestError("a part of the url's path is empty, so nothing was sent")
        path = self.missing[0]
        name = path[1] if path[0] == "args" and len(path) > 1 else ".".join(path)
        message = f"it needs a value for '{name}'" if path[0] == "args" else CANNOT_ASK
        return RequestError(f"'{name}' has no value, and the url's path needs it", message)

    def _missed(self, path: tuple[str, ...]) -> None:
        self.missing.append(path)
        self._note(f"'{'.'.join(path)}' has no value, so nothing stands in its place")

    def _left_out(self, path: tuple[str, ...]) -> None:
        """An argument that the model left out was its to give; what else is empty may be a slip."""
        if path[0] != "args":
            self._note(f"'{'.'.join(path)}' has no value, so it is left out")

    def _failed(self, failure: Failure) -> None:
        self.failures.append(failure)
        self._note(failure.message)

    def note(self, message: str, text: str) -> None:
        """Keep what the author should know of a text of theirs, with its place."""
        place = self.places.get(text)
        if place is None:  # the address of a service and the path of a request
            paths = (known for known in self.places if known.startswith("/"))
            ends = (known for known in paths if text.endswith(known))
            place = self.places.get(max(ends, key=len, default=""), "")
        self.notes.setdefault((message, place))

    def _note(self, message: str) -> None:
        self.note(message, self._text)
