"""What a tool's parameters and an agent's variables can hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from runner.diagnostics.nearest import did_you_mean
from runner.link.scope import Scope
from runner.link.walk import Leaf
from runner.schema.agents import Agent
from runner.schema.app import App
from runner.schema.calling import AnyTool
from runner.schema.fields import Field
from runner.schema.reading.load import Definition
from runner.schema.tools import McpTool
from runner.schema.types.blocks import Block
from runner.schema.types.field_types import READERS, fits
from runner.schema.types.meant import advice
from runner.syntax import Location
from runner.template import has_template


def parameters(tool: Block, scope: Scope) -> dict[str, Field]:
    """The parameters of a tool, as the model sees them."""
    return tool.fields(scope.declared) if isinstance(tool, AnyTool) else {}


@dataclass(frozen=True, slots=True)
class Arguments:
    """What `args` has at some place.

    Attributes:
        owner: what a message calls the block that declares them.
        location: where they are declared.
        open: whether only who sends them knows what there is.
    """

    fields: Mapping[str, Field]
    owner: str
    location: Location
    open: bool = False


def arguments(leaf: Leaf, definition: Definition, spec: Block, scope: Scope) -> Arguments:
    """What `args` has where a text stands: parameters of the tool, or of the app's method."""
    where = definition.location
    if "args" not in leaf.names:
        return Arguments({}, "tool", where)
    if isinstance(spec, Agent) and leaf.location[len(where) :][:1] == ("on_event",):
        return Arguments({}, "event", where, open=True)
    if isinstance(spec, McpTool):
        return Arguments({}, "tool", where, open=True)
    app = getattr(spec, "app", None)
    if isinstance(app, App) and leaf.location[len(where) :][:2] == ("app", "on"):
        name = str(leaf.location[len(where) + 2])
        place = (*where, "app", "on", name, "parameters")
        return Arguments(app.on[name].parameters, "method", place)
    return Arguments(parameters(spec, scope), "tool", (*where, "parameters"))


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
    return (
        None
        if fits(field.type, text)
        else (f"'{text}' is not {READERS[field.type][1]}", advice(field.type, text))
    )
