"""A definition by itself: what is wrong with it whoever uses it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from runner.diagnostics import Diagnostic, Span
from runner.link.pinpoint import Pinpoint
from runner.link.references import References
from runner.link.surroundings import LinkContext
from runner.link.table import SymbolTable
from runner.link.texts import Texts
from runner.link.walk import Leaf, walk
from runner.schema.http import Body, Request
from runner.schema.reading.load import Definition
from runner.schema.types.blocks import Block
from runner.schema.types.names import FileName, Name
from runner.schema.types.texts import Text, Told
from runner.syntax import Location


@dataclass(frozen=True, slots=True)
class DefinitionCheck:
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


def form(
    definition: Definition, spec: Block, table: SymbolTable, around: LinkContext
) -> DefinitionCheck:
    """Check a definition's names, templates, files and values."""
    references = References(table, around.catalogue, set())
    texts = Texts(around.env, around.analyses, Pinpoint(around.lines))
    checked = _Checker(definition, around, references, texts)
    names: set[tuple[str, str]] = set()
    for leaf in walk(spec, definition.location):
        if isinstance(leaf.value, Name) and not isinstance(leaf.value, FileName):
            names.add((leaf.value.section, str(leaf.value)))
        checked.check(leaf)
    meant = frozenset(references.meant)
    return DefinitionCheck(tuple(checked.found), texts.secrets_used, meant, frozenset(names))


@dataclass(frozen=True, slots=True)
class _Checker:
    definition: Definition
    around: LinkContext
    references: References
    texts: Texts
    found: list[Diagnostic] = field(default_factory=list)

    def check(self, leaf: Leaf) -> None:
        place = self.definition.document.value_span(leaf.location)
        match leaf.value:
            case FileName():
                self._file(leaf, place)
            case Name():
                self.references.check(self.definition, leaf, self.found.append)
            case Text() as text:
                self.texts.form(place, text, self.found.append)
                if isinstance(leaf.owner, Body):
                    self._typed(leaf, place)
                if isinstance(leaf.owner, Request) and leaf.key == "url":
                    self._carried(leaf.owner, leaf.location[:-1])
                if self.definition.section in ("providers", "runner"):
                    self._fixed_only(place, text)

    def _file(self, leaf: Leaf, place: Span) -> None:
        prompt = self.around.prompts[self.definition.document.file, str(leaf.value)]
        if prompt.problem is None:
            self.texts.form(prompt.span, Told(prompt.text), self.found.append)
        elif _is_prose(leaf.value):
            message = f"'{leaf.key}' holds a text, where the name of a file belongs"
            hint = "write the text behind instructions:, without _file"
            self.found.append(Diagnostic(place, "E007", message, hint))
        else:
            self.found.append(Diagnostic(place, *prompt.problem))

    def _carried(self, request: Request, location: Location) -> None:
        if request.body is None or request.method not in _WITHOUT_BODY:
            return
        span = self.definition.document.key_span((*location, "body"))
        message = f"a {request.method} request with a body, which most services do not read"
        hint = "write method: POST, or query: in place of body:"
        self.found.append(Diagnostic(span, "W206", message, hint))

    def _typed(self, leaf: Leaf, place: Span) -> None:
        plain = self.definition.document.style(leaf.location) == "plain"
        if leaf.key != "json" or not plain or not _LOOKS_TYPED.fullmatch(leaf.value):
            return
        kind = "yes/no" if leaf.value[0].isalpha() else "number"
        hint = (
            f'write "{{{{ {_literal(leaf.value)} }}}}" to send a {kind}, '
            f'or "{leaf.value}" in quotes to send a text'
        )
        self.found.append(Diagnostic(place, "W204", f"{leaf.value} is sent as text here", hint))

    def _fixed_only(self, place: Span, text: Text) -> None:
        for use in self.texts.analysis(text).uses:
            if use.path[0] not in ("env", "secrets"):
                span = self.texts.span(place, text, use)
                message = f"'{use.path[0]}' is not known when the folder is loaded"
                hint = "only {{ env.NAME }} and {{ secrets.NAME }} may stand here"
                self.found.append(Diagnostic(span, "E308", message, hint))


_WITHOUT_BODY = frozenset({"GET", "HEAD"})
_LOOKS_TYPED = re.compile(r"[+-]?\d+(\.\d+)?|true|false|null|yes|no", re.IGNORECASE)
_SPACES = 2
_SUFFIX = re.compile(r"\.[A-Za-z]{1,8}$")


def _literal(text: str) -> str:
    return {"yes": "true", "no": "false", "null": "none"}.get(text.casefold(), text.casefold())


def _is_prose(name: str) -> bool:
    """Whether what stands where a file's name belongs is rather the text itself."""
    return name.count(" ") >= _SPACES and not _SUFFIX.search(name)
