"""Names that point to something: do they, and to the right kind of thing."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from runner.diagnostics import Diagnostic, Related
from runner.diagnostics.nearest import did_you_mean, nearest
from runner.link.findings import Problem, Tell
from runner.link.scope import Scope, Variable
from runner.link.table import SymbolTable, name_span
from runner.link.walk import Leaf
from runner.provider_kinds import BY_KEY
from runner.providers.catalogue import Catalogue, InstalledProvider
from runner.schema.actions import BACK, HandOff, RunTool, Set
from runner.schema.fields import READERS, Field, fits
from runner.schema.personas import Persona
from runner.schema.reading.load import Definition
from runner.schema.tools import BUILT_IN, AddTo, ChangeIn, OfRecords, Remember, RemoveFrom, SetTool
from runner.schema.types.blocks import Block
from runner.schema.types.later import LATER_TOOLS, not_yet
from runner.schema.types.names import PersonaName, ProviderName, ServiceName, ToolName, VariableName
from runner.template import has_template

_INFERENCE = re.compile(r"[\w.-]+(/[\w.:@+-]+)+")


@dataclass(frozen=True, slots=True)
class References:
    """Checks names against all that is defined.

    Attributes:
        meant: filled: definitions that a misspelt name probably means; nobody is told that they
            are unused.
    """

    table: SymbolTable
    catalogue: Catalogue
    meant: set[tuple[str, str]]

    def check(self, definition: Definition, leaf: Leaf, tell: Tell) -> None:
        """Check a name that means the same whoever uses the definition."""
        match leaf.value:
            case PersonaName():
                self._persona(definition, leaf, tell)
            case ToolName():
                self._tool(definition, leaf, tell)
            case ProviderName():
                self._provider(definition, leaf, tell)
            case ServiceName():
                self._service(definition, leaf, tell)
            case _:
                pass

    def _unknown(
        self, definition: Definition, leaf: Leaf, noun: str, hint: str | None
    ) -> Diagnostic:
        return Diagnostic(
            leaf.span(definition.document), "E202", f"unknown {noun} '{leaf.value}'", hint
        )

    def _persona(self, definition: Definition, leaf: Leaf, tell: Tell) -> None:
        name = str(leaf.value)
        if isinstance(leaf.owner, HandOff) and name == BACK:
            return
        if leaf.is_key and isinstance(leaf.owner, Persona) and name == definition.name:
            tell(
                Diagnostic(
                    leaf.span(definition.document),
                    "E205",
                    f"persona '{name}' hands the call to itself",
                    "name another persona, or delete this handoff",
                )
            )
        known = self.table.entries["personas"]
        if name not in known and name not in self.table.words:
            hint = _defined_where(name, known, f"write it below personas: as {name}:")
            tell(self._near(self._unknown(definition, leaf, "persona", hint), "personas", name))

    def _tool(self, definition: Definition, leaf: Leaf, tell: Tell) -> None:
        name = str(leaf.value)
        known = self.table.entries["tools"]
        if name in known or name in BUILT_IN or name in self.table.words:
            return
        span = leaf.span(definition.document)
        if name in LATER_TOOLS:
            tell(Diagnostic(span, "E102", *not_yet(name)))
            return
        if name in self.table.entries["personas"]:
            hint = f"'{name}' is a persona: write it below handoffs:"
        else:
            place = f"write it below tools: as {name}:"
            hint = _defined_where(name, [*known, *BUILT_IN], place)
        tell(self._near(self._unknown(definition, leaf, "tool", hint), "tools", name))

    def _service(self, definition: Definition, leaf: Leaf, tell: Tell) -> None:
        name, known = str(leaf.value), self.table.entries["services"]
        if name in known or name in self.table.words:
            return
        place = f"write it below services: as {name}: with its url: below that"
        if "://" in name:
            place = "give it a name: below services:, write that name with url: and this address"
        hint = _defined_where(name, known, place)
        tell(self._near(self._unknown(definition, leaf, "service", hint), "services", name))

    def _near(self, diagnostic: Diagnostic, section: str, name: str) -> Diagnostic:
        near = nearest(name, self.table.entries[section])
        if near is None:
            return diagnostic
        self.meant.add((section, near))
        place = Related(name_span(self.table.entries[section][near]), f"'{near}' is defined here")
        return replace(diagnostic, related=(place,))

    def _provider(self, definition: Definition, leaf: Leaf, tell: Tell) -> None:
        name, kind = str(leaf.value), leaf.key
        if kind not in BY_KEY or name in BY_KEY[kind].words:
            return
        found = self.table.entries["providers"].get(name)
        span = leaf.span(definition.document)
        if found is not None:
            actual = getattr(found.spec, "kind", kind)
            if actual != kind:
                related = (Related(name_span(found), f"'{name}' is defined here"),)
                tell(
                    Diagnostic(
                        span,
                        "E206",
                        f"provider '{name}' is of kind {actual}, and {kind} is needed here",
                        f"name a provider that has {kind}:",
                        related,
                    )
                )
        elif not _INFERENCE.fullmatch(name) and name not in self.table.words:
            tell(self._unknown_provider(definition, leaf, kind))

    def _unknown_provider(self, definition: Definition, leaf: Leaf, kind: str) -> Diagnostic:
        name = str(leaf.value)
        fitting = [
            n
            for n, d in self.table.entries["providers"].items()
            if getattr(d.spec, "kind", kind) == kind
        ]
        near = nearest(name, fitting)
        meant = self.catalogue.find(kind, name) if near is None else None
        clean = re.sub(r"[\s,;]+$", "", name)
        if clean != name and _INFERENCE.fullmatch(clean):
            hint = f"did you mean '{clean}'?"
        elif isinstance(meant, InstalledProvider) or (meant is not None and meant.code == "E401"):
            hint = (
                f"'{name}' is a plugin: below providers:, give a provider of your own "
                f"{kind}: {name}, and write that provider's name here"
            )
        else:
            example = BY_KEY[kind].example
            place = "write it below providers:" + (
                f", or write one such as {example}" * bool(example)
            )
            hint = _defined_where(name, fitting, place)
        return self._near(self._unknown(definition, leaf, "provider", hint), "providers", name)


@dataclass(frozen=True, slots=True)
class VariableReferences:
    """Checks names of variables, and values that are stored in them, for one agent."""

    scope: Scope

    def check(self, definition: Definition, leaf: Leaf, tell: Tell) -> None:
        """Check a name of a variable from the view of the agent."""
        if not isinstance(leaf.value, VariableName):
            return
        name = str(leaf.value)
        span = leaf.span(definition.document)
        variable = self.scope.variables.get(name)
        if variable is None:
            if name not in self.scope.table.words:
                place = f"declare it in the agent's variables: as {name}:"
                hint = _defined_where(name, self.scope.variables, place)
                tell(Diagnostic(span, "E202", f"unknown variable '{name}'", hint))
            return
        problem = _unfit(variable, leaf.owner)
        if problem is not None:
            tell(Diagnostic(span, *problem))

    def stored(self, definition: Definition, leaf: Leaf, tell: Tell) -> None:
        """Check a plain value that is stored in a variable against the variable's type."""
        if not isinstance(leaf.owner, Set | SetTool) or leaf.key != "set" or leaf.is_key:
            return
        variable = self.scope.variables.get(str(leaf.location[-1]))
        field = variable.field if variable is not None else None
        if field is not None:
            problem = misfit(field, str(leaf.value))
            if problem:
                tell(Diagnostic(definition.document.value_span(leaf.location), "E117", *problem))

    def arguments(self, definition: Definition, leaf: Leaf, tell: Tell) -> None:
        """Check what an action gives a tool against the tool's parameters."""
        if not (isinstance(leaf.owner, RunTool) and isinstance(leaf.value, ToolName)):
            return
        tool = self.scope.tools.get(str(leaf.value))
        if tool is None:
            return
        fields: dict[str, Field] = parameters(tool, self.scope)
        document, base = definition.document, leaf.location[:-1]
        for name, value in leaf.owner.arguments.items():
            where = (*base, "with", name)
            if name not in fields:
                tell(
                    Diagnostic(
                        document.key_span(where),
                        "E202",
                        f"tool '{leaf.value}' has no parameter '{name}'",
                        did_you_mean(name, fields, noun="parameters"),
                    )
                )
            else:
                problem = misfit(fields[name], str(value))
                if problem:
                    tell(Diagnostic(document.value_span(where), "E117", *problem))
        missing = [
            n
            for n, f in fields.items()
            if not f.optional and f.default is None and n not in leaf.owner.arguments
        ]
        if missing and not any(n not in fields for n in leaf.owner.arguments):
            tell(
                Diagnostic(
                    document.value_span(leaf.location),
                    "E103",
                    f"tool '{leaf.value}' needs '{missing[0]}'",
                    f"add with: and below it {missing[0]}:",
                )
            )


def _defined_where(name: str, known: Iterable[str], place: str) -> str:
    """The nearest name; without one, where to define this one, and what there is."""
    names = list(known)
    hint = did_you_mean(name, names, noun="or name one of")
    if nearest(name, names):
        return hint or place
    return f"{place}; {hint}" if hint else place


def parameters(tool: Block, scope: Scope) -> dict[str, Field]:
    """The parameters of a tool, as the model sees them."""
    if isinstance(tool, OfRecords):
        variable = scope.variables.get(tool.records)
        record = variable.field.of if variable is not None and variable.field is not None else None
        fields = dict(record) if isinstance(record, dict) else {}
        line = {"line": Field.model_validate({"type": "integer"})}
        by_kind = {"add_to": fields, "change_in": line | fields, "remove_from": line}
        return by_kind[tool.kind]
    return dict(getattr(tool, "parameters", {}))


def misfit(field: Field, text: str) -> tuple[str, str | None] | None:
    """Why a plain text cannot be a value of this field, and what to do; None where it can."""
    if has_template(text) or field.type == "text":
        return None
    if field.type in ("list", "object"):
        return (
            f"a plain text cannot be the value of a {field.type}",
            "write one {{ name }} that holds one",
        )
    if field.type == "choice":
        if field.choices is None or text in field.choices:
            return None
        return f"'{text}' is not one of the choices", did_you_mean(
            text, field.choices, noun="choices"
        )
    return None if fits(field.type, text) else (f"'{text}' is not {READERS[field.type][1]}", None)


def _unfit(variable: Variable, owner: Block) -> Problem | None:
    """What is wrong with naming this variable in this block, if anything."""
    name, field = variable.name, variable.field
    match owner:
        case AddTo() | ChangeIn() | RemoveFrom():
            hint = "declare it with type: list, and of: with the fields of a record below it"
            message = f"'{name}' is not a list of records"
            return None if _is_records(field) else ("E210", message, hint)
        case Field():
            hint = "declare it with type: list"
            message = f"'{name}' is not a list, so nothing can be chosen from it"
            return ("E210", message, hint) if field and field.type != "list" else None
        case _ if variable.fixed is not None:
            hint = "declare it with type: and default: to let it change"
            return "E209", f"'{name}' has a fixed value, so nothing can change it", hint
        case Remember() if field is not None and field.private:
            return "E210", f"'{name}' is private, so the model may not store it", None
    return None


def _is_records(field: Field | None) -> bool:
    return field is not None and field.type == "list" and isinstance(field.of, dict)
