"""Variables that are named: are they declared, and can they be used so?"""

from __future__ import annotations

from collections.abc import Iterator

from runner.diagnostics import Diagnostic, Span
from runner.link.findings import Problem
from runner.link.hints import defined_where, unknown
from runner.link.rule import UseContext, UseRule
from runner.link.scope import Variable
from runner.link.walk import Leaf
from runner.schema.fields import Field
from runner.schema.memory import Memory
from runner.schema.tools import OfRecords, Remember
from runner.schema.types.blocks import Block
from runner.schema.types.names import FIELD_NAME, VariableName


def _check(context: UseContext, leaf: Leaf, _place: Span) -> Iterator[Diagnostic]:
    if not isinstance(leaf.value, VariableName):
        return
    name, scope = str(leaf.value), context.scope
    span = leaf.span(context.definition.document)
    variable = scope.variables.get(name)
    if variable is not None:
        problem = _unfit(variable, leaf.owner)
        if problem is not None:
            yield Diagnostic(span, *problem)
    elif name not in scope.table.words:
        place = f"declare it in the agent's variables: as {name}:"
        if not FIELD_NAME.fullmatch(name):
            place = "write the name of a variable, of small letters"
        yield unknown(span, "variable", name, defined_where(name, scope.variables, place))


def _unfit(variable: Variable, owner: Block) -> Problem | None:
    """What is wrong with naming this variable in this block, if anything."""
    name, field = variable.name, variable.field
    match owner:
        case OfRecords():
            hint = "declare it with type: list, and of: with the fields of a record below it"
            message = f"'{name}' is not a list of records"
            return None if _is_records(field) else ("E210", message, hint)
        case Field():
            hint = "declare it with type: list"
            message = f"'{name}' is not a list, so nothing can be chosen from it"
            return ("E210", message, hint) if field and field.type != "list" else None
        case Memory():
            return _unkept(variable)
        case _ if variable.fixed is not None:
            hint = "declare it with type: and default: to let it change"
            return "E209", f"'{name}' has a fixed value, so nothing can change it", hint
        case Remember() if field is not None and field.private:
            return "E210", f"'{name}' is private, so the model may not store it", None
    return None


def _unkept(variable: Variable) -> Problem | None:
    """Why a variable is not kept for the caller's next call."""
    if variable.fixed is not None:
        hint = "delete it here: it has its value in every call"
        return "E209", f"'{variable.name}' has a fixed value, so there is nothing to keep", hint
    if variable.field is not None and variable.field.private:
        return "E210", f"'{variable.name}' is private, so it is not kept", "delete it here"
    return None


def _is_records(field: Field | None) -> bool:
    return field is not None and field.type == "list" and isinstance(field.of, dict)


RULE = UseRule(_check, VariableName)
