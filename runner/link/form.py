"""A definition by itself: what is wrong with it whoever uses it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from runner.diagnostics import Diagnostic, Span
from runner.link.references import References
from runner.link.surroundings import Surroundings
from runner.link.texts import Texts
from runner.link.walk import Leaf, walk
from runner.spec.http import Body
from runner.spec.load import Definition
from runner.spec.names import FileName, Name
from runner.spec.shape import Block
from runner.spec.text import Text, Told


@dataclass(frozen=True, slots=True)
class Formed:
    """What came of it.

    Attributes:
        secrets: secret → the places that need it.
        meant: definitions that a misspelt name probably means.
        names: (section, name) of all that it points to.
    """

    diagnostics: tuple[Diagnostic, ...]
    secrets: dict[str, list[Span]]
    meant: frozenset[tuple[str, str]]
    names: frozenset[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Form:
    """Checks the form of one definition."""

    around: Surroundings
    references: References
    texts: Texts
    found: list[Diagnostic] = field(default_factory=list)

    def check(self, definition: Definition, spec: Block) -> Formed:
        """Check its names, templates, files and values."""
        names: set[tuple[str, str]] = set()
        for leaf in walk(spec, definition.location):
            place = definition.document.value_span(leaf.location)
            if isinstance(leaf.value, FileName):
                self._file(definition, leaf, place)
            elif isinstance(leaf.value, Name):
                names.add((leaf.value.section, str(leaf.value)))
                self.references.check(definition, leaf, self.found.append)
            else:
                self.texts.form(place, leaf.value, self.found.append)
                if isinstance(leaf.owner, Body):
                    self._typed(definition, leaf, place)
                if definition.section in ("providers", "runner"):
                    self._fixed_only(place, leaf)
        meant = frozenset(self.references.meant)
        return Formed(tuple(self.found), self.texts.secrets_used, meant, frozenset(names))

    def _file(self, definition: Definition, leaf: Leaf, place: Span) -> None:
        prompt = self.around.prompts[definition.document.file, str(leaf.value)]
        if prompt.problem is None:
            self.texts.form(prompt.span, Told(prompt.text), self.found.append)
        elif _is_prose(leaf.value):
            message = f"'{leaf.key}' holds a text, where the name of a file belongs"
            hint = "write the text behind instructions:, without _file"
            self.found.append(Diagnostic(place, "E007", message, hint))
        else:
            self.found.append(Diagnostic(place, *prompt.problem))

    def _typed(self, definition: Definition, leaf: Leaf, place: Span) -> None:
        plain = definition.document.style(leaf.location) == "plain"
        if leaf.key != "json" or not plain or not _LOOKS_TYPED.fullmatch(leaf.value):
            return
        kind = "yes/no" if leaf.value[0].isalpha() else "number"
        hint = (
            f'write "{{{{ {_literal(leaf.value)} }}}}" to send a {kind}, '
            f'or "{leaf.value}" in quotes to send a text'
        )
        self.found.append(Diagnostic(place, "W204", f"{leaf.value} is sent as text here", hint))

    def _fixed_only(self, place: Span, leaf: Leaf) -> None:
        assert isinstance(leaf.value, Text)  # noqa: S101 - the caller picks texts
        for use in self.texts.analysis(leaf.value).uses:
            if use.path[0] not in ("env", "secrets"):
                span = self.texts.span(place, leaf.value, use)
                message = f"'{use.path[0]}' is not known when the folder is loaded"
                hint = "only {{ env.NAME }} and {{ secrets.NAME }} may stand here"
                self.found.append(Diagnostic(span, "E308", message, hint))


_LOOKS_TYPED = re.compile(r"[+-]?\d+(\.\d+)?|true|false|null|yes|no", re.IGNORECASE)
_SPACES = 2
_SUFFIX = re.compile(r"\.[A-Za-z]{1,8}$")


def _literal(text: str) -> str:
    return {"yes": "true", "no": "false", "null": "none"}.get(text.casefold(), text.casefold())


def _is_prose(name: str) -> bool:
    """Whether what stands where a file's name belongs is rather the text itself."""
    return name.count(" ") >= _SPACES and not _SUFFIX.search(name)
