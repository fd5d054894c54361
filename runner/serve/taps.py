"""What the page offers of an agent's app: the methods that it has, and what they are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runner.front.port import TapField, TapInfo

if TYPE_CHECKING:
    from runner.link.release import AgentRelease
    from runner.schema.fields import Field


def taps_of(release: AgentRelease) -> tuple[TapInfo, ...]:
    """The methods of `app.on`, in the order of the file."""
    app = release.agent.app
    return tuple(
        TapInfo(name, tuple(_field(each, field) for each, field in method.parameters.items()))
        for name, method in (app.on.items() if app is not None else ())
    )


def _field(name: str, field: Field) -> TapField:
    choices = tuple(map(str, field.choices or ()))
    may_lack = field.optional or field.default is not None
    return TapField(str(name), field.type, choices, may_lack)
