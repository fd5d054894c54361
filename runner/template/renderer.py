"""Rendering in a call: what session and egress use."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runner.template.empty import EMPTY, Empty
from runner.template.findings import has_template
from runner.template.limits import MAX_OUTPUT, MAX_SECONDS, Manner
from runner.template.words import as_data

if TYPE_CHECKING:
    from runner.template.grammar import Template
    from runner.template.rendering import Rendering


@dataclass(frozen=True, slots=True)
class Failure:
    """A part of a text that could not be worked out in a call, and so was left empty.

    Attributes:
        message: a plain sentence, without any value in it.
        line: within the text, from 1.
        column: within the line, from 1.
    """

    message: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Renderer:
    """Renders texts with the values of a call. Many threads and tasks may share one.

    What comes out is never rendered again, and nothing that a value or a template does raises: what
    cannot be worked out is empty. The two callbacks are called when a rendering is done, each path
    and failure once; what they raise reaches the caller.

    Attributes:
        on_missing: told the path of each emptiness that left a hole in a text. One that has an
            `or`, a `default` or a test around it does not, nor a value that is empty as a whole.
        on_left_out: told the path of a value that is empty as a whole.
        on_error: told what could not be worked out, or was cut.
        wire: the text goes to a service, so values read as `as_text(…, wire=True)`: dates as
            ISO 8601, `true` and `false`.
        language: a locale in which dates, numbers, lists and yes/no read; English without it.
        max_output: bytes of a text; what is longer is cut.
        max_seconds: a rendering that takes longer ends; its number of steps is bounded in any case.
    """

    on_missing: Callable[[tuple[str, ...]], None] | None = None
    on_error: Callable[[Failure], None] | None = None
    on_left_out: Callable[[tuple[str, ...]], None] | None = None
    wire: bool = False
    language: str = ""
    max_output: int = MAX_OUTPUT
    max_seconds: float = MAX_SECONDS

    def render(
        self, text: str, values: Mapping[str, Any], *, quote: Callable[[str], str] | None = None
    ) -> str:
        """Render a text.

        Args:
            text: as the author wrote it.
            values: by name; it may be a mapping that works a value out when it is asked for.
            quote: applied to what each `{{ … }}` gives, an empty text too; for the path of a URL,
                percent-encoding.

        Returns:
            The text; nothing stands where a value is missing.
        """
        if not has_template(text):
            return text
        from runner.template.grammar import template  # noqa: PLC0415  (Jinja2 only where there are braces)

        rendering = self._begin(template(text), values, quote)
        result = "" if rendering.template.analysis.problems else rendering.text()
        self._tell(rendering)
        return result

    def value(self, text: str, values: Mapping[str, Any]) -> Any:
        """Render a value, which keeps its type where it is exactly one `{{ … }}`.

        Returns:
            A text; or what the one expression gives (a number, a list, a record …), and `EMPTY`
            where that is missing.
        """
        if not has_template(text):
            return text
        from runner.template.grammar import template  # noqa: PLC0415  (as above)

        read = template(text)
        if not read.analysis.single:
            return self.render(text, values)
        return self._one(self._begin(read, values, None))

    def condition(self, text: str, values: Mapping[str, Any], *, unclear: bool = False) -> bool:
        """Tell whether an `if` is true. One that is empty is false.

        Args:
            text: the expression.
            values: by name.
            unclear: what one is that cannot be worked out, or not in whole.
        """
        from runner.template.grammar import condition  # noqa: PLC0415  (as above)

        rendering = self._begin(condition(text), values, None)
        result = not rendering.template.analysis.problems and rendering.truth()
        self._tell(rendering)
        return True if unclear and rendering.failures else result

    def json_value(self, data: Any, values: Mapping[str, Any]) -> Any:
        """Render each text in lists and mappings, as deep as they are, into what JSON can hold.

        Returns:
            The same shape with typed values. A key or an entry whose value is one empty expression
            is left out; where `data` itself is one, `EMPTY`.
        """
        if isinstance(data, str):
            value = self.value(data, values)
            return value if isinstance(value, Empty) else as_data(value)
        if isinstance(data, Mapping):
            pairs = ((key, self.json_value(item, values)) for key, item in data.items())
            return {key: item for key, item in pairs if not isinstance(item, Empty)}
        if isinstance(data, list | tuple):
            items = (self.json_value(item, values) for item in data)
            return [item for item in items if not isinstance(item, Empty)]
        return data

    def _begin(
        self, template: Template, values: Mapping[str, Any], quote: Callable[[str], str] | None
    ) -> Rendering:
        from runner.template.rendering import Rendering  # noqa: PLC0415  (as above)

        manner = Manner(
            self.wire, "" if self.wire else self.language, self.max_output, self.max_seconds
        )
        rendering = Rendering(template, values, manner, quote)
        for problem in template.analysis.problems:
            rendering.note(problem.message, problem.line, problem.column)
        return rendering

    def _one(self, rendering: Rendering) -> Any:
        result: Any = EMPTY
        if not rendering.template.analysis.problems:
            result = rendering.one()
        self._tell(rendering)
        if self.on_left_out is not None and rendering.left_out:
            self.on_left_out(rendering.left_out)
        return result

    def _tell(self, rendering: Rendering) -> None:
        if self.on_missing is not None:
            for path in rendering.missing:
                self.on_missing(path)
        if self.on_error is not None:
            for message, line, column in rendering.failures:
                self.on_error(Failure(message, line, column))
